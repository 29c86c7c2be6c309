"""A hub's rules of withdrawing, and where a payee's money goes."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.domains.payouts import queries, rules
from app.domains.payouts.models import DetailsRow, PolicyRow
from app.domains.payouts.values import Details, DetailsCard, PayoutWay, Policy
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id


def save_policy(uow: UnitOfWork, hub_id: UUID, policy: Policy) -> None:
    """Set a hub's least sum, fee, limit for one approver, and pause after changed bank details. Raises Invalid.

    Not the right of those who approve: nobody of finance lifts the limit to be alone under it.
    """
    uow.require(Permission.PAYOUTS_SET_RULES)
    rules.check_policy(policy)
    before = queries.policy_of(uow.session, hub_id)
    fields = _words(policy)
    uow.session.execute(
        insert(PolicyRow).values(hub_id=hub_id, **fields).on_conflict_do_update(index_elements=["hub_id"], set_=fields)
    )
    uow.audit("payouts.save_policy", hub_id, _words(before), fields)


def save_own(uow: UnitOfWork, hub_id: UUID, details: Details) -> DetailsCard:
    """A leader says where her money goes; changed details pause payouts, the first ones do not.

    What was asked for before goes where she had said then. The same again changes nothing. Raises Invalid, NotFound.
    """
    uow.require(Permission.PAYOUTS_ASK)
    if uow.actor.id is None:
        raise NotFound("leader")
    return _save(uow, uow.actor.id, hub_id, details)


def save_supplier(uow: UnitOfWork, supplier_id: UUID, hub_id: UUID, details: Details) -> DetailsCard:
    """HQ writes down a supplier's bank account; changing it pauses payments to her. Raises Invalid."""
    uow.require(Permission.PAYOUTS_APPROVE)
    if details.way is not PayoutWay.BANK_FILE:
        raise Invalid(field="way", reason="suppliers are paid to a bank account")
    return _save(uow, supplier_id, hub_id, details)


def _save(uow: UnitOfWork, payee_id: UUID, hub_id: UUID, details: Details) -> DetailsCard:
    wanted = rules.check_details(details)
    uow.lock(f"payout details of {payee_id}")
    old = uow.session.scalar(select(DetailsRow).where(DetailsRow.payee_id == payee_id, DetailsRow.until_at.is_(None)))
    if old is None or _said(old) != wanted:
        if old is not None:
            old.until_at = uow.now
            uow.session.flush()
        policy = queries.policy_of(uow.session, hub_id)
        row = DetailsRow(
            id=new_id(), payee_id=payee_id, way=wanted.way, holder=wanted.holder, bank_name=wanted.bank_name,
            account_no=wanted.account_no, from_at=uow.now,
            usable_at=rules.usable_at(uow.now, policy, is_first=old is None),
        )  # fmt: skip
        uow.session.add(row)
        uow.audit("payouts.save_details", payee_id, _masked(_said(old)) if old else None, _masked(wanted))
        uow.session.flush()
    return queries.get_details(uow.session, payee_id)


def _said(row: DetailsRow) -> Details:
    return Details(way=row.way, holder=row.holder, bank_name=row.bank_name, account_no=row.account_no)


def _masked(details: Details) -> dict[str, str]:
    """For the audit: whose account, by its last characters only."""
    return {"way": details.way.value, "holder": details.holder, "bank_name": details.bank_name,
            "account_no": rules.masked(details.account_no)}  # fmt: skip


def _words(policy: Policy) -> dict[str, int]:
    return {
        "min_cents": policy.min_cents, "fee_cents": policy.fee_cents,
        "second_above_cents": policy.second_above_cents, "cooldown_hours": policy.cooldown_hours,
    }  # fmt: skip
