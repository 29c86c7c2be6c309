"""Categories and SKUs: saved by code, audited, searched; label gaps named."""

from typing import Any

import pytest
from sqlalchemy import text

from app.domains.catalogue import queries
from app.domains.catalogue.service.products import change_active, save_categories, save_skus
from app.domains.catalogue.values import CategoryCard
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.changes import InvalidRows, RowFault
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.reasons import Reason
from tests.factories.catalogue import FRUIT, ORANGE, SNACK, make_skus, sku_input


def audit_of(database: Database) -> list[tuple[str, Any, Any]]:
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT action, before, after FROM infra_audit ORDER BY id"))
        return [(row[0], row[1], row[2]) for row in rows]


def counts(changes: Any) -> tuple[int, int, int]:
    return changes.created, changes.updated, changes.unchanged


def test_categories_are_saved_once_and_listed_in_their_order(run: Any, read: Any) -> None:
    assert counts(run(save_categories, [SNACK, FRUIT])) == (2, 0, 0)
    assert counts(run(save_categories, [SNACK, FRUIT])) == (0, 0, 2)
    cards = read(queries.categories)
    assert [(c.code, c.claim_hours, c.sku_count) for c in cards] == [("snack", 72, 0), ("fruit", 24, 0)]
    assert isinstance(cards[0], CategoryCard)


def test_sku_update_is_counted_and_audited_with_only_what_differs(run: Any, read: Any, database: Database) -> None:
    ids = make_skus(run)
    changes = run(save_skus, [sku_input(weight_g=2600), sku_input("FR002")])
    assert counts(changes) == (1, 1, 0)
    assert changes.details[0].before == {"weight_g": 2500}
    assert changes.details[0].after == {"weight_g": 2600}
    assert audit_of(database)[-2:][0] == ("catalogue.save_sku", {"weight_g": 2500}, {"weight_g": 2600})
    assert read(queries.sku_ids_by_code)["FR001"] == ids["FR001"]
    assert read(queries.get_sku, ids["FR001"]).weight_g == 2600


def test_every_fault_of_every_row_is_named_and_nothing_is_saved(run: Any, read: Any) -> None:
    run(save_categories, [FRUIT])
    with pytest.raises(InvalidRows) as refusal:
        run(save_skus, [sku_input("A", weight_g=0, category="nope"), sku_input("B", name=""), sku_input("C")])
    assert refusal.value.faults == [
        RowFault("A", "weight_g", Reason.TOO_SMALL, "0"),
        RowFault("A", "category", Reason.UNKNOWN, "nope"),
        RowFault("B", "name", Reason.MISSING),
    ]
    assert read(queries.sku_ids_by_code) == {}


def test_a_code_twice_is_refused(run: Any) -> None:
    run(save_categories, [FRUIT])
    with pytest.raises(InvalidRows) as refusal:
        run(save_skus, [ORANGE, ORANGE])
    assert refusal.value.faults == [RowFault("FR001", "code", Reason.TWICE, "FR001")]


def test_search_pages_by_code_in_both_languages(run: Any, read: Any) -> None:
    make_skus(
        run, *(sku_input(f"FR{n:03}") for n in range(5)), sku_input("X%1", name="薯片", name_en="Crisps", barcode="69")
    )
    first = read(queries.search_skus, "NAVEL", PageAsk(limit=2))
    assert [card.code for card in first.rows] == ["FR000", "FR001"]
    assert first.next_cursor is not None
    rest = read(queries.search_skus, "脐橙", PageAsk(limit=10, after=decode_cursor(first.next_cursor)))
    assert [card.code for card in rest.rows] == ["FR002", "FR003", "FR004"]
    assert rest.next_cursor is None
    assert [card.code for card in read(queries.search_skus, "%", PageAsk()).rows] == ["X%1"]
    assert read(queries.search_skus, "", PageAsk(), "snack").rows == []


def test_label_gaps_and_claim_hours(run: Any, read: Any) -> None:
    ids = make_skus(run, ORANGE, sku_input("FR002", origin="", storage=" "))
    assert read(queries.label_gaps, list(ids.values())) == {ids["FR002"]: ["origin", "storage"]}
    assert read(queries.claim_hours, [ids["FR001"]]) == {ids["FR001"]: 24}


def test_taking_a_sku_out_survives_the_next_import(run: Any, read: Any) -> None:
    ids = make_skus(run)
    run(change_active, ids["FR001"], active=False)
    assert counts(run(save_skus, [ORANGE])) == (0, 0, 1)
    assert read(queries.get_sku, ids["FR001"]).active is False
    assert [c.sku_count for c in read(queries.categories)] == [0, 0]
    with pytest.raises(NotFound):
        run(change_active, new_id(), active=False)


def test_a_resident_may_not(database: Database, read: Any) -> None:
    with pytest.raises(Forbidden):
        database.transact(Actor("r", Role.RESIDENT, new_id()), save_categories, [FRUIT])
    assert read(queries.categories) == []


def test_export_rows_equal_import_rows(run: Any, read: Any) -> None:
    make_skus(run)
    assert read(queries.sku_inputs) == [ORANGE]
    assert read(queries.category_inputs) == [FRUIT, SNACK]
