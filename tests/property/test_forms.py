"""No form of any door breaks: sent with what nobody should type, it is refused politely, and the books stay sound.

Every page that links lead to is opened, and each kind of form on the way is sent some times with one or more of its
fields spoilt: numbers beyond all ranges, letters that end texts, days that do not exist, ids of nobody, too much, too
little, twice. Derandomised: the same calls every time.
"""

import re
from collections.abc import Iterator
from random import Random

import pytest
from flask.testing import FlaskClient

from app.domains.accounts.models import Account
from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from tests.factories.accounts import let_in, make_account
from tests.factories.forms import FoundForm, read_page
from tests.factories.leaders_rooms import live
from tests.factories.settlement import next_round, run_to
from tests.factories.world import World, make_world

SPOILT = (
    "", " ", "-1", "0", "1.5", "-0.01", "0.001", "1,000.00", "1e400", "NaN", "infinity", "²", "١٢٣", "true", "null",
    "2147483648", "9223372036854775808", "9" * 40, "2026-13-45", "0001-01-01", "9999-12-31", "2026-11-23T99:99",
    "00000000-0000-0000-0000-000000000000", "not-an-id", "\x00", "a\x00b", "\u202eabc", "é" * 300, "👩‍👩‍👧" * 50,
    "x" * 5_000, "[]", "'; DROP TABLE x;--", "<script>alert(1)</script>", "%", "_", "\\", "100%",
)  # fmt: skip
#: How often a form of one kind is sent.
TIMES = 2
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d")
#: Files, which take long to make and hold no form; and what ends the session that the test lives by.
LEFT_OUT = re.compile(r"\.(svg|xlsx|csv|geojson|pdf|zip|json)$|/(geojson|export)|/static/|/api/|sign-out|/password$")
#: Doors, how far today's round is when they are looked at, and the least number of kinds of forms found there.
LOOKS = (
    ("storefront", Station.OPEN, 12), ("storefront", Station.HANDOVER, 9), ("portal", Station.DISPATCH, 12),
    ("portal", Station.HANDOVER, 10), ("console", Station.OPEN, 65), ("console", Station.CUTOFF, 70),
    ("console", Station.RECEIVE, 65), ("console", Station.DISPATCH, 70),
)  # fmt: skip
HOMES = {"storefront": "/", "portal": "/leader/", "console": "/hq/"}


@pytest.fixture
def world(services: Services) -> World:
    """A world in which much has happened: a settled round, leaders' days, and today's group-buy with two orders."""
    found = make_world(services, residents=4)
    live(found)
    later = next_round(found)
    later.buy(0, orange=2)
    later.place(1, rice=1)
    return later


def visitor(world: World, door: str) -> Account:
    if door == "console":
        admin: Account = world.services.database.transact(Actor.system("test"), make_account, Role.HQ_ADMIN)
        return admin
    known = world.residents[0] if door == "storefront" else world.leaders["L901"]
    return Account(id=known, role=Role.RESIDENT if door == "storefront" else Role.LEADER)


def forms_of(client: FlaskClient, home: str) -> Iterator[FoundForm]:
    """One form of each kind, from one page of each kind, in the order of discovery."""
    waiting, pages, forms = [home], set(), set()
    while waiting:
        path = waiting.pop(0)
        kind = ID.sub("*", path.partition("?")[0])
        if kind in pages or LEFT_OUT.search(kind) or not _is_inside(path, home):
            continue
        pages.add(kind)
        answer = client.get(path)
        assert answer.status_code < 500, (path, answer.text[:300])
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        page = read_page(path, answer.text)
        waiting += page.links
        for form in page.forms:
            its = (form.method, ID.sub("*", form.action), *sorted({name for name, _ in form.fields}))
            if its not in forms and not LEFT_OUT.search(form.action):
                forms.add(its)
                yield form


def _is_inside(path: str, home: str) -> bool:
    return path.startswith(home) and (home != "/" or not path.startswith(("/hq", "/leader")))


def spoil(form: FoundForm, dice: Random) -> dict[str, list[str]]:
    """The form filled in, some of its fields with nonsense, left away, or twice; its secret is right."""
    names = sorted({name for name, _ in form.fields} - {"csrf_token"})
    victims = set(dice.sample(names, k=min(len(names), dice.choice((1, 1, 2, len(names))))))
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        if name not in victims:
            sent.setdefault(name, []).append(value or "1")
        elif dice.random() > 0.1:
            sent[name] = [*([value] if dice.random() < 0.1 else []), dice.choice(SPOILT)]
    return sent


@pytest.mark.parametrize(("door", "station", "least"), LOOKS)
def test_no_form_breaks(client: FlaskClient, world: World, door: str, station: Station, least: int) -> None:
    home = HOMES[door]
    run_to(world, station)
    database = world.services.database
    let_in(client, database, visitor(world, door))
    forms = list(forms_of(client, home))
    assert len(forms) >= least
    dice = Random(f"linli {door} {station}")
    broken = []
    for _ in range(TIMES):
        dice.shuffle(forms)
        for form in forms:
            sent = spoil(form, dice)
            if form.method == "get":  # its fields take the place of what stands in the address
                answer = client.get(form.action.partition("?")[0], query_string=sent)
            else:
                answer = client.post(form.action, data=sent)
            if answer.status_code >= 500:
                broken.append((form.method, form.action, sent))
    assert broken == []
    assert client.get(home).status_code == 200, "the session ended on the way: most forms were not reached"
    assert database.read_snapshot(broken_invariants, database.clock.now()) == []
