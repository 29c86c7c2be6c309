"""Typed makers of categories and SKUs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.domains.catalogue.queries import sku_ids_by_code
from app.domains.catalogue.service.products import save_categories, save_skus
from app.domains.catalogue.values import CategoryInput, SkuInput, Zone
from app.infra.uow import UnitOfWork

FRUIT = CategoryInput(code="fruit", name="新鲜水果", name_en="Fresh fruit", claim_hours=24)
SNACK = CategoryInput(code="snack", name="零食", name_en="Snacks", claim_hours=72)
ORANGE = SkuInput(
    code="FR001",
    name="赣南脐橙",
    name_en="Gannan navel oranges",
    category="fruit",
    spec="5斤装",
    spec_en="2.5 kg",
    unit="袋",
    unit_en="bag",
    weight_g=2500,
    volume_ml=5200,
    zone=Zone.AMBIENT,
    shelf_days=10,
    barcode="2180000000014",
    origin="江西赣州",
    producer="云麓果业合作社",
    ingredients="鲜脐橙",
    storage="阴凉通风处存放",
    picture="navel-orange.svg",
    description="现摘现发",
    description_en="Picked to order",
    estimate_g=0,
)


def sku_input(code: str = "FR001", **other: Any) -> SkuInput:
    """The oranges under another code, with other fields."""
    return replace(ORANGE, code=code, **other)


def make_skus(run: Callable[..., Any], *rows: SkuInput) -> dict[str, UUID]:
    """Save the categories and these SKUs (the oranges when none are named); ids by code."""

    def use_case(uow: UnitOfWork) -> dict[str, UUID]:
        save_categories(uow, [FRUIT, SNACK])
        save_skus(uow, rows or (ORANGE,))
        uow.session.flush()
        return sku_ids_by_code(uow.session)

    made: dict[str, UUID] = run(use_case)
    return made
