"""Reads across all rooms; nothing here writes."""

from app.domains.analytics.queries.contribution import contribution
from app.domains.analytics.queries.density import orders_by_point, tours
from app.domains.analytics.queries.forecast import demand_history, outlook
from app.domains.analytics.queries.invariants import CHECKS, broken_invariants
from app.domains.analytics.queries.trail import audit_rows

__all__ = [
    "CHECKS",
    "audit_rows",
    "broken_invariants",
    "contribution",
    "demand_history",
    "orders_by_point",
    "outlook",
    "tours",
]
