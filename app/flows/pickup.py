"""Pickup: goods for a code, with the sale and the leader's commission in the same transaction; and the reminder."""

from typing import Any

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.logistics.errors import WrongCode
from app.domains.logistics.service import pickups
from app.domains.logistics.values.pickup import PickupCard, PickupDone, RecordPickup, WrongTry
from app.domains.orders import queries as orders
from app.domains.payments.service import payments
from app.domains.settlement.service import commission, tax
from app.flows.station import StationRun
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission


def hand_out(run: Run, wish: RecordPickup) -> PickupDone:
    """Hand out against a code, as the leader on whose behalf `run` works.

    One transaction does it; it *returns* a wrong code, so that the count of wrong tries is committed, and only then is
    WrongCode raised here. Raises TooMany, WrongCode, NotReady, AlreadyPickedUp, PickupVoid, AboveDue,
    CashDue (the sum that the leader has to collect, and to confirm).
    """
    done: PickupDone | WrongTry = run(record_and_book, wish)
    if isinstance(done, WrongTry):
        raise WrongCode(left=done.left)
    return done


def look_up(run: Run, code: str) -> PickupCard:
    """Show what a code would open, before anything is handed out. Wrong codes count. Raises TooMany, WrongCode."""
    found: PickupCard | WrongTry = run(pickups.look_up, code)
    if isinstance(found, WrongTry):
        raise WrongCode(left=found.left)
    return found


def record_and_book(uow: UnitOfWork, wish: RecordPickup) -> PickupDone | WrongTry:
    """Hand out, turn what was paid into sales, and let the leader earn: all of it or nothing. Doors call `hand_out`.

    An order paid in cash is handed out once the leader has confirmed the sum that she collected; she owes it from then.
    """
    uow.require(Permission.LOGISTICS_PICK_UP)
    done = pickups.record(uow, wish)
    if isinstance(done, PickupDone) and done.is_new and uow.actor.id is not None:
        payments.collect_cash(uow.as_system("pickup"), done.order_id, uow.actor.id, wish.cash_cents)
        _book(uow.as_system("pickup"), done)
    return done


def _book(uow: UnitOfWork, done: PickupDone) -> None:
    ids = [p.order_line_id for p in done.picked]
    currency, prices = orders.final_prices(uow.session, done.order_id)
    amount = sum(p.qty * prices[p.order_line_id] for p in done.picked)
    sale = (Posting(LedgerAccount.DEFERRED_SALES, amount), Posting(LedgerAccount.SALES, -amount))
    journals.post(
        uow,
        PostJournal(
            kind=JournalKind.GOODS_PICKED_UP,
            cause_id=done.event_id,
            hub_id=done.hub_id,
            currency=currency,
            postings=sale,
        ),
    )
    commission.accrue_lines(uow, done.event_id, ids)
    tax.book_lines(uow, done.event_id, ids)


def remind_station(st: StationRun, options: dict[str, Any]) -> str:
    """Remind everybody whose goods still wait; who was reminded before is left in peace."""
    del options
    told = st.run(pickups.remind, st.group_buy_id)
    st.progress(told, told)
    return f"{told} residents reminded"
