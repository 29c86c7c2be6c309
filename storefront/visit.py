"""What the browser remembers of a visitor until she has signed in: the pickup point she looked at, and her wish."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import session

from app.domains.communities.values import ChooseHome
from app.kernel.geo import Point

_KEY = "visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """A stranger's wish: a leader's link, a pickup point, or a place on the map."""

    share_code: str | None = None
    pickup_point_id: UUID | None = None
    location: Point | None = None

    @property
    def wish(self) -> ChooseHome | None:
        """What to ask for once the visitor has an account; None when she has not said anything."""
        if self.share_code:
            return ChooseHome(share_code=self.share_code)
        if self.location:
            return ChooseHome(location=self.location)
        return ChooseHome(pickup_point_id=self.pickup_point_id) if self.pickup_point_id else None


def remembered() -> Visit:
    """What this browser remembers."""
    kept: dict[str, Any] = session.get(_KEY) or {}
    location = kept.get("at")
    point = kept.get("point")
    return Visit(
        share_code=kept.get("share"),
        pickup_point_id=UUID(point) if point else None,
        location=Point(*location) if location else None,
    )


def remember(visit: Visit) -> None:
    """Keep a wish through the sign-in; the newest one counts."""
    session[_KEY] = {
        "share": visit.share_code,
        "point": str(visit.pickup_point_id) if visit.pickup_point_id else None,
        "at": [visit.location.lat, visit.location.lon] if visit.location else None,
    }


def forget() -> None:
    """The wish is fulfilled, or the person signed out."""
    session.pop(_KEY, None)
