"""The API keeps the promises of its own description: thousands of made-up calls, valid and not, in a small world.

Every answer has a documented status, the documented shape and content type, and none is a failure of ours. Ids are
often replaced by real ones, so that calls reach past the first check. Derandomised: the same calls every time.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.domains.orders.queries import get_order
from app.infra.services import Services
from app.kernel.actors import Role
from tests.factories.world import World, make_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LEAST_CALLS = 2_000
#: Calls of one operation that takes anything at all: valid ones, and ones that break its schema.
VALID, BROKEN = 24, 11
QUIET = settings(suppress_health_check=list(HealthCheck))


class Caller:
    """Calls operations as whoever they are for, with real ids in most places."""

    def __init__(self, world: World) -> None:
        self._world = world
        order_id = world.buy(0, orange=2, greens=1)
        line_id = self._line_of(order_id)
        self._ids = {
            "order_id": order_id, "group_buy_id": world.group_buy_id, "offer_id": world.offers["greens"],
            "sku_id": world.skus["orange"], "order_line_id": line_id, "pickup_point_id": world.points["P902"],
        }  # fmt: skip
        self._leader, self._hq = world.headers(world.leaders["L901"]), world.staff(Role.HQ_ADMIN)
        self._resident = world.headers(world.residents[0])
        self._keys = itertools.count()
        self.statuses: Counter[int] = Counter()

    def call(self, case: Any, *, real: bool) -> None:
        if real:
            case.path_parameters = {
                name: str(self._ids.get(name, v)) for name, v in (case.path_parameters or {}).items()
            }
            case.body = {} if "/stations/" in case.path else self._with_real_ids(case.body)
        headers = self._headers(case.path)
        if "Idempotency-Key" in (case.headers or {}) and next(self._keys) % 3:
            headers["Idempotency-Key"] = f"key-{next(self._keys):08}"
        response = case.call(headers=headers)
        self.statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        if response.headers.get("content-type", [""])[0] == "application/json" and "openapi" not in case.path:
            body = json.loads(response.content)
            assert (body["code"], body["message"] == "ok") in {(0, True), (response.status_code, False)}

    def _headers(self, path: str) -> dict[str, str]:
        if path.endswith("/sign-out"):
            return self._world.headers(self._world.residents[1])
        if "/leader/" in path:
            return dict(self._leader)
        return dict(self._hq if "/hq/" in path else self._resident)

    def _with_real_ids(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {
                name: str(self._ids[name])
                if name in self._ids and isinstance(value, str)
                else self._with_real_ids(value)
                for name, value in body.items()
            }
        return [self._with_real_ids(one) for one in body] if isinstance(body, list) else body

    def _line_of(self, order_id: Any) -> Any:
        return self._world.services.database.read(get_order, order_id).lines[0].id


def exercise(operation: Any, caller: Caller) -> None:
    """Made-up calls of one operation."""
    takes = bool(operation.body) or any((*operation.path_parameters, *operation.query, *operation.headers))
    modes = [(GenerationMode.POSITIVE, VALID if takes else 3)]
    if takes:
        modes.append((GenerationMode.NEGATIVE, BROKEN))
    for mode, number in modes:

        @settings(QUIET, max_examples=number)
        @given(case=operation.as_strategy(generation_mode=mode), real=st.sampled_from((True, True, False)))
        def calls(case: Any, real: bool) -> None:
            caller.call(case, real=real)

        run: Callable[[], None] = calls
        if mode is GenerationMode.POSITIVE:
            run()
        else:
            with suppress(Unsatisfiable):  # some inputs cannot be broken: any text is a valid If-None-Match
                run()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_the_api_does_what_its_description_says(app: Flask, services: Services) -> None:
    caller = Caller(make_world(services))
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 65
    for operation in operations:
        exercise(operation, caller)
    assert sum(caller.statuses.values()) >= LEAST_CALLS
    assert {200, 201, 202, 404, 409, 422} <= set(caller.statuses)
    assert not [status for status in caller.statuses if status >= 500]
