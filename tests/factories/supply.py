"""Typed makers of suppliers, terms and purchase orders."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.domains.supply import queries
from app.domains.supply.service.purchasing import send_purchase_orders
from app.domains.supply.service.terms import save_suppliers, save_terms
from app.domains.supply.values import SupplierInput, TermsInput, Want
from app.infra.uow import UnitOfWork

ORCHARD = SupplierInput(
    code="S01",
    name="云麓果业合作社",
    name_en="Yunlu Fruit Cooperative",
    contact="韦经理",
    phone="19900009001",
    email="orders@s01.example.com",
    min_order_cents=60_000,
    lead_days=1,
)


def supplier_input(code: str = "S01", **other: Any) -> SupplierInput:
    """The orchard under another code, with other fields."""
    return replace(ORCHARD, code=code, **other)


def terms_input(sku: str = "FR001", supplier: str = "S01", **other: Any) -> TermsInput:
    """16.20 a piece, 8 in a pack, at least 2 packs."""
    return replace(TermsInput(sku=sku, supplier=supplier, cost_cents=1_620, pack_size=8, min_packs=2), **other)


def make_terms(run: Callable[..., Any], *rows: TermsInput, suppliers: tuple[SupplierInput, ...] = (ORCHARD,)) -> None:
    """Save suppliers (the orchard when none are named) and terms (of the oranges when none are named)."""

    def use_case(uow: UnitOfWork) -> None:
        save_suppliers(uow, suppliers)
        save_terms(uow, rows or (terms_input(),))

    run(use_case)


def make_purchase_orders(
    run: Callable[..., Any], hub_id: UUID, group_buy_id: UUID, wants: dict[UUID, int], deliver_on: date
) -> dict[str, UUID]:
    """Send the orders of a round; ids of their lines by SKU code."""

    def use_case(uow: UnitOfWork) -> dict[str, UUID]:
        send_purchase_orders(
            uow, hub_id, group_buy_id, deliver_on, [Want(sku_id=sku_id, qty=qty) for sku_id, qty in wants.items()]
        )
        return {line.sku_code: line.id for line in queries.purchase_lines(uow.session, group_buy_id=group_buy_id)}

    made: dict[str, UUID] = run(use_case)
    return made
