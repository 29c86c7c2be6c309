"""Files for the bank: made once with everything that waits, kept as they are, answered by the bank's own file."""

import hashlib
from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.payouts import queries
from app.domains.payouts.errors import NothingToPay
from app.domains.payouts.gateways import bank_file
from app.domains.payouts.gateways.bank_file import FileLine
from app.domains.payouts.models import BankAnswer, Batch, DetailsRow, Payout
from app.domains.payouts.values import BatchCard, PayoutStatus, PayoutWay, ResultLine
from app.infra.events import Job
from app.infra.tables import RowError, RowErrors
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id
from app.kernel.reasons import Reason


def make(uow: UnitOfWork, hub_id: UUID) -> BatchCard:
    """Put every payout of a hub that waits for the bank into one file; each goes into exactly one, ever.

    Raises NothingToPay, NotFound.
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    hub = communities.get_hub(uow.session, hub_id)
    uow.lock(f"bank files of {hub_id}")
    rows = uow.session.execute(
        select(Payout, DetailsRow)
        .join(DetailsRow, DetailsRow.id == Payout.details_id)
        .where(
            Payout.hub_id == hub_id, Payout.way == PayoutWay.BANK_FILE, Payout.status == PayoutStatus.PAYING,
            Payout.batch_id.is_(None), Payout.currency == hub.currency,
        )
        .order_by(Payout.id)
        .with_for_update(of=Payout)
    ).all()  # fmt: skip
    if not rows:
        raise NothingToPay
    lines = [_line(payout, details) for payout, details in rows]
    content = bank_file.write(lines)
    batch_id, day = new_id(), uow.now.astimezone(ZoneInfo(hub.timezone))
    batch = Batch(
        id=batch_id, no=f"B{day:%y%m%d}-{batch_id.hex[-6:].upper()}", hub_id=hub_id, currency=hub.currency,
        count=len(lines), total_cents=sum(line.amount_cents for line in lines), content=content,
        sha256=hashlib.sha256(content).hexdigest(), made_at=uow.now, made_by=uow.actor.name,
    )  # fmt: skip
    uow.session.add(batch)
    uow.session.flush()
    uow.session.execute(update(Payout).where(Payout.id.in_([row.id for row, _ in rows])).values(batch_id=batch_id))
    told = {"no": batch.no, "count": batch.count, "total_cents": batch.total_cents, "sha256": batch.sha256}
    uow.audit("payouts.make_batch", batch_id, None, told)
    return queries.get_batch(uow.session, batch_id)


def download(uow: UnitOfWork, batch_id: UUID) -> bytes:
    """The very bytes of a file, however often; every download is noted, for it names people's accounts."""
    uow.require(Permission.PAYOUTS_APPROVE)
    content = queries.content_of(uow.session, batch_id)
    uow.audit("payouts.download_batch", batch_id, None, {"sha256": hashlib.sha256(content).hexdigest()})
    return content


def take_answer(uow: UnitOfWork, batch_id: UUID, lines: Sequence[ResultLine]) -> int:
    """Take in what the bank says of a file's payouts, all lines or none; how many were new.

    The same file again changes nothing; a payout that was paid may come back later (then it is failed in a new file).
    The worker books each. Raises NotFound, RowErrors: numbers of no payout of this file, paid after it had failed.
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    queries.get_batch(uow.session, batch_id)
    uow.lock(f"bank answer of {batch_id}")
    known = {row[0]: row[1] for row in uow.session.execute(select(Payout.no, Payout.id).filter_by(batch_id=batch_id))}
    said = {row.payout_id: row for row in uow.session.scalars(
        select(BankAnswer).where(BankAnswer.payout_id.in_(known.values()))
    )}  # fmt: skip
    faults, fresh = [], []
    for line in lines:
        payout_id = known.get(line.payout_no)
        if payout_id is None:
            faults.append(RowError(line.row, bank_file.COLUMNS[0], Reason.UNKNOWN, line.payout_no))
            continue
        told = _answered(line, said.get(payout_id))
        if told is None:
            continue
        if said.get(payout_id) and line.is_paid:
            faults.append(RowError(line.row, "结果", Reason.WRONG_MOVE, bank_file.PAID))
        fresh.append({"payout_id": payout_id, "status": told, "reason": line.reason, "bank_ref": line.bank_ref,
                      "at": uow.now})  # fmt: skip
    if faults:
        raise RowErrors(errors=faults)
    _keep(uow, batch_id, fresh)
    return len(fresh)


def _answered(line: ResultLine, said: BankAnswer | None) -> PayoutStatus | None:
    """What a line newly says of its payout; None when that is known."""
    if said is None:
        return PayoutStatus.PAID if line.is_paid else PayoutStatus.FAILED
    if line.is_paid:
        return None if said.status is PayoutStatus.PAID else PayoutStatus.PAID
    return PayoutStatus.RETURNED if said.status is PayoutStatus.PAID else None


def _keep(uow: UnitOfWork, batch_id: UUID, fresh: list[dict[str, object]]) -> None:
    if not fresh:
        return
    adding = insert(BankAnswer)
    newest = {name: getattr(adding.excluded, name) for name in ("status", "reason", "bank_ref", "at")}
    uow.session.execute(adding.on_conflict_do_update(index_elements=["payout_id"], set_=newest), fresh)
    uow.audit("payouts.take_answer", batch_id, None, {"lines": len(fresh)})
    for one in fresh:
        uow.defer(Job("sync_payout", {"payout_id": str(one["payout_id"])}, lock=f"payout:{one['payout_id']}"))


def _line(payout: Payout, details: DetailsRow) -> FileLine:
    return FileLine(
        no=payout.no, holder=details.holder, account_no=details.account_no, bank_name=details.bank_name,
        amount_cents=payout.amount_cents - payout.fee_cents, currency=payout.currency,
    )  # fmt: skip
