"""Leaders' papers in the small world."""

from datetime import date
from typing import Any
from uuid import UUID

from app.domains.certificates.service.certificates import decide
from app.domains.certificates.values import CertificateKind, DecideCertificate, EnterCertificate
from app.flows.certificates import enter
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.factories.aftersales import make_photo
from tests.factories.world import World

DESK = Actor("阿芳", Role.HQ_COMMUNITY, new_id())


def make_certificate(world: World, leader: str = "L901", **said: Any) -> UUID:
    """Let a leader enter a health certificate, valid until the 30th of December unless `said` says otherwise."""
    shade = 200 if leader == "L901" else 100
    usual: dict[str, Any] = {
        "kind": CertificateKind.HEALTH, "number": "沪健 2026 0042", "issued_by": "临江疾控中心",
        "valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 30),
        "photo": said.get("photo") or make_photo(world, world.leader(leader), shade),
    }  # fmt: skip
    return world.services.database.transact(world.leader(leader), enter, EnterCertificate(**(usual | said)))


def make_confirmed(world: World, leader: str = "L901", **said: Any) -> UUID:
    """One that HQ has confirmed."""
    made = make_certificate(world, leader, **said)
    world.services.database.transact(DESK, decide, DecideCertificate(certificate_id=made, confirm=True))
    return made
