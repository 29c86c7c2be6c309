"""The pages; importing this package puts them into the portal's blueprint."""

from leader_portal.views import (
    absences,
    appraisal,
    claims,
    earnings,
    handovers,
    inbox,
    me,
    orders,
    pickup,
    ratings,
    score,
    simulator,
    tasks,
    today,
    weeks,
    withdraw,
)

__all__ = [
    "absences",
    "appraisal",
    "claims",
    "earnings",
    "handovers",
    "inbox",
    "me",
    "orders",
    "pickup",
    "ratings",
    "score",
    "simulator",
    "tasks",
    "today",
    "weeks",
    "withdraw",
]
