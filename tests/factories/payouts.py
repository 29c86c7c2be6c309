"""Leaders with money, HQ people who approve, and the bank's answers."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.payouts import queries
from app.domains.payouts.service import details, payouts
from app.domains.payouts.values import AskPayout, Details, PayeeKind, PayoutCard, PayoutWay, Policy
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.factories.world import World

BANK = Details(way=PayoutWay.BANK_FILE, holder="团长901", bank_name="中国银行临江支行", account_no="6216610000001234")
STRIPE = Details(way=PayoutWay.STRIPE, holder="团长901", account_no="acct_1LeaderOne")


@dataclass
class Till:
    """One leader with money, two people of finance, and a hub whose rules are easy to reckon with."""

    world: World
    leader: Actor
    finance: tuple[Actor, Actor] = field(
        default_factory=lambda: (
            Actor("钱一", Role.HQ_FINANCE, new_id()), Actor("钱二", Role.HQ_FINANCE, new_id())
        )
    )  # fmt: skip

    def run(self, actor: Actor, use_case: Any, *args: Any) -> Any:
        """One transaction of somebody."""
        return self.world.services.database.transact(actor, use_case, *args)

    def available(self) -> int:
        """What the leader may withdraw."""
        read = self.world.services.database.read
        return int(read(queries.available_cents, PayeeKind.LEADER, self.leader.id, None, "CNY"))

    def ask(self, amount_cents: int, key: str = "", shown_cents: int | None = None) -> PayoutCard:
        """Ask for a withdrawal; it was shown what is available now unless told otherwise."""
        shown = self.available() if shown_cents is None else shown_cents
        wish = AskPayout(amount_cents=amount_cents, shown_cents=shown, idempotency_key=key or str(new_id()))
        card: PayoutCard = self.run(self.leader, payouts.ask, wish)
        return card

    def approve(self, payout_id: UUID, who: int = 0) -> PayoutCard:
        """Let one of the two approve."""
        card: PayoutCard = self.run(self.finance[who], payouts.approve, payout_id)
        return card

    def card(self, payout_id: UUID) -> PayoutCard:
        """A payout as it stands."""
        return self.world.services.database.read(queries.get_payout, payout_id)


def give(world: World, account: LedgerAccount, owner_id: UUID, cents: int) -> None:
    """Let the ledger owe somebody so much more."""

    def post(uow: UnitOfWork) -> None:
        sides = (Posting(LedgerAccount.COMMISSION, cents, owner_id), Posting(account, -cents, owner_id))
        journals.post(
            uow,
            PostJournal(kind=JournalKind.CORRECTED, cause_id=new_id(), hub_id=world.hub_id, currency="CNY",
                        postings=sides),
        )  # fmt: skip

    world.services.database.transact(Actor.system("test"), post)


def make_till(world: World, cents: int = 10_000, where: Details | None = BANK) -> Till:
    """L901 with so much available; at least 10.00, a fee of 1.00, two people above 80.00, 72 hours of pause."""
    till = Till(world, world.leader())
    policy = Policy(min_cents=1_000, fee_cents=100, second_above_cents=8_000, cooldown_hours=72)
    till.run(Actor.system("test"), details.save_policy, world.hub_id, policy)
    if where is not None:
        till.run(till.leader, details.save_own, world.hub_id, where)
    if cents:
        give(world, LedgerAccount.LEADER_PAYABLE, world.leaders["L901"], cents)
    return till
