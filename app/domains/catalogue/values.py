"""Inputs and results of the catalogue room."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Zone(StrEnum):
    """Temperature zone in which a SKU is stored, sorted and carried."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryInput:
    """One category as imported; `claim_hours` is the window for claims after pickup."""

    code: str
    name: str
    name_en: str
    claim_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCard:
    """A category with how many active SKUs it holds."""

    id: UUID
    code: str
    name: str
    name_en: str
    claim_hours: int
    #: Tax that prices contain, in ten-thousandths of the price without it.
    tax_bps: int
    sku_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuInput:
    """One product with its SKU as imported or typed; identified by `code`.

    `estimate_g` above 0 sells it by weight: a piece is about so heavy, its price is the most it costs; None leaves that
    as it is.
    """

    code: str
    name: str
    name_en: str
    category: str
    spec: str
    spec_en: str
    unit: str
    unit_en: str
    weight_g: int
    volume_ml: int
    zone: Zone
    shelf_days: int
    barcode: str
    origin: str
    producer: str
    ingredients: str
    storage: str
    picture: str
    description: str
    description_en: str
    estimate_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuCard:
    """What lists and pages show of a SKU, in both languages."""

    id: UUID
    code: str
    name: str
    name_en: str
    spec: str
    spec_en: str
    unit: str
    unit_en: str
    category_code: str
    category_name: str
    category_name_en: str
    zone: Zone
    weight_g: int
    volume_ml: int
    shelf_days: int
    barcode: str
    picture: str
    origin: str
    producer: str
    ingredients: str
    storage: str
    description: str
    description_en: str
    active: bool
    #: Grams that a piece is estimated at when it is sold by weight, else 0.
    estimate_g: int = 0
    #: Everything by which a search finds it.
    search_key: str = ""

    @property
    def sold_by_weight(self) -> bool:
        """Whether a piece costs what the scale shows, at most its price."""
        return self.estimate_g > 0
