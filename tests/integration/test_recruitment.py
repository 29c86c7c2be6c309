"""From a neighbour's draft to a leader who serves: the use-cases, and what each refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.communities import queries as communities
from app.domains.communities.service.homes import assign_home
from app.domains.communities.values import ChooseHome, LeaderKind, LeaderStatus, PostRole
from app.domains.notifications import queries as inbox
from app.domains.notifications.values import MessageKind
from app.domains.recruitment import queries, rules
from app.domains.recruitment.errors import (
    AboveKindLimit,
    ApplicationFaulty,
    EndorsedBefore,
    LeadsAlready,
    LinkOver,
    LinkUsed,
    NotNeighbour,
    OwnApplication,
    PhoneNeeded,
    StepsOpen,
    TooManyLinks,
)
from app.domains.recruitment.service import applications, desk, endorsing, terms
from app.domains.recruitment.values import (
    ApplicationFilter,
    ApplicationStatus,
    Decide,
    Item,
    Submit,
    TrainingStep,
)
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.changes import InvalidRows
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.reasons import Reason
from app.kernel.states import WrongState
from tests.factories.accounts import make_account
from tests.factories.communities import LAT, LON, City, leader_input, make_city, make_resident, point_input, resident
from tests.factories.recruitment import (
    DESK,
    TYPED,
    beginning,
    make_application,
    make_draft,
    make_endorsement,
    make_neighbour,
    make_ready,
)

Read = Callable[..., Any]
CONSENT = Submit(consent_version=rules.CONSENT_VERSION)


@pytest.fixture
def city(run: Any) -> City:
    """Two compounds a kilometre apart; only the second one has a leader, and for now she serves both."""
    points = [point_input(), point_input("P002", "N002", lon=LON + 0.01, reach_m=2_000)]
    return make_city(run, points=points, leaders=[leader_input("L002", "N002", "P002")])


def points(read: Read, application_id: UUID) -> dict[Item, int]:
    score = read(queries.get_application, application_id).score
    return {one.item: one.centi for one in score.items}


def test_a_draft_keeps_what_was_typed_right_or_wrong(database: Database, city: City, read: Read) -> None:
    who = make_draft(database, 1, storage_m2="viel", id_tail="110101195002152043", lat="", lon="", opens="21:00")
    draft = read(queries.application_of, who)
    assert (draft.status, draft.candidate, draft.typed["storage_m2"]) == (ApplicationStatus.DRAFT, None, "viel")
    assert draft.typed["id_tail"] == "2043"  # never the whole number
    with pytest.raises(ApplicationFaulty) as refusal:
        database.transact(resident(who), applications.submit, Submit(consent_version=None))
    assert refusal.value.faults == {
        "storage_m2": Reason.NOT_WHOLE, "place": Reason.MISSING, "closes": Reason.CLOSES_EARLY,
        "consent": Reason.MISSING,
    }  # fmt: skip
    assert read(queries.application_of, who) == draft


def test_one_open_application_a_phone_and_handing_in_twice_is_once(database: Database, city: City, read: Read) -> None:
    who, application_id = make_application(database, lat=str(LAT + 0.0004))
    assert database.transact(resident(who), applications.submit, CONSENT) == application_id
    with pytest.raises(WrongState):
        database.transact(resident(who), applications.save_draft, TYPED, [])
    card = read(queries.get_application, application_id)
    assert (card.status, card.phone_tail, card.candidate.id_tail) == (ApplicationStatus.SUBMITTED, "0001", "204X")
    assert (card.neighbourhood_id, card.distance_m, card.consent_version) == (city.neighbourhoods["N001"], 0, 1)
    assert (card.score.policy_version, card.score.centi) == (1, 7_000)
    database.transact(resident(who), applications.withdraw)
    gone = read(queries.get_application, application_id)
    assert (gone.status, gone.typed, gone.phone_tail) == ("withdrawn", {}, "")
    who_she_was = gone.candidate
    assert (who_she_was.name, who_she_was.address, who_she_was.id_tail) == ("", "", "")
    assert (card.candidate.place, who_she_was.place) == (Point(LAT + 0.0004, LON), Point(LAT, LON))
    database.transact(resident(who), applications.save_draft, TYPED, [])
    assert read(queries.application_of, who).status is ApplicationStatus.DRAFT


def test_a_place_far_from_every_neighbourhood_is_refused(database: Database, city: City) -> None:
    who = make_draft(database, 1, lat=str(LAT + 0.1))
    with pytest.raises(ApplicationFaulty) as refusal:
        database.transact(resident(who), applications.submit, CONSENT)
    assert refusal.value.faults == {"place": Reason.NOT_SERVED}


def test_a_place_beside_a_neighbourhood_loses_points_with_the_way(database: Database, city: City, read: Read) -> None:
    _, application_id = make_application(database, lat=str(LAT - 0.0068))  # 754 m south of the middle of N001
    card = read(queries.get_application, application_id)
    assert (card.neighbourhood_id, card.distance_m) == (city.neighbourhoods["N001"], 754)
    assert points(read, application_id)[Item.RADIUS] == 2_000 * (1_000 - 754) // 500


def test_leaders_and_people_without_phone_do_not_apply(database: Database, city: City, run: Any) -> None:
    nameless = run(make_account, Role.RESIDENT, phone=None, openid="o-1").id
    leads = run(make_account, Role.RESIDENT, phone="19900000002").id  # the phone of L002
    for who, refusal in ((nameless, PhoneNeeded), (leads, LeadsAlready)):
        with pytest.raises(refusal):
            database.transact(resident(who), applications.save_draft, TYPED, [])
    for actor in (DESK, Actor("leader", Role.LEADER, new_id()), Actor.anonymous()):
        with pytest.raises(Forbidden):
            database.transact(actor, applications.save_draft, TYPED, [])


def test_neighbours_within_the_radius_count_once_each(database: Database, city: City, read: Read, run: Any) -> None:
    who, application_id = make_application(database)
    near, far = make_neighbour(database, 2, LAT + 0.003), make_neighbour(database, 3, LAT, LON + 0.0095)
    assert points(read, application_id)[Item.ENDORSEMENTS] == 0
    used = make_endorsement(database, who, near)
    assert points(read, application_id)[Item.ENDORSEMENTS] == 666
    fresh = database.transact(resident(who), endorsing.make_link)
    refused = [
        (far, used, LinkUsed), (near, fresh, EndorsedBefore), (resident(who), fresh, OwnApplication),
        (far, fresh, NotNeighbour), (far, "never made", NotFound),
        (resident(make_resident(run, 9, "没有家")), fresh, NotNeighbour),
    ]  # fmt: skip
    for actor, token, refusal in refused:
        with pytest.raises(refusal):
            database.transact(actor, endorsing.endorse, token, "")
    by_list = make_resident(run, 4, "住户")  # never put her home on the map, but belongs to the neighbourhood
    run(assign_home, by_list, ChooseHome(pickup_point_id=city.points["P002"]))
    with pytest.raises(NotNeighbour):
        database.transact(resident(by_list), endorsing.endorse, fresh, "")
    cards = read(queries.endorsements, application_id)
    assert [(card.resident_name, card.words, card.distance_m) for card in cards] == [
        ("邻居2", "她家近", 333), (None, "", None),
    ]  # fmt: skip
    with database.engine.connect() as connection:
        kept = connection.execute(text("SELECT token_hash FROM recruitment_endorsement")).scalars().all()
    assert not {used, fresh} & set(kept)


def test_links_end_by_time_by_the_decision_and_by_their_number(database: Database, city: City, clock: SetClock) -> None:
    who, application_id = make_application(database)
    neighbour = make_neighbour(database, 2)
    old = database.transact(resident(who), endorsing.make_link)
    clock.move_to(clock.now() + rules.LINK_LIFE)
    with pytest.raises(LinkOver):
        database.transact(neighbour, endorsing.endorse, old, "")
    for _ in range(rules.MOST_LINKS - 1):
        token = database.transact(resident(who), endorsing.make_link)
    with pytest.raises(TooManyLinks):
        database.transact(resident(who), endorsing.make_link)
    database.transact(DESK, desk.decide, Decide(application_id=application_id, accept=True, reason="欢迎"))
    with pytest.raises(LinkOver):
        database.transact(neighbour, endorsing.endorse, token, "")


def test_the_whole_way_ends_with_a_leader_who_serves(
    database: Database, city: City, read: Read, work: Callable[[], int], run: Any
) -> None:
    who, application_id = make_application(database)
    for number in (2, 3, 4):
        make_endorsement(database, who, make_neighbour(database, number))
    with pytest.raises(WrongState):
        database.transact(DESK, desk.activate, beginning(application_id))
    database.transact(DESK, desk.decide, Decide(application_id=application_id, accept=True, reason="欢迎"))
    for step in TrainingStep:
        with pytest.raises(NotFound):
            database.transact(DESK, desk.check_training, application_id, step)
    with pytest.raises(StepsOpen):
        database.transact(DESK, desk.activate, beginning(application_id))
    with pytest.raises(Invalid):
        database.transact(resident(who), applications.sign_contract, 1, "zh", "别人")
    for step in TrainingStep:
        database.transact(resident(who), applications.tick_training, step)
        database.transact(DESK, desk.check_training, application_id, step)
    database.transact(resident(who), applications.sign_contract, 1, "zh", " 王 秀兰")
    database.transact(DESK, desk.confirm_identity, application_id)
    leader_id = database.transact(DESK, desk.activate, beginning(application_id))
    card = read(queries.get_application, application_id)
    assert (card.status, card.leader_id, card.score.centi) == (ApplicationStatus.ACTIVE, leader_id, 10_000)
    assert (card.signature.version, card.signature.name) == (1, "王 秀兰")
    assert card.signature.sha256 == rules.sha256_of(rules.FIRST_CONTRACT.text_zh)
    leader = read(communities.get_leader, leader_id)
    assert (leader.code, leader.status, leader.kind, leader.post) == (
        "L100", LeaderStatus.ACTIVE, LeaderKind.HOME, PostRole.PRIMARY,
    )  # fmt: skip
    home = run(assign_home, make_resident(run, 50), ChooseHome(location=Point(LAT, LON)))
    assert (home.leader_id, home.is_served) == (leader_id, True)
    work()
    told = [
        m.params["status"] for m in read(inbox.inbox, who, PageAsk()).rows if m.kind == MessageKind.APPLICATION_DECIDED
    ]
    assert sorted(told) == ["accepted", "active"]
    with pytest.raises(WrongState):
        database.transact(DESK, desk.activate, beginning(application_id, leader_code="L101", point_code="P101"))


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"leader_code": "l002"}, Invalid), ({"point_code": "p001"}, Invalid), ({"capacity_orders": 0}, Invalid),
        ({"capacity_orders": 301}, AboveKindLimit), ({"reach_m": 0}, InvalidRows), ({"leader_code": "中"}, InvalidRows),
    ],
)  # fmt: skip
def test_a_refused_beginning_leaves_nothing_behind(
    database: Database, city: City, read: Read, wish: dict[str, Any], refusal: type[Exception]
) -> None:
    who, application_id = make_application(database)
    make_ready(database, who, application_id)
    with pytest.raises(refusal):
        database.transact(DESK, desk.activate, beginning(application_id, **wish))
    assert read(queries.get_application, application_id).status is ApplicationStatus.ACCEPTED
    assert sorted(read(communities.leader_ids_by_code)) == ["L002"]
    assert sorted(place.pickup_point_code for place in read(communities.places)) == ["P001", "P002"]


def test_where_a_primary_serves_a_newcomer_is_her_backup(database: Database, city: City, read: Read) -> None:
    who, application_id = make_application(database, lon=str(LON + 0.01))
    make_ready(database, who, application_id)
    leader_id = database.transact(DESK, desk.activate, beginning(application_id))
    assert read(communities.get_leader, leader_id).post is PostRole.BACKUP


def test_a_new_checklist_needs_notice_and_changes_no_old_score(
    database: Database, city: City, read: Read, clock: SetClock
) -> None:
    _, before = make_application(database)
    weights = rules.FIRST_POLICY.weights | {Item.FREEZER: 0, Item.FRIDGE: 15}
    wish = replace(rules.FIRST_POLICY, weights=weights, fridge_l=600)
    with pytest.raises(Invalid) as early:
        database.transact(DESK, terms.adopt_policy, wish, clock.now() + timedelta(days=6))
    assert early.value.field == "valid_from"
    holds = clock.now() + rules.NOTICE
    assert database.transact(DESK, terms.adopt_policy, wish, holds) == 2
    for wrong in (wish, replace(wish, weights=weights | {Item.RADIUS: 21}), replace(wish, radius_m=0)):
        with pytest.raises(Invalid):
            database.transact(DESK, terms.adopt_policy, wrong, holds)
    _, during = make_application(database, 2)
    clock.move_to(holds)
    _, after = make_application(database, 3)
    versions = [read(queries.get_application, one).score.policy_version for one in (before, during, after)]
    assert versions == [1, 1, 2]
    database.transact(DESK, desk.confirm_identity, before)
    assert read(queries.get_application, before).score.policy_version == 1
    assert (points(read, before)[Item.FRIDGE], points(read, after)[Item.FRIDGE]) == (1_000, 750)
    assert [card.policy.version for card in read(queries.policies)] == [2, 1]


def test_a_newer_contract_is_signed_and_the_older_stays(database: Database, city: City, read: Read) -> None:
    who, application_id = make_application(database)
    make_ready(database, who, application_id)
    assert database.transact(DESK, terms.publish_contract, "新合同。" * 60, "A new contract. " * 20) == 2
    signed = read(queries.get_application, application_id).signature
    assert rules.sha256_of(read(queries.get_contract, signed.version).text(signed.locale)) == signed.sha256
    later, _ = make_application(database, 2)
    handed_in = read(queries.application_of, later).id
    database.transact(DESK, desk.decide, Decide(application_id=handed_in, accept=True, reason="欢迎"))
    with pytest.raises(Invalid) as old:
        database.transact(resident(later), applications.sign_contract, 1, "zh", "王秀兰")
    assert old.value.field == "contract"


def test_the_queue_is_searched_filtered_and_paged_oldest_first(
    database: Database, city: City, read: Read, clock: SetClock
) -> None:
    made = []
    for number in (1, 2, 3):
        made.append(make_application(database, number, name=f"王{'秀美丽'[number - 1]}")[1])
        clock.move_to(clock.now() + timedelta(hours=1))
    make_draft(database, 9)
    waiting = ApplicationFilter(status=ApplicationStatus.SUBMITTED, hub_id=city.hub_id)
    first = read(queries.applications, waiting, PageAsk(2))
    assert [card.id for card in first.rows] == made[:2]
    assert first.next_cursor is not None
    rest = read(queries.applications, waiting, PageAsk(2, decode_cursor(first.next_cursor)))
    assert [card.id for card in rest.rows] == made[2:]
    assert [card.id for card in read(queries.applications, ApplicationFilter(), PageAsk()).rows] == made[::-1]
    for words, found in (("wangmei", [made[1]]), ("0003", [made[2]]), ("王", made[::-1]), ("nobody", [])):
        assert [c.id for c in read(queries.applications, ApplicationFilter(text=words), PageAsk()).rows] == found
    assert read(queries.count_by_status) == {ApplicationStatus.SUBMITTED: 3, ApplicationStatus.DRAFT: 1}


def test_only_the_leaders_desk_decides_and_a_draft_is_nobodys_business(database: Database, city: City) -> None:
    who, application_id = make_application(database)
    wish = Decide(application_id=application_id, accept=False, reason="太远")
    for actor in (Actor("财务", Role.HQ_FINANCE, new_id()), resident(who), Actor.anonymous()):
        with pytest.raises(Forbidden):
            database.transact(actor, desk.decide, wish)
    with pytest.raises(Invalid):
        database.transact(DESK, desk.decide, Decide(application_id=application_id, accept=False, reason=" "))
    database.transact(DESK, desk.decide, wish)
    with pytest.raises(WrongState):
        database.transact(DESK, desk.decide, Decide(application_id=application_id, accept=True, reason="又好"))
    make_draft(database, 2)
    draft = database.read(queries.application_of, make_draft(database, 3)).id
    with pytest.raises(NotFound):
        database.transact(DESK, desk.add_note, draft, "x")
