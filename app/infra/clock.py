"""Clocks: the real one, one that a file moves (demo, tests across processes), one that stands where it is put."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.kernel.clock import Clock


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


class FileClock:
    """The real time plus the seconds written in a file, so that web, worker and commands move together."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The present instant, moved by the file; a missing file moves nothing."""
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def move_to(self, instant: datetime) -> None:
        """Let every process that reads this file believe it is `instant` now; the clock runs on from there."""
        offset = (instant - datetime.now(UTC)).total_seconds()
        fresh = self._path.with_suffix(".new")
        fresh.write_text(f"{offset:.3f}")
        fresh.replace(self._path)

    def _offset(self) -> float:
        try:
            return float(self._path.read_text())
        except FileNotFoundError:
            return 0.0


class SetClock:
    """Stands still until it is put elsewhere; the demo city lives four weeks in two minutes with it."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """The instant it was last put to."""
        return self._instant

    def move_to(self, instant: datetime) -> None:
        """Put the clock to `instant`."""
        self._instant = instant


def clock_for(path: Path | None) -> Clock:
    """The clock that the settings ask for."""
    return FileClock(path) if path else RealClock()
