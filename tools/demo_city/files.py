"""Writes the made-up city as the files that the importers read: CSV, GeoJSON and Excel. UTF-8, WGS-84, yuan."""

import csv
import datetime as dt
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from shapely.geometry.polygon import orient

from tools.demo_city import city, goods, people
from tools.demo_city.geometry import to_lat_lon
from tools.demo_city.tables import read_table

Cell = str | int | float | Decimal

#: Printed into the workbooks instead of the hour of writing, so that the same city gives the same bytes.
WRITTEN_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
PRODUCT_COLUMNS = (
    *("code", "name", "name_en", "category", "spec", "spec_en", "unit", "unit_en", "weight_g", "volume_ml", "zone"),
    *("shelf_days", "pack_size", "barcode", "supplier", "cost", "min_packs", "origin", "producer", "ingredients"),
    *("storage", "picture", "description", "description_en", "estimate_g"),
)
PRODUCT_WHOLE_NUMBERS = {"weight_g", "volume_ml", "shelf_days", "pack_size", "min_packs", "estimate_g"}


def write_city(folder: Path, seed: str) -> None:
    """Write every input file into `folder`; the same seed gives the same cells."""
    folder.mkdir(parents=True, exist_ok=True)
    places = city.neighbourhoods(random.Random(f"{seed}/city"))
    points = people.pickup_points(places, random.Random(f"{seed}/points"))
    streets = people.StreetMap(places, points)
    _write_csv(folder / "hubs.csv", map(_hub, city.HUBS))
    _write_geojson(folder / "neighbourhoods.geojson", places)
    _write_csv(folder / "pickup_points.csv", map(_point, points))
    _write_csv(folder / "leaders.csv", map(_leader, people.leaders(points, random.Random(f"{seed}/leaders"))))
    _write_csv(folder / "residents.csv", map(_resident, people.residents(streets, random.Random(f"{seed}/residents"))))
    _write_csv(folder / "categories.csv", read_table("categories"))
    _write_xlsx(folder / "suppliers.xlsx", map(_supplier, goods.suppliers()))
    _write_xlsx(folder / "products.xlsx", map(_product, goods.products()))
    _write_xlsx(folder / "offers.xlsx", map(_offer, goods.offers(random.Random(f"{seed}/offers"))))


def _hub(hub: city.Hub) -> dict[str, Cell]:
    lat, lon = to_lat_lon(hub.x_m, hub.y_m)
    return {
        "code": hub.code,
        "name": hub.name,
        "name_en": hub.name_en,
        "lat": f"{lat:.6f}",
        "lon": f"{lon:.6f}",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "cutoff": "23:00",
    }


def _point(point: people.PickupPoint) -> dict[str, Cell]:
    lat, lon = to_lat_lon(point.x_m, point.y_m)
    return {
        "code": point.code,
        "neighbourhood": point.neighbourhood,
        "name": point.name,
        "address": point.address,
        "lat": f"{lat:.6f}",
        "lon": f"{lon:.6f}",
        "opens": "16:00",
        "closes": "21:00",
        "capacity_orders": point.capacity_orders,
        "reach_m": point.reach_m,
    }


def _leader(leader: people.Leader) -> dict[str, Cell]:
    return {
        "code": leader.code,
        "name": leader.name,
        "phone": leader.phone,
        "kind": leader.kind,
        "neighbourhood": leader.neighbourhood,
        "pickup_point": leader.pickup_point,
        "role": leader.role,
        "status": leader.status,
    }


def _resident(resident: people.Resident) -> dict[str, Cell]:
    lat, lon = to_lat_lon(resident.x_m, resident.y_m)
    return {
        "code": resident.code,
        "name": resident.name,
        "phone": resident.phone,
        "neighbourhood": resident.neighbourhood,
        "lat": f"{lat:.6f}",
        "lon": f"{lon:.6f}",
        "weight": f"{resident.weight:.2f}",
    }


def _supplier(row: Mapping[str, str]) -> dict[str, Cell]:
    names = ("code", "name", "name_en", "contact", "phone", "email")
    return {
        **{name: row[name] for name in names},
        "min_order": Decimal(row["min_order"]),
        "lead_days": int(row["lead_days"]),
    }


def _product(row: Mapping[str, str]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {name: row[name] for name in PRODUCT_COLUMNS}
    cells.update({name: int(row[name]) for name in PRODUCT_WHOLE_NUMBERS})
    cells["cost"] = Decimal(row["cost"])
    return cells


def _offer(offer: goods.Offer) -> dict[str, Cell]:
    return {
        "sku": offer.sku,
        "price": offer.price,
        "role": offer.role,
        "commission_percent": float(offer.commission_percent),
        "quota": offer.quota,
        "per_resident_limit": offer.per_resident_limit,
        "min_group_qty": offer.min_group_qty,
        "pack_size": offer.pack_size,
        "price_breaks": ";".join(f"{step.from_qty}:{step.price}" for step in offer.breaks),
    }


def _write_csv(path: Path, rows: Iterable[Mapping[str, Cell]]) -> None:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_geojson(path: Path, places: Sequence[city.Neighbourhood]) -> None:
    """One feature per line, longitude before latitude (RFC 7946), outer rings against the clock."""
    features = ",\n".join(json.dumps(_feature(place), ensure_ascii=False) for place in places)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n', encoding="utf-8", newline="\n")


def _feature(place: city.Neighbourhood) -> dict[str, object]:
    geometry: dict[str, object] = {"type": "Point", "coordinates": _lon_lat(place.middle.x, place.middle.y)}
    if place.drawn:
        ring = [_lon_lat(x, y) for x, y in orient(place.ground).exterior.coords]
        geometry = {"type": "Polygon", "coordinates": [ring]}
    properties = {
        "code": place.code,
        "name": place.name,
        "name_en": place.name_en,
        "hub": place.hub,
        "households": place.households,
    }
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _lon_lat(x_m: float, y_m: float) -> list[float]:
    lat, lon = to_lat_lon(x_m, y_m)
    return [lon, lat]


def _write_xlsx(path: Path, rows: Iterable[Mapping[str, Cell]]) -> None:
    """One sheet with a bold, frozen heading. Codes and bar codes are text, money keeps two decimals."""
    rows = list(rows)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": path.stem, "created": WRITTEN_AT})
        sheet = book.add_worksheet(path.stem)
        heading, money = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
        sheet.freeze_panes(1, 1)
        for column, name in enumerate(rows[0]):
            sheet.write_string(0, column, name, heading)
            sheet.set_column(column, column, max(9, min(max(len(str(row[name])) for row in rows) + 4, 40)))
            for line, row in enumerate(rows, start=1):
                value = row[name]
                if isinstance(value, str):
                    sheet.write_string(line, column, value)
                else:
                    sheet.write_number(line, column, float(value), money if isinstance(value, Decimal) else None)
