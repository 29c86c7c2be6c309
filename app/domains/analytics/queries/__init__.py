"""Reads across all rooms; nothing here writes."""

from app.domains.analytics.queries.invariants import CHECKS, broken_invariants

__all__ = ["CHECKS", "broken_invariants"]
