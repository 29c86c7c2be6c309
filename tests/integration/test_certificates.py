"""Leaders' papers: entered with a picture, looked at by HQ, demanded by a hub, reminded of, and shown to residents."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.certificates import queries
from app.domains.certificates.service import certificates
from app.domains.certificates.values import (
    CertificateKind,
    CertificateState,
    DecideCertificate,
    Lacking,
    ShownCertificate,
)
from app.domains.notifications.queries import inbox
from app.flows.service_record import service_record
from app.flows.tidying import forget_photos
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from app.worker import tasks
from tests.factories.aftersales import make_picture
from tests.factories.certificates import DESK, make_certificate, make_confirmed
from tests.factories.leader import Leader
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk

HEALTH = CertificateKind.HEALTH


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def read(world: World, query: Any, *args: Any) -> Any:
    return world.services.database.read(query, *args)


def move_to(world: World, on: date) -> None:
    """Noon in Shanghai."""
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(on.year, on.month, on.day, 4, tzinfo=UTC))


def states(world: World) -> list[str]:
    with world.services.database.engine.connect() as connection:
        return list(connection.scalars(text("SELECT state FROM certificates_certificate ORDER BY entered_at, id")))


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """What L901 was told, newest first."""
    tasks.run_due(world.services)
    return [(card.kind.value, card.params) for card in read(world, inbox, world.leaders["L901"], PageAsk()).rows]


def test_a_paper_counts_once_hq_has_looked_at_it(world: World) -> None:
    database = world.services.database
    first = make_certificate(world)
    second = make_certificate(world, number="沪健 2026 0099")
    assert states(world) == ["replaced", "waiting"]
    assert read(world, queries.shown, world.leaders["L901"], date(2026, 11, 20)) == ()
    for account in (world.leader(), world.resident()):
        with pytest.raises(Forbidden):
            database.transact(account, certificates.decide, DecideCertificate(certificate_id=second, confirm=True))
    with pytest.raises(Invalid) as refusal:
        database.transact(DESK, certificates.decide, DecideCertificate(certificate_id=second, confirm=False))
    assert (refusal.value.field, states(world)) == ("reason", ["replaced", "waiting"])
    with pytest.raises(WrongState):
        database.transact(DESK, certificates.decide, DecideCertificate(certificate_id=first, confirm=True))
    database.transact(
        DESK, certificates.decide, DecideCertificate(certificate_id=second, confirm=False, reason="看不清")
    )
    third = make_confirmed(world)
    record = read(world, service_record, world.leaders["L901"], database.clock.now())
    assert record.certificates == (ShownCertificate(kind=HEALTH, valid_until=date(2026, 12, 30)),)
    assert [card.id for card in read(world, queries.of_leader, world.leaders["L901"])] == [third, second]
    assert read(world, queries.get_certificate, third).number_tail == "0042"
    assert told(world) == [
        ("certificate_decided", {"paper": "health", "state": "confirmed", "reason": ""}),
        ("certificate_decided", {"paper": "health", "state": "rejected", "reason": "看不清"}),
    ]
    with database.engine.connect() as connection:
        noted = connection.execute(
            text("SELECT action, after FROM infra_audit WHERE action LIKE 'certificates.%'")
        ).all()
    assert [action for action, _ in noted] == ["certificates.enter"] * 2 + ["certificates.decide"] + [
        "certificates.enter", "certificates.decide",
    ]  # fmt: skip
    assert "2026 0042" not in str([after for _, after in noted])


def test_a_foreign_picture_is_refused(world: World) -> None:
    mine = make_certificate(world, "L902")
    foreign = read(world, queries.get_certificate, mine).photo
    with pytest.raises(NotFound):
        make_certificate(world, "L901", photo=foreign)
    assert states(world) == ["waiting"]


def test_reminders_30_and_7_days_before_and_not_twice(world: World) -> None:
    paper = make_confirmed(world)  # until the 30th of December
    make_confirmed(world, "L902", valid_until=date(2027, 12, 30))
    for on, reminders in (
        (date(2026, 11, 29), 0), (date(2026, 11, 30), 1), (date(2026, 12, 1), 1), (date(2026, 12, 23), 2),
        (date(2026, 12, 30), 2), (date(2026, 12, 31), 2),
    ):  # fmt: skip
        move_to(world, on)
        tasks.remind_certificates(world.services)
        found = [params for kind, params in told(world) if kind == "certificate_expires"]
        assert found == [{"paper": "health", "valid_until": "2026-12-30"}] * reminders, on
    assert read(world, queries.expiring, world.services.database.clock.now()) == []
    assert read(world, queries.get_certificate, paper).state is CertificateState.CONFIRMED


def test_nobody_is_reminded_who_entered_a_newer_one(world: World) -> None:
    make_confirmed(world)
    move_to(world, date(2026, 12, 1))
    make_certificate(world, valid_until=date(2027, 12, 1))
    tasks.remind_certificates(world.services)
    assert [kind for kind, _ in told(world)] == ["certificate_decided"]


def test_what_a_hub_demands_is_shouted_until_it_is_there(world: World) -> None:
    database = world.services.database
    make_confirmed(world)
    assert read(world, queries.lacking, database.clock.now()) == []
    with pytest.raises(Forbidden):
        database.transact(world.leader(), certificates.demand, world.hub_id, {HEALTH})
    database.transact(DESK, certificates.demand, world.hub_id, {HEALTH})
    database.transact(DESK, certificates.demand, world.hub_id, {HEALTH})
    without = Lacking(leader_id=world.leaders["L902"], leader_code="L902", leader_name="团长902", hub_id=world.hub_id,
                      kind=HEALTH, expired_on=None)  # fmt: skip
    assert read(world, queries.lacking, database.clock.now()) == [without]
    move_to(world, date(2026, 12, 31))
    expired, _ = read(world, queries.lacking, database.clock.now())
    assert (expired.leader_code, expired.expired_on) == ("L901", date(2026, 12, 30))
    assert read(world, service_record, world.leaders["L901"], database.clock.now()).certificates == ()
    database.transact(DESK, certificates.demand, world.hub_id, set())
    assert read(world, queries.lacking, database.clock.now()) == []
    with database.engine.connect() as connection:
        noted = connection.scalars(
            text("SELECT after FROM infra_audit WHERE action = 'certificates.demand' ORDER BY id")
        )
        assert list(noted) == [{"kinds": ["health"]}, {"kinds": []}]


def test_a_papers_picture_outlives_old_photos_of_claims(world: World) -> None:
    key = read(world, queries.get_certificate, make_confirmed(world)).photo
    move_to(world, date(2028, 1, 1))
    assert world.system(forget_photos, world.services.database.clock.now(), 10) == []
    assert read(world, queries.photos_in_use) == {key}


def test_from_the_phone_to_the_public_record(client: FlaskClient, world: World) -> None:
    client.set_cookie("locale", "en")
    database = world.services.database
    database.transact(DESK, certificates.demand, world.hub_id, {HEALTH})
    leader = Leader(client, world.services).as_leader(world.leaders["L901"])
    page = leader.get("/leader/certificates")
    assert "Health certificate: your hub wants it from everybody who serves." in page
    assert "Nothing entered yet" in page
    typed = {"kind": "health", "number": "SH 2026 0042", "issued_by": "CDC", "valid_from": "2026-01-01",
             "valid_until": "2026-12-30"}  # fmt: skip
    wrong = leader.post("/leader/certificates", 422, **typed | {"valid_until": "2026-01-31"})
    assert (wrong.status_code, "is over already" in wrong.text, 'value="SH 2026 0042"' in wrong.text) == (
        422,
        True,
        True,
    )
    without = leader.post("/leader/certificates", 422, **typed)
    assert (without.status_code, "must not be empty" in without.text) == (422, True)
    picture = (io.BytesIO(make_picture()), "paper.png")
    assert leader.post("/leader/certificates", **typed, photo_files=picture).status_code == 303
    assert "•••• 0042" in leader.get("/leader/certificates")
    assert "2026 0042" not in leader.get("/leader/certificates")

    desk = Desk(client, database, Role.HQ_COMMUNITY)
    listed = desk.get("/hq/certificates")
    assert ("2 certificates that hubs demand are missing" in listed, "•••• 0042" in listed) == (True, True)
    (card,) = read(world, queries.waiting, PageAsk()).rows
    with desk.client.get(f"/hq/certificates/{card.id}/photo") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    refused = desk.post(f"/hq/certificates/{card.id}", verdict="reject", reason="")
    assert (refused.status_code, "Please fill this in." in refused.text, states(world)) == (422, True, ["waiting"])
    assert desk.post(f"/hq/certificates/{card.id}", verdict="confirm", reason="").status_code == 303
    assert desk.post(f"/hq/certificates/{card.id}", verdict="confirm", reason="").status_code == 422
    listed = desk.get("/hq/leaders")
    assert ("1 certificate that a hub demands is missing" in listed, "L902 团长902" in listed) == (True, True)
    assert desk.post(f"/hq/certificates/demands/{world.hub_id}", kinds="food_safety").status_code == 303
    assert read(world, queries.demands) == {world.hub_id: {CertificateKind.FOOD_SAFETY}}

    client.set_cookie("locale", "en")
    record = client.get(f"/leaders/{world.leaders['L901']}").text
    assert ("Health certificate" in record, "0042" in record) == (True, False)
    shown = client.get(f"/api/v1/leaders/{world.leaders['L901']}").get_json()["data"]["certificates"]
    assert shown == [{"kind": "health", "valid_until": "2026-12-30"}]
