"""The committed input of the made-up city is complete, consistent, fictional, and what its generator writes."""

import csv
import itertools
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from shapely import STRtree
from shapely.geometry import Point, shape

from app.domains.catalogue.values import Zone
from tools.demo_base import shelves_of
from tools.demo_city.__main__ import SEED
from tools.demo_city.files import write_city
from tools.demo_city.goods import ean13
from tools.demo_city.pictures.album import DRAWINGS, draw, write_pictures

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
PICTURES = ROOT / "static" / "img" / "products"
FICTIONAL_PHONE = re.compile(r"1990000\d{4}")

Row = dict[str, Any]


def read_csv(name: str, folder: Path = DEMO) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def read_xlsx(name: str, folder: Path = DEMO) -> list[Row]:
    book = load_workbook(folder / f"{name}.xlsx", read_only=True)
    heading, *rows = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    return [dict(zip(map(str, heading), row, strict=True)) for row in rows]


def codes(rows: list[Row], column: str = "code") -> set[str]:
    found = [row[column] for row in rows]
    assert len(found) == len(set(found))
    return set(found)


def metres(lat: Any, lon: Any, points: list[Row]) -> np.ndarray[Any, Any]:
    """Great-circle metres from one place to every pickup point."""
    there = np.radians([[float(point["lat"]), float(point["lon"])] for point in points])
    here = np.radians([float(lat), float(lon)])
    half = np.sin((there - here) / 2) ** 2
    arc = np.arcsin(np.sqrt(half[:, 0] + np.cos(here[0]) * np.cos(there[:, 0]) * half[:, 1]))
    return np.asarray(2 * 6_371_009.0 * arc)


@pytest.fixture(scope="module")
def places() -> list[Row]:
    features = json.loads((DEMO / "neighbourhoods.geojson").read_text(encoding="utf-8"))["features"]
    return [{**feature["properties"], "shape": shape(feature["geometry"])} for feature in features]


@pytest.fixture(scope="module")
def products() -> list[Row]:
    return read_xlsx("products")


@pytest.fixture(scope="module")
def offers() -> list[Row]:
    return read_xlsx("offers")


def test_counts(places: list[Row], products: list[Row], offers: list[Row]) -> None:
    assert [row["code"] for row in read_csv("hubs")] == ["LJ-E", "LJ-W", "LJ-N"]
    assert len(codes(places)) == 60
    assert Counter(place["hub"] for place in places) == {"LJ-E": 20, "LJ-W": 20, "LJ-N": 20}
    assert len(codes(read_csv("pickup_points"))) == 67
    assert len(codes(read_csv("leaders"))) == 65
    assert len(codes(read_csv("residents"))) == 6000
    assert len(codes(read_csv("categories"))) == 13
    assert len(codes(read_xlsx("suppliers"))) == 12
    assert len(codes(products)) == 120
    assert len(codes(offers, "sku")) == 100


def test_outlines_are_valid_and_do_not_overlap(places: list[Row]) -> None:
    assert Counter(place["shape"].geom_type for place in places) == {"Polygon": 52, "Point": 8}
    assert all(place["shape"].is_valid for place in places)
    assert [
        (one["code"], other["code"])
        for one, other in itertools.combinations(places, 2)
        if one["shape"].intersects(other["shape"])
    ] == []
    assert all(350 <= place["households"] <= 1400 for place in places)
    assert len({place["name"] for place in places}) == len({place["name_en"] for place in places}) == 60


def test_pickup_points_lie_in_their_neighbourhood(places: list[Row]) -> None:
    by_code = {place["code"]: place["shape"] for place in places}
    points = read_csv("pickup_points")
    for point in points:
        ground = by_code[point["neighbourhood"]]
        spot = Point(float(point["lon"]), float(point["lat"]))
        assert ground.contains(spot) if ground.geom_type == "Polygon" else ground.distance(spot) < 0.003
        assert (point["opens"], point["closes"]) == ("16:00", "21:00")
        assert 60 <= int(point["capacity_orders"]) <= 220
        assert int(point["reach_m"]) in {600, 800, 1000}
    assert Counter(Counter(point["neighbourhood"] for point in points).values()) == {1: 53, 2: 7}


def test_every_neighbourhood_has_one_primary_leader(places: list[Row]) -> None:
    leaders = read_csv("leaders")
    home = {point["code"]: point["neighbourhood"] for point in read_csv("pickup_points")}
    primaries = [leader for leader in leaders if leader["role"] == "primary"]
    assert sorted(leader["neighbourhood"] for leader in primaries) == sorted(codes(places))
    assert Counter((leader["role"], leader["status"]) for leader in leaders) == {
        ("primary", "active"): 55,
        ("primary", "probation"): 5,
        ("backup", "active"): 3,
        ("backup", "applicant"): 2,
    }
    assert {leader["kind"] for leader in leaders} == {"home", "shop"}
    assert all(home[leader["pickup_point"]] == leader["neighbourhood"] for leader in leaders)
    assert len(codes(leaders, "pickup_point")) == 65


def test_residents_live_in_their_neighbourhood_or_in_reach(places: list[Row]) -> None:
    points = read_csv("pickup_points")
    reach = np.array([float(point["reach_m"]) for point in points])
    residents = read_csv("residents")
    homes = [Point(float(row["lon"]), float(row["lat"])) for row in residents]
    hits = STRtree([place["shape"] for place in places]).query(homes, predicate="within").T.tolist()
    fenced = {index: places[ground]["code"] for index, ground in hits}
    assert all(residents[index]["neighbourhood"] == code for index, code in fenced.items())
    without_outline = {place["code"] for place in places if place["shape"].geom_type == "Point"}
    outside = [row for index, row in enumerate(residents) if index not in fenced]
    for row in outside:
        away = metres(row["lat"], row["lon"], points)
        nearest = int(away.argmin())
        assert points[nearest]["neighbourhood"] == row["neighbourhood"]
        assert away[nearest] <= reach[nearest]
    strays = sum(row["neighbourhood"] not in without_outline for row in outside)
    assert 0.02 * 6000 <= strays <= 0.03 * 6000


def test_few_residents_buy_most() -> None:
    weights = sorted((float(row["weight"]) for row in read_csv("residents")), reverse=True)
    assert min(weights) >= 0.2
    assert max(weights) == 30.0
    assert 0.4 < sum(weights[:1200]) / sum(weights) < 0.8


def test_telephones_and_mail_are_fictional_and_unique() -> None:
    people = [*read_csv("residents"), *read_csv("leaders"), *read_xlsx("suppliers")]
    assert len(codes(people, "phone")) == 6077
    assert all(FICTIONAL_PHONE.fullmatch(row["phone"]) for row in people)
    assert all(row["email"].endswith(".example.com") for row in read_xlsx("suppliers"))


@pytest.mark.parametrize(("stem", "code"), [("400638133393", "4006381333931"), ("218000000001", "2180000000014")])
def test_check_digit(stem: str, code: str) -> None:
    assert ean13(stem) == code


def test_products_are_complete(products: list[Row]) -> None:
    assert [row["code"] for row in products for value in row.values() if value in (None, "")] == []
    assert all(re.fullmatch(r"2\d{12}", row["barcode"]) for row in products)
    assert all(row["barcode"] == ean13(row["barcode"][:12]) for row in products)
    assert len(codes(products, "barcode")) == 120
    assert {row["category"] for row in products} == codes(read_csv("categories"))
    assert {row["supplier"] for row in products} == codes(read_xlsx("suppliers"))
    assert {row["zone"] for row in products} == {"ambient", "chilled", "frozen"}
    for row in products:
        assert all(row[name] > 0 for name in ("weight_g", "volume_ml", "shelf_days", "pack_size", "min_packs", "cost"))


def test_fresh_goods_have_a_day_for_claims() -> None:
    hours = {row["code"]: row["claim_hours"] for row in read_csv("categories")}
    assert {code for code, claim in hours.items() if claim == "24"} == {
        "fruit",
        "vegetable",
        "egg_dairy",
        "meat",
        "seafood",
        "frozen_dim_sum",
    }
    assert set(hours.values()) == {"24", "72"}


def test_prices_fall_and_always_pay_for_goods_and_leader(products: list[Row], offers: list[Row]) -> None:
    cost = {row["code"]: Decimal(str(row["cost"])) for row in products}
    with_breaks = 0
    for offer in offers:
        steps = [step.split(":") for step in (offer["price_breaks"] or "").split(";") if step]
        quantities = [int(quantity) for quantity, _ in steps]
        prices = [Decimal(str(offer["price"])), *(Decimal(price) for _, price in steps)]
        assert quantities == sorted(set(quantities))
        assert prices == sorted(set(prices), reverse=True)
        assert prices[-1] * (1 - Decimal(str(offer["commission_percent"])) / 100) >= cost[offer["sku"]]
        assert not steps or quantities[-1] <= offer["quota"]
        with_breaks += bool(steps)
    assert with_breaks == 15


def test_offers_follow_their_purpose(offers: list[Row]) -> None:
    assert Counter(offer["role"] for offer in offers) == {"traffic": 8, "volume": 56, "profit": 36}
    assert all(3 <= offer["commission_percent"] <= 8 for offer in offers)
    assert sum(offer["min_group_qty"] > 0 for offer in offers) == 6
    assert all(offer["quota"] >= 60 and offer["per_resident_limit"] >= 2 for offer in offers)


def test_some_goods_are_weighed_and_some_come_in_full_boxes(products: list[Row], offers: list[Row]) -> None:
    by_weight = {row["code"]: row["estimate_g"] for row in products if row["estimate_g"]}
    assert by_weight == {"FR009": 1250, "SF001": 600, "VG003": 500, "VG008": 1000, "VG009": 2000}
    boxes = {row["sku"]: row["pack_size"] for row in offers if row["pack_size"] != 1}
    assert boxes == {"DR004": 4, "ED005": 6, "FR008": 10, "GO001": 2, "PP002": 3, "SN003": 8}
    packs = {row["code"]: row["pack_size"] for row in products}
    assert all(packs[sku] == pieces for sku, pieces in boxes.items())


def test_every_product_has_its_own_small_and_harmless_picture(products: list[Row]) -> None:
    assert sorted(row["picture"] for row in products) == sorted(path.name for path in PICTURES.iterdir())
    drawn = {row["picture"]: (PICTURES / row["picture"]).read_text(encoding="utf-8") for row in products}
    assert len(set(drawn.values())) == 120
    tags = {"svg", "defs", "g", "use", "path", "rect", "circle", "ellipse", "linearGradient", "radialGradient", "stop"}
    for text in drawn.values():
        root = ET.fromstring(text)
        assert len(text.encode()) < 5_000
        assert root.get("viewBox") == "0 0 400 400"
        assert {node.tag.removeprefix("{http://www.w3.org/2000/svg}") for node in root.iter()} <= tags
        named = {node.get("id") for node in root.iter()}
        for node in root.iter():
            assert "style" not in node.attrib
            assert node.get("href", "#").startswith("#")
            assert not node.get("href") or node.get("href", "")[1:] in named
        assert set(re.findall(r"url\(#(\w+)\)", text)) <= named


def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    write_city(tmp_path, SEED)
    for path in sorted(DEMO.iterdir()):
        if path.suffix in {".csv", ".geojson"}:
            assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
        if path.suffix == ".xlsx":
            assert read_xlsx(path.stem, tmp_path) == read_xlsx(path.stem)
    assert sum(path.stat().st_size for path in DEMO.iterdir()) < 3_000_000


def test_the_committed_pictures_are_what_the_generator_draws(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in PICTURES.iterdir()
    }
    assert all(draw(name) == draw(name) for name in DRAWINGS)


def test_another_seed_gives_another_city(tmp_path: Path) -> None:
    write_city(tmp_path, "another")
    assert read_csv("residents", tmp_path) != read_csv("residents")
    assert read_csv("hubs", tmp_path) == read_csv("hubs")


def test_goods_stand_zone_by_zone_heavy_ones_first_six_to_a_rack() -> None:
    weights = [(Zone.AMBIENT, 100 * n) for n in range(1, 8)] + [(Zone.FROZEN, 500)]
    skus = [SimpleNamespace(id=n, code=f"T{n}", zone=zone, weight_g=grams) for n, (zone, grams) in enumerate(weights)]
    assert shelves_of(skus) == {
        6: "A01-1", 5: "A01-2", 4: "A01-3", 3: "A01-4", 2: "A01-5", 1: "A01-6", 0: "A02-1", 7: "F01-1",
    }  # fmt: skip
