"""Who serves a pickup point today."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.communities.models import Leader
from app.domains.communities.values import SERVING


def served_point(leader_id: UUID) -> Any:
    """The pickup point that a serving leader hands out at today, as a scalar to compare with; NULL for others."""
    return select(Leader.pickup_point_id).where(Leader.id == leader_id, Leader.status.in_(SERVING)).scalar_subquery()


def serves(session: Session, leader_id: UUID | None, pickup_point_id: UUID) -> bool:
    """True when this leader hands out at that point today."""
    return leader_id is not None and bool(session.scalar(select(served_point(leader_id) == pickup_point_id)))
