"""The scale's page and command, boxes of a draft, and the columns of files: what is typed wrong stays and is told."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.service.products import save_skus
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import UnknownOffer
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import PlanGroupBuy, Station
from app.domains.orders import queries as orders
from app.flows.import_rows import OFFERS
from app.flows.planning import PlanRound, offers_like, plan_round
from app.infra.services import Services
from app.kernel.actors import Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.states import WrongState
from tests.factories.accounts import let_in, make_account
from tests.factories.boxes import SYSTEM, pack, weigh_goods
from tests.factories.settlement import run_to
from tests.factories.shopper import words
from tests.factories.world import CUTOFF_AT, OPENS_AT, PICKUP_ON, ROUND_ON, SKUS, World, make_world

Read = Callable[..., Any]
PLACE = ("--hub", "LJ-T", "--date", "2026-11-20")


@pytest.fixture
def world(services: Services) -> World:
    made = make_world(services)
    weigh_goods(made, greens=480)
    return made


@pytest.fixture
def sorter(client: FlaskClient, services: Services) -> Callable[..., TestResponse]:
    """POST as somebody of the warehouse desk."""
    account: Account = services.database.transact(SYSTEM, make_account, Role.HQ_WAREHOUSE)
    secret = let_in(client, services.database, account)
    return lambda path, **form: client.post(path, data={"csrf_token": secret, **form})


def line_id(read: Read, order_id: UUID) -> UUID:
    (only,) = read(orders.get_order, order_id).lines
    return only.id


def test_the_scale_takes_what_was_typed_and_goes_on_to_the_next_point(
    world: World, read: Read, client: FlaskClient, sorter: Callable[..., TestResponse]
) -> None:
    ann, bo = world.buy(0, greens=3), world.buy(1, greens=2)
    page = f"/hq/weighing/{world.group_buy_id}"
    assert "没有要称重的商品" in words(client.get(page).text)
    run_to(world, Station.SORT)
    assert "约 1440 克" in words(client.get(page).text)
    one, here, there = line_id(read, ann), str(world.points["P901"]), str(world.points["P902"])

    for typed, sentence in (("14x", "请填整数克"), ("144", "144 克与预计的 1440 克相差太大"), ("", "还没有填写")):
        refused = sorter(page, point=here, **{f"g-{one}": typed})
        assert refused.status_code == 422
        assert sentence in words(refused.text)
        assert re.search(rf'name="g-{one}"[^>]* value="{typed}"', refused.text)
    done = sorter(page, point=here, **{f"g-{one}": "1296"})
    assert (done.status_code, done.headers["Location"].endswith(f"?point={there}")) == (303, True)
    assert read(orders.get_order, ann).refunded_cents == 150  # 4.50 instead of 5.00 a piece
    sure = sorter(page, point=there, **{f"g-{line_id(read, bo)}": "400", f"sure-{line_id(read, bo)}": "1"})
    assert (sure.status_code, read(orders.get_order, bo).refunded_cents) == (303, 2 * (500 - 208))
    assert "未称重" not in words(client.get(page).text)


def test_the_command_reads_what_it_lists(
    world: World, read: Read, app: Flask, tmp_path: Path
) -> None:  # fmt: skip
    ann = world.buy(0, greens=5)
    run_to(world, Station.SORT)

    def flask(*arguments: str, code: int = 0) -> str:
        with app.app_context():
            done = app.test_cli_runner().invoke(args=["weigh", *arguments])
        assert done.exit_code == code, done.output
        return str(done.output)

    rows = list(csv.DictReader(io.StringIO(flask("list", *PLACE))))
    no = read(orders.get_order, ann).no
    assert rows == [
        {"order": no, "sku": "T002", "grams": "", "expected_g": "2400", "pieces": "5", "pickup_point": "P901"}
    ]
    file = tmp_path / "scale.csv"
    file.write_text(f"order,sku,grams\n{no},T002,2352\n")
    assert flask("record", str(file), *PLACE) == "weighed 1 lines, unchanged 0, back 50\n"
    assert flask("record", str(file), *PLACE) == "weighed 0 lines, unchanged 1, back 0\n"
    for row, told in (
        (f"{no},T002,2.4 kg", "row 2, column grams"),
        (f"{no},T001,2352", "row 2, column order"),
        (f"{no},T002,2400", "never charged"),
        (f"{no},T002,24", "far from the expected 2400 g"),
    ):
        file.write_text(f"order,sku,grams\n{row}\n")
        assert told in flask("record", str(file), *PLACE, code=1)
    file.write_text(f"order,sku,grams\n{no},T002,1000\n")
    assert flask("record", str(file), "--sure", *PLACE) == "weighed 1 lines, unchanged 0, back 1410\n"
    assert read(orders.get_order, ann).refunded_cents == 1_460


def draft_of(world: World) -> UUID:
    """A draft for the next day, like the open group-buy."""
    wish = PlanRound(
        hub_id=world.hub_id, round_on=ROUND_ON + timedelta(days=1), title="周六团", title_en="Saturday",
        opens_at=OPENS_AT + timedelta(days=1), cutoff_at=CUTOFF_AT + timedelta(days=1),
        pickup_on=PICKUP_ON + timedelta(days=1), like=world.group_buy_id,
    )  # fmt: skip
    made: UUID = world.services.database.transact(SYSTEM, plan_round, wish)
    return made


def test_boxes_are_set_on_a_draft_and_kept_by_the_next_plan(
    world: World, services: Services, read: Read, client: FlaskClient
) -> None:
    account: Account = services.database.transact(SYSTEM, make_account, Role.HQ_MERCHANDISER)
    secret = let_in(client, services.database, account)
    pack(world, dumplings=6)
    draft = draft_of(world)
    offers = {offer.sku_id: offer for offer in read(groupbuys.offer_cards, draft)}
    dumplings, greens = offers[world.skus["dumplings"]], offers[world.skus["greens"]]
    assert (dumplings.pack_size, greens.pack_size) == (6, 1)

    def change(offer_id: UUID, pack_size: str, group_buy_id: UUID = draft) -> str:
        path = f"/hq/group-buys/{group_buy_id}/offers/{offer_id}/box"
        answer = client.post(path, data={"csrf_token": secret, "pack_size": pack_size}, follow_redirects=True)
        assert answer.status_code == 200
        return words(answer.text)

    assert "已保存" in change(greens.id, "10")
    for wrong in ("0", "31", "x", ""):
        assert "已保存" not in change(greens.id, wrong)
    now = {offer.sku_id: offer.pack_size for offer in read(groupbuys.offer_cards, draft)}
    assert now == {**dict.fromkeys(world.skus.values(), 1), greens.sku_id: 10, dumplings.sku_id: 6}
    with pytest.raises(WrongState):
        services.database.transact(SYSTEM, plans.change_pack_size, world.group_buy_id, world.offers["rice"], 2)
    with pytest.raises(UnknownOffer):
        services.database.transact(SYSTEM, plans.change_pack_size, draft, new_id(), 2)
    with pytest.raises(Forbidden):
        services.database.transact(world.resident(), plans.change_pack_size, draft, greens.id, 2)


def test_a_minimum_that_no_full_boxes_within_the_quota_reach_is_refused(world: World, services: Services) -> None:
    (greens,) = [o for o in services.database.transact(SYSTEM, offers_like, world.group_buy_id)
                 if o.sku_id == world.skus["greens"]]  # fmt: skip
    for pack_size, least, field in ((31, 0, "pack_size"), (0, 0, "pack_size"), (16, 17, "min_group_qty")):
        offer = type(greens)(
            sku_id=greens.sku_id, price_cents=500, commission_bps=800, quota=30, per_resident_limit=10,
            min_group_qty=least, pack_size=pack_size,
        )  # fmt: skip
        wish = PlanGroupBuy(
            hub_id=world.hub_id, round_on=ROUND_ON + timedelta(days=9), title="x", title_en="x", opens_at=OPENS_AT,
            cutoff_at=CUTOFF_AT + timedelta(days=9), pickup_on=PICKUP_ON + timedelta(days=9), offers=(offer,),
        )  # fmt: skip
        with pytest.raises(Invalid) as refused:
            services.database.transact(SYSTEM, plans.plan, wish)
        assert refused.value.field == field


def test_files_carry_boxes_and_estimates(world: World, services: Services, read: Read) -> None:
    assert "pack_size" in OFFERS.all
    rows = "sku,price,role,commission_percent,quota,per_resident_limit,pack_size\nT003,25.00,volume,5,20,5,6\n"
    rows += "T004,69.90,volume,3,10,2,\n"
    wish = PlanRound(
        hub_id=world.hub_id, round_on=ROUND_ON + timedelta(days=2), title="x", title_en="x", opens_at=OPENS_AT,
        cutoff_at=CUTOFF_AT + timedelta(days=2), pickup_on=ROUND_ON + timedelta(days=3),
        file=("offers.csv", rows.encode()),
    )  # fmt: skip
    made = services.database.transact(SYSTEM, plan_round, wish)
    assert {o.sku_id: o.pack_size for o in read(groupbuys.offer_cards, made)} == {
        world.skus["dumplings"]: 6, world.skus["rice"]: 1,
    }  # fmt: skip
    # A file of products without the column leaves the estimates as they are.
    changes = services.database.transact(SYSTEM, save_skus, list(SKUS.values()))
    assert (changes.updated, changes.unchanged) == (0, 4)
    assert read(catalogue.get_sku, world.skus["greens"]).estimate_g == 480
