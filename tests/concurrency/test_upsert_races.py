"""Two imports of the same rows at once: both succeed, every row stands once, and the last word is one of theirs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from app.domains.catalogue import queries
from app.domains.catalogue.service.products import save_categories
from app.domains.catalogue.values import CategoryInput
from tests.factories.catalogue import FRUIT


def rows(hours: int, order: int) -> list[CategoryInput]:
    return [replace(FRUIT, code=f"c{n:02}", claim_hours=hours) for n in range(40)][::order]


def test_the_same_codes_from_eight_sides(run: Any, read: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        changes = list(pool.map(lambda n: run(save_categories, rows(24 + n % 2, 1 if n % 3 else -1)), range(8)))
    kept = read(queries.category_inputs)
    assert sorted(row.code for row in kept) == [f"c{n:02}" for n in range(40)]
    assert len({row.claim_hours for row in kept}) == 1
    assert {row.claim_hours for row in kept} <= {24, 25}
    assert all(c.created + c.updated + c.unchanged == 40 for c in changes)
    again = run(save_categories, kept)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 40)
