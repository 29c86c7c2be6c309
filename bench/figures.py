"""One measured figure."""

from typing import Any

Row = dict[str, Any]


def row(name: str, value: float, unit: str, limit: float | None = None, ratio: float | None = None) -> Row:
    """One measured figure; `limit` is the yardstick's in the same unit and `ratio` the two compared."""
    rounded = {"value": round(value, 3), "limit": limit and round(limit, 3), "ratio": ratio and round(ratio, 4)}
    return {"name": name, **rounded, "unit": unit}
