"""Pure decisions of the recruitment room: what an application must say, and what its checklist is worth."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from app.domains.communities.values import LeaderKind
from app.domains.recruitment.errors import AboveKindLimit
from app.domains.recruitment.values import (
    Candidate,
    ContractCard,
    Experience,
    Facts,
    Item,
    Policy,
    PolicyCard,
    Score,
    ScoredItem,
)
from app.domains.recruitment.values.contract import CONTRACT_EN, CONTRACT_ZH
from app.kernel.errors import Invalid
from app.kernel.geo import Point
from app.kernel.reasons import Reason

E = TypeVar("E", bound=StrEnum)

#: The privacy text of the application form; who agrees to another one agrees anew.
CONSENT_VERSION = 1
#: A link to endorse is good for so long, and an application has so many at most.
LINK_LIFE, MOST_LINKS = timedelta(days=14), 20
#: A new checklist is announced so long before it holds.
NOTICE = timedelta(days=7)
#: A place farther from every neighbourhood than this is not served by us.
FARTHEST_M = 5_000
MOST_NOTE = 1_000
#: Texts of a draft and how much of each is kept.
TYPED: dict[str, int] = {
    "name": 40, "id_tail": 4, "kind": 20, "address": 120, "lat": 20, "lon": 20, "floor": 6, "storage_m2": 6,
    "fridge_l": 6, "freezer_l": 6, "opens": 8, "closes": 8, "experience": 10, "why": 500,
}  # fmt: skip
#: What a number may be.
_SPANS: dict[str, tuple[int, int]] = {
    "floor": (-3, 60), "storage_m2": (1, 2_000), "fridge_l": (0, 20_000), "freezer_l": (0, 20_000),
}  # fmt: skip
#: Each floor above the first takes this part of its item.
_FLOORS = 5
_EXPERIENCE = {Experience.NONE: 0, Experience.SOME: 1, Experience.MUCH: 2}
FIRST_POLICY = Policy(
    version=1,
    weights={
        Item.RADIUS: 20, Item.ENDORSEMENTS: 20, Item.STORAGE: 15, Item.FLOOR: 5, Item.FRIDGE: 10, Item.FREEZER: 5,
        Item.HOURS: 10, Item.EXPERIENCE: 5, Item.IDENTITY: 10,
    },
    radius_m=500, endorsements=3, storage_m2=6, fridge_l=200, freezer_l=100, open_minutes=300, pass_points=60,
)  # fmt: skip
FIRST_POLICY_CARD = PolicyCard(policy=FIRST_POLICY, from_at=None, at=None, by="")
FIRST_CONTRACT = ContractCard(version=1, text_zh=CONTRACT_ZH, text_en=CONTRACT_EN, at=None, by="")


def kept(typed: Mapping[str, str]) -> dict[str, str]:
    """What is kept of a draft: the known fields, and of an identity number only the last four characters."""
    texts = {name: typed.get(name, "").strip() for name in TYPED}
    texts["id_tail"] = texts["id_tail"][-4:]
    return {name: texts[name][:most] for name, most in TYPED.items()}


def read(typed: Mapping[str, str]) -> tuple[Candidate | None, dict[str, str]]:
    """What a draft says, or by field why it cannot be handed in."""
    form = _Reader(typed)
    opens, closes = form.clock("opens"), form.clock("closes")
    if "opens" not in form.faults and "closes" not in form.faults and closes <= opens:
        form.faults["closes"] = Reason.CLOSES_EARLY
    said: dict[str, Any] = {
        "name": form.text("name"), "id_tail": form.id_tail(), "kind": form.word("kind", LeaderKind),
        "address": form.text("address"), "place": form.place(), "opens": opens, "closes": closes,
        "experience": form.word("experience", Experience), "why": typed.get("why", ""),
        **{name: form.whole(name) for name in _SPANS},
    }  # fmt: skip
    return (None if form.faults else Candidate(**said)), form.faults


class _Reader:
    """Reads fields and notes what is wrong with them."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self._typed = typed
        self.faults: dict[str, str] = {}

    def text(self, name: str) -> str:
        text = " ".join(self._typed.get(name, "").split())
        if not text:
            self.faults[name] = Reason.MISSING
        elif not text.isprintable():
            self.faults[name] = Reason.CONTROL
        return text

    def id_tail(self) -> str:
        tail = self._typed.get("id_tail", "").upper()
        if not tail:
            self.faults["id_tail"] = Reason.MISSING
        elif len(tail) != 4 or not (tail.isascii() and tail.isalnum()):
            self.faults["id_tail"] = Reason.NOT_ID_TAIL
        return tail

    def word(self, name: str, enum: type[E]) -> E:
        text = self._typed.get(name, "")
        if text not in set(enum):
            self.faults[name] = Reason.NOT_ONE_OF if text else Reason.MISSING
            return next(iter(enum))
        return enum(text)

    def whole(self, name: str) -> int:
        text, (least, most) = self._typed.get(name, ""), _SPANS[name]
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            self.faults[name] = Reason.NOT_WHOLE if text else Reason.MISSING
            return least
        if not least <= int(text) <= most:
            self.faults[name] = Reason.TOO_SMALL if int(text) < least else Reason.TOO_LARGE
        return int(text)

    def clock(self, name: str) -> time:
        text = self._typed.get(name, "")
        try:
            return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            self.faults[name] = Reason.NOT_TIME if text else Reason.MISSING
            return time()

    def place(self) -> Point:
        lat, lon = self._typed.get("lat", ""), self._typed.get("lon", "")
        if not (lat or lon):
            self.faults["place"] = Reason.MISSING
            return Point(0, 0)
        try:
            return Point(float(lat), float(lon))  # not-a-number lies in no span and is refused like the rest
        except ValueError:
            self.faults["place"] = Reason.OUT_OF_RANGE
            return Point(0, 0)


def score(facts: Facts, policy: Policy) -> Score:
    """What a checklist says of an application. Each item earns its weight in the part that was found of what is wanted.

    More endorsements, storage, cold room, hours or experience, a shorter way and a lower floor never earn less.
    """
    amounts = {
        Item.ENDORSEMENTS: (facts.endorsements, policy.endorsements),
        Item.STORAGE: (facts.storage_m2, policy.storage_m2),
        Item.FRIDGE: (facts.fridge_l, policy.fridge_l),
        Item.FREEZER: (facts.freezer_l, policy.freezer_l),
        Item.HOURS: (facts.open_minutes, policy.open_minutes),
        Item.EXPERIENCE: (_EXPERIENCE[facts.experience], max(_EXPERIENCE.values())),
        Item.IDENTITY: (int(facts.is_identity_checked), 1),
        Item.RADIUS: (facts.distance_m, policy.radius_m),
        Item.FLOOR: (facts.floor, 1),
    }
    items = []
    for item in Item:
        have, want = amounts[item]
        got, whole = _part(item, have, want)
        weight = policy.weights[item]
        items.append(ScoredItem(item=item, have=have, want=want, weight=weight, centi=weight * 100 * got // whole))
    return Score(policy_version=policy.version, items=tuple(items))


def _part(item: Item, have: int, want: int) -> tuple[int, int]:
    """The part of an item that was earned, as a fraction. Beyond the radius it falls to nothing at twice of it."""
    if item is Item.RADIUS:
        return max(0, min(want, 2 * want - have)), want
    if item is Item.FLOOR:
        return max(0, min(_FLOORS, _FLOORS - (have - want))), _FLOORS
    return min(have, want), want


def check_policy(policy: Policy) -> None:
    """Raise Invalid unless the weights make 100 and everything that is wanted is something."""
    if set(policy.weights) != set(Item) or any(not 0 <= weight <= 100 for weight in policy.weights.values()):
        raise Invalid(field="weights", reason="0 to 100")
    if sum(policy.weights.values()) != 100:
        raise Invalid(field="weights", reason="must make 100 together")
    for name in ("radius_m", "endorsements", "storage_m2", "fridge_l", "freezer_l", "open_minutes"):
        if not 1 <= getattr(policy, name) <= 100_000:
            raise Invalid(field=name, reason=Reason.TOO_SMALL if getattr(policy, name) < 1 else Reason.TOO_LARGE)
    if not 0 <= policy.pass_points <= 100:
        raise Invalid(field="pass_points", reason="0 to 100")


def check_notice(from_at: datetime, now: datetime) -> None:
    """Raise Invalid unless a new checklist is announced a week before it holds."""
    if from_at < now + NOTICE:
        raise Invalid(field="valid_from", reason="at least 7 days from now")


def open_minutes(opens: time, closes: time) -> int:
    """Minutes between two times of one day."""
    return (closes.hour * 60 + closes.minute) - (opens.hour * 60 + opens.minute)


def check_capacity(kind: LeaderKind, capacity: int, limits: Mapping[LeaderKind, int]) -> None:
    """Raise Invalid below one, AboveKindLimit above what a leader of this kind may serve."""
    if capacity < 1:
        raise Invalid(field="capacity_orders", reason=Reason.TOO_SMALL)
    if capacity > limits[kind]:
        raise AboveKindLimit(limit=limits[kind])


def sha256_of(text: str) -> str:
    """The fingerprint of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for spaces and case."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
