"""Reads of the catalogue room."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue import rules
from app.domains.catalogue.models import Category, Sku
from app.domains.catalogue.values import CategoryCard, CategoryInput, SkuCard, SkuInput
from app.infra import search
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_OWN = [name for name in SkuCard.__dataclass_fields__ if not name.startswith("category_")]


def _cards() -> Select[*tuple[Any, ...]]:
    return select(
        *(getattr(Sku, name) for name in _OWN),
        Category.code.label("category_code"),
        Category.name.label("category_name"),
        Category.name_en.label("category_name_en"),
    ).join(Category, Category.id == Sku.category_id)


def sku_cards(session: Session, ids: Collection[UUID] | None = None) -> dict[UUID, SkuCard]:
    """SKUs by id, in the order of their codes; all of them, or those asked for that exist."""
    wanted = _cards().order_by(Sku.code)
    if ids is not None:
        wanted = wanted.where(Sku.id.in_(ids))
    return {row["id"]: SkuCard(**row) for row in session.execute(wanted).mappings()}


def get_sku(session: Session, sku_id: UUID) -> SkuCard:
    """One SKU; raises NotFound."""
    cards = sku_cards(session, [sku_id])
    if sku_id not in cards:
        raise NotFound(what="sku")
    return cards[sku_id]


def search_skus(session: Session, text: str, ask: PageAsk, category: str | None = None) -> Page[SkuCard]:
    """A page of SKUs by code in which every word of `text` is found: either language, pinyin or its initials."""
    wanted = _cards().order_by(Sku.code).limit(ask.limit + 1)
    wanted = wanted.where(search.holds(Sku.search_key, text))
    if category:
        wanted = wanted.where(Category.code == category)
    if ask.after:
        wanted = wanted.where(Sku.code > select(Sku.code).where(Sku.id == ask.after).scalar_subquery())
    rows = [SkuCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def sku_ids_by_code(session: Session) -> dict[str, UUID]:
    """The id of every SKU by its code."""
    return dict(session.execute(select(Sku.code, Sku.id)).all())


def label_gaps(session: Session, sku_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Empty mandatory label fields by SKU; SKUs with a complete label are left out."""
    gaps = {id_: rules.label_gaps(card) for id_, card in sku_cards(session, sku_ids).items()}
    return {id_: names for id_, names in gaps.items() if names}


def claim_hours(session: Session, sku_ids: Collection[UUID]) -> dict[UUID, int]:
    """Hours after pickup in which a claim on each SKU is accepted."""
    found = (
        select(Sku.id, Category.claim_hours).join(Category, Category.id == Sku.category_id).where(Sku.id.in_(sku_ids))
    )
    return dict(session.execute(found).all())


def categories(session: Session) -> list[CategoryCard]:
    """All categories in the order in which they were made, with how many active SKUs they hold."""
    counts = func.count(Sku.id).filter(Sku.active)
    found = (
        select(
            Category.id,
            Category.code,
            Category.name,
            Category.name_en,
            Category.claim_hours,
            Category.tax_bps,
            counts.label("sku_count"),
        )
        .outerjoin(Sku, Sku.category_id == Category.id)
        .group_by(Category.id)
        .order_by(Category.id)
    )
    return [CategoryCard(**row) for row in session.execute(found).mappings()]


def category_inputs(session: Session) -> list[CategoryInput]:
    """All categories as an import would bring them."""
    return [
        CategoryInput(code=row.code, name=row.name, name_en=row.name_en, claim_hours=row.claim_hours)
        for row in categories(session)
    ]


def sku_inputs(session: Session) -> list[SkuInput]:
    """All SKUs as an import would bring them, by code."""
    names = [name for name in SkuInput.__dataclass_fields__ if name != "category"]
    return [
        SkuInput(category=card.category_code, **{name: getattr(card, name) for name in names})
        for card in sku_cards(session).values()
    ]
