"""Every door of the double: Stripe's API, the control endpoints, the payer's page."""

import json

from tools.stripe_double.api import Api
from tools.stripe_double.double import ACTIONS, Double
from tools.stripe_double.payer import payer_answer
from tools.stripe_double.wire import Answer, Json, Refusal, Request, dump

_KINDS = ("payment_intent", "charge", "refund", "customer", "event", "transfer", "payout", "balance_transaction")


class Doors:
    """Answers requests at the right door."""

    def __init__(self, double: Double) -> None:
        self._double = double
        self._api = Api(double)

    async def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        try:
            if request.path.startswith("/v1/"):
                return await self._api.answer(request)
            if request.path.startswith("/_double/"):
                return Answer(200, dump(await self._control(request)))
            return payer_answer(self._double, request)
        except Refusal as refusal:
            return refusal.answer()

    async def _control(self, request: Request) -> Json:
        step, _, ident = request.path.removeprefix("/_double/").partition("/")
        if step == "stats":
            return self._stats()
        if request.method != "POST":
            raise Refusal(405, "Use POST.")
        wishes = _read_json(request.body)
        if step in ACTIONS:
            return self._double.act(step, ident)
        if step == "settings":
            return self._change(wishes)
        if step == "flush":
            done = await self._double.webhooks.flush(float(wishes.get("wait_s", 0)))
            return {"done": done, **self._double.webhooks.stats()}
        raise Refusal(404, f"Unknown control: {step}")

    def _change(self, wishes: Json) -> Json:
        settings = self._double.settings
        settings.change(wishes)
        if not settings.hold:
            self._double.webhooks.release()
        return settings.as_json()

    def _stats(self) -> Json:
        return {
            "requests": self._api.requests,
            "objects": {kind: self._double.store.count(kind) for kind in _KINDS},
            "webhooks": self._double.webhooks.stats(),
            "settings": self._double.settings.as_json(),
        }


def _read_json(body: bytes) -> Json:
    try:
        value = json.loads(body or b"{}")
    except ValueError as failure:
        raise Refusal(400, f"Invalid JSON: {failure}") from failure
    if not isinstance(value, dict):
        raise Refusal(400, "A JSON object is expected.")
    return value
