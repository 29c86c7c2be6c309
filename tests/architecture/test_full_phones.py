"""Full phone numbers: the few routes that answer one are listed here, each with its reason; no leader's page does.

Every page and every JSON answer that reads is fetched for every role in a world that was lived through, and searched
for the number of anybody but who looks. A new route that shows a number needs a line here, and a permission.
"""

import re
from collections import defaultdict

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.accounts import queries as accounts
from app.domains.accounts.models import Account
from app.domains.recruitment.service.endorsing import make_link
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.architecture.matrix import calls
from tests.architecture.test_ownership import order_ids, theirs, world  # noqa: F401  a fixture
from tests.architecture.visitors import Visitor
from tests.factories.accounts import make_account
from tests.factories.communities import resident
from tests.factories.recruitment import make_application
from tests.factories.world import World
from tests.integration.test_console import Desk

#: Route → why it may. Those who write are below: what they answer is tested by hand in test_privacy.py.
SHOWN = {
    "hq.suppliers": "a supplier's contact at work, for who buys from it",
    "hq.supplier": "a supplier's contact at work, for who buys from it",
}
#: The applicant's, as `make_application` numbers her.
NUMBER = "13800000007"
#: Files and drawings that hold no words about people.
QUIET = {"static", "api_docs.openapi", "api_docs.docs"}
#: Written by hand: a look, with its reason in the log.
BY_LOOK = {"POST hq.show_phone", "POST hq.export_people"}
_NUMBER = re.compile(r"(?<![0-9])(?:1[3-9][0-9]{9}|0[1-9][0-9]{8,10})(?![0-9])")


def people(database: Database) -> dict[str, str]:
    """Everybody's full number and whose it is."""
    with database.engine.connect() as connection:
        rows = connection.execute(text(
            "SELECT phone, 'account' FROM accounts_account WHERE phone IS NOT NULL"
            " UNION SELECT phone, 'applicant' FROM recruitment_application"
            " UNION SELECT phone, 'leader' FROM communities_leader UNION SELECT phone, 'supplier' FROM supply_supplier"
        ))  # fmt: skip
        return {phone: kind for phone, kind in rows if phone}


def give_suppliers_a_phone(database: Database) -> None:
    """A number at work, which the routes of the list show."""
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE supply_supplier SET phone = '13911112222'"))


def found_by(app: Flask, lived: World, role: Role, account: Account) -> dict[str, set[str]]:
    """Full numbers of others in what a person reads, by route; every reading route is called with ids that exist."""
    database = lived.services.database
    visitor, shown = Visitor(app, database, role, account), defaultdict(set)
    reached = 0
    give_suppliers_a_phone(database)
    _applicant, application_id = make_application(database, 7, lat="30.40", lon="115.20")
    known = people(database)
    assert "applicant" in known.values()
    ids = theirs(lived, order_ids(lived)[0]) | {
        "group_buy_id": lived.group_buy_id, "leader_id": lived.leaders["L901"], "sku_id": lived.skus["orange"],
        "account_id": lived.residents[0], "code": "S91", "application_id": application_id,
    }  # fmt: skip
    for call in calls(app, ids):
        if call.method != "GET" or call.endpoint in QUIET or role not in (call.expected or ()):
            continue
        answer = visitor.send(call)
        reached += answer.status_code == 200
        body = answer.get_data(as_text=True) if _is_text(answer.mimetype) else ""
        shown[call.endpoint] |= {number for number in _NUMBER.findall(body) if number in known}
        answer.close()
    assert reached > 20
    return {endpoint: numbers for endpoint, numbers in shown.items() if numbers}


def _is_text(mimetype: str) -> bool:
    return mimetype.startswith("text/") or mimetype in {"application/json", "image/svg+xml"}


def test_only_listed_routes_answer_a_full_phone(app: Flask, world: World) -> None:  # noqa: F811  the fixture
    database = world.services.database
    admin = database.transact(Actor.system("test"), make_account, Role.HQ_ADMIN)
    found = found_by(app, world, Role.HQ_ADMIN, admin)
    assert set(found) == set(SHOWN)
    assert set().union(*found.values()) == {"13911112222"}


@pytest.mark.parametrize("role", [Role.LEADER, Role.RESIDENT])
def test_no_page_of_a_leader_or_resident_holds_a_full_phone(app: Flask, world: World, role: Role) -> None:  # noqa: F811
    person = world.leaders["L901"] if role is Role.LEADER else world.residents[0]
    assert found_by(app, world, role, Account(id=person)) == {}


def test_an_applicants_number_is_masked_until_somebody_looks_for_a_reason(
    client: FlaskClient,
    world: World,  # noqa: F811
) -> None:
    """HQ has to call her: the number is the answer to a look, as for everybody, and the look is in the log."""
    database = world.services.database
    applicant, application_id = make_application(database, 7, lat="30.40", lon="115.20")
    link = database.transact(resident(applicant), make_link)
    desk = Desk(client, database, Role.HQ_COMMUNITY)
    pages = [
        desk.get(path) for path in ("/hq/applications", "/hq/applications?q=0007", f"/hq/applications/{application_id}")
    ] + [client.get(f"/apply/endorse/{link}").text]
    assert [NUMBER in page for page in pages] == [False] * 4
    assert [NUMBER[-4:] in page for page in pages] == [True, True, True, False]
    assert f"/hq/people/{applicant}" in pages[2]
    assert NUMBER not in desk.get(f"/hq/people/{applicant}")
    assert NUMBER in desk.post(f"/hq/people/{applicant}", reason="call_back", note="").text
    assert [look.whose_id for look in database.read(accounts.looks, PageAsk(), whose_id=applicant).rows] == [applicant]


def test_the_list_names_routes_that_exist(app: Flask) -> None:
    known = {f"{call.method} {call.endpoint}" for call in calls(app)}
    assert {f"GET {name}" for name in SHOWN} | BY_LOOK <= known
