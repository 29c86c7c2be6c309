"""What time it is, as a thing that can be passed around and moved."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the instant at which a transaction happens; always aware, always UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...
