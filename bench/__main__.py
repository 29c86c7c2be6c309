"""`python -m bench [row …] [--json]`: measure, print, write bench/latest.json; exits 1 when a bar is missed."""

import argparse
import json
import sys
from pathlib import Path

from bench.rows import CEILINGS, FLOORS, ROWS, Row, stamp
from bench.stage import Stage


def main() -> int:
    """Measure the wanted rows."""
    ask = argparse.ArgumentParser(prog="flask bench", description=__doc__)
    ask.add_argument("rows", nargs="*", choices=[*ROWS, []], help="which rows (all when left out)")
    ask.add_argument("--json", action="store_true", help="print JSON instead of a table")
    wish = ask.parse_args()
    chosen = dict.fromkeys(ROWS[name] for name in (wish.rows or ROWS))
    stage, found = Stage(), [stamp()]
    for measure in chosen:
        for figure in measure(stage):
            found.append(figure)
            if not wish.json:
                print(_line(figure), flush=True)
    if not wish.rows:
        Path(__file__).with_name("latest.json").write_text(json.dumps(found, indent=1) + "\n")
    if wish.json:
        print(json.dumps(found))
    return 1 if any(_missed(figure) for figure in found) else 0


def _line(figure: Row) -> str:
    beside = f"  limit {figure['limit']}  ratio {figure['ratio']}" if figure["limit"] is not None else ""
    return (
        f"{figure['name']:<22}{figure['value']:>12} {figure['unit']:<18}{beside}{'  MISSED' if _missed(figure) else ''}"
    )


def _missed(figure: Row) -> bool:
    name, ratio = figure["name"], figure["ratio"]
    return (name in FLOORS and ratio < FLOORS[name]) or (name in CEILINGS and ratio > CEILINGS[name])


if __name__ == "__main__":
    sys.exit(main())
