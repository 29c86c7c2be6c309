"""Refusals of the payments room."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict


@dataclass(eq=False)
class RefundTooHigh(Conflict):
    """More would be given back than was paid and not given back yet."""

    code: ClassVar[str] = "refund_too_high"
    order_id: UUID
    wanted_cents: int
    left_cents: int
