"""Inboxes: sent once per cause, newest first, opened only by their owner."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.notifications import queries
from app.domains.notifications.service.inbox import mark_read, send
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from tests.factories.notifications import make_message


@pytest.fixture
def people(database: Database) -> tuple[UUID, UUID]:
    ids = new_id(), new_id()
    with database.engine.begin() as connection:
        for id_ in ids:
            connection.execute(
                text(
                    "INSERT INTO accounts_account (id, role, name, locale, created_at)"
                    " VALUES (:id, 'resident', 'x', 'zh', now())"
                ),
                {"id": id_},
            )
    return ids


def test_the_same_cause_is_told_once(run: Any, read: Any, people: tuple[UUID, UUID]) -> None:
    about = new_id()
    run(send, [make_message(people[0], about), make_message(people[1], about)])
    run(send, [make_message(people[0], about), make_message(people[0], new_id())])
    run(send, [])
    assert read(queries.unread, people[0]) == 2
    assert read(queries.unread, people[1]) == 1


def test_newest_first_in_pages(run: Any, read: Any, people: tuple[UUID, UUID], clock: Any) -> None:
    abouts = [new_id() for _ in range(5)]
    for about in abouts:
        clock.move_to(clock.now() + timedelta(minutes=1))
        run(send, [make_message(people[0], about)])
    first = read(queries.inbox, people[0], PageAsk(limit=3))
    assert [card.about_id for card in first.rows] == abouts[:1:-1]
    rest = read(queries.inbox, people[0], PageAsk(limit=3, after=decode_cursor(first.next_cursor)))
    assert [card.about_id for card in rest.rows] == abouts[1::-1]
    assert rest.next_cursor is None
    assert rest.rows[0].params == {"no": "A1"}


def test_only_the_owner_opens(database: Database, run: Any, read: Any, people: tuple[UUID, UUID], clock: Any) -> None:
    run(send, [make_message(people[0]), make_message(people[0]), make_message(people[1])])
    mine = [card.id for card in read(queries.inbox, people[0], PageAsk()).rows]
    other = Actor("b", Role.RESIDENT, people[1])
    assert database.transact(other, mark_read, mine) == 0
    assert read(queries.unread, people[0]) == 2
    owner = Actor("a", Role.RESIDENT, people[0])
    assert database.transact(owner, mark_read, mine[:1]) == 1
    assert database.transact(owner, mark_read, mine[:1]) == 0
    assert database.transact(owner, mark_read) == 1
    assert {card.read_at for card in read(queries.inbox, people[0], PageAsk()).rows} == {clock.now()}
    assert read(queries.unread, people[1]) == 1


def test_people_may_not_send_and_programs_have_no_inbox(
    database: Database, run: Any, people: tuple[UUID, UUID]
) -> None:
    with pytest.raises(Forbidden):
        database.transact(Actor("a", Role.RESIDENT, people[0]), send, [make_message(people[0])])
    with pytest.raises(Forbidden):
        run(mark_read)
