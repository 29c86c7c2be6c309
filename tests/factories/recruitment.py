"""Typed makers of applications, endorsed and decided."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.domains.communities.service.homes import assign_home
from app.domains.communities.values import ChooseHome
from app.domains.recruitment.rules import CONSENT_VERSION
from app.domains.recruitment.service import applications, desk, endorsing
from app.domains.recruitment.values import Activate, Decide, Submit, TrainingStep
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.geo import Point
from app.kernel.ids import new_id
from tests.factories.communities import LAT, LON, make_resident, resident

#: A good home in the middle of compound N001: of all items only the endorsements and the identity card are missing.
TYPED: dict[str, str] = {
    "name": "王秀兰", "id_tail": "204X", "kind": "home", "address": "幸福路8号3幢101", "lat": str(LAT), "lon": str(LON),
    "floor": "1", "storage_m2": "12", "fridge_l": "300", "freezer_l": "120", "opens": "09:00", "closes": "20:00",
    "experience": "much", "why": "退休在家，邻居都认识我",
}  # fmt: skip
DESK = Actor("阿芳", Role.HQ_COMMUNITY, new_id())


def make_draft(database: Database, number: int = 1, **typed: str) -> UUID:
    """A resident who has typed an application; returns her account's id."""
    account_id = make_resident(_run(database), number, "王秀兰")
    database.transact(resident(account_id), applications.save_draft, TYPED | typed, [])
    return account_id


def make_application(database: Database, number: int = 1, **typed: str) -> tuple[UUID, UUID]:
    """A resident who has handed an application in; returns her account's id and the application's."""
    account_id = make_draft(database, number, **typed)
    handed_in = database.transact(resident(account_id), applications.submit, Submit(consent_version=CONSENT_VERSION))
    return account_id, handed_in


def make_neighbour(database: Database, number: int, lat: float = LAT, lon: float = LON) -> Actor:
    """A resident who put her home on the map."""
    account_id = make_resident(_run(database), number, f"邻居{number}")
    _run(database)(assign_home, account_id, ChooseHome(location=Point(lat, lon)))
    return resident(account_id)


def make_endorsement(database: Database, applicant: UUID, neighbour: Actor) -> str:
    """A link that a neighbour has used; returns its secret."""
    token: str = database.transact(resident(applicant), endorsing.make_link)
    database.transact(neighbour, endorsing.endorse, token, "她家近")
    return token


def make_ready(database: Database, applicant: UUID, application_id: UUID) -> None:
    """Everything that comes before the beginning: identity card, decision, training, contract."""
    database.transact(DESK, desk.confirm_identity, application_id)
    database.transact(DESK, desk.decide, Decide(application_id=application_id, accept=True, reason="欢迎"))
    for step in TrainingStep:
        database.transact(resident(applicant), applications.tick_training, step)
        database.transact(DESK, desk.check_training, application_id, step)
    database.transact(resident(applicant), applications.sign_contract, 1, "zh", "王秀兰")


def beginning(application_id: UUID, **other: Any) -> Activate:
    """The wish to let her begin as L100 at P100."""
    fields: dict[str, Any] = {"leader_code": "L100", "point_code": "P100", "capacity_orders": 200, "reach_m": 500}
    return Activate(application_id=application_id, **(fields | other))


def _run(database: Database) -> Callable[..., Any]:
    return lambda use_case, *args: database.transact(Actor.system("test"), use_case, *args)
