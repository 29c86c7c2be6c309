"""What states, reasons and measures are called in the portal, and in which colour they are shown."""

from enum import StrEnum

from app.domains.aftersales.values import ClaimFault, ClaimKind, ClaimStatus
from app.domains.appraisal.values import (
    AppealStatus,
    ConsequenceKind,
    CycleStage,
    News,
    PlanState,
    TargetState,
    Why,
)
from app.domains.certificates.values import CertificateKind, CertificateState
from app.domains.communities.values import LeaderKind, LeaderStatus
from app.domains.communities.values.absences import AbsenceState
from app.domains.logistics.values.handover import Fault, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.orders.values import CutReason, OrderStatus
from app.domains.payouts.values import PayoutStatus, PayoutWay
from app.domains.ratings.values import HideReason, Tag
from app.domains.recruitment.values import ApplicationStatus, Experience, TrainingStep
from app.domains.scoring.values import Measure, Part, Stage, Tier
from app.domains.settlement.values import EntryKind
from app.domains.statements.values import LineKind
from app.domains.tasks.values import TodoState
from app.web.words import gettext


def _(sentence: str) -> str:
    """Mark for the catalogue."""
    return sentence


#: Words by enum and value. Members of different enums are equal as strings, so each enum has a table of its own.
NAMES: dict[type[StrEnum], dict[str, str]] = {
    PickupState: {
        "expected": _("not arrived yet"), "ready": _("to be handed out"), "partly": _("partly handed out"),
        "done": _("handed out"), "void": _("nothing to hand out"),
    },
    HandoverState: {"expected": _("to be counted"), "counted": _("counted")},
    Fault: {
        "supplier": _("the supplier's"), "hub": _("the hub's"), "carrier": _("the driver's"), "leader": _("mine"),
    },
    ClaimKind: {
        "missing": _("Missing"), "damaged": _("Damaged"), "quality": _("Bad quality"), "wrong": _("Wrong goods"),
    },
    ClaimStatus: {"open": _("being looked into"), "approved": _("accepted"), "rejected": _("declined")},
    ClaimFault: {
        "supplier": _("the supplier's"), "hub": _("the hub's"), "carrier": _("the driver's"), "leader": _("mine"),
        "nobody": _("nobody's"),
    },
    OrderStatus: {
        "placed": _("waiting for payment"), "paid": _("paid"), "lapsed": _("lapsed"), "cancelled": _("cancelled"),
    },
    CutReason: {
        "resident": _("Taken back by the resident"), "below_minimum": _("Group below its minimum"),
        "price_break": _("Group price reached"), "shortage": _("Supplier was short"),
        "pack_fill": _("Not needed for full boxes"), "weight": _("Weighed less"),
        "supplier_minimum": _("Below the supplier's minimum"),
        "sort_short": _("Missing at the hub"), "called_off": _("Group-buy called off"),
        "handover_short": _("Missing from the truck"), "handover_damaged": _("Damaged on arrival"),
        "unclaimed": _("Not fetched in time"), "claim": _("Complaint accepted"),
        "recall": _("Recalled"),
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
    TodoState: {
        "ahead": _("tomorrow"), "open": _("to do"), "overdue": _("late"), "done": _("done"),
        "done_late": _("done late"),
    },
    CycleStage: {
        "announced": _("Announced"), "running": _("Running"), "provisional": _("Provisional"), "final": _("Final"),
        "closed": _("Closed"), "called_off": _("Called off"),
    },
    TargetState: {
        "proposed": _("waiting for you"), "accepted": _("you accepted"), "answered": _("you answered"),
        "settled": _("fixed"),
    },
    AppealStatus: {"open": _("being looked into"), "upheld": _("You were right"), "declined": _("Declined")},
    PlanState: {"running": _("Running"), "passed": _("Passed"), "failed": _("Not reached")},
    News: {
        "targets": _("Your targets for the next appraisal"),
        "targets_settled": _("A reply to what you said about your targets"),
        "provisional": _("Your provisional score is there; you can appeal"),
        "appeal_answered": _("Your appeal is answered"), "final": _("Your score is final"),
        "called_off": _("An appraisal was called off"), "tier": _("Your tier changes"),
        "warning": _("A warning after your appraisal"), "probation": _("You are on probation, with a plan"),
        "restore": _("Your probation is over"), "checkup": _("A check-up on your plan"),
    },
    Why: {
        "too_new": _("You served too few days to be judged."), "few_handovers": _("Too few handovers to judge by."),
        "few_buyers": _("Too few buyers to judge by."), "not_serving": _("You do not serve at present."),
        "other_tier": _("Your score lies in another tier."), "below_bronze": _("Your score lies below bronze."),
        "warned_before": _("The appraisal before was below bronze too."),
        "targets_reached": _("You reached all your targets."), "plan_over": _("The time of your plan is over."),
        "better_again": _("Your score is above bronze again."),
    },
    ConsequenceKind: {
        "tier": _("Another tier"), "warning": _("Warning"), "probation": _("Probation with a plan"),
        "restore": _("End of probation"), "replacement": _("Somebody else leads"),
    },
    CertificateKind: {
        "health": _("Health certificate"), "food_business": _("Food business filing"),
        "food_safety": _("Food safety training"),
    },
    CertificateState: {
        "waiting": _("waits for headquarters"), "confirmed": _("confirmed"), "rejected": _("rejected"),
        "replaced": _("replaced"),
    },
    AbsenceState: {
        "asked": _("asked"), "agreed": _("agreed"), "refused": _("not agreed"), "cancelled": _("cancelled"),
    },
    LeaderKind: {"home": _("at home"), "shop": _("in a shop"), "top_store": _("in a top store")},
    ApplicationStatus: {
        "draft": _("Draft"), "submitted": _("Being read"), "accepted": _("Accepted"), "active": _("You lead"),
        "declined": _("Not accepted"), "withdrawn": _("Taken back"),
    },
    Experience: {
        "none": _("Not yet"), "some": _("Up to a year"), "much": _("More than a year"),
    },
    TrainingStep: {
        "counting": _("Counting what the truck brings, and noting shortages and damage"),
        "cold_chain": _("Keeping chilled and frozen goods cold until they are fetched"),
        "handing_out": _("Handing out by code, with a dry run on my phone"),
        "complaints": _("Telling my side of a complaint, and what is never my fault"),
        "privacy": _("What neighbours' names and phones may be used for"),
    },
    LeaderStatus: {
        "applicant": _("Applicant"), "active": _("Active"), "probation": _("On probation"), "resting": _("Resting"),
        "removed": _("Removed"),
    },
    Measure: {
        "penetration": _("Reach"), "repurchase": _("Coming back"), "pickup_rate": _("Pickup rate"),
        "on_time": _("On time"), "claim_rate": _("Complaints"), "acquisition": _("New buyers"),
        "in_window": _("Fetched on the day"), "answers": _("Answers in time"),
        "rating": _("Stars"), "tasks": _("Tasks done"),
    },
    Stage: {"new": _("new neighbourhood"), "growing": _("growing neighbourhood"), "mature": _("mature neighbourhood")},
    Tier: {"gold": _("Gold"), "silver": _("Silver"), "bronze": _("Bronze"), "warning": _("Warning")},
    EntryKind: {"accrual": _("Earned"), "reversal": _("Deducted")},
    LineKind: {
        "earned": _("Earned"), "taken_back": _("Taken back after a complaint"), "cash_taken": _("Cash you took"),
        "cash_handed_in": _("Cash you handed in"), "fee": _("Withdrawal fee"), "paid_out": _("Withdrawn"),
        "put_back": _("Withdrawal came back"), "goods": _("Goods received"),
        "minimum": _("Fee below the minimum"), "delivery": _("Delivery"), "charged": _("Charged"),
        "credited": _("Credited"), "paid": _("Paid"), "other": _("Other"),
    },
    PayoutStatus: {
        "asked": _("asked"), "approved": _("approved"), "paying": _("being paid"), "paid": _("paid out"),
        "rejected": _("rejected"), "failed": _("failed"), "returned": _("came back"),
    },
    PayoutWay: {
        "bank_file": _("Bank account"), "stripe": _("Stripe account"), "by_hand": _("Transfer by hand"),
    },
}  # fmt: skip
#: From what each measure follows.
_MEASURED: dict[Measure, str] = {
    Measure.PENETRATION: _("%(part)s of %(all)s households of the neighbourhood ordered."),
    Measure.REPURCHASE: _("%(part)s of %(all)s buyers ordered on two days or more."),
    Measure.PICKUP_RATE: _("%(part)s of %(all)s pieces were fetched."),
    Measure.ON_TIME: _("%(part)s of %(all)s handovers were counted in time."),
    Measure.ACQUISITION: _("%(part)s new buyers in %(all)s households."),
    Measure.IN_WINDOW: _("%(part)s of %(all)s pieces were fetched on the pickup day itself."),
    Measure.RATING: _("Residents gave %(part)s of %(all)s possible stars above the first."),
    Measure.TASKS: _("%(part)s of %(all)s tasks were done in time."),
    Measure.ANSWERS: _("You answered %(part)s of %(all)s complaints in time."),
    Measure.CLAIM_RATE: _("%(part)s complaints about your own faults on %(all)s pieces handed out."),
}
_COLOURS: dict[str, frozenset[str]] = {
    "success": frozenset(
        {"accepted", "done", "counted", "paid", "active", "gold", "accrual", "earned", "agreed", "confirmed"}
    ),
    "info": frozenset({"submitted", "partly", "silver", "approved", "paying", "asked", "waiting"}),
    "brand": frozenset({"ready"}),
    "warning": frozenset(
        {"open", "expected", "bronze", "probation", "placed", "reversal", "resting", "taken_back", "returned"}
    ),
    "danger": frozenset({"cancelled", "warning", "removed", "refused", "rejected", "failed", "overdue"}),
}


def name(value: StrEnum | None) -> str:
    """What a value of any of these enums is called, in the page's language; a dash for None."""
    return "–" if value is None else gettext(NAMES[type(value)][value.value])


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """All values of an enum for a select."""
    return [(value.value, name(value)) for value in enum]


def colour(value: StrEnum) -> str:
    """The kind of badge in which a state is shown."""
    return next((kind for kind, values in _COLOURS.items() if value.value in values), "neutral")


def measured(part: Part) -> str:
    """The numbers of one measure as a sentence."""
    return gettext(_MEASURED[part.measure], part=f"{part.numerator:,}", all=f"{part.denominator:,}")


def percent(bps: int) -> str:
    """Ten-thousandths as 12.3%; two digits below one percent."""
    if 0 < abs(bps) < 100:
        return f"{bps / 100:.2f}%"
    tenths = (abs(bps) + 5) // 10
    return f"{'-' if bps < 0 else ''}{tenths // 10}.{tenths % 10}%"


def points(centi: int) -> str:
    """Hundredths of a point as 87.5."""
    return f"{centi / 100:.1f}"
