"""Payouts on their way: write that it is sent, commit, send, record the answer. A crash between two steps is safe.

Every order carries the payout's id as its key, so sending again after a crash pays nothing twice; `poll_open` does
that for whatever was left open.
"""

from functools import lru_cache
from uuid import UUID

from app.domains.payouts import queries
from app.domains.payouts.gateways.bank_file import BankFile, read_answer
from app.domains.payouts.gateways.stripe_connect import StripeConnect
from app.domains.payouts.gateways.way import Way, WayRefused, WayUnreachable
from app.domains.payouts.service import batches, payouts
from app.domains.payouts.values import Order, PayoutCard, PayoutStatus, PayoutWay, WayState
from app.infra import log
from app.infra.settings import Settings
from app.infra.uow import Run

LOG = log.get("linli.payouts")


def way_of(way: PayoutWay, settings: Settings, read: Run) -> Way:
    """The gateway of a way of paying."""
    if way is PayoutWay.STRIPE:
        return _stripe(settings.stripe_key, settings.stripe_base)
    return BankFile(read)


@lru_cache(maxsize=4)
def _stripe(key: str, base: str) -> StripeConnect:
    """One client with its open connections for a process."""
    return StripeConnect(key, base)


def execute(run: Run, way: Way, payout_id: UUID) -> PayoutCard | None:
    """Send an approved payout and record the answer; None when it is not to be sent (any more, or not yet).

    Safe to repeat. A refusal puts the money back on the balance. Raises WayUnreachable, NotFound.
    """
    order: Order | None = run(payouts.begin, payout_id)
    if order is None:
        return None
    try:
        state = way.send(order) if order.ref is None else way.look_up(order)
    except WayRefused as refusal:
        state = WayState(status=PayoutStatus.FAILED, reason=str(refusal)[:200])
    recorded: PayoutCard = run(payouts.record, payout_id, state)
    return recorded


def sync(run: Run, read: Run, way: Way, payout_id: UUID) -> PayoutCard:
    """Ask how a payout that was sent stands, paid ones too (money may come back), and record it. Safe to repeat."""
    state = way.look_up(read(queries.order_of, payout_id))
    recorded: PayoutCard = run(payouts.record, payout_id, state)
    return recorded


def poll_open(run: Run, read: Run, settings: Settings, limit: int = 100) -> int:
    """Send what is due and ask about what was sent; how many. One that fails holds back no other."""
    due: list[tuple[UUID, PayoutWay]] = run(payouts.take_due, limit)
    failures: list[Exception] = []
    for payout_id, way in due:
        try:
            execute(run, way_of(way, settings, read), payout_id)
        except WayUnreachable:
            LOG.warning("payout way unreachable, asked again later", payout_id=str(payout_id))
        except Exception as failure:
            LOG.exception("payout left open", payout_id=str(payout_id))
            failures.append(failure)
    if failures:
        raise failures[0]
    return len(due)


def take_answer(run: Run, batch_id: UUID, name: str, content: bytes) -> int:
    """Read the bank's answer to a file and take it in; how many lines were new. Raises RowErrors, NotFound."""
    taken: int = run(batches.take_answer, batch_id, read_answer(name, content))
    return taken
