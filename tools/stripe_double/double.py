"""The double itself: memory, switches, webhooks and clock, put together."""

import asyncio
import json
import time

from tools.stripe_double import attempts, intents, others, refunds, setups
from tools.stripe_double.settings import Settings
from tools.stripe_double.store import Changes, KeptAnswer, Store
from tools.stripe_double.webhooks import Webhooks
from tools.stripe_double.wire import Json
from tools.stripe_double.work import Work

#: What payers and banks do: the kind of object, and what happens to it.
ACTIONS = {
    "approve": ("payment_intent", attempts.approve),
    "decline": ("payment_intent", attempts.decline),
    "settle": ("payment_intent", attempts.settle),
    "refund": ("refund", refunds.finish),
    "fail_refund": ("refund", refunds.fail),
    "expire": ("payment_intent", intents.expire),
    "fail_payout": ("payout", others.fail_payout),
    "approve_setup": ("setup_intent", setups.approve),
    "decline_setup": ("setup_intent", setups.decline),
}


class Double:
    """One shop's account at the pretended Stripe."""

    def __init__(self, store: Store, settings: Settings, webhook: tuple[str, str], merchant: str) -> None:
        self.store = store
        self.settings = settings
        self.merchant = merchant
        self.base_url = ""
        self.webhooks = Webhooks(*webhook, store, settings)
        self._followups: set[asyncio.TimerHandle] = set()

    def begin(self, base_url: str) -> None:
        """Learn the own address and take up what an earlier process left: waiting webhooks, work in progress."""
        self.base_url = base_url
        self.webhooks.queue(list(self.store.undelivered))
        for kind, tag, action in (("payment_intent", "processing", "settle"), ("refund", "pending", "refund")):
            for row in self.store.newest_first(kind, [f"status={tag}"]):
                self._later(0, action, json.loads(row.body)["id"])

    def work(self) -> Work:
        """A new piece of work, at the real time."""
        return Work(self.store, self.settings, self.base_url, int(time.time()))

    def commit(self, work: Work, changes: Changes | None, kept: tuple[str, KeptAnswer] | None = None) -> None:
        """Store what a piece of work did, then start its webhooks and follow-ups."""
        stored = changes or Changes()
        stored.answer = kept
        self.store.apply(stored)
        if changes is None:
            return
        self.webhooks.queue(ident for ident, _, wanted in changes.events if wanted)
        for delay_ms, action, ident in work.followups:
            self._later(delay_ms, action, ident)

    def act(self, action: str, ident: str) -> Json:
        """What the payer or a bank does: approve, decline, settle, refund …; refuses an unknown object."""
        kind, function = ACTIONS[action]
        work = self.work()
        done = function(work, work.get(kind, ident))
        self.commit(work, work.changes())
        return done

    def enter_card(self, ident: str, name: str) -> Json:
        """A customer enters a test card on the hosted page; refuses one that its bank declines."""
        work = self.work()
        done = setups.enter_card(work, work.get("checkout.session", ident), name)
        self.commit(work, work.changes())
        return done

    def _later(self, delay_ms: int, action: str, ident: str) -> None:
        handle: asyncio.TimerHandle

        def due() -> None:
            self._followups.discard(handle)
            self.act(action, ident)

        handle = asyncio.get_running_loop().call_later(delay_ms / 1000, due)
        self._followups.add(handle)
