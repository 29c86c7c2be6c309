"""What every state, kind and reason is called at HQ, and in which colour it is shown; the one home of these words."""

from enum import StrEnum

from app.domains.accounts.values import LookKind, LookReason
from app.domains.aftersales.values import ClaimFault, ClaimKind, ClaimStatus, NoteKind, Screening
from app.domains.analytics.values import By
from app.domains.appraisal.values import (
    AppealStatus,
    ConsequenceKind,
    ConsequenceState,
    CycleStage,
    PlanState as PlanStateOfLeader,
    TargetState,
    Why,
)
from app.domains.catalogue.values import Zone
from app.domains.certificates.values import CertificateKind
from app.domains.communities.values import LeaderKind, LeaderStatus, PostRole, Workload
from app.domains.communities.values.absences import AbsenceState
from app.domains.communities.values.city_plans import CityPlanState, PlannedMoveState
from app.domains.goals.values import Kpi, Standing
from app.domains.groupbuys.values import GroupBuyStatus, OfferRole, Station, StepState
from app.domains.ledger.values import JournalKind, LedgerAccount
from app.domains.ledger.values.chart import CHART, AccountType, OwnerKind
from app.domains.logistics.values.handover import Fault, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.logistics.values.routes import Fix, PlanOrigin, PlanState, RunState, Unplaced
from app.domains.logistics.values.shortage import Protect
from app.domains.logistics.values.sorting import SharePolicy, SheetState
from app.domains.logistics.values.tasks import ShortReason, TaskKind, TaskState
from app.domains.notifications.values import MailState
from app.domains.orders.values import CutReason, OrderStatus
from app.domains.payments.values import Method, PaymentStatus, RefundStatus, Route
from app.domains.payouts.values import PayeeKind, PayoutStatus, PayoutWay
from app.domains.ratings.values import HideReason, Shown, Tag
from app.domains.receipts.values import PaperKind
from app.domains.reconciliation.values import Action, DifferenceState, MismatchKind
from app.domains.recruitment.values import Advice, ApplicationStatus, Item, TrainingStep
from app.domains.replacements.values import ReplacementState, Way
from app.domains.scoring.values import AdjustFact, BackTestState, Measure, Stage, Tier, Trait
from app.domains.settlement.values import EntryKind
from app.domains.statements.values import LineKind
from app.domains.supply.values import PurchaseStatus
from app.domains.supply.values.purchasing import BelowMinimum, PurchaseEventKind, PurchasePurpose, SupplierAnswer
from app.domains.supply.values.stock import DifferenceKind, LossReason, StocktakeState
from app.domains.tasks.values import PlanState as Planned, Seniority, TodoState
from app.kernel.actors import Role
from app.web.words import gettext, tr


def _(sentence: str) -> str:
    """Mark for the catalogue."""
    return sentence


#: Words by enum and value. Members of different enums are equal as strings, so each enum has a table of its own.
NAMES: dict[type[StrEnum], dict[str, str]] = {
    CertificateKind: {
        "health": _("Health certificate"), "food_business": _("Food business filing"),
        "food_safety": _("Food safety training"),
    },
    Workload: {"few": _("few for a leader"), "right": _("fits"), "many": _("many for a leader")},
    AbsenceState: {
        "asked": _("asked"), "agreed": _("agreed"), "refused": _("not agreed"), "cancelled": _("cancelled"),
    },
    ReplacementState: {
        "proposed": _("waits for a second person"), "planned": _("planned"), "done": _("done, residents not told"),
        "told": _("done"), "rejected": _("rejected"), "failed": _("became impossible"),
        "rolled_back": _("rolled back"),
    },
    Way: {
        "named": _("A leader where she hands out"), "comes": _("A leader who comes to this point"),
        "nearest": _("The nearest with room"),
    },
    Station: {
        "open": _("Open"), "cutoff": _("Cut-off"), "receive": _("Receiving"), "sort": _("Sorting"),
        "route": _("Routes"), "dispatch": _("Dispatch"), "handover": _("Handover"),
        "remind": _("Pickup and reminders"), "settle": _("Settlement"),
    },
    StepState: {"waiting": _("waiting"), "running": _("running"), "done": _("done"), "failed": _("failed")},
    GroupBuyStatus: {
        "draft": _("draft"), "open": _("open"), "closed": _("closed"), "settled": _("settled"),
        "cancelled": _("cancelled"),
    },
    OfferRole: {"traffic": _("Traffic"), "volume": _("Volume seller"), "profit": _("Profit")},
    OrderStatus: {
        "placed": _("waiting for payment"), "paid": _("paid"), "lapsed": _("lapsed"), "cancelled": _("cancelled"),
    },
    CutReason: {
        "resident": _("Taken back by the resident"), "below_minimum": _("Group below its minimum"),
        "price_break": _("Price break reached"), "shortage": _("Shortage"),
        "pack_fill": _("Not needed for full boxes"), "weight": _("Weighed less"),
        "supplier_minimum": _("Below the supplier's minimum"),
        "sort_short": _("Missing at sorting"), "called_off": _("Group-buy called off"),
        "handover_short": _("Missing at the handover"), "handover_damaged": _("Damaged at the handover"),
        "unclaimed": _("Not fetched"), "claim": _("Claim approved"), "recall": _("Recalled"),
    },
    PaymentStatus: {
        "intended": _("being started"), "waiting": _("waiting for the payer"), "failed": _("failed"),
        "cancelled": _("cancelled"), "authorised": _("held"), "succeeded": _("succeeded"),
    },
    Method: {
        "alipay": _("Alipay"), "wechat_pay": _("WeChat Pay"), "card": _("Card"), "card_test": _("Test card"),
        "balance": _("Balance"), "cash": _("Cash at the pickup"),
    },
    Route: {"source": _("back the way it came"), "balance": _("to the balance"), "release": _("never charged")},
    RefundStatus: {"intended": _("on its way"), "succeeded": _("arrived"), "failed": _("failed")},
    PurchaseStatus: {
        "decision": _("waiting for a decision"), "sent": _("sent"), "seen": _("seen by the supplier"),
        "confirmed": _("confirmed"), "partly_received": _("being delivered"), "received": _("received"),
        "cancelled": _("cancelled"),
    },
    PurchasePurpose: {"round": _("for a round"), "pre_buy": _("bought ahead")},
    BelowMinimum: {
        "top_up": _("Order more packs"), "drop": _("Order nothing, refund"), "fee": _("Pay the difference"),
    },
    SupplierAnswer: {
        "full": _("confirmed in full"), "changed": _("confirmed with changes"), "rejected": _("rejected"),
    },
    PurchaseEventKind: {
        "waiting": _("Waits for a decision"), "decided": _("Decided"), "sent": _("Sent to the supplier"),
        "seen": _("Opened by the supplier"), "answered": _("Answered by the supplier"), "amended": _("Amended"),
        "cancelled": _("Cancelled"), "mail_sent": _("E-mail sent"), "mail_failed": _("E-mail failed"),
    },
    MailState: {"queued": _("queued"), "sent": _("sent"), "failed": _("failed")},
    Zone: {"ambient": _("ambient"), "chilled": _("chilled"), "frozen": _("frozen")},
    SharePolicy: {
        "first_come": _("first come, first served"), "pro_rata": _("pro rata"),
        "spread": _("everyone one before anyone two"),
    },
    Protect: {
        "nobody": _("nobody first"), "leaders": _("leaders' own orders first"), "vip": _("VIP residents first"),
        "both": _("leaders and VIP residents first"),
    },
    DifferenceKind: {"charge": _("charged to the supplier"), "credit": _("credited to the supplier")},
    StocktakeState: {
        "counting": _("being counted"), "review": _("second look"), "posted": _("posted"), "dropped": _("given up"),
    },
    LossReason: {
        "spoiled": _("Spoiled"), "broken": _("Broken"), "expired": _("Past its date"), "missing": _("Missing"),
        "recalled": _("Recalled and destroyed"),
    },
    SheetState: {"waiting": _("to be sorted"), "sorted": _("sorted")},
    TaskKind: {"put": _("first sorting"), "correction": _("correction")},
    TaskState: {"open": _("in the queue"), "claimed": _("at work"), "paused": _("paused"), "done": _("done")},
    ShortReason: {
        "not_found": _("not on its shelf"), "damaged": _("damaged or spoiled"), "wrong_goods": _("wrong goods there"),
    },
    PlanState: {"planned": _("planned"), "dispatched": _("dispatched"), "replaced": _("replaced")},
    PlanOrigin: {"solver": _("by the solver"), "hand": _("by hand"), "breakdown": _("after a breakdown")},
    CityPlanState: {
        "waiting": _("waiting"), "solving": _("being searched"), "draft": _("to be decided"),
        "failed": _("not possible"), "dropped": _("dropped"), "applying": _("being applied"), "applied": _("applied"),
        "undoing": _("being taken back"), "undone": _("taken back"),
    },
    BackTestState: {
        "waiting": _("waiting"), "running": _("being tried"), "done": _("done"), "cancelled": _("stopped"),
    },
    PlannedMoveState: {
        "planned": _("planned"), "moved": _("moved"), "stale": _("stayed, overtaken"), "back": _("brought back"),
        "stayed": _("stayed there"),
    },
    RunState: {
        "waiting": _("waits for the worker"), "searching": _("is searching"), "done": _("done"), "failed": _("failed"),
    },
    Unplaced: {
        "zone": _("No truck of the hub carries this temperature zone"),
        "too_big": _("A single crate is above what any truck carries"), "space": _("No truck has room left for it"),
        "hours": _("It cannot be reached within its hours and the trucks' shifts"),
    },
    Fix: {
        "second_tour": _("let %(truck)s drive a second tour: about %(cost)s"),
        "one_more_truck": _("one more truck like %(truck)s: about %(cost)s"),
        "other_truck": _("hire a truck that can carry it"), "later": _("deliver later, or begin the shift earlier"),
    },
    HandoverState: {"expected": _("expected"), "counted": _("counted")},
    Fault: {"supplier": _("Supplier"), "hub": _("Hub"), "carrier": _("Carrier"), "leader": _("Leader")},
    PickupState: {
        "expected": _("not arrived yet"), "ready": _("ready to be fetched"), "partly": _("partly fetched"),
        "done": _("fetched"), "void": _("nothing to fetch"),
    },
    Tag: {
        "friendly": _("Friendly"), "quick": _("Quick"), "well_kept": _("Goods well kept"), "fresh": _("Fresh"),
        "good_value": _("Good value"), "long_wait": _("Long wait"), "unfriendly": _("Unfriendly"),
        "badly_kept": _("Goods badly kept"), "not_fresh": _("Not fresh"),
    },
    HideReason: {
        "abuse": _("Insult or hate"), "personal_data": _("Personal data"), "advertising": _("Advertising"),
        "off_topic": _("Not about the order"),
    },
    Shown: {
        "all": _("All"), "low": _("Two stars or fewer"), "with_words": _("With words"), "hidden": _("Words hidden"),
    },
    TodoState: {
        "ahead": _("tomorrow"), "open": _("to do"), "overdue": _("late"), "done": _("done"),
        "done_late": _("done late"),
    },
    Planned: {"draft": _("draft"), "published": _("published"), "withdrawn": _("withdrawn")},
    Seniority: {"new": _("New"), "growing": _("Growing"), "mature": _("Mature")},
    LookKind: {"phone": _("Full phone number"), "export": _("List of people")},
    LookReason: {
        "call_back": _("She asked to be called"), "delivery": _("Problem with a delivery"), "claim": _("A claim"),
        "recall": _("A recall"), "identity": _("To make sure who it is"), "authority": _("An authority asks"),
        "moving_data": _("Moving data to another system"), "other": _("Something else"),
    },
    LeaderStatus: {
        "applicant": _("Applicant"), "active": _("Active"), "probation": _("On probation"), "resting": _("Resting"),
        "removed": _("Removed"),
    },
    LeaderKind: {"home": _("at home"), "shop": _("in a shop"), "top_store": _("in a top store")},
    ApplicationStatus: {
        "draft": _("Draft"), "submitted": _("to be decided"), "accepted": _("in training"), "active": _("leads"),
        "declined": _("turned down"), "withdrawn": _("taken back"),
    },
    Item: {
        "radius": _("Inside the radius"), "endorsements": _("Neighbours"), "storage": _("Room for goods"),
        "floor": _("Floor"), "fridge": _("Fridge"), "freezer": _("Freezer"), "hours": _("Hours"),
        "experience": _("Experience"), "identity": _("Identity card"),
    },
    TrainingStep: {
        "counting": _("Counting"), "cold_chain": _("Cold chain"), "handing_out": _("Handing out by code"),
        "complaints": _("Complaints"), "privacy": _("Privacy"),
    },
    Advice: {
        "recruit": _("recruit"), "split": _("split"), "merge": _("merge"), "overloaded": _("overloaded"),
    },
    PostRole: {"primary": _("Primary"), "backup": _("Backup")},
    Measure: {
        "penetration": _("Reach"), "repurchase": _("Repurchase"), "pickup_rate": _("Pickup rate"),
        "on_time": _("On time"), "claim_rate": _("Claims"), "acquisition": _("New buyers"),
        "in_window": _("Fetched on the day"), "answers": _("Answers in time"),
        "rating": _("Stars"), "tasks": _("Tasks done"),
    },
    Stage: {"new": _("new neighbourhood"), "growing": _("growing neighbourhood"), "mature": _("mature neighbourhood")},
    CycleStage: {
        "announced": _("announced"), "running": _("running"), "provisional": _("provisional"), "final": _("final"),
        "closed": _("over"), "called_off": _("called off"),
    },
    TargetState: {
        "proposed": _("proposed"), "accepted": _("accepted"), "answered": _("wants a reply"), "settled": _("fixed"),
    },
    AppealStatus: {"open": _("to be decided"), "upheld": _("upheld"), "declined": _("declined")},
    ConsequenceKind: {
        "tier": _("Other tier"), "warning": _("Warning"), "probation": _("Probation with a plan"),
        "restore": _("End of probation"), "replacement": _("Replacement"),
    },
    ConsequenceState: {"proposed": _("proposed"), "confirmed": _("confirmed"), "dismissed": _("dismissed")},
    PlanStateOfLeader: {"running": _("running"), "passed": _("passed"), "failed": _("failed")},
    Why: {
        "too_new": _("She served too few days."), "few_handovers": _("Too few handovers."),
        "few_buyers": _("Too few buyers."), "not_serving": _("She does not serve at present."),
        "other_tier": _("The score lies in another tier."), "below_bronze": _("The score lies below bronze."),
        "warned_before": _("The cycle before was below bronze too."),
        "targets_reached": _("She reached all her targets."), "plan_over": _("The time of her plan is over."),
        "better_again": _("The score is above bronze again."),
    },
    AdjustFact: {
        "handovers": _("Handovers"), "on_time_handovers": _("Handovers on time"), "due_pieces": _("Pieces due"),
        "picked_pieces": _("Pieces fetched"), "claims": _("Claims"),
        "leader_fault_claims": _("Claims at her fault"),
    },
    Trait: {
        "households": _("Size: households"), "basket": _("Wealth: average basket"),
        "service_days": _("Age of the service"), "distance": _("Distance to walk"),
    },
    Tier: {"gold": _("Gold"), "silver": _("Silver"), "bronze": _("Bronze"), "warning": _("Warning")},
    Kpi: {
        "orders": _("Orders"), "buyers": _("Households that bought"), "penetration": _("Penetration"),
        "on_time": _("Handovers on time"), "pickup_rate": _("Picked up"), "claim_rate": _("Claims per order"),
    },
    Standing: {
        "reached": _("reached"), "on_way": _("on track"), "behind": _("behind"), "missed": _("missed"),
    },
    ClaimKind: {
        "missing": _("Missing"), "damaged": _("Damaged"), "quality": _("Poor quality"), "wrong": _("Wrong goods"),
    },
    ClaimFault: {
        "supplier": _("Supplier"), "hub": _("Hub"), "carrier": _("Carrier"), "leader": _("Leader"),
        "nobody": _("Nobody (goodwill)"),
    },
    Screening: {
        "passed": _("approved at once"), "no_photo": _("no photo"), "missing_pieces": _("pieces said to be missing"),
        "above_limit": _("above the limit"), "many_claims": _("many claims of this resident"),
    },
    NoteKind: {
        "filed": _("With the claim"), "added": _("The resident added"), "evidence": _("The leader’s side"),
        "taken": _("Taken in hand by"), "handed_over": _("Handed over to"),
    },
    ClaimStatus: {"open": _("to be decided"), "approved": _("approved"), "rejected": _("rejected")},
    JournalKind: {
        "payment_captured": _("Payment received"), "refund_paid": _("Refund paid"),
        "refund_returned": _("Refund came back"), "goods_received": _("Goods received"),
        "goods_picked_up": _("Goods handed out"), "commission_changed": _("Commission changed"),
        "commission_released": _("Commission released"), "supplier_charged": _("Supplier charged"),
        "hub_charged": _("Hub charged"), "leader_charged": _("Leader charged"), "loss_borne": _("Loss borne by us"),
        "minimum_billed": _("Fee below the minimum"),
        "supplier_billed": _("Bill beside the goods"), "supplier_credited": _("Supplier credited"),
        "stock_adjusted": _("Stock corrected"), "cash_handed_in": _("Cash handed in"),
        "balance_granted": _("Balance credited"), "balance_withdrawn": _("Balance paid out"),
        "promotion_used": _("Promotion used"), "provider_fee": _("Payment fee"),
        "provider_payout": _("Provider paid us out"), "provider_adjusted": _("Provider adjusted"),
        "delivery_booked": _("Delivery booked"), "hub_booked": _("Hub's work booked"),
        "payout_requested": _("Payout asked for"), "payout_paid": _("Payout paid"),
        "payout_returned": _("Payout came back"), "supplier_paid": _("Supplier paid"), "hub_paid": _("Hub paid"),
        "tax_booked": _("Tax booked"), "reversed": _("Reversal"), "corrected": _("Booked anew"),
    },
    AccountType: {
        "asset": _("Asset"), "liability": _("Liability"), "income": _("Income"), "expense": _("Expense"),
    },
    OwnerKind: {
        "none": "–", "resident": _("Resident"), "leader": _("Leader"), "supplier": _("Supplier"), "hub": _("Hub"),
    },
    MismatchKind: {
        "missing_here": _("Missing here"), "missing_there": _("Missing at the provider"),
        "amount_differs": _("Amount differs"),
    },
    DifferenceState: {
        "open": _("to be decided"), "settled": _("cleared up"), "booked": _("booked"), "known": _("known"),
    },
    Action: {
        "fetch": _("Ask the provider and book"), "book": _("Book the difference"), "known": _("Let it stand"),
    },
    By: {
        "order": _("Order"), "sku": _("SKU"), "leader": _("Leader"), "route": _("Tour"), "round": _("Round"),
    },
    EntryKind: {"accrual": _("Earned"), "reversal": _("Taken back")},
    LineKind: {
        "earned": _("Earned"), "taken_back": _("Taken back"), "cash_taken": _("Cash taken"),
        "cash_handed_in": _("Cash handed in"), "fee": _("Withdrawal fee"), "paid_out": _("Withdrawn"),
        "put_back": _("Withdrawal came back"), "goods": _("Goods received"),
        "minimum": _("Fee below the minimum"), "delivery": _("Delivery"), "charged": _("Deducted"),
        "credited": _("Credited"), "paid": _("Paid"), "other": _("Other"),
    },
    PayoutStatus: {
        "asked": _("to be approved"), "approved": _("approved"), "paying": _("being paid"), "paid": _("paid"),
        "rejected": _("rejected"), "failed": _("failed"), "returned": _("came back"),
    },
    PayoutWay: {
        "bank_file": _("Bank file"), "stripe": _("Stripe transfer"), "by_hand": _("Transfer by hand"),
    },
    PaperKind: {
        "receipt": _("Receipt"), "invoice": _("Invoice"), "credit_note": _("Credit note"),
    },
    PayeeKind: {"leader": _("Leader"), "supplier": _("Supplier"), "hub": _("Hub")},
    Role: {
        "resident": _("Resident"), "leader": _("Leader"),
        "hq_admin": _("Administrator"), "hq_merchandiser": _("Merchandising"), "hq_buyer": _("Purchasing"),
        "hq_warehouse": _("Hub"), "hq_finance": _("Finance"), "hq_service": _("Customer service"),
        "hq_community": _("Leaders' desk"),
    },
}  # fmt: skip
#: Colours of badges; what is not named here is neutral.
_COLOURS: dict[str, frozenset[str]] = {
    "success": frozenset(
        {"done", "open.GroupBuyStatus", "paid", "succeeded", "received", "sorted", "counted", "active", "gold",
         "approved", "accepted", "upheld", "passed", "restore", "dispatched", "confirmed", "full", "sent.MailState",
         "applied", "moved", "agreed", "told", "active.ApplicationStatus", "reached.Standing"}
    ),
    "info": frozenset(
        {"running", "closed", "sent", "planned", "published", "ready", "silver", "placed", "partly", "seen",
         "searching", "paying", "announced", "final.CycleStage",
         "solving", "applying", "undoing", "merge", "on_way.Standing"}
    ),
    "warning": frozenset(
        {"submitted.ApplicationStatus", "split",
         "partly_received", "probation", "bronze", "open.ClaimStatus",
         "open.DifferenceState", "open.AppealStatus", "answered", "provisional",
         "intended", "applicant", "resting", "decision",
         "behind.Standing", "changed", "queued", "asked", "returned", "stale", "stayed"}
    ),
    "danger": frozenset(
        {"recruit", "overloaded", "declined.ApplicationStatus",
         "missed.Standing", "failed", "replacement", "cancelled", "warning", "rejected", "overdue", "removed"}
    ),
    "ink": frozenset({"settled"}),
}  # fmt: skip


def name(value: StrEnum | None) -> str:
    """What a value of any of our enums is called, in the page's language; a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, LedgerAccount):
        return tr(CHART[value])
    return gettext(NAMES[type(value)].get(value.value, value.value))


def colour(value: StrEnum) -> str:
    """The kind of badge in which a state is shown."""
    keys = {value.value, f"{value.value}.{type(value).__name__}"}
    return next((kind for kind, states in _COLOURS.items() if keys & states), "neutral")


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """All values of an enum for a select."""
    return [(value.value, name(value)) for value in enum]
