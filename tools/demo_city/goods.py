"""Categories, suppliers, products and the offers of one day. Money is in yuan with two decimals, as people type it."""

import random
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from tools.demo_city.tables import read_table

UNITS_EN = {
    "个": "piece", "份": "pack", "把": "bunch", "排": "row", "提": "pack", "条": "fish", "根": "piece", "桶": "tub",
    "瓶": "bottle", "盒": "box", "箱": "case", "罐": "tin", "袋": "bag", "颗": "head",
}  # fmt: skip
STORAGE = {
    "chilled": "0 至 4 摄氏度冷藏",
    "frozen": "零下 18 摄氏度以下冷冻",
    "fresh": "阴凉通风处存放，可冷藏",
    "ambient": "常温、阴凉、干燥处保存，避免阳光直射",
}
FRESH_CATEGORIES = {"fruit", "vegetable", "egg_dairy"}
#: What a leader earns, in percent of the price, by the offer's purpose.
COMMISSION = {"traffic": (3.0, 4.0), "volume": (4.5, 6.0), "profit": (6.0, 8.0)}
#: Whole fish, fruit and heads of vegetables: a piece weighs about `weight_g`, and the scale has the last word.
BY_WEIGHT = {"FR009", "SF001", "VG003", "VG008", "VG009"}
#: Ordered in the supplier's full boxes: residents may tolerate some pieces more to fill one.
IN_BOXES = {"DR004", "ED005", "FR008", "GO001", "PP002", "SN003"}
WITH_MINIMUM = 6
WITH_BREAKS = 15


@dataclass(frozen=True)
class Break:
    """From this many pieces in the whole group the price falls to `price`."""

    from_qty: int
    price: Decimal


@dataclass(frozen=True)
class Offer:
    """A product at a price for one day; the quota counts for each hub."""

    sku: str
    price: Decimal
    role: str
    commission_percent: Decimal
    quota: int
    per_resident_limit: int
    min_group_qty: int
    pack_size: int
    breaks: tuple[Break, ...]


def ean13(stem: str) -> str:
    """Twelve digits and their GS1 check digit (weights 1 and 3 in turn from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return f"{stem}{-total % 10}"


def products() -> list[dict[str, str]]:
    """The 120 products with all label fields; the bar code is from the shop-internal 2xx range."""
    return [
        {
            **row,
            "unit_en": UNITS_EN[row["unit"]],
            "barcode": ean13(f"2180{number:08d}"),
            "storage": _storage(row),
            "picture": f"{row['slug']}.svg",
            "estimate_g": row["weight_g"] if row["code"] in BY_WEIGHT else "0",
        }
        for number, row in enumerate(read_table("goods"), start=1)
    ]


def _storage(row: dict[str, str]) -> str:
    is_fresh = row["zone"] == "ambient" and row["category"] in FRESH_CATEGORIES and int(row["shelf_days"]) <= 60
    return STORAGE["fresh" if is_fresh else row["zone"]]


def suppliers() -> list[dict[str, str]]:
    """The twelve suppliers with fictional numbers and addresses that cannot receive mail."""
    return [
        {**row, "phone": f"19900009{number:03d}", "email": f"orders@{row['code'].lower()}.example.com"}
        for number, row in enumerate(read_table("suppliers"), start=1)
    ]


def _lowest_price(row: dict[str, str], commission: Decimal) -> Decimal:
    """What still pays for the goods and the leader, rounded up to ten fen."""
    least = Decimal(row["cost"]) / (1 - commission / 100)
    return least.quantize(Decimal("0.1"), ROUND_DOWN) + Decimal("0.1")


def _breaks(row: dict[str, str], commission: Decimal) -> tuple[Break, ...]:
    """Two steps down, a third and two thirds of the way from the price to the lowest price; empty when too narrow."""
    price, least = Decimal(row["price"]), _lowest_price(row, commission)
    steps = [(price - (price - least) * part / 3).quantize(Decimal("0.1"), ROUND_DOWN) for part in (1, 2)]
    if not price > steps[0] > steps[1] >= least:
        return ()
    start = max(int(row["quota"]) // 60 * 10, 20)
    return tuple(
        Break(start * times, step.quantize(Decimal("0.01"))) for times, step in zip((1, 2), steps, strict=True)
    )


def offers(rng: random.Random) -> list[Offer]:
    """A hundred offers: fifteen with falling prices, six that need a minimum from the whole group."""
    rows = [row for row in read_table("goods") if row["price"]]
    commission = {row["code"]: Decimal(str(round(rng.uniform(*COMMISSION[row["role"]]), 1))) for row in rows}
    narrow = [row["code"] for row in rows if row["role"] != "traffic" and _breaks(row, commission[row["code"]])]
    falling = set(rng.sample(narrow, WITH_BREAKS))
    costly = [row["code"] for row in rows if row["role"] == "profit" and row["code"] not in falling]
    needing = set(rng.sample(costly, WITH_MINIMUM))
    return [
        Offer(
            sku=row["code"],
            price=Decimal(row["price"]),
            role=row["role"],
            commission_percent=commission[row["code"]],
            quota=int(row["quota"]),
            per_resident_limit=int(row["limit"]),
            min_group_qty=rng.choice((10, 20, 30)) if row["code"] in needing else 0,
            pack_size=int(row["pack_size"]) if row["code"] in IN_BOXES else 1,
            breaks=_breaks(row, commission[row["code"]]) if row["code"] in falling else (),
        )
        for row in rows
    ]
