"""One round through HTTP and commands only: exact numbers at every station; and the same round when much goes wrong."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domains.payments.gateways.stripe import StripeProvider
from app.factory import create_app
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.worker.tasks import run_due
from tools.stripe_double.launcher import DoubleProcess

FILES = Path(__file__).parent.parent / "data" / "round"
KINDS = {
    "hubs": "hubs.csv", "neighbourhoods": "neighbourhoods.geojson", "pickup-points": "pickup_points.csv",
    "leaders": "leaders.csv", "categories": "categories.csv", "suppliers": "suppliers.csv", "products": "products.csv",
}  # fmt: skip
PLACE = ("--hub", "LJ-T", "--date", "2026-11-20")
#: Ann and Bo live in N901 by the polygon, Chen in no polygon but within reach of P902.
HOMES = {"ann": (30.3995, 115.1995), "bo": (30.4010, 115.2010), "chen": (30.4030, 115.2100)}
CUTOFF = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@dataclass
class City:
    """The test's ways in: commands, and HTTP as each person."""

    app: Flask
    services: Services
    clock: SetClock
    double: DoubleProcess
    tokens: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)

    def flask(self, *arguments: str, fails: bool = False) -> str:
        """Run a command of ours; returns what it printed."""
        with self.app.app_context():
            done = self.app.test_cli_runner().invoke(args=list(arguments))
        assert (done.exit_code != 0) is fails, f"{arguments}: {done.output} {done.exception}"
        return str(done.output).strip()

    def call(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One call of the API as a person; returns (status, data or error)."""
        client: FlaskClient = self.app.test_client()
        extra = {k.replace("_", "-"): v for k, v in headers.items()}
        if who in self.tokens:
            extra["Authorization"] = f"Bearer {self.tokens[who]}"
        answer = client.open("/api/v1" + path, method=method, json=body, headers=extra)
        told = answer.get_json()
        return answer.status_code, told["data"] if answer.status_code < 400 else told["error"]

    def ok(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A call that must succeed; returns its data."""
        status, data = self.call(who, method, path, body, **headers)
        assert status < 300, (who, method, path, status, data)
        return data

    def work(self) -> None:
        """Let the worker do what waits."""
        run_due(self.services)

    def place(self, who: str, basket: dict[str, int], key: str = "") -> Any:
        """Quote a basket by SKU code and order it at that total."""
        group_buy = self.ok(who, "GET", "/group-buys/current?hub=LJ-T")
        listing = self.ok(who, "GET", f"/group-buys/{group_buy['id']}/offers")["items"]
        offers = {offer["code"]: offer["id"] for offer in listing}
        items = [{"offer_id": offers[code], "qty": qty} for code, qty in basket.items()]
        body = {"group_buy_id": group_buy["id"], "items": items}
        total = self.ok(who, "POST", "/quotes", body)["total_cents"]
        placed = self.ok(
            who, "POST", "/orders", body | {"expected_total_cents": total}, Idempotency_Key=key or f"order-{who}-1"
        )
        self.orders.setdefault(who, placed["id"])
        return placed

    def start_paying(self, who: str) -> str:
        """Begin to pay; returns the provider's id of the payment."""
        paying = self.ok(who, "POST", f"/orders/{self.orders[who]}/pay", {}, Idempotency_Key=f"pay-{who}-0001")
        assert paying["status"] == "waiting"
        return str(paying["redirect_url"]).split("/pay/")[1].split("?")[0]

    def pay(self, who: str) -> str:
        """Pay an order: the payer approves at the provider; the page she comes back to asks how it went."""
        self.double.control(f"approve/{self.start_paying(who)}")
        return str(self.ok(who, "GET", f"/orders/{self.orders[who]}/payment")["status"])

    def order(self, who: str) -> Any:
        """A person's order as she sees it."""
        return self.ok(who, "GET", f"/orders/{self.orders[who]}")

    def count(self, tmp_path: Path, rows: list[dict[str, Any]]) -> str:
        """Enter counts at the dock from a file; codes of purchase orders are looked up by supplier."""
        sheet = tmp_path / "counts.csv"
        with sheet.open("w", newline="") as target:
            names = ("po", "sku", "received", "rejected", "reason", "lot", "expires")
            writer = csv.DictWriter(target, names)
            writer.writeheader()
            writer.writerows(rows)
        return self.flask("round", "count", str(sheet))


@pytest.fixture
def city(settings: Settings, database: Database, clock: SetClock, tmp_path: Path) -> Iterator[City]:
    """Imported places and goods, an open group-buy, two leaders and three residents who are signed in."""
    with DoubleProcess() as double:
        double.start("http://127.0.0.1:9/nobody", "whsec_round", tmp_path / "stripe.db")
        provider = StripeProvider("sk_test_round", double.url, "whsec_round")
        services = Services(settings, database, provider)
        city = City(create_app(services=services), services, clock, double)
        for kind, name in KINDS.items():
            city.flask("import", kind, str(FILES / name))
        city.flask("fleet", "save", "T-V1", "--hub", "LJ-T", "--name", "1号车", "--litres", "6000", "--kg", "1000")
        city.flask("import", "offers", str(FILES / "offers.csv"), *PLACE)
        assert city.flask("round", "open", *PLACE) == "open: Residents can order."
        for login in ("l901", "l902"):
            city.flask("accounts", "password", login, "--password", "a long enough one")
            signed = city.ok("", "POST", "/sign-in/password", {"login": login, "password": "a long enough one"})
            city.tokens[login] = signed["token"]
        for name, (lat, lon) in HOMES.items():
            city.tokens[name] = city.ok("", "POST", "/sign-in/code", {"code": f"fake:{name}"})["token"]
            city.ok(name, "PUT", "/me/home", {"location": {"lat": lat, "lon": lon}})
        yield city


def ledger(city: City) -> dict[str, int]:
    """Sums by account, as the audit sees them."""
    with city.services.database.engine.connect() as c:
        rows = c.exec_driver_sql("SELECT account, sum(amount_cents)::bigint FROM ledger_posting GROUP BY 1")
        return {account: cents for account, cents in rows if cents}


def test_a_round_in_which_all_goes_well(city: City, tmp_path: Path) -> None:
    # Homes and why.
    reasons = [city.ok(n, "GET", "/me")["home"]["reason"] for n in HOMES]
    assert reasons == ["in_polygon", "in_polygon", "nearest"]
    # Order and pay: 6 x 19.90 + 2 x 4.99 · 4 x 17.90 (the group has reached 10) + 59.90 · 3 x 4.99 + 5 x 26.90
    totals = [
        city.place("ann", {"T001": 6, "T002": 2})["total_cents"],
        city.place("bo", {"T001": 4, "T003": 1})["total_cents"],
        city.place("chen", {"T002": 3, "T004": 5})["total_cents"],
    ]
    assert totals == [12_938, 13_150, 14_947]
    assert [city.pay(n) for n in HOMES] == ["succeeded"] * 3
    assert ledger(city) == {"provider_clearing": 41_035, "deferred_sales": -41_035}

    # Cut-off: the price break gives Ann 6 x 2.00 back; demand; packs of 8, 10, 4, 6; supplier S91 wants 200.00.
    assert "23:00" in city.flask("round", "cutoff", *PLACE, fails=True)
    city.clock.move_to(CUTOFF + timedelta(minutes=1))
    city.flask("round", "cutoff", *PLACE)
    city.work()
    assert city.order("ann")["refunded_cents"] == 1_200
    assert ledger(city) == {"provider_clearing": 39_835, "deferred_sales": -39_835}
    assert bought(city) == [("T001", 10, 16), ("T002", 5, 10), ("T003", 1, 4), ("T004", 5, 6)]
    assert city.call("ann", "POST", "/orders", {}, Idempotency_Key="after-the-cutoff")[0] == 422

    # Receiving, sorting, routing, dispatch.
    city.flask("round", "receive", *PLACE, "--as-ordered")
    # 16 x 12.00 + 10 x 2.00 + 6 x 18.00 of S91 · 4 x 40.00 of S92; both above their minimum
    assert ledger(city)["goods"] == 19_200 + 2_000 + 10_800 + 16_000
    assert city.flask("round", "sort", *PLACE, "--finish").startswith("sort: 4 sheets, ")
    assert "2 stops" in city.flask("round", "route", *PLACE, "--iterations", "30")
    city.flask("round", "dispatch", *PLACE)

    # Handover by the leaders, pickup by code.
    city.clock.move_to(CUTOFF + timedelta(hours=16))
    for login in ("l901", "l902"):
        (card,) = city.ok(login, "GET", "/leader/handovers")
        city.ok(login, "POST", f"/leader/handovers/{card['id']}/count", {"lines": []})
    assert city.flask("round", "handover", *PLACE) == "handover: 2 handovers counted"
    city.clock.move_to(CUTOFF + timedelta(hours=18))
    for name, login in (("ann", "l901"), ("bo", "l901"), ("chen", "l902")):
        wish = {"code": city.order(name)["pickup"]["code"], "event_key": f"phone-{name}-1"}
        assert city.ok(login, "POST", "/leader/pickups", wish)["state"] == "done"
        assert city.ok(login, "POST", "/leader/pickups", wish)["is_new"] is False

    # Settlement: 10 % of 17.90 x 10, 8 % of 4.99 x 2 and of 4.99 x 3, 3 % of 59.90, 5 % of 26.90 x 5; line by line.
    city.flask("round", "remind", *PLACE)
    city.clock.move_to(CUTOFF + timedelta(days=3))
    city.flask("round", "settle", *PLACE)
    city.work()
    earned = [city.ok(n, "GET", "/leader/earnings")["totals"][0]["accrued_cents"] for n in ("l901", "l902")]
    assert earned == [1_074 + 80 + 716 + 180, 120 + 673]
    sums = ledger(city)
    assert (sums["sales"], sums["commission"], sums["leader_frozen"]) == (-39_835, 2_843, -2_843)
    assert "deferred_sales" not in sums
    period = ("--hub", "LJ-T", "--from", "2026-11-15", "--to", "2026-11-21")
    told = [line.split("\t") for line in city.flask("leaders", "review", *period).splitlines()]
    scores = [city.ok(n, "GET", "/leader/score") for n in ("l901", "l902")]
    assert [s["total_centi"] for s in scores] == EXPECTED_SCORES
    expected = zip(("L901", "L902"), EXPECTED_SCORES, ("warning", "warning"), strict=True)
    assert sorted(told) == [[code, f"{total / 100:.2f}", tier] for code, total, tier in expected]
    assert city.flask("audit").endswith("checks of 9 invariants hold")
    assert again(city) == sums


#: Points of 100, in hundredths. L901: penetration (2 + 5) / 450 -> 1.56 of 25; repurchase 3 / 12 -> 10.42 of 25;
#: pickup (13 + 48.5) / 63 -> 18.55 of 20; punctuality (0 + 2.7) / 4 -> 5.83 of 15; no claims -> 15.
#: L902: (1 + 5) / 550 -> 1.09; 3 / 11 -> 11.36; (8 + 48.5) / 58 -> 18.33; 5.83; 15.
EXPECTED_SCORES = [5_136, 5_161]


def test_a_round_in_which_much_goes_wrong(city: City, tmp_path: Path) -> None:
    # Bo begins to pay and dawdles; Ann's and Chen's money is there. 6 x 19.90 + 2 x 4.99 · 4 x 17.90 + 59.90 · ...
    totals = [
        city.place("ann", {"T001": 6, "T002": 2})["total_cents"],
        city.place("bo", {"T001": 4, "T003": 1})["total_cents"],
        city.place("chen", {"T002": 3, "T004": 4})["total_cents"],
    ]
    assert totals == [12_938, 13_150, 12_257]
    dawdling = city.start_paying("bo")
    assert [city.pay(n) for n in ("ann", "chen")] == ["succeeded"] * 2

    # Cut-off: Bo lapses, eggs miss their minimum of 5, the price break is not reached without Bo.
    city.clock.move_to(CUTOFF + timedelta(minutes=1))
    city.flask("round", "cutoff", *PLACE)
    city.work()
    assert (city.order("bo")["status"], city.order("chen")["refunded_cents"]) == ("lapsed", 10_760)
    assert city.order("ann")["refunded_cents"] == 0
    assert bought(city) == [("T001", 6, 8), ("T002", 5, 10)]  # 116.00, so S91 bills 84.00 up to its minimum
    # Now Bo's money comes. It goes back; it is never erased.
    city.double.control(f"approve/{dawdling}")
    assert city.ok("bo", "GET", f"/orders/{city.orders['bo']}/payment")["status"] == "succeeded"
    city.work()
    assert [(r["amount_cents"], r["reason"], r["status"]) for r in city.order("bo")["refunds"]] == [
        (13_150, "late_payment", "succeeded")
    ]

    # Receiving: 4 of 6 oranges (one bruised), 4 of 5 greens; pro rata leaves Ann 2 greens and Chen 2.
    po = orders_of(city)["S91"]
    counts = [
        {"po": po, "sku": "T001", "received": 4, "rejected": 1, "reason": "压坏"},
        {"po": po, "sku": "T002", "received": 4},
    ]
    assert city.count(tmp_path, counts) == "counted 2 lines"
    city.flask("round", "receive", *PLACE, "--policy", "pro_rata")
    city.work()
    assert [city.order(n)["refunded_cents"] for n in ("ann", "chen")] == [3_980, 10_760 + 499]
    city.flask("round", "sort", *PLACE, "--finish")
    city.flask("round", "route", *PLACE, "--iterations", "30")
    city.flask("round", "dispatch", *PLACE)

    # Handover: one orange damaged by the supplier's packing.
    city.clock.move_to(CUTOFF + timedelta(hours=9))
    (card,) = city.ok("l901", "GET", "/leader/handovers")
    orange = next(line["sku_id"] for line in card["lines"] if line["sku_code"] == "T001")
    spoilt = {"lines": [{"sku_id": orange, "damaged_qty": 1, "fault": "supplier", "note": "箱角压坏"}]}
    city.ok("l901", "POST", f"/leader/handovers/{card['id']}/count", spoilt)
    assert city.call("l902", "POST", f"/leader/handovers/{card['id']}/count", spoilt) == (404, "not_found")
    assert city.flask("round", "handover", *PLACE, "--as-expected") == "handover: 2 handovers counted"
    city.work()
    assert city.order("ann")["refunded_cents"] == 3_980 + 1_990

    # Pickup: a guesser is stopped; Ann takes her oranges and one of two greens; Chen never comes.
    city.clock.move_to(CUTOFF + timedelta(hours=18))
    guesses = [
        city.call("l902", "POST", "/leader/pickups", {"code": f"{n:06}", "event_key": f"guess-{n:04}"})[0]
        for n in range(11)
    ]
    assert guesses == [422] * 10 + [429]
    ann = city.order("ann")
    lines = {line["sku_code"]: line["id"] for line in ann["lines"]}
    some = [{"order_line_id": lines["T001"], "qty": 3}, {"order_line_id": lines["T002"], "qty": 1}]
    wish = {"code": ann["pickup"]["code"], "event_key": "phone-ann-1", "lines": some}
    assert city.ok("l901", "POST", "/leader/pickups", wish)["state"] == "partly"
    again_one = {"code": ann["pickup"]["code"], "event_key": "phone-ann-2", "lines": some[:1]}
    assert city.call("l901", "POST", "/leader/pickups", again_one) == (422, "pickup_above_due")

    # A claim within the day: one orange was bad inside. The hub answers for it.
    claim = {"order_line_id": lines["T001"], "kind": "quality", "qty": 1, "text": "里面坏了"}
    filed = city.ok("ann", "POST", "/claims", claim, Idempotency_Key="claim-ann-1")
    assert city.flask("claims", "list").split("\t")[0] == filed["id"]
    decided = ("claims", "decide", filed["id"], "--approve", "--fault", "hub", "--reason", "情况属实")
    assert city.flask(*decided) == "approved, refunded 19.90"
    city.flask(*decided, fails=True)

    # Settlement: the rest goes back; 10 % of 39.80 and 8 % of 4.99 are earned.
    assert city.flask("round", "remind", *PLACE) == "remind: 2 residents reminded"
    city.clock.move_to(CUTOFF + timedelta(days=3))
    city.flask("round", "settle", *PLACE)
    city.work()
    assert [city.order(n)["total_cents"] - city.order(n)["refunded_cents"] for n in ("ann", "chen")] == [4_479, 0]
    assert ledger(city) == {
        "provider_clearing": 4_479, "sales": -6_469, "refunds": 1_990, "commission": 637, "leader_frozen": -637,
        "goods": 4 * 1_200 + 4 * 200 + 8_400 - 1_200 - 1_200, "hub_loss": 1_200,
        "supplier_payable": -(4 * 1_200 + 4 * 200 + 8_400 - 1_200),
        "delivery_cost": 9_450, "hub_payable": -9_450,  # one truck's day and its way
    }  # fmt: skip
    assert city.flask("audit").endswith("checks of 9 invariants hold")


def again(city: City) -> dict[str, int]:
    """Every station may be repeated; nothing moves."""
    for station in ("open", "cutoff", "receive", "sort", "route", "dispatch", "handover", "remind", "settle"):
        assert city.flask("round", station, *PLACE) == f"{station}: already done"
    city.work()
    return ledger(city)


def bought(city: City) -> list[tuple[str, int, int]]:
    """(SKU, wanted, ordered) of the purchase orders."""
    with city.services.database.engine.connect() as c:
        rows = c.exec_driver_sql(
            "SELECT s.code, l.wanted_qty, l.ordered_qty FROM supply_purchase_line l"
            " JOIN catalogue_sku s ON s.id = l.sku_id ORDER BY 1"
        )
        return [(code, wanted, ordered) for code, wanted, ordered in rows]


def orders_of(city: City) -> dict[str, str]:
    """Purchase order numbers by supplier code."""
    with city.services.database.engine.connect() as c:
        rows = c.exec_driver_sql(
            "SELECT s.code, p.no FROM supply_purchase_order p JOIN supply_supplier s ON s.id = p.supplier_id"
        )
        return dict(list(rows))
