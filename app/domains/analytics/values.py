"""Results of the analytics room."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement that must find nothing: its rows are (id, detail) of what breaks an invariant.

    `invariant` is its number in the design; `what` says in one sentence what holds when the statement finds nothing.
    """

    invariant: int
    name: str
    what: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """One row, or one sum, that breaks an invariant."""

    id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A check that found something: the first rows, and how many there are in all."""

    invariant: int
    name: str
    what: str
    count: int
    rows: tuple[BrokenRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCard:
    """One change as the audit keeps it: who, when, what, from what to what."""

    id: UUID
    at: datetime
    actor_name: str
    action: str
    entity_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Pieces of a SKU that a hub's residents wanted for one pickup day; 0 when it was offered and nobody did."""

    sku_id: UUID
    on: date
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """How far two forecasts were off, in pieces per round, over the last rounds that could be foretold."""

    rounds: int
    baseline_error: float
    model_error: float

    @property
    def model_is_better(self) -> bool:
        """Whether the model has earned trust: it was closer than the plain repetition."""
        return self.model_error < self.baseline_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Pieces of a SKU that a round will want, by both ways, and the one to go by."""

    sku_id: UUID
    on: date
    baseline: float
    model: float
    #: None while too few rounds are known to test anything; then the baseline is used.
    tested: Tested | None
    expected_qty: int
    #: The latest rounds, oldest first.
    history: tuple[Observed, ...]

    @property
    def uses_model(self) -> bool:
        """Whether `expected_qty` is the model's."""
        return self.tested is not None and self.tested.model_is_better


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The forecasts of all SKUs of a hub for one day."""

    on: date
    forecasts: tuple[Forecast, ...]
    #: Weighted error of each way over all SKUs, as a share of the pieces wanted; None when nothing was tested.
    baseline_share: float | None
    model_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TourFact:
    """One tour that was planned for a round and driven, with the orders that waited at its stops."""

    group_buy_id: UUID
    round_on: date
    route_no: int
    vehicle_code: str
    stops: int
    orders: int
    distance_m: int
    cost_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Tours alike in density: from `low` up to, not including, `high`."""

    low: int
    high: int | None
    tours: int
    stops: int
    orders: int
    cost_cents: int

    @property
    def cents_per_order(self) -> float:
        """Mean cost of bringing one order."""
        return self.cost_cents / self.orders if self.orders else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What bringing so many orders costs; `marginal_cents` an order more than at the point before."""

    percent: int
    orders: int
    cost_cents: int
    marginal_cents: float | None

    @property
    def cents_per_order(self) -> float:
        """Mean cost of bringing one order."""
        return self.cost_cents / self.orders if self.orders else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Cost against the number of orders, and the point from which another order costs more than the one before."""

    points: tuple[CurvePoint, ...]
    rises_at: CurvePoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A change to try on a round's plan: pickup points whose orders double, and trucks that stay at home."""

    doubled: frozenset[UUID] = frozenset()
    fewer_trucks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a plan of a round comes to."""

    orders: int
    stops: int
    tours: int
    distance_m: int
    cost_cents: int
    #: Crates that no truck takes.
    left_crates: int

    @property
    def cents_per_order(self) -> float:
        """Mean cost of bringing one order."""
        return self.cost_cents / self.orders if self.orders else 0.0


class By(StrEnum):
    """By what contribution is looked at."""

    ORDER = "order"
    SKU = "sku"
    LEADER = "leader"
    ROUTE = "route"
    ROUND = "round"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionAsk:
    """Which rounds, by what, in which order, and which part of the list; `sort` is a column of `Contribution`."""

    rounds: tuple[UUID, ...]
    by: By = By.ORDER
    sort: str = "contribution_cents"
    ascending: bool = False
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one order, SKU, leader, tour or round brought; costs are positive. No key: what no order bears."""

    key: UUID | None
    name: str | None
    name_en: str | None
    orders: int
    price_cents: int
    refunds_cents: int
    goods_cents: int
    commission_cents: int
    promotions_cents: int
    delivery_cents: int
    loss_cents: int
    fees_cents: int
    #: Price less all the others.
    contribution_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """A part of the list, the sums over all of it by column, and how long it is."""

    rows: tuple[Contribution, ...]
    total: dict[str, int]
    many: int
