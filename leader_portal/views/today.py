"""The day at a glance, what to do next, and the leader's own link for new neighbours."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import segno
from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries as aftersales
from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import HandoverCard, HandoverState
from app.domains.logistics.values.pickup import OPEN_PICKUPS, PickupCard, PickupState
from app.domains.scoring import queries as scoring
from app.domains.settlement import queries as settlement
from app.domains.tasks import queries as tasks
from app.web.context import now, read, services
from leader_portal.doors import here, leader


@dataclass(frozen=True, slots=True)
class Day:
    """What a leader's day holds."""

    #: Today's, and earlier ones that nobody has counted.
    trucks: list[HandoverCard]
    #: The next truck of a later day, when today has none.
    ahead: HandoverCard | None
    pickups: list[PickupCard]
    #: Goods of earlier days that still wait.
    late: list[PickupCard]

    @property
    def to_count(self) -> list[HandoverCard]:
        """Trucks that she has not counted yet."""
        return [truck for truck in self.trucks if truck.state is HandoverState.EXPECTED]

    @property
    def waiting(self) -> list[PickupCard]:
        """Orders whose goods are there."""
        return [card for card in self.pickups if card.state in OPEN_PICKUPS]

    @property
    def expected(self) -> int:
        """Orders whose goods have not come yet."""
        return sum(card.state is PickupState.EXPECTED for card in self.pickups)

    @property
    def handed_out(self) -> int:
        """Orders that were handed out in full."""
        return sum(card.state is PickupState.DONE for card in self.pickups)

    @property
    def short(self) -> int:
        """Pieces that were missing or damaged when the truck came."""
        return sum(line.short_qty + line.damaged_qty for truck in self.trucks for line in truck.lines)


@leader.get("/")
def today() -> ResponseReturnValue:
    """Tiles, the next thing to do, and the link to share."""
    at = here()
    own = read(_day, at.id, at.day)
    money = read(settlement.earnings, at.id, *at.span(at.day, at.day))
    place = read(communities.get_place, at.leader.pickup_point_id)
    link = _link(at.leader.share_code) if at.leader.status in SERVING else ""  # the link of others leads nowhere
    return render_template(
        "leader_portal/today.html", at=at, own=own, place=place, commission=_commission(money, at.hub.currency),
        card=read(scoring.scorecard_of_leader, at.id), link=link, now=now(),
        wanted=read(aftersales.evidence_wanted, at.id, now()), tasks=read(tasks.waiting, at.id, at.day),
    )  # fmt: skip


@leader.get("/share.svg")
def share_picture() -> ResponseReturnValue:
    """The leader's link as a QR picture."""
    picture = io.BytesIO()
    code = segno.make_qr(_link(here().leader.share_code), error="m")
    code.save(picture, kind="svg", scale=8, border=3, dark="#000", light="#fff")
    return Response(picture.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "private, max-age=3600"})


def _day(session: Any, leader_id: UUID, day: date) -> Day:
    trucks = logistics.handovers_of_leader(session, leader_id)
    ahead = [truck for truck in trucks if truck.pickup_on > day]
    return Day(
        trucks=[t for t in trucks if t.pickup_on == day or (t.pickup_on < day and t.state is HandoverState.EXPECTED)],
        ahead=ahead[-1] if ahead else None,
        pickups=logistics.pickups_of_leader(session, leader_id, day),
        late=logistics.waiting_of_leader(session, leader_id, day),
    )


def _commission(rows: Sequence[Any], currency: str) -> list[tuple[int, str]]:
    """Commission of the day by currency; nothing is nothing in the hub's."""
    return [(row.accrued_cents - row.reversed_cents, row.currency) for row in rows] or [(0, currency)]


def _link(share_code: str) -> str:
    return services().settings.public_url + url_for("shop.leader_link", share_code=share_code)
