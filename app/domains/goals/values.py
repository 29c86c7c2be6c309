"""Inputs and results of the goals room. Rates are in ten-thousandths (bps)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Kpi(StrEnum):
    """What a goal can be set for."""

    #: Paid orders.
    ORDERS = "orders"
    #: Households that bought at least once.
    BUYERS = "buyers"
    #: These households, of all households of the neighbourhoods.
    PENETRATION = "penetration"
    #: Handovers counted in time, of all handovers.
    ON_TIME = "on_time"
    #: Pieces fetched, of those that stood ready.
    PICKUP_RATE = "pickup_rate"
    #: Claims, of all orders.
    CLAIM_RATE = "claim_rate"


class Standing(StrEnum):
    """How a goal stands."""

    REACHED = "reached"
    #: The month runs, and this will do.
    ON_WAY = "on_way"
    #: The month runs, and this will not do.
    BEHIND = "behind"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGoals:
    """Goals of one hub, or of HQ as a whole (`hub_id` None), for the month that begins on `month`.

    A count, or a rate in bps; None takes a goal away, what is not named stays.
    """

    hub_id: UUID | None
    month: date
    targets: Mapping[Kpi, int | None]
    #: The fingerprint of the goals that the person was shown; None for a door that shows none.
    seen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCard:
    """One goal, and who set it."""

    hub_id: UUID | None
    kpi: Kpi
    target: int
    set_at: datetime
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the leaders' facts of a period add up to."""

    orders: int = 0
    buyers: int = 0
    #: Households of the neighbourhoods, whoever buys.
    households: int = 0
    handovers: int = 0
    on_time_handovers: int = 0
    due_pieces: int = 0
    picked_pieces: int = 0
    claims: int = 0
    #: The last pickup day with facts; None when there is none.
    until_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One measure of one month: what is wanted, what is reached, and how that stands."""

    kpi: Kpi
    #: A count or bps; None when no goal is set.
    target: int | None
    #: A count or bps; None when nothing could be measured yet.
    actual: int | None
    standing: Standing | None
    set_at: datetime | None = None
    set_by: str = ""
