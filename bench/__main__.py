"""`python -m bench [row …] [--json]`: measure, print, write bench/latest.json; exits 1 when a bar is missed.

Single rows print only, apart from `routes`, which needs no database and renews its own rows of the file.
`routes --instances DIR` solves a directory of public instances instead and prints their gaps.
"""

import argparse
import json
import sys
from pathlib import Path

from bench import routes
from bench.rows import ALONE, CEILINGS, FLOORS, ROWS, Row, planner, stamp
from bench.stage import Stage


def main() -> int:
    """Measure the wanted rows."""
    if sys.argv[1:2] == ["routes"]:
        return _routes(sys.argv[2:])
    ask = argparse.ArgumentParser(prog="flask bench", description=__doc__)
    ask.add_argument("rows", nargs="*", choices=[*ROWS, []], help="which rows (all when left out)")
    ask.add_argument("--json", action="store_true", help="print JSON instead of a table")
    wish = ask.parse_args()
    chosen = dict.fromkeys(ROWS[name] for name in (wish.rows or ROWS))
    stage = None if chosen.keys() <= ALONE else Stage()
    found = [stamp()]
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


def _routes(arguments: list[str]) -> int:
    """Instances when a directory is named; else the planner's rows, put beside those that stand in the file."""
    if any(word.partition("=")[0] == "--instances" for word in arguments):
        return routes.main(arguments)
    found = []
    for figure in planner():
        found.append(figure)
        print(_line(figure), flush=True)
    place = Path(__file__).with_name("latest.json")
    kept = [figure for figure in json.loads(place.read_text()) if not figure["name"].startswith("routes_")]
    place.write_text(json.dumps([*kept, *found], indent=1) + "\n")
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
