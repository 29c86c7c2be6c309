"""`python -m tools.demo_city OUTDIR [--pictures DIR] [--seed TEXT]`: write the made-up city."""

import argparse
from pathlib import Path

from tools.demo_city.files import write_city
from tools.demo_city.pictures.album import write_pictures

SEED = "linjiang-1"


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.demo_city", description="Write the made-up city of Linjiang."
    )
    parser.add_argument("outdir", type=Path, help="folder for the CSV, GeoJSON and Excel files")
    parser.add_argument("--seed", default=SEED, help="another text gives another city")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="also draw the product pictures into this folder")
    arguments = parser.parse_args()
    write_city(arguments.outdir, arguments.seed)
    if arguments.pictures:
        write_pictures(arguments.pictures)


if __name__ == "__main__":
    main()
