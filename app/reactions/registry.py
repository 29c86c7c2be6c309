"""Who listens to which fact. Listeners run at least once per fact, each in its own transaction; see `tell`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.domains.aftersales.events import ClaimDecided, ClaimFiled
from app.domains.appraisal.events import AppraisalNews
from app.domains.certificates.events import CertificateDecided, CertificateExpires
from app.domains.communities.events import AbsenceDecided, HomesMoved, LeaderStatusChanged
from app.domains.groupbuys.events import GroupBuyCalledOff
from app.domains.logistics.events import HandoverCounted, UnclaimedReminded
from app.domains.orders.events import LateMoneyReturned, LinesCut, OrderCalledOff, OrderLapsed, OrderPaid
from app.domains.payouts.events import BankRefused, WithdrawalEnded
from app.domains.ratings.events import RatingAnswered
from app.domains.recruitment.events import ApplicationDecided
from app.domains.replacements.events import ResidentsToBeTold
from app.domains.scoring.events import PolicyAnnounced, ReviewWithdrawn
from app.domains.settlement.events import RatesAnnounced, StatementClosed
from app.domains.supply.events import LotRecalled
from app.infra.events import Fact, from_body
from app.infra.idempotency import first_delivery
from app.infra.uow import UnitOfWork
from app.reactions import notifications, successions

#: A listener's stable name (it is stored; never rename it) and what it does with (uow, fact).
Listener = tuple[str, Callable[[UnitOfWork, Any], None]]

LISTENERS: dict[type[Fact], tuple[Listener, ...]] = {
    OrderPaid: (("notifications.paid", notifications.tell_paid),),
    OrderLapsed: (("notifications.lapsed", notifications.tell_lapsed),),
    OrderCalledOff: (("notifications.order_called_off", notifications.tell_order_called_off),),
    GroupBuyCalledOff: (("notifications.round_called_off", notifications.tell_round_called_off),),
    LateMoneyReturned: (("notifications.money_returned", notifications.tell_money_returned),),
    LinesCut: (("notifications.cut", notifications.tell_cut),),
    HandoverCounted: (("notifications.arrived", notifications.tell_arrived),),
    UnclaimedReminded: (("notifications.unclaimed", notifications.tell_unclaimed),),
    ClaimFiled: (("notifications.claim_filed", notifications.tell_leader_of_claim),),
    ClaimDecided: (("notifications.decided", notifications.tell_decided),),
    LotRecalled: (("notifications.recalled", notifications.tell_recalled),),
    RatingAnswered: (("notifications.rating_answered", notifications.tell_answered),),
    CertificateDecided: (("notifications.certificate_decided", notifications.tell_certificate_decided),),
    CertificateExpires: (("notifications.certificate_expires", notifications.tell_certificate_expires),),
    RatesAnnounced: (("notifications.rates", notifications.tell_rates),),
    PolicyAnnounced: (("notifications.scorecard_policy", notifications.tell_policy),),
    BankRefused: (("notifications.bank_refused", notifications.tell_bank_refused),),
    WithdrawalEnded: (("notifications.withdrawal", notifications.tell_withdrawal),),
    StatementClosed: (("notifications.statement", notifications.tell_statement),),
    AppraisalNews: (("notifications.appraisal", notifications.tell_appraisal),),
    ReviewWithdrawn: (("notifications.review_withdrawn", notifications.tell_review_withdrawn),),
    ApplicationDecided: (("notifications.application", notifications.tell_application),),
    HomesMoved: (("notifications.homes_moved", notifications.tell_homes_moved),),
    ResidentsToBeTold: (("notifications.replaced", successions.tell_replaced),),
    AbsenceDecided: (("notifications.absence", successions.tell_absence),),
    LeaderStatusChanged: (("notifications.status", notifications.tell_status),),
}


def listeners_of(topic: str) -> list[tuple[type[Fact], Listener]]:
    """The listeners of a topic with the kind of fact they read; none for a fact that nobody listens to."""
    return [(kind, listener) for kind, listening in LISTENERS.items() if kind.topic == topic for listener in listening]


def tell(uow: UnitOfWork, fact_id: UUID, kind: type[Fact], body: dict[str, Any], listener: Listener) -> bool:
    """Let one listener act on one fact; False when it had done so before. Both commit together."""
    name, react = listener
    if not first_delivery(uow.session, fact_id, name, uow.now):
        return False
    react(uow, from_body(kind, body))
    return True
