"""The pages; importing this package puts them into the portal's blueprint."""

from leader_portal.views import earnings, handovers, inbox, me, orders, pickup, score, today, weeks, withdraw

__all__ = ["earnings", "handovers", "inbox", "me", "orders", "pickup", "score", "today", "weeks", "withdraw"]
