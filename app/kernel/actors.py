"""Who acts, and what they may do. Rights are asked for by use-cases; roles are only bundles of rights."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """Every right in the system, as room.verb_noun."""

    ACCOUNTS_SIGN_IN = "accounts.sign_in"
    ACCOUNTS_MANAGE = "accounts.manage"
    COMMUNITIES_READ = "communities.read"
    COMMUNITIES_MANAGE = "communities.manage"
    COMMUNITIES_CHOOSE_HOME = "communities.choose_home"
    #: Apply to become a leader, and say for a neighbour that one would fetch at hers.
    RECRUITMENT_APPLY = "recruitment.apply"
    RECRUITMENT_ENDORSE = "recruitment.endorse"
    RECRUITMENT_READ = "recruitment.read"
    #: Interview, decide, check the training, set the rules, and let an applicant begin.
    RECRUITMENT_DECIDE = "recruitment.decide"
    #: Ask to be away on some pickup days, and take it back.
    COMMUNITIES_ASK_ABSENCE = "communities.ask_absence"
    CATALOGUE_MANAGE = "catalogue.manage"
    CATALOGUE_READ = "catalogue.read"
    SUPPLY_MANAGE = "supply.manage"
    SUPPLY_READ = "supply.read"
    SUPPLY_RECEIVE = "supply.receive"
    SUPPLY_RECALL = "supply.recall"
    #: Answer a purchase order by its signed link: everybody may knock, the link decides.
    SUPPLY_ANSWER = "supply.answer"
    GROUPBUYS_PLAN = "groupbuys.plan"
    GROUPBUYS_CLOSE = "groupbuys.close"
    GROUPBUYS_HOLD_QUOTA = "groupbuys.hold_quota"
    ORDERS_PLACE = "orders.place"
    ORDERS_READ = "orders.read"
    ORDERS_MANAGE = "orders.manage"
    PAYMENTS_START = "payments.start"
    PAYMENTS_RECORD = "payments.record"
    PAYMENTS_REFUND = "payments.refund"
    PAYMENTS_READ = "payments.read"
    LOGISTICS_AGGREGATE = "logistics.aggregate"
    LOGISTICS_READ = "logistics.read"
    LOGISTICS_SORT = "logistics.sort"
    LOGISTICS_ROUTE = "logistics.route"
    LOGISTICS_DISPATCH = "logistics.dispatch"
    #: Prepare, remind and close pickups: consequences of payments and of the round, nobody's button.
    LOGISTICS_PLAN_PICKUPS = "logistics.plan_pickups"
    LOGISTICS_HAND_OVER = "logistics.hand_over"
    #: Note arrivals and problems on one truck's tours of one round; held through a driver's link, and by the admin.
    LOGISTICS_DRIVE = "logistics.drive"
    LOGISTICS_PICK_UP = "logistics.pick_up"
    CLAIMS_FILE = "aftersales.file_claim"
    CLAIMS_READ = "aftersales.read"
    CLAIMS_DECIDE = "aftersales.decide_claim"
    #: Tell one's side of a claim; never decides it.
    CLAIMS_GIVE_EVIDENCE = "aftersales.give_evidence"
    CLAIMS_SHOW = "aftersales.upload_photo"
    CLAIMS_SET_RULES = "aftersales.set_rules"
    LEDGER_POST = "ledger.post"
    LEDGER_READ = "ledger.read"
    #: Close a month, reverse a journal, settle a difference with the provider.
    LEDGER_CLOSE = "ledger.close"
    SETTLEMENT_ACCRUE = "settlement.accrue"
    SETTLEMENT_CLOSE = "settlement.close"
    SETTLEMENT_READ_OWN = "settlement.read_own"
    SETTLEMENT_SET_RATES = "settlement.set_rates"
    #: Withdraw one's own earnings, and say where they go.
    PAYOUTS_ASK = "payouts.ask"
    PAYOUTS_READ = "payouts.read"
    #: Approve, reject and pay by hand; above a limit it takes two who hold this.
    PAYOUTS_APPROVE = "payouts.approve"
    #: Set least sums, fees and the limit for one approver: the admin's, not of those who approve.
    PAYOUTS_SET_RULES = "payouts.set_rules"
    #: Send and record payouts: the worker's, nobody's button.
    PAYOUTS_EXECUTE = "payouts.execute"
    #: Make out a receipt or an invoice of an own order.
    RECEIPTS_ASK = "receipts.ask"
    RECEIPTS_ISSUE = "receipts.issue"
    RECEIPTS_READ = "receipts.read"
    #: Say who sells at a hub, and which tax is in the prices of a category.
    RECEIPTS_SET = "receipts.set_seller"
    SCORING_READ = "scoring.read"
    SCORING_READ_OWN = "scoring.read_own"
    SCORING_JUDGE = "scoring.judge"
    #: Say what HQ as a whole, or a hub, is to reach in a month.
    GOALS_SET = "goals.set"
    #: Answer one's own targets, and appeal against one's own score; never decides either.
    APPRAISAL_ANSWER = "appraisal.answer"
    #: Rate an own order that was fetched.
    RATINGS_GIVE = "ratings.give"
    RATINGS_ANSWER = "ratings.answer"
    RATINGS_READ = "ratings.read"
    #: Hide words that break a rule; nobody deletes stars.
    RATINGS_MODERATE = "ratings.moderate"
    #: Enter one's own papers with their expiry.
    CERTIFICATES_ENTER = "certificates.enter"
    #: Look at leaders' papers, confirm or reject them, and say what a hub demands.
    CERTIFICATES_CHECK = "certificates.check"
    TASKS_PLAN = "tasks.plan"
    TASKS_READ = "tasks.read"
    #: Do and tick one's own tasks.
    TASKS_DO = "tasks.do"
    #: Turn plans into to-dos: the worker's, nobody's button.
    TASKS_MAKE = "tasks.make"
    #: See one person's full phone number, for a reason that is written down.
    PEOPLE_SHOW = "accounts.show_phone"
    #: Take many people's data out of the house, for a reason that is written down.
    PEOPLE_EXPORT = "accounts.export_people"
    #: Read who looked at whose data.
    PEOPLE_LOG = "accounts.read_looks"
    #: Write to a resident of one's own through the app, instead of calling her.
    RESIDENTS_WRITE = "notifications.write_resident"
    NOTIFY = "notifications.send"
    INBOX_READ = "notifications.read_own"
    AUDIT_READ = "audit.read"
    #: Forget what is kept only against repetition: the nightly job's, nobody's button.
    HOUSE_TIDY = "house.tidy"


class Role(StrEnum):
    """Who a person is to Linli; one account has one role."""

    ANONYMOUS = "anonymous"
    RESIDENT = "resident"
    LEADER = "leader"
    HQ_ADMIN = "hq_admin"
    HQ_MERCHANDISER = "hq_merchandiser"
    HQ_BUYER = "hq_buyer"
    HQ_WAREHOUSE = "hq_warehouse"
    HQ_FINANCE = "hq_finance"
    HQ_SERVICE = "hq_service"
    HQ_COMMUNITY = "hq_community"
    SYSTEM = "system"


P = Permission
_HQ_READS = frozenset(
    {
        P.ACCOUNTS_SIGN_IN,
        P.INBOX_READ,
        P.COMMUNITIES_READ,
        P.CATALOGUE_READ,
        P.SUPPLY_READ,
        P.ORDERS_READ,
        P.LOGISTICS_READ,
    }
)
_LEADER = frozenset(
    {
        P.ACCOUNTS_SIGN_IN,
        P.INBOX_READ,
        P.LOGISTICS_HAND_OVER,
        P.COMMUNITIES_ASK_ABSENCE,
        P.LOGISTICS_PICK_UP,
        P.SETTLEMENT_READ_OWN,
        P.SCORING_READ_OWN,
        P.APPRAISAL_ANSWER,
        P.PAYOUTS_ASK,
        P.CLAIMS_GIVE_EVIDENCE,
        P.CLAIMS_SHOW,
        P.RATINGS_ANSWER,
        P.TASKS_DO,
        P.CERTIFICATES_ENTER,
        P.RESIDENTS_WRITE,
    }
)
_RESIDENT = frozenset(
    {
        P.ACCOUNTS_SIGN_IN, P.INBOX_READ, P.COMMUNITIES_CHOOSE_HOME, P.GROUPBUYS_HOLD_QUOTA,
        P.ORDERS_PLACE, P.PAYMENTS_START, P.CLAIMS_FILE, P.CLAIMS_SHOW, P.RECEIPTS_ASK,
        P.RATINGS_GIVE,
        P.RECRUITMENT_APPLY, P.RECRUITMENT_ENDORSE,
    }
)  # fmt: skip
#: What each role may do. HQ roles hold the least that their desk needs; only the admin holds all of HQ.
RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.ANONYMOUS: frozenset({P.ACCOUNTS_SIGN_IN, P.SUPPLY_ANSWER}),
    Role.RESIDENT: _RESIDENT,
    Role.LEADER: _LEADER,
    Role.HQ_MERCHANDISER: _HQ_READS | {P.CATALOGUE_MANAGE, P.GROUPBUYS_PLAN, P.GROUPBUYS_CLOSE},
    Role.HQ_BUYER: _HQ_READS
    | {P.SUPPLY_MANAGE, P.SUPPLY_RECEIVE, P.SUPPLY_RECALL, P.SUPPLY_ANSWER, P.LOGISTICS_AGGREGATE},
    Role.HQ_WAREHOUSE: _HQ_READS
    | {P.SUPPLY_RECEIVE, P.LOGISTICS_SORT, P.LOGISTICS_ROUTE, P.LOGISTICS_DISPATCH, P.LOGISTICS_HAND_OVER},
    Role.HQ_FINANCE: _HQ_READS
    | {
        P.LEDGER_READ,
        P.LEDGER_CLOSE,
        P.PAYMENTS_READ,
        P.PAYMENTS_REFUND,
        P.SETTLEMENT_CLOSE,
        P.AUDIT_READ,
        P.PAYOUTS_READ,
        P.PAYOUTS_APPROVE,
        P.RECEIPTS_READ,
        P.RECEIPTS_ISSUE,
        P.RECEIPTS_SET,
        P.CLAIMS_READ,
        P.CLAIMS_SET_RULES,
        P.SETTLEMENT_SET_RATES,
        P.PEOPLE_LOG,
    },
    Role.HQ_SERVICE: _HQ_READS
    | {P.CLAIMS_READ, P.CLAIMS_DECIDE, P.PAYMENTS_READ, P.SUPPLY_RECALL, P.RECEIPTS_READ, P.RECEIPTS_ISSUE}
    | {P.RATINGS_READ, P.RATINGS_MODERATE, P.PEOPLE_SHOW},
    Role.HQ_COMMUNITY: _HQ_READS
    | {P.COMMUNITIES_MANAGE, P.COMMUNITIES_ASK_ABSENCE, P.ACCOUNTS_MANAGE, P.SCORING_READ, P.SCORING_JUDGE}
    | {P.GOALS_SET, P.CERTIFICATES_CHECK}
    | {P.RATINGS_READ, P.RATINGS_MODERATE, P.TASKS_READ, P.TASKS_PLAN, P.PEOPLE_SHOW}
    | {P.RECRUITMENT_READ, P.RECRUITMENT_DECIDE},
    Role.HQ_ADMIN: frozenset(Permission)
    - {
        P.ORDERS_PLACE,
        P.PAYMENTS_START,
        P.CLAIMS_FILE,
        P.CLAIMS_GIVE_EVIDENCE,
        P.CLAIMS_SHOW,
        P.COMMUNITIES_CHOOSE_HOME,
        P.SETTLEMENT_READ_OWN,
        P.SCORING_READ_OWN,
        P.APPRAISAL_ANSWER,
        P.PAYOUTS_ASK,
        P.PAYOUTS_EXECUTE,
        P.RECEIPTS_ASK,
        P.RATINGS_GIVE,
        P.RATINGS_ANSWER,
        P.TASKS_DO,
        P.TASKS_MAKE,
        P.CERTIFICATES_ENTER,
        P.RESIDENTS_WRITE,
        P.RECRUITMENT_APPLY,
        P.RECRUITMENT_ENDORSE,
    },
    Role.SYSTEM: frozenset(Permission),
}
HQ_ROLES = frozenset(role for role in Role if role.value.startswith("hq_"))


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program on whose behalf a use-case runs; `id` is the account, None for programs and strangers."""

    name: str
    role: Role
    id: UUID | None = None
    #: Somebody who came by a signed link holds these rights and no others; None = those of the role.
    rights: frozenset[Permission] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """Rights of the actor's role, or those that a signed link lends."""
        return RIGHTS[self.role] if self.rights is None else self.rights

    @classmethod
    def by_link(cls, name: str, *rights: Permission) -> "Actor":
        """A stranger with a signed link, who may do these things and nothing else."""
        return cls(name, Role.ANONYMOUS, rights=frozenset(rights))

    @classmethod
    def system(cls, name: str) -> "Actor":
        """An unattended job; holds every right and signs the audit log with its name."""
        return cls(name, Role.SYSTEM)

    @classmethod
    def anonymous(cls) -> "Actor":
        """Somebody who has not signed in."""
        return cls("anonymous", Role.ANONYMOUS)
