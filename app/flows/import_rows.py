"""What a row of each kind of file means: its columns, and the input that they make."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from app.domains.accounts.rules import MAX_NAME, normal_phone
from app.domains.catalogue.values import CategoryInput, SkuInput, Zone
from app.domains.communities.values import LeaderInput, LeaderKind, LeaderStatus, PostRole, ResidentRow
from app.domains.communities.values.ground import HubInput, NeighbourhoodInput, PickupPointInput
from app.domains.groupbuys.rules import parse_breaks
from app.domains.groupbuys.values import OfferInput, OfferRole, PriceBreak
from app.domains.supply.values import SupplierInput, TermsInput
from app.infra.cells import Cells
from app.infra.tables import Columns
from app.kernel.errors import Invalid
from app.kernel.reasons import Reason

HUBS = Columns(("code", "name", "name_en", "lat", "lon", "timezone", "currency", "cutoff"))
NEIGHBOURHOODS = Columns(("code", "name", "name_en", "hub", "households"))
POINTS = Columns(
    ("code", "neighbourhood", "name", "address", "lat", "lon", "opens", "closes", "capacity_orders", "reach_m")
)
LEADERS = Columns(("code", "name", "phone", "kind", "neighbourhood", "pickup_point", "role", "status"))
#: `code` and `weight` are the list keeper's own and are not stored.
RESIDENTS = Columns(("name", "phone"), ("neighbourhood", "lat", "lon", "code", "weight"))
CATEGORIES = Columns(("code", "name", "name_en", "claim_hours"))
SUPPLIERS = Columns(("code", "name", "name_en", "contact", "phone", "email", "min_order", "lead_days"))
TERMS_COLUMNS = ("supplier", "cost", "pack_size", "min_packs")
TERMS = Columns(("sku", *TERMS_COLUMNS))
PRODUCTS = Columns(
    ("code", "name", "name_en", "category", "spec", "spec_en", "unit", "unit_en", "weight_g", "volume_ml", "zone",
     "shelf_days", "barcode", "origin", "producer", "ingredients", "storage", "picture", "description",
     "description_en"),
    (*TERMS_COLUMNS, "estimate_g"),
)  # fmt: skip
OFFERS = Columns(
    ("sku", "price", "role", "commission_percent", "quota", "per_resident_limit"),
    ("min_group_qty", "price_breaks", "pack_size"),
)
MAX_COMMISSION_BPS = 3_000


def hub(cells: Cells) -> HubInput:
    """A hub; `cutoff` is its local time."""
    return HubInput(
        code=cells.text("code", 40), name=cells.text("name", 40), name_en=cells.text("name_en", 80),
        lat=cells.degrees("lat", 90), lon=cells.degrees("lon", 180), timezone=cells.text("timezone", 60),
        currency=cells.text("currency", 3), cutoff=cells.clock("cutoff"),
    )  # fmt: skip


def neighbourhood(cells: Cells, geometry: dict[str, Any]) -> NeighbourhoodInput:
    """A neighbourhood from a GeoJSON feature's properties and shape."""
    return NeighbourhoodInput(
        code=cells.text("code", 40), name=cells.text("name", 40), name_en=cells.text("name_en", 80),
        hub=cells.text("hub", 40), households=cells.whole("households", 1, 100_000), geometry=geometry,
    )  # fmt: skip


def pickup_point(cells: Cells) -> PickupPointInput:
    """A pickup point with its hours and limits."""
    return PickupPointInput(
        code=cells.text("code", 40), neighbourhood=cells.text("neighbourhood", 40), name=cells.text("name", 60),
        address=cells.text("address"), lat=cells.degrees("lat", 90), lon=cells.degrees("lon", 180),
        opens=cells.clock("opens"), closes=cells.clock("closes"),
        capacity_orders=cells.whole("capacity_orders", 1, 100_000), reach_m=cells.whole("reach_m", 1, 100_000),
    )  # fmt: skip


def leader(cells: Cells) -> LeaderInput:
    """A leader with her post."""
    return LeaderInput(
        code=cells.text("code", 40), name=cells.text("name", MAX_NAME), phone=cells.text("phone", 20),
        kind=cells.word("kind", LeaderKind), neighbourhood=cells.text("neighbourhood", 40),
        pickup_point=cells.text("pickup_point", 40), role=cells.word("role", PostRole),
        status=cells.word("status", LeaderStatus),
    )  # fmt: skip


def resident(cells: Cells, neighbourhoods: Collection[str]) -> ResidentRow:
    """A resident; the place may be left out (both numbers), then the account has no home yet."""
    phone = cells.text("phone", 20)
    try:
        phone = normal_phone(phone) if phone else phone
    except Invalid:
        cells.fault("phone", Reason.NOT_PHONE, phone)
    has_place = any(cells.has("lat", "lon"))
    return ResidentRow(
        name=" ".join(cells.text("name", MAX_NAME).split()),
        phone=phone,
        neighbourhood=cells.known("neighbourhood", neighbourhoods) if all(cells.has("neighbourhood")) else "",
        lat=cells.degrees("lat", 90) if has_place else None,
        lon=cells.degrees("lon", 180) if has_place else None,
    )


def category(cells: Cells) -> CategoryInput:
    """A category with its claim window."""
    return CategoryInput(
        code=cells.text("code", 40), name=cells.text("name", 40), name_en=cells.text("name_en", 80),
        claim_hours=cells.whole("claim_hours", 1),
    )  # fmt: skip


def supplier(cells: Cells) -> SupplierInput:
    """A supplier; the English name and the contact may be empty."""
    return SupplierInput(
        code=cells.text("code", 40), name=cells.text("name", 60), name_en=cells.text("name_en", 80, needed=False),
        contact=cells.text("contact", 40, needed=False), phone=cells.text("phone", 30, needed=False),
        email=cells.text("email", 120, needed=False), min_order_cents=cells.cents("min_order"),
        lead_days=cells.whole("lead_days"),
    )  # fmt: skip


def terms(cells: Cells, sku_column: str = "sku") -> TermsInput:
    """A supplier's terms for a SKU; `cost` is for one piece."""
    return TermsInput(
        sku=cells.text(sku_column, 40), supplier=cells.text("supplier", 40), cost_cents=cells.cents("cost"),
        pack_size=cells.whole("pack_size", 1), min_packs=cells.whole("min_packs"),
    )  # fmt: skip


def product(cells: Cells) -> tuple[SkuInput, TermsInput | None]:
    """A SKU, and the supplier's terms where their four columns are filled; label fields may come later."""
    sku = SkuInput(
        code=cells.text("code", 40), name=cells.text("name", 60), name_en=cells.text("name_en", 120),
        category=cells.text("category", 40), spec=cells.text("spec", 60), spec_en=cells.text("spec_en", 60),
        unit=cells.text("unit", 20), unit_en=cells.text("unit_en", 20), weight_g=cells.whole("weight_g", 1),
        volume_ml=cells.whole("volume_ml", 1), zone=cells.word("zone", Zone), shelf_days=cells.whole("shelf_days", 1),
        barcode=cells.text("barcode", 40, needed=False), origin=cells.text("origin", needed=False),
        producer=cells.text("producer", needed=False), ingredients=cells.text("ingredients", 1000, needed=False),
        storage=cells.text("storage", needed=False), picture=cells.text("picture", needed=False),
        description=cells.text("description", 2000, needed=False),
        description_en=cells.text("description_en", 2000, needed=False),
        estimate_g=cells.whole("estimate_g") if all(cells.has("estimate_g")) else None,
    )  # fmt: skip
    filled = dict(zip(TERMS_COLUMNS, cells.has(*TERMS_COLUMNS), strict=True))
    if all(filled.values()):
        return sku, terms(cells, "code")
    if any(filled.values()):
        for name in (name for name, there in filled.items() if not there):
            cells.fault(name, Reason.TOGETHER)
    return sku, None


def offer(cells: Cells, sku_ids: Mapping[str, UUID], costs: Mapping[UUID, int]) -> OfferInput | None:
    """An offer of a group-buy, with `costs` of a piece by SKU; None where the SKU is not known."""
    sku = cells.known("sku", sku_ids)
    sku_id = sku_ids.get(sku)
    price, quota = cells.cents("price", 1), cells.whole("quota", 1)
    breaks = _breaks(cells, price)
    if sku_id is not None and sku_id not in costs:
        cells.fault("sku", Reason.NO_TERMS, sku)
    elif sku_id is not None and min([price, *(step.price_cents for step in breaks)]) < costs[sku_id]:
        cells.fault("price_breaks" if price >= costs[sku_id] else "price", Reason.BELOW_COST)
    made = OfferInput(
        sku_id=sku_id or UUID(int=0),
        price_cents=price,
        commission_bps=cells.percent_bps("commission_percent", MAX_COMMISSION_BPS),
        quota=quota,
        per_resident_limit=cells.whole("per_resident_limit", 1, max(quota, 1)),
        min_group_qty=cells.whole("min_group_qty", 0, quota) if all(cells.has("min_group_qty")) else 0,
        role=cells.word("role", OfferRole),
        breaks=breaks,
        pack_size=cells.whole("pack_size", 1, max(quota, 1)) if all(cells.has("pack_size")) else 1,
    )
    return made if sku_id else None


def _breaks(cells: Cells, price_cents: int) -> tuple[PriceBreak, ...]:
    """Price breaks such as 100:17.90;200:16.90; quantities rise and prices fall, from the base price on."""
    given = cells.text("price_breaks", 500, needed=False)
    try:
        steps = parse_breaks(given)
    except (Invalid, ValueError):
        cells.fault("price_breaks", Reason.NOT_BREAKS, given)
        return ()
    last_qty, last_price = 1, price_cents
    for step in steps:
        if step.from_qty <= last_qty or step.price_cents >= last_price:
            cells.fault("price_breaks", Reason.NOT_FALLING, given)
            return ()
        last_qty, last_price = step.from_qty, step.price_cents
    return steps
