"""The scale's word on lines that are sold by weight: the price of a piece follows, and only ever falls."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Integer, Uuid

from app.domains.orders import queries, rules
from app.domains.orders.errors import NotByWeight, WeightOnlyFalls, WeightUnlikely
from app.domains.orders.models import Weighing
from app.domains.orders.service import lines
from app.domains.orders.values import RecordWeight, Weighed
from app.infra.uow import Change, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid

#: 100 kg a line: no scale of a hub shows more.
MAX_G = 100_000
_PRICES = text(
    """
    UPDATE orders_line l SET final_price_cents = p.cents FROM unnest(:lines, :prices) AS p(line_id, cents)
    WHERE l.id = p.line_id
    """
).bindparams(bindparam("lines", type_=ARRAY(Uuid())), bindparam("prices", type_=ARRAY(Integer())))


def record(uow: UnitOfWork, wishes: Sequence[RecordWeight], by: str) -> list[Weighed]:
    """Write what the scale shows for lines, all or none; the caller cuts and refunds `back_cents` in this transaction.

    The same weight again changes nothing. A correction may only make a line cheaper. Five statements at most, whatever
    the number of lines. Raises NotByWeight, WeightUnlikely, WeightOnlyFalls, Invalid.
    """
    uow.require(Permission.ORDERS_MANAGE)
    if len({wish.line_id for wish in wishes}) < len(wishes):
        raise Invalid(field="lines", reason="a line stands there twice")
    lines = _locked(uow, [wish.line_id for wish in wishes])
    done = [_weigh(wish, lines.get(wish.line_id)) for wish in wishes]
    fresh = [one for one in done if one.is_new]
    if fresh:
        _write(uow, fresh, lines, by)
    return done


def _locked(uow: UnitOfWork, line_ids: Sequence[UUID]) -> dict[UUID, Row[*tuple[Any, ...]]]:
    """Paid lines with their estimate and what the scale said before; read when they are held."""
    lines.hold(uow, line_ids)
    return {row.id: row for row in uow.session.execute(queries.scale_terms(line_ids))}


def _weigh(wish: RecordWeight, line: Row[*tuple[Any, ...]] | None) -> Weighed:
    """Decide one line: unchanged, cheaper, or refused."""
    if not 0 < wish.weight_g <= MAX_G:
        raise Invalid(field="weight_g", reason=f"must be between 1 and {MAX_G}")
    if line is None:
        raise NotByWeight(line_id=wish.line_id)
    if line.weight_g == wish.weight_g:
        return Weighed(line_id=line.id, weight_g=line.weight_g, qty=line.qty, price_cents=line.price_cents,
                       back_cents=0, is_new=False)  # fmt: skip
    estimate_g, most_cents = _terms(line)
    if not estimate_g or not line.due_qty:
        raise NotByWeight(line_id=line.id)
    if not wish.is_sure and not rules.is_likely_weight(wish.weight_g, line.due_qty, estimate_g):
        raise WeightUnlikely(line_id=line.id, weight_g=wish.weight_g, expected_g=line.due_qty * estimate_g)
    price = rules.weighed_price_cents(wish.weight_g, line.due_qty, estimate_g, most_cents)
    if price > line.final_price_cents:
        raise WeightOnlyFalls(line_id=line.id, weight_g=wish.weight_g, known_g=line.weight_g)
    return Weighed(
        line_id=line.id, weight_g=wish.weight_g, qty=line.due_qty, price_cents=price,
        back_cents=line.due_qty * (line.final_price_cents - price), is_new=True,
    )  # fmt: skip


def _terms(line: Row[*tuple[Any, ...]]) -> tuple[int, int]:
    """The estimate and the most that a piece costs; those of the first weighing stay."""
    if line.weight_g is None:
        return line.estimate_g, line.final_price_cents
    return line.weighed_estimate_g, line.most_cents


def _write(
    uow: UnitOfWork, fresh: Sequence[Weighed], lines: dict[UUID, Row[*tuple[Any, ...]]], by: str
) -> None:  # fmt: skip
    rows = [
        {"line_id": one.line_id, "weight_g": one.weight_g, "qty": one.qty, "estimate_g": estimate_g,
         "most_cents": most_cents, "price_cents": one.price_cents, "by": by, "at": uow.now}
        for one in fresh
        for estimate_g, most_cents in (_terms(lines[one.line_id]),)
    ]  # fmt: skip
    adding = insert(Weighing)
    changed = {name: adding.excluded[name] for name in ("weight_g", "qty", "price_cents", "by", "at")}
    uow.session.execute(adding.on_conflict_do_update(index_elements=["line_id"], set_=changed), rows)
    uow.session.execute(
        _PRICES, {"lines": [one.line_id for one in fresh], "prices": [one.price_cents for one in fresh]}
    )
    told: list[Change] = [
        (one.line_id, {"weight_g": was.weight_g, "price_cents": was.final_price_cents},
         {"weight_g": one.weight_g, "price_cents": one.price_cents, "qty": one.qty})
        for one in fresh
        for was in (lines[one.line_id],)
    ]  # fmt: skip
    uow.audit_many("orders.weigh", told)
