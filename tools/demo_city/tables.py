"""The hand-written tables under `data/`: names and goods, one row per line, fields parted by a bar."""

import csv
from pathlib import Path

DATA = Path(__file__).parent / "data"


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of `data/<name>.psv` by column name, in the order in which they were written."""
    with (DATA / f"{name}.psv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter="|", quoting=csv.QUOTE_NONE))
