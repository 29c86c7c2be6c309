"""Pickup: one paid order at its pickup point, opened by a code, handed out once."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domains.accounts.service import throttle
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AboveDue, AlreadyPickedUp, CodesExhausted, LotFrozen, NotReady, PickupVoid
from app.domains.logistics.events import PickedUp, UnclaimedReminded
from app.domains.logistics.models import Pickup, PickupEvent, PickupEventLine, PickupLine
from app.domains.logistics.values.handover import HandoverCount
from app.domains.logistics.values.pickup import (
    OPEN_PICKUPS,
    PICKUP_MOVES,
    PickedLine,
    PickLine,
    PickupCard,
    PickupDone,
    PickupState,
    RecordPickup,
    UnclaimedLine,
    WrongTry,
)
from app.domains.orders.values import OrderHead
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey, KeyReused
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id, random_digits
from app.kernel.states import check_move

_TAKE = text(
    """
    UPDATE logistics_pickup_line l SET picked_qty = l.picked_qty + pick.qty
    FROM unnest(CAST(:line_ids AS uuid[]), CAST(:qtys AS integer[])) AS pick (line_id, qty)
    WHERE l.order_line_id = pick.line_id AND l.pickup_id = :pickup_id AND l.picked_qty + pick.qty <= l.due_qty
    RETURNING l.order_line_id
    """
)
#: Which of some codes were a pickup point's in the last days.
_USED = text(
    """
    SELECT p.pickup_point_id, p.code FROM logistics_pickup p
    JOIN unnest(CAST(:points AS uuid[]), CAST(:codes AS varchar[])) AS drawn (pickup_point_id, code)
      ON drawn.pickup_point_id = p.pickup_point_id AND drawn.code = p.code
    WHERE p.pickup_on >= :since
    """
)
#: Rounds of drawing codes before a pickup point counts as full; each round draws anew for all that clashed.
DRAWS = 20


def open_pickups(uow: UnitOfWork, orders: Sequence[OrderHead]) -> int:
    """Prepare the handing out of paid orders: each gets a random code, unique at its pickup point on that day.

    Called when the order is paid. Repeating changes nothing. Returns how many pickups are new. Two orders that draw the
    same code at the same time are kept apart by the table; the loser draws again. Raises CodesExhausted.
    """
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    known = select(Pickup.order_id).where(Pickup.order_id.in_([o.id for o in orders]))
    waiting, opened = list(orders), 0
    for _ in range(DRAWS):
        if not waiting:
            return opened
        fresh = _insert(uow, _draw(uow, waiting))
        opened += len(fresh)
        waiting = [o for o in waiting if o.id not in fresh]
        if waiting:  # a clash of codes, or they stand already
            standing = set(uow.session.scalars(known))
            waiting = [o for o in waiting if o.id not in standing]
    raise CodesExhausted(pickup_point_id=waiting[0].pickup_point_id)


def _insert(uow: UnitOfWork, rows: Sequence[dict[str, object]]) -> set[UUID]:
    """Write pickups; returns the orders of those that clashed with nothing."""
    if not rows:
        return set()
    fresh = upsert(Pickup).on_conflict_do_nothing().returning(Pickup.order_id)
    return set(uow.session.scalars(fresh, list(rows)))


def _draw(uow: UnitOfWork, orders: Sequence[OrderHead]) -> list[dict[str, object]]:
    """A row with a fresh code for every order; those that drew a code of the last days wait for the next round."""
    drawn = [(o, random_digits(rules.CODE_DIGITS)) for o in orders]
    asked = {
        "points": [o.pickup_point_id for o in orders], "codes": [code for _, code in drawn],
        "since": min(o.pickup_on for o in orders) - rules.CODE_REST,
    }  # fmt: skip
    used = {(row.pickup_point_id, row.code) for row in uow.session.execute(_USED, asked)}
    return [
        {
            "id": new_id(), "order_id": o.id, "resident_id": o.resident_id, "group_buy_id": o.group_buy_id,
            "hub_id": o.hub_id, "pickup_point_id": o.pickup_point_id, "leader_id": o.leader_id,
            "pickup_on": o.pickup_on, "code": code, "state": PickupState.EXPECTED,
        }
        for o, code in drawn
        if (o.pickup_point_id, code) not in used
    ]  # fmt: skip


def void(uow: UnitOfWork, *order_ids: UUID) -> None:
    """Close the pickups of orders that were cancelled before anything was handed out. Repeating changes nothing."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    uow.session.execute(
        update(Pickup)
        .where(Pickup.order_id.in_(order_ids), Pickup.state.in_([PickupState.EXPECTED, PickupState.READY]))
        .values(state=PickupState.VOID)
    )


def void_empty(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Close the expected pickups of a round's orders that have nothing left to come; returns how many.

    A point to which nothing is brought has no handover that would do it. One statement; repeating changes nothing.
    """
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    empty = (
        update(Pickup)
        .where(
            Pickup.group_buy_id == group_buy_id, Pickup.state == PickupState.EXPECTED,
            Pickup.order_id.not_in(queries.orders_with_goods(group_buy_id)),
        )
        .values(state=PickupState.VOID)
        .returning(Pickup.id)
    )  # fmt: skip
    return len(uow.session.scalars(empty).all())


def make_ready(uow: UnitOfWork, handover: HandoverCount) -> int:
    """Let the orders of a counted handover be fetched: their lines with the pieces still due; returns how many.

    Orders with nothing left become void. Repeating changes nothing. Three statements, whatever the number of orders.
    """
    uow.require(Permission.LOGISTICS_HAND_OVER)
    here = (
        Pickup.group_buy_id == handover.group_buy_id,
        Pickup.order_id.in_(queries.orders_brought_to(handover.group_buy_id, handover.pickup_point_id)),
        Pickup.state == PickupState.EXPECTED,
    )
    ids = list(uow.session.scalars(select(Pickup.id).where(*here).order_by(Pickup.id).with_for_update()))
    lines = queries.ready_lines(handover.group_buy_id, handover.pickup_point_id)
    columns = ["order_line_id", "pickup_id", "sku_id", "due_qty"]
    uow.session.execute(upsert(PickupLine).from_select(columns, lines).on_conflict_do_nothing())
    has_lines = select(PickupLine.pickup_id).where(PickupLine.pickup_id == Pickup.id).exists()
    ready = update(Pickup).where(Pickup.id.in_(ids), has_lines).values(state=PickupState.READY, ready_at=uow.now)
    number = len(uow.session.scalars(ready.returning(Pickup.id)).all())
    uow.session.execute(update(Pickup).where(Pickup.id.in_(ids), ~has_lines).values(state=PickupState.VOID))
    return number


def wrong_tries_key(leader_id: UUID | None) -> str:
    """Under which name a leader's wrong codes are counted."""
    return f"pickup:{leader_id}"


def record(uow: UnitOfWork, wish: RecordPickup) -> PickupDone | WrongTry:
    """Hand out against a code at the acting leader's own pickup point; a code of another point is a wrong code.

    A wrong code is *returned*, not raised, so that the count of wrong tries is committed: callers must look; doors use
    `flows.pickup.hand_out`, which does. Ten wrong tries in ten minutes raise TooMany, right codes or not.
    The same `event_key` again returns the first result with `is_new` False, throttled or not: a phone that was offline
    can always confirm its list; with another request it is KeyReused. Never more than is due is handed out, with any
    number of simultaneous requests: the pickup is locked and each line's bound is tested inside its UPDATE.
    Raises NotReady, AlreadyPickedUp, PickupVoid, AboveDue; Invalid, which costs no try, for what is no code.
    """
    uow.require(Permission.LOGISTICS_PICK_UP)
    rules.check_code(wish.code)
    key = _key_of(uow, wish)
    if key is not None and (done := idempotency.recall(uow.session, key)):
        return _replayed(uow, done)
    pickup = _find(uow, wish)
    if pickup is not None and (done := _recorded(uow, pickup, wish)):
        return _replayed(uow, done)
    tries_key = wrong_tries_key(uow.actor.id)
    throttle.refuse_if_full(uow, tries_key, rules.WRONG_TRIES, rules.WRONG_WINDOW_S)
    if pickup is None or key is None:
        tries = throttle.count_try(uow, tries_key, rules.WRONG_TRIES, rules.WRONG_WINDOW_S)
        return WrongTry(left=rules.WRONG_TRIES - tries)
    if done := idempotency.claim(uow.session, key):  # a twin with another code was faster
        return _replayed(uow, done)
    picked = _hand_out(uow, pickup, wish, key.result_id)
    uow.emit(
        PickedUp(key.result_id, pickup.id, pickup.order_id, pickup.resident_id, pickup.leader_id, pickup.group_buy_id)
    )
    return _done(uow, pickup, key.result_id, picked, is_new=True)


def _key_of(uow: UnitOfWork, wish: RecordPickup) -> IdempotencyKey | None:
    """The leader's key for this request, with the id of the event that it may become; None for somebody without id."""
    if uow.actor.id is None:
        return None
    lines = None if wish.lines is None else sorted((str(line.order_line_id), line.qty) for line in wish.lines)
    request = [wish.code, lines, str(wish.pickup_id)]
    return IdempotencyKey(
        account_id=uow.actor.id, action="pickups.record", key=wish.event_key, result_id=new_id(), at=uow.now,
        fingerprint=idempotency.fingerprint(request),
    )  # fmt: skip


def _recorded(uow: UnitOfWork, pickup: Pickup, wish: RecordPickup) -> UUID | None:
    """The event that the key made of this pickup, where the key itself has been forgotten. Raises KeyReused."""
    done = uow.session.scalar(select(PickupEvent.id).filter_by(pickup_id=pickup.id, event_key=wish.event_key))
    if done is not None and wish.lines is not None:
        picked = {line.order_line_id: line.qty for line in queries.picked_in_event(uow.session, done)}
        if picked != {line.order_line_id: line.qty for line in wish.lines}:
            raise KeyReused(key=wish.event_key)
    return done


def _replayed(uow: UnitOfWork, event_id: UUID) -> PickupDone:
    """The result of an event that was recorded before."""
    wanted = select(Pickup).join(PickupEvent, PickupEvent.pickup_id == Pickup.id).where(PickupEvent.id == event_id)
    pickup = uow.session.scalars(wanted).one()
    return _done(uow, pickup, event_id, queries.picked_in_event(uow.session, event_id), is_new=False)


def _find(uow: UnitOfWork, wish: RecordPickup) -> Pickup | None:
    """The pickup that the code means at the acting leader's point, locked; None for a wrong code."""
    if uow.actor.id is None:
        return None
    wanted = queries.candidates(uow.actor.id, wish.code, wish.event_key)
    if wish.pickup_id:
        wanted = wanted.where(Pickup.id == wish.pickup_id)
    return uow.session.scalar(wanted.limit(1).with_for_update(of=Pickup))


def _hand_out(uow: UnitOfWork, pickup: Pickup, wish: RecordPickup, event_id: UUID) -> tuple[PickedLine, ...]:
    if pickup.state is PickupState.EXPECTED:
        raise NotReady(pickup_id=pickup.id)
    if pickup.state is PickupState.VOID:
        raise PickupVoid(pickup_id=pickup.id)
    if pickup.state is PickupState.DONE:
        raise AlreadyPickedUp(pickup_id=pickup.id)
    lines = _due_and_picked(uow, pickup.id)
    picks = _picks(lines, wish.lines)
    _refuse_frozen(uow, pickup, [pick.order_line_id for pick in picks])
    _take(uow, pickup.id, lines, picks)
    for pick in picks:
        due, picked = lines[pick.order_line_id]
        lines[pick.order_line_id] = due, picked + pick.qty
    state = rules.state_after(list(lines.values()))
    check_move("pickup", PICKUP_MOVES, pickup.state, state)
    pickup.state, pickup.picked_at = state, uow.now
    uow.session.add(
        PickupEvent(id=event_id, pickup_id=pickup.id, event_key=wish.event_key, by=uow.actor.name, at=uow.now)
    )
    uow.session.flush()
    uow.session.execute(
        insert(PickupEventLine),
        [{"event_id": event_id, "order_line_id": p.order_line_id, "qty": p.qty} for p in picks],
    )
    return tuple(
        PickedLine(
            order_line_id=p.order_line_id, order_id=pickup.order_id, qty=p.qty, picked_qty=lines[p.order_line_id][1]
        )
        for p in sorted(picks, key=lambda p: p.order_line_id)
    )


def _due_and_picked(uow: UnitOfWork, pickup_id: UUID) -> dict[UUID, tuple[int, int]]:
    wanted = select(PickupLine.order_line_id, PickupLine.due_qty, PickupLine.picked_qty).filter_by(pickup_id=pickup_id)
    return {line_id: (due, picked) for line_id, due, picked in uow.session.execute(wanted)}


def _picks(lines: dict[UUID, tuple[int, int]], wanted: Sequence[PickLine] | None) -> list[PickLine]:
    """What is to be handed out: the named pieces, or all that are due."""
    if wanted is None:
        return [PickLine(order_line_id=i, qty=due - picked) for i, (due, picked) in lines.items() if due > picked]
    if not wanted or any(p.qty <= 0 for p in wanted) or len({p.order_line_id for p in wanted}) < len(wanted):
        raise Invalid(field="lines", reason="name each line once, with one piece or more")
    return list(wanted)


def _refuse_frozen(uow: UnitOfWork, pickup: Pickup, line_ids: Sequence[UUID]) -> None:
    """Raise LotFrozen when a recalled lot is, or may be, among the pieces; the other lines can be handed out."""
    frozen = queries.frozen_among(uow.session, pickup.group_buy_id, line_ids)
    if frozen:
        raise LotFrozen(goods=frozen)


def _take(uow: UnitOfWork, pickup_id: UUID, lines: dict[UUID, tuple[int, int]], picks: Sequence[PickLine]) -> None:
    """Add the picks to what was handed out, each only while its bound holds; raises AboveDue for one that fails."""
    asked = {"line_ids": [p.order_line_id for p in picks], "qtys": [p.qty for p in picks], "pickup_id": pickup_id}
    taken = set(uow.session.scalars(_TAKE, asked))
    for pick in picks:
        if pick.order_line_id not in taken:
            due, picked = lines.get(pick.order_line_id, (0, 0))
            raise AboveDue(order_line_id=pick.order_line_id, left_qty=due - picked)


def _done(
    uow: UnitOfWork, pickup: Pickup, event_id: UUID, picked: tuple[PickedLine, ...], *, is_new: bool
) -> PickupDone:
    return PickupDone(
        event_id=event_id,
        pickup_id=pickup.id,
        order_id=pickup.order_id,
        order_no=queries.order_no(uow.session, pickup.order_id),
        leader_id=pickup.leader_id,
        hub_id=pickup.hub_id,
        state=pickup.state,
        picked=picked,
        is_new=is_new,
    )


def look_up(uow: UnitOfWork, code: str) -> PickupCard | WrongTry:
    """Show what a code would open at the acting leader's point; wrong codes count like those of `record`."""
    uow.require(Permission.LOGISTICS_PICK_UP)
    rules.check_code(code)
    key = wrong_tries_key(uow.actor.id)
    throttle.refuse_if_full(uow, key, rules.WRONG_TRIES, rules.WRONG_WINDOW_S)
    card = queries.find_pickup_by_code(uow.session, uow.actor.id, code) if uow.actor.id else None
    if card is None:
        return WrongTry(left=rules.WRONG_TRIES - throttle.count_try(uow, key, rules.WRONG_TRIES, rules.WRONG_WINDOW_S))
    return card


def remind(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Note that residents whose goods wait are reminded, and have them told; returns how many pickups that were."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    late = (
        update(Pickup)
        .where(Pickup.group_buy_id == group_buy_id, Pickup.state.in_(OPEN_PICKUPS), Pickup.reminded_at.is_(None))
        .values(reminded_at=uow.now)
    )
    found = uow.session.execute(late.returning(Pickup.hub_id, Pickup.pickup_on)).all()
    if found:
        uow.emit(UnclaimedReminded(group_buy_id, found[0].hub_id, found[0].pickup_on))
    return len(found)


def void_unclaimed(uow: UnitOfWork, group_buy_id: UUID, limit: int | None = None) -> list[UnclaimedLine]:
    """Close what nobody fetched in a round, `limit` orders at most; the caller refunds it in the same transaction.

    An order that was fetched in part counts as done with what it got; nothing of the others can be handed out any more.
    A second call finds nothing.
    """
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    open_ones = select(Pickup).where(Pickup.group_buy_id == group_buy_id, Pickup.state.in_(OPEN_PICKUPS))
    pickups = {p.id: p for p in uow.session.scalars(open_ones.order_by(Pickup.id).limit(limit).with_for_update())}
    if not pickups:
        return []
    rest = uow.session.execute(
        select(PickupLine.order_line_id, PickupLine.pickup_id, PickupLine.due_qty - PickupLine.picked_qty)
        .where(PickupLine.pickup_id.in_(pickups), PickupLine.due_qty > PickupLine.picked_qty)
        .order_by(PickupLine.order_line_id)
    ).all()
    uow.session.execute(
        update(PickupLine)
        .where(PickupLine.pickup_id.in_(pickups), PickupLine.due_qty > PickupLine.picked_qty)
        .values(due_qty=PickupLine.picked_qty)
        .execution_options(synchronize_session=False)
    )
    for pickup in pickups.values():
        ends = PickupState.VOID if pickup.state is PickupState.READY else PickupState.DONE
        check_move("pickup", PICKUP_MOVES, pickup.state, ends)
        pickup.state = ends
    uow.session.flush()
    return [
        UnclaimedLine(order_line_id=line_id, order_id=pickups[pickup_id].order_id, pickup_id=pickup_id, qty=qty)
        for line_id, pickup_id, qty in rest
    ]
