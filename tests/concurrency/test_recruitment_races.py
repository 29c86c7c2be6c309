"""One open application a phone, and one neighbour a link, however many come at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from app.domains.recruitment import queries
from app.domains.recruitment.errors import LinkUsed
from app.domains.recruitment.service import applications, endorsing
from app.infra.uow import Database
from tests.factories.communities import make_city, make_resident, resident
from tests.factories.recruitment import TYPED, make_application, make_neighbour

AT_ONCE = 8


def test_a_link_pressed_by_many_counts_for_one(run: Any, database: Database) -> None:
    make_city(run)
    who, application_id = make_application(database)
    token = database.transact(resident(who), endorsing.make_link)
    neighbours = [make_neighbour(database, 10 + number) for number in range(AT_ONCE)]

    def press(number: int) -> object:
        try:
            return database.transact(neighbours[number], endorsing.endorse, token, "")
        except LinkUsed:
            return LinkUsed

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(press, range(AT_ONCE)))
    assert sorted(map(str, answers)) == sorted([str(application_id), *[str(LinkUsed)] * (AT_ONCE - 1)])
    assert database.read(queries.count_endorsements, [application_id]) == {application_id: 1}


def test_a_draft_saved_many_times_at_once_is_one_application(run: Any, database: Database) -> None:
    make_city(run)
    who = resident(make_resident(run, 1))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda _n: database.transact(who, applications.save_draft, TYPED, []), range(AT_ONCE)))
    assert len(set(made)) == 1
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM recruitment_application")) == 1
