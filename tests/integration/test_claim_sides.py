"""Both sides of a claim: photos, the leader's evidence, what passes at once, one owner at HQ, and alerts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from app.domains.aftersales import queries, rules
from app.domains.aftersales.errors import (
    ClaimClosed,
    ClaimTaken,
    EvidenceTooLate,
    LeaderNotHeard,
    TooManyPhotos,
)
from app.domains.aftersales.events import ClaimsPiledUp
from app.domains.aftersales.queries import Whose
from app.domains.aftersales.service import desk, talk
from app.domains.aftersales.values import (
    AddToClaim,
    ClaimFault,
    ClaimKind,
    ClaimPolicy,
    ClaimStatus,
    DecideClaim,
    NoteKind,
    Screening,
)
from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import JournalFilter, JournalKind
from app.domains.notifications import queries as inbox
from app.domains.notifications.values import MessageKind
from app.domains.payments import queries as payments
from app.flows import tidying
from app.flows.claims import add_to_claim, decide_claim, give_evidence, upload_photo
from app.infra.services import Services
from app.infra.storage import BadPicture, Pictures
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from tests.factories.accounts import make_account
from tests.factories.aftersales import make_claim, make_decision, make_evidence, make_photo
from tests.factories.kept import kept
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.world import World, make_world

Work = Callable[[], int]
ADMIN = Actor("管理员", Role.HQ_ADMIN, new_id())


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=5)


@pytest.fixture
@kept
def order(world: World) -> UUID:
    """Three oranges at 19.90 and two greens at 5.00 of resident 0, handed out just now."""
    order_id = world.buy(0, orange=3, greens=5)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id)
    return order_id


def staff(world: World, name: str = "阿芳") -> Actor:
    account = world.services.database.transact(Actor.system("test"), make_account, Role.HQ_SERVICE, name=name)
    return Actor(name, Role.HQ_SERVICE, account.id)


def say(world: World, actor: Actor, use_case: object, claim_id: UUID, text: str = "x", *photos: str) -> object:
    wish = AddToClaim(claim_id=claim_id, text=text, idempotency_key=str(new_id()), photos=photos)
    return world.run_as(actor)(use_case, wish)


def test_a_small_claim_with_a_photo_is_approved_at_once(world: World, order: UUID, work: Work) -> None:
    photo = make_photo(world, world.resident(0))
    claim = make_claim(world, order, photos=(photo,), orange=1)
    assert (claim.status, claim.screening, claim.refunded_cents) == (ClaimStatus.APPROVED, Screening.PASSED, 1_990)
    assert (claim.fault, claim.reason, claim.policy_version, claim.owner_id) == (ClaimFault.SUPPLIER, "", 1, None)
    assert claim.decided_by == "system:claim policy for resident"
    read = world.services.database.read
    charged = read(ledger.journals, JournalFilter(kind=JournalKind.SUPPLIER_CHARGED), PageAsk()).rows
    assert [posting.amount_cents for journal in charged for posting in journal.postings] == [1_620, -1_620]
    work()
    assert [refund.amount_cents for refund in read(payments.refunds_of_order, order)] == [1_990]
    leader_told = read(inbox.inbox, world.leaders["L901"], PageAsk()).rows
    assert MessageKind.CLAIM_ABOUT_YOU not in {card.kind for card in leader_told}
    assert read(broken_invariants, world.services.database.clock.now()) == []


@pytest.mark.parametrize(
    ("kind", "photos", "pieces", "screening"),
    [
        (ClaimKind.QUALITY, 0, {"orange": 1}, Screening.NO_PHOTO),
        (ClaimKind.MISSING, 1, {"orange": 1}, Screening.MISSING_PIECES),
        (ClaimKind.DAMAGED, 1, {"orange": 2}, Screening.ABOVE_LIMIT),
    ],
)
def test_what_does_not_pass_waits_for_a_person_and_the_leader_is_told(
    world: World, order: UUID, work: Work, kind: ClaimKind, photos: int, pieces: dict[str, int], screening: Screening
) -> None:
    keys = tuple(make_photo(world, world.resident(0)) for _ in range(photos))
    claim = make_claim(world, order, kind=kind, photos=keys, **pieces)
    assert (claim.status, claim.screening) == (ClaimStatus.OPEN, screening)
    now = world.services.database.clock.now()
    assert (claim.evidence_due_at, claim.due_at) == (now + timedelta(hours=12), now + timedelta(hours=24))
    assert world.services.database.read(queries.evidence_wanted, claim.leader_id, now) == 1
    work()
    (told,) = [
        card
        for card in world.services.database.read(inbox.inbox, claim.leader_id, PageAsk()).rows
        if card.kind is MessageKind.CLAIM_ABOUT_YOU
    ]
    assert (told.about_id, told.params["order_no"]) == (claim.id, claim.order_no)


def test_the_third_small_claim_of_a_quarter_waits(world: World, order: UUID) -> None:
    """Two are free; 2 lines picked up × 10 % allow none besides."""
    photo = (make_photo(world, world.resident(0)),)
    found = [make_claim(world, order, photos=photo, greens=1).screening for _ in range(3)]
    assert found == [Screening.PASSED, Screening.PASSED, Screening.MANY_CLAIMS]


def test_the_policy_never_presumes_the_leader() -> None:
    assert ClaimFault.LEADER not in {rules.PRESUMED[kind] for kind in ClaimKind}


def test_photos_are_ones_own_and_lose_place_and_camera(world: World, order: UUID) -> None:
    resident, leader = world.resident(0), world.leader()
    mine, hers = make_photo(world, resident, 10), make_photo(world, leader, 20)
    with pytest.raises(NotFound):
        make_claim(world, order, photos=(hers,), orange=1)
    with pytest.raises(NotFound):
        make_claim(world, order, photos=("0" * 64 + ".jpg",), orange=1)
    with pytest.raises(Invalid) as many:
        make_claim(world, order, photos=(mine,) * 5, orange=1)
    assert many.value.field == "photos"
    claim = make_claim(world, order, photos=(mine,), orange=3)
    make_evidence(world, claim.id, "", hers)
    read = world.services.database.read
    assert [(note.kind, note.photos) for note in read(queries.notes, claim.id)] == [
        (NoteKind.FILED, (mine,)), (NoteKind.EVIDENCE, (hers,)),
    ]  # fmt: skip
    assert [read(queries.has_photo, claim.id, key) for key in (mine, hers, "x")] == [True, True, False]
    path = Pictures(world.services.settings.var_dir).find(mine)
    assert path is not None
    with Image.open(path) as image:
        assert (image.format, dict(image.getexif())) == ("JPEG", {})


def test_no_picture_and_too_many_pictures_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(world.services.settings.var_dir)
    with pytest.raises(BadPicture):
        upload_photo(world.run_as(world.resident(0)), pictures, b"<svg/>")
    with pytest.raises(Forbidden):
        make_photo(world, staff(world))
    monkeypatch.setattr(rules, "PHOTOS_A_DAY", 1)
    make_photo(world, world.resident(0), 1)
    with pytest.raises(TooManyPhotos):
        make_photo(world, world.resident(0), 2)
    move_clock(world, hours=25)
    make_photo(world, world.resident(0), 2)


def test_both_sides_speak_while_it_is_open_and_nobody_else(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=1)
    say(world, world.resident(0), add_to_claim, claim.id, "底下也烂了")
    say(world, world.leader(), give_evidence, claim.id, "交货时完好")
    for actor, use_case in ((world.resident(1), add_to_claim), (world.leader("L902"), give_evidence)):
        with pytest.raises(NotFound):
            say(world, actor, use_case, claim.id)
    for actor, use_case in ((world.leader(), add_to_claim), (world.resident(0), give_evidence), (ADMIN, give_evidence)):
        with pytest.raises(Forbidden):
            say(world, actor, use_case, claim.id)
    with pytest.raises(Invalid):
        say(world, world.leader(), give_evidence, claim.id, "  ")
    notes = world.services.database.read(queries.notes, claim.id)
    assert [(note.kind, note.text) for note in notes] == [
        (NoteKind.ADDED, "底下也烂了"), (NoteKind.EVIDENCE, "交货时完好"),
    ]  # fmt: skip
    make_decision(world, claim.id, ClaimFault.HUB)
    for actor, use_case in ((world.resident(0), add_to_claim), (world.leader(), give_evidence)):
        with pytest.raises(ClaimClosed):
            say(world, actor, use_case, claim.id)


def test_saying_the_same_again_says_it_once(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=1)
    wish = AddToClaim(claim_id=claim.id, text="底下也烂了", idempotency_key="tap-tap-tap")
    for _ in range(2):
        world.run_as(world.resident(0))(add_to_claim, wish)
    assert len(world.services.database.read(queries.notes, claim.id)) == 1


def test_nothing_is_laid_to_a_leader_who_was_not_heard(world: World, order: UUID) -> None:
    first, second = make_claim(world, order, orange=1), make_claim(world, order, orange=1)
    wish = DecideClaim(claim_id=first.id, approve=True, fault=ClaimFault.LEADER, reason="没有当面点清")
    with pytest.raises(LeaderNotHeard) as early:
        world.run_as(ADMIN)(decide_claim, wish)
    assert early.value.until == first.evidence_due_at
    assert world.services.database.read(queries.get_claim, first.id) == first
    make_evidence(world, first.id)
    assert world.run_as(ADMIN)(decide_claim, wish).fault is ClaimFault.LEADER
    move_clock(world, hours=12)
    say(world, world.leader(), give_evidence, second.id)  # the last minute still counts
    move_clock(world, seconds=1)
    with pytest.raises(EvidenceTooLate):
        say(world, world.leader(), give_evidence, second.id)


def test_a_silent_leader_may_be_found_at_fault_when_her_time_is_over(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=1)
    move_clock(world, hours=12, seconds=1)
    wish = DecideClaim(claim_id=claim.id, approve=True, fault=ClaimFault.LEADER, reason="没有回应")
    assert world.run_as(ADMIN)(decide_claim, wish).fault is ClaimFault.LEADER


def test_goodwill_charges_nobody(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=1)
    make_decision(world, claim.id, ClaimFault.NOBODY)
    for kind in (JournalKind.SUPPLIER_CHARGED, JournalKind.HUB_CHARGED):
        assert world.services.database.read(ledger.journals, JournalFilter(kind=kind), PageAsk()).rows == []


def test_a_claim_has_one_owner_who_decides(world: World, order: UUID) -> None:
    fang, ming = staff(world), staff(world, "小明")
    claim = make_claim(world, order, orange=1)
    world.run_as(fang)(desk.take, claim.id)
    world.run_as(fang)(desk.take, claim.id)
    wish = DecideClaim(claim_id=claim.id, approve=False, fault=ClaimFault.NOBODY, reason="无图")
    with pytest.raises(ClaimTaken) as taken:
        world.run_as(ming)(decide_claim, wish)
    assert taken.value.owner == "阿芳"
    assert ming.id is not None
    world.run_as(fang)(desk.hand_over, claim.id, ming.id)
    read = world.services.database.read
    assert read(queries.claims, PageAsk(), ClaimStatus.OPEN, None, (Whose.MINE, fang.id)).rows == []
    assert [one.id for one in read(queries.claims, PageAsk(), None, None, (Whose.MINE, ming.id)).rows] == [claim.id]
    assert world.run_as(ming)(decide_claim, wish).owner_name == "小明"
    assert [(note.kind, note.text, note.by_name) for note in read(queries.notes, claim.id)] == [
        (NoteKind.TAKEN, "阿芳", "阿芳"), (NoteKind.HANDED_OVER, "小明", "阿芳"),
    ]  # fmt: skip
    with pytest.raises(ClaimClosed):
        world.run_as(fang)(desk.take, claim.id)


def test_only_who_may_decide_owns(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=1)
    with pytest.raises(Invalid):
        world.run_as(ADMIN)(desk.hand_over, claim.id, world.residents[0])
    for role in (Role.RESIDENT, Role.LEADER, Role.HQ_FINANCE):
        with pytest.raises(Forbidden):
            world.run_as(Actor("x", role, new_id()))(desk.take, claim.id)
    page = world.services.database.read(queries.claims, PageAsk(), None, None, (Whose.NOBODYS, None))
    assert [one.id for one in page.rows] == [claim.id]


def test_the_claim_that_is_due_first_leads_whatever_the_policy_was(world: World, order: UUID) -> None:
    slow = make_claim(world, order, orange=1)
    policy = rules.DEFAULT_POLICY
    quick = ClaimPolicy(
        version=0, auto_limit_cents=policy.auto_limit_cents, free_claims=2, share_bps=1_000, history_days=90,
        evidence_hours=2, decide_hours=4, alert_residents=3,
    )  # fmt: skip
    assert world.run_as(ADMIN)(desk.adopt_policy, quick) == 2
    fast = make_claim(world, order, orange=1)
    assert (slow.policy_version, fast.policy_version) == (1, 2)
    read = world.services.database.read
    first = read(queries.claims, PageAsk(1), ClaimStatus.OPEN)
    assert [one.id for one in first.rows] == [fast.id]
    assert first.next_cursor is not None
    rest = read(queries.claims, PageAsk(1, decode_cursor(first.next_cursor)), ClaimStatus.OPEN)
    assert [one.id for one in rest.rows] == [slow.id]


@pytest.mark.parametrize(
    ("field", "value"),
    [("auto_limit_cents", -1), ("history_days", 0), ("alert_residents", 1), ("evidence_hours", 25)],
)
def test_a_senseless_policy_is_refused(world: World, field: str, value: int) -> None:
    fields = {name: getattr(rules.DEFAULT_POLICY, name) for name in ClaimPolicy.__dataclass_fields__}
    with pytest.raises(Invalid) as wrong:
        world.run_as(ADMIN)(desk.adopt_policy, ClaimPolicy(**fields | {field: value}))
    assert wrong.value.field == field
    with pytest.raises(Invalid):
        world.run_as(ADMIN)(desk.adopt_policy, rules.DEFAULT_POLICY)
    with pytest.raises(Forbidden):
        world.run_as(Actor("阿芳", Role.HQ_SERVICE, new_id()))(desk.adopt_policy, ClaimPolicy(**fields))
    assert world.services.database.read(queries.policies) == []


def test_several_residents_with_one_sku_of_a_round_alert_hq_once(world: World, work: Work) -> None:
    orders = [world.buy(number, orange=2) for number in (0, 2, 4)]
    run_to(world, Station.HANDOVER)
    for order_id in orders:
        pick_up(world, order_id)
    read = world.services.database.read
    make_claim(world, orders[0], 0, orange=1)
    make_claim(world, orders[0], 0, orange=1)
    make_claim(world, orders[1], 2, orange=1)
    assert read(queries.alerts) == []
    make_claim(world, orders[2], 4, orange=1)
    make_claim(world, orders[2], 4, orange=1)
    (alert,) = read(queries.alerts, world.hub_id)
    assert (alert.sku_id, alert.residents, alert.claims, alert.pieces) == (world.skus["orange"], 3, 5, 5)
    with world.services.database.engine.connect() as connection:
        told = connection.exec_driver_sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'deliver'").all()
    assert [args["body"]["residents"] for (args,) in told if args["topic"] == ClaimsPiledUp.topic] == [3]
    with pytest.raises(Forbidden):
        world.run_as(world.leader())(desk.see_alert, alert.id)
    world.run_as(ADMIN)(desk.see_alert, alert.id)
    assert read(queries.alerts) == []
    assert [one.seen_by for one in read(queries.alerts, unseen=False)] == ["管理员"]


def test_photos_of_claims_decided_long_ago_go_and_the_words_stay(
    world: World, order: UUID, read: Callable[..., Any]
) -> None:
    """Two photos: one beside a claim that is decided, one beside a claim that is open; a third was never used."""
    run, shelf = world.run_as(Actor.system("test")), Pictures(world.services.settings.var_dir)
    used, open_one, unused = (make_photo(world, world.resident(0), at) for at in (10, 110, 210))
    decided = make_claim(world, order, photos=(used,), orange=1)
    waiting = make_claim(world, order, photos=(open_one,), kind=ClaimKind.MISSING, orange=1)
    if decided.status is ClaimStatus.OPEN:
        make_decision(world, decided.id)
    now = world.services.database.clock.now()
    assert tidying.tidy_photos(run, shelf, now) == 0  # nothing is older than now
    assert tidying.tidy_photos(run, shelf, now + timedelta(seconds=1)) == 2
    assert [shelf.find(key) is None for key in (used, open_one, unused)] == [True, False, True]
    told = [(note.text, note.photos) for note in read(queries.notes, decided.id)]
    assert told[0][1] == ()
    assert read(queries.notes, waiting.id)[0].photos == (open_one,)
    assert tidying.tidy_photos(run, shelf, now + timedelta(seconds=1)) == 0
    with pytest.raises(Forbidden):
        world.services.database.transact(Actor("x", Role.HQ_FINANCE, new_id()), talk.forget_photos, now, 10)
