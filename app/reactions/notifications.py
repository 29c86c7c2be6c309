"""What people are told when something happens: one message per happening, however often the fact is delivered."""

from uuid import UUID, uuid5

from app.domains.aftersales import queries as aftersales
from app.domains.aftersales.events import ClaimDecided, ClaimFiled
from app.domains.aftersales.values import ClaimStatus
from app.domains.appraisal.events import AppraisalNews
from app.domains.certificates.events import CertificateDecided, CertificateExpires
from app.domains.communities import queries as communities
from app.domains.communities.events import HomesMoved, LeaderStatusChanged
from app.domains.communities.values import SERVING
from app.domains.groupbuys.events import GroupBuyCalledOff
from app.domains.logistics import queries as logistics
from app.domains.logistics.events import HandoverCounted, UnclaimedReminded
from app.domains.logistics.queries import recalls
from app.domains.logistics.values.pickup import PickupNotice, PickupState
from app.domains.logistics.values.recall import RecalledLine
from app.domains.notifications.service import inbox
from app.domains.notifications.values import MessageKind, SendMessage
from app.domains.orders import queries as orders
from app.domains.orders.events import LateMoneyReturned, LinesCut, OrderCalledOff, OrderLapsed, OrderPaid
from app.domains.orders.values import CutReason
from app.domains.payouts.events import BankRefused, WithdrawalEnded
from app.domains.payouts.values import PayoutStatus
from app.domains.ratings.events import RatingAnswered
from app.domains.recruitment.events import ApplicationDecided
from app.domains.scoring.events import PolicyAnnounced, ReviewWithdrawn
from app.domains.settlement.events import RatesAnnounced, StatementClosed
from app.domains.supply.events import LotRecalled
from app.domains.supply.queries import lots
from app.infra.uow import UnitOfWork

#: Cuts that the resident made herself or reads of in another message.
_SELF_EVIDENT = frozenset({CutReason.RESIDENT, CutReason.CLAIM, CutReason.CALLED_OFF})
#: What a leader is told when a withdrawal of hers has ended.
_WITHDRAWALS = {
    PayoutStatus.PAID: MessageKind.PAYOUT_PAID, PayoutStatus.RETURNED: MessageKind.PAYOUT_RETURNED,
    PayoutStatus.REJECTED: MessageKind.PAYOUT_REFUSED, PayoutStatus.FAILED: MessageKind.PAYOUT_REFUSED,
}  # fmt: skip
#: Pickups whose goods lie at the pickup point.
_WAITING = (PickupState.READY, PickupState.PARTLY)


def tell_paid(uow: UnitOfWork, fact: OrderPaid) -> None:
    """The resident's money has arrived."""
    _tell(uow, fact.resident_id, MessageKind.ORDER_PAID, fact.order_id, order_id=fact.order_id,
          order_no=fact.order_no, total_cents=fact.total_cents, currency=fact.currency)  # fmt: skip


def tell_lapsed(uow: UnitOfWork, fact: OrderLapsed) -> None:
    """An unpaid order ran out of time."""
    _tell(uow, fact.resident_id, MessageKind.ORDER_LAPSED, fact.order_id, order_id=fact.order_id,
          order_no=fact.order_no)  # fmt: skip


def tell_money_returned(uow: UnitOfWork, fact: LateMoneyReturned) -> None:
    """Money that came too late is on its way back."""
    _tell(uow, fact.resident_id, MessageKind.PAYMENT_RETURNED, fact.order_id, order_id=fact.order_id,
          order_no=fact.order_no, amount_cents=fact.amount_cents, currency=fact.currency)  # fmt: skip


def tell_cut(uow: UnitOfWork, fact: LinesCut) -> None:
    """Goods or money were taken off an order: which, why, and how much goes back."""
    reason = CutReason(fact.reason)
    if reason in _SELF_EVIDENT:
        return
    order = orders.get_order(uow.session, fact.order_id)
    made = orders.cuts_of_order(uow.session, fact.order_id, fact.cause_id)
    touched = {cut.line_id for cut in made if cut.reason is reason}
    lines = [line for line in order.lines if line.id in touched]
    _tell(uow, fact.resident_id, MessageKind.PRICE_FELL if reason is CutReason.PRICE_BREAK else MessageKind.LINE_CUT,
          uuid5(fact.order_id, f"{fact.cause_id} {fact.reason}"), order_id=fact.order_id, order_no=order.no,
          reason=fact.reason, qty=fact.qty, amount_cents=fact.amount_cents, currency=fact.currency,
          sku_names=[line.sku_name for line in lines], sku_names_en=[line.sku_name_en for line in lines])  # fmt: skip


def tell_arrived(uow: UnitOfWork, fact: HandoverCounted) -> None:
    """The goods of everybody who fetches at this point are there."""
    notices = logistics.pickup_notices(uow.session, fact.group_buy_id, fact.pickup_point_id, _WAITING)
    _tell_pickups(uow, MessageKind.GOODS_ARRIVED, notices)


def tell_unclaimed(uow: UnitOfWork, fact: UnclaimedReminded) -> None:
    """Goods of the round still wait to be fetched."""
    _tell_pickups(uow, MessageKind.UNCLAIMED, logistics.pickup_notices(uow.session, fact.group_buy_id, None, _WAITING))


def tell_leader_of_claim(uow: UnitOfWork, fact: ClaimFiled) -> None:
    """A resident complains about goods that a leader handed out; she may tell her side. Not of what is settled."""
    claim = aftersales.get_claim(uow.session, fact.claim_id)
    if claim.status is ClaimStatus.OPEN:
        _tell(uow, fact.leader_id, MessageKind.CLAIM_ABOUT_YOU, fact.claim_id, order_no=claim.order_no,
              sku_name=claim.sku_name, sku_name_en=claim.sku_name_en,
              evidence_due_at=claim.evidence_due_at.isoformat())  # fmt: skip


def tell_decided(uow: UnitOfWork, fact: ClaimDecided) -> None:
    """HQ has decided a complaint."""
    _tell(uow, fact.resident_id, MessageKind.CLAIM_DECIDED, fact.claim_id, order_id=fact.order_id,
          order_no=fact.order_no, status=fact.status, refunded_cents=fact.refunded_cents, currency=fact.currency,
          reason=fact.reason)  # fmt: skip


def tell_answered(uow: UnitOfWork, fact: RatingAnswered) -> None:
    """The leader answered what a resident said of a pickup."""
    _tell(uow, fact.resident_id, MessageKind.RATING_ANSWERED, fact.rating_id, order_id=fact.order_id,
          order_no=fact.order_no)  # fmt: skip


def tell_statement(uow: UnitOfWork, fact: StatementClosed) -> None:
    """A leader's earnings of a round are fixed."""
    _tell(uow, fact.leader_id, MessageKind.STATEMENT_READY, fact.statement_id, no=fact.no,
          pickup_on=fact.pickup_on.isoformat(), total_cents=fact.total_cents, currency=fact.currency)  # fmt: skip


def tell_withdrawal(uow: UnitOfWork, fact: WithdrawalEnded) -> None:
    """A leader's money has arrived, or is on her balance again, and why."""
    _tell(uow, fact.leader_id, _WITHDRAWALS[PayoutStatus(fact.status)], fact.payout_id, no=fact.no,
          amount_cents=fact.amount_cents, currency=fact.currency, reason=fact.reason)  # fmt: skip


def tell_bank_refused(uow: UnitOfWork, fact: BankRefused) -> None:
    """A leader's money lies at the provider, because her bank refused it."""
    _tell(uow, fact.leader_id, MessageKind.BANK_REFUSED, fact.refusal_id, account=fact.account)


def tell_certificate_decided(uow: UnitOfWork, fact: CertificateDecided) -> None:
    """HQ has looked at a leader's paper."""
    _tell(uow, fact.leader_id, MessageKind.CERTIFICATE_DECIDED, fact.certificate_id, paper=fact.kind, state=fact.state,
          reason=fact.reason)  # fmt: skip


def tell_certificate_expires(uow: UnitOfWork, fact: CertificateExpires) -> None:
    """A leader's paper is about to end; each reminder is a message of its own."""
    _tell(uow, fact.leader_id, MessageKind.CERTIFICATE_EXPIRES, uuid5(fact.certificate_id, str(fact.days)),
          paper=fact.kind, valid_until=fact.valid_until.isoformat())  # fmt: skip


def tell_rates(uow: UnitOfWork, fact: RatesAnnounced) -> None:
    """Other commission rates will hold; every leader who serves reads of it before."""
    params = {"version": fact.version, "valid_from": fact.valid_from.isoformat(), "note": fact.note}
    told = [
        SendMessage(account_id=leader.id, kind=MessageKind.RATES_ANNOUNCED, about_id=fact.version_id, params=params)
        for leader in communities.leader_cards(uow.session)
        if leader.status in SERVING
    ]
    inbox.send(uow, told)


def tell_policy(uow: UnitOfWork, fact: PolicyAnnounced) -> None:
    """Leaders will be judged by another policy; every leader who serves reads of it before."""
    params = {"version": fact.version, "valid_from": fact.valid_from.isoformat(), "note": fact.note}
    told = [
        SendMessage(
            account_id=leader.id, kind=MessageKind.POLICY_ANNOUNCED, about_id=fact.announcement_id, params=params
        )
        for leader in communities.leader_cards(uow.session)
        if leader.status in SERVING
    ]
    inbox.send(uow, told)


def tell_recalled(uow: UnitOfWork, fact: LotRecalled) -> None:
    """Everybody whom a recalled lot reached or may have reached, and the leaders who hand it out: do not eat it."""
    card = lots.get_recall_card(uow.session, fact.lot_id)
    lines = recalls.lines_of_lot(uow.session, fact.lot_id, fact.sku_id)
    params = {
        "sku_name": card.sku_name, "sku_name_en": card.sku_name_en, "lot_code": card.lot_code,
        "reason": card.reason or "",
    }  # fmt: skip
    by_resident: dict[UUID, list[RecalledLine]] = {}
    for line in lines:
        by_resident.setdefault(line.resident_id, []).append(line)
    told = [
        SendMessage(
            account_id=resident_id, kind=MessageKind.GOODS_RECALLED, about_id=fact.recall_id,
            params={**params, "order_id": str(mine[0].order_id), "order_no": mine[0].order_no,
                    "is_certain": any(line.is_certain for line in mine)},
        )
        for resident_id, mine in by_resident.items()
    ]  # fmt: skip
    told += [
        SendMessage(account_id=leader_id, kind=MessageKind.GOODS_RECALLED, about_id=fact.recall_id, params=params)
        for leader_id in {line.leader_id for line in lines} - by_resident.keys()
    ]
    inbox.send(uow, told)


def tell_order_called_off(uow: UnitOfWork, fact: OrderCalledOff) -> None:
    """HQ called the group-buy of an order off: why, and how much goes back."""
    _tell(uow, fact.resident_id, MessageKind.CALLED_OFF, fact.order_id, order_id=fact.order_id,
          order_no=fact.order_no, amount_cents=fact.amount_cents, currency=fact.currency,
          reason=fact.reason)  # fmt: skip


def tell_round_called_off(uow: UnitOfWork, fact: GroupBuyCalledOff) -> None:
    """Every leader of the hub hears that nothing comes on that day, and why."""
    params = {"title": fact.title, "title_en": fact.title_en, "pickup_on": fact.pickup_on, "reason": fact.reason}
    told = [
        SendMessage(account_id=leader.id, kind=MessageKind.CALLED_OFF, about_id=fact.group_buy_id, params=params)
        for leader in communities.leader_cards(uow.session, fact.hub_id)
        if leader.status in SERVING
    ]
    inbox.send(uow, told)


def tell_review_withdrawn(uow: UnitOfWork, fact: ReviewWithdrawn) -> None:
    """A leader's score of a period counts for nothing any more, and why."""
    _tell(uow, fact.leader_id, MessageKind.REVIEW_WITHDRAWN, fact.withdrawal_id,
          period_from=fact.period_from.isoformat(), period_to=fact.period_to.isoformat(),
          reason=fact.reason)  # fmt: skip


def tell_appraisal(uow: UnitOfWork, fact: AppraisalNews) -> None:
    """A leader's appraisal came a step further."""
    _tell(uow, fact.leader_id, MessageKind.APPRAISAL, fact.news_id, seat_id=fact.seat_id, what=fact.what,
          first_on=fact.first_on.isoformat(), last_on=fact.last_on.isoformat(), words=fact.words)  # fmt: skip


def tell_status(uow: UnitOfWork, fact: LeaderStatusChanged) -> None:
    """A leader's standing changed, and why."""
    _tell(uow, fact.leader_id, MessageKind.STATUS_CHANGED, fact.change_id, old=fact.old, new=fact.new,
          reason=fact.reason)  # fmt: skip


def tell_application(uow: UnitOfWork, fact: ApplicationDecided) -> None:
    """Somebody who wants to lead hears how HQ decided, and what comes next."""
    _tell(uow, fact.resident_id, MessageKind.APPLICATION_DECIDED, fact.move_id, status=fact.status,
          reason=fact.reason)  # fmt: skip


def tell_homes_moved(uow: UnitOfWork, fact: HomesMoved) -> None:
    """HQ gave residents another pickup point; each reads where it is and who hands out there."""
    told = [
        SendMessage(
            account_id=home.resident_id, kind=MessageKind.PICKUP_POINT_CHANGED, about_id=home.home_id,
            params={"pickup_point_name": home.pickup_point_name, "address": home.address,
                    "leader_name": home.leader_name, "distance_m": home.distance_m},
        )
        for home in communities.moved_homes(uow.session, fact.plan_id, fact.moved_at)
    ]  # fmt: skip
    inbox.send(uow, told)


def _tell(uow: UnitOfWork, account_id: UUID, kind: MessageKind, about_id: UUID, **params: object) -> None:
    words = {name: str(value) if isinstance(value, UUID) else value for name, value in params.items()}
    inbox.send(uow, [SendMessage(account_id=account_id, kind=kind, about_id=about_id, params=words)])


def _tell_pickups(uow: UnitOfWork, kind: MessageKind, notices: list[PickupNotice]) -> None:
    inbox.send(
        uow,
        [
            SendMessage(
                account_id=notice.resident_id,
                kind=kind,
                about_id=notice.order_id,
                params={
                    "order_id": str(notice.order_id),
                    "order_no": notice.order_no,
                    "pickup_point_name": notice.pickup_point_name,
                    "pieces": notice.pieces,
                },
            )
            for notice in notices
        ],
    )
