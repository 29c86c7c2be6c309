"""Vendored browser assets: fetch them from npm once, keep them in git, prove that nobody touched them.

``python -m tools.vendor refresh`` rebuilds ``static/vendor/`` from the packages pinned below (needs Node and npm).
``python -m tools.vendor check`` hashes every file again and compares it with ``VENDOR.json`` (needs nothing).
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fontTools import version as fonttools

from tools.glyphs import PRINTED, cut_font

VENDOR_DIR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = "VENDOR.json"

#: A comment that makes browsers ask for a map file which is not shipped.
SOURCE_MAP = re.compile(rb"\n?(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=[^\s*]+\s*\*/)\s*$")


@dataclass(frozen=True)
class Package:
    """One npm package at one version, and which of its files are shipped under which name."""

    name: str
    version: str
    folder: str
    files: tuple[tuple[str, str], ...]


#: Only what ECharts draws for us: the `common` build has no radar, the full one is twice the size.
ECHARTS_ENTRY = """
export { init } from 'echarts/core';
import { use } from 'echarts/core';
import { BarChart, LineChart, RadarChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, RadarComponent, TooltipComponent }
  from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
use([BarChart, LineChart, RadarChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent,
  RadarComponent, TooltipComponent, SVGRenderer]);
"""

PACKAGES = (
    Package("htmx.org", "4.0.1", "htmx", (("dist/htmx.min.js", "htmx.min.js"), ("LICENSE", "LICENSE"))),
    Package(
        "bootstrap",
        "5.3.9",
        "bootstrap",
        (
            ("dist/css/bootstrap.min.css", "bootstrap.min.css"),
            ("dist/js/bootstrap.bundle.min.js", "bootstrap.bundle.min.js"),
            ("LICENSE", "LICENSE"),
        ),
    ),
    Package("@popperjs/core", "2.11.8", "bootstrap", (("LICENSE.md", "LICENSE.popper"),)),
    Package(
        "leaflet",
        "1.9.4",
        "leaflet",
        (
            ("dist/leaflet.js", "leaflet.js"),
            ("dist/leaflet.css", "leaflet.css"),
            *(
                (f"dist/images/{name}.png", f"images/{name}.png")
                for name in ("layers", "layers-2x", "marker-icon", "marker-icon-2x", "marker-shadow")
            ),
            ("LICENSE", "LICENSE"),
        ),
    ),
    Package(
        "echarts",
        "6.1.0",
        "echarts",
        (
            ("@bundle", "echarts.min.js"),
            ("LICENSE", "LICENSE"),
            ("NOTICE", "NOTICE"),
            ("licenses/LICENSE-d3", "LICENSE.d3"),
        ),
    ),
    Package("zrender", "6.1.0", "echarts", (("LICENSE", "LICENSE.zrender"),)),
    Package("tslib", "2.3.0", "echarts", (("LICENSE.txt", "LICENSE.tslib"),)),
    Package("jsqr", "1.4.0", "jsqr", (("@minify:dist/jsQR.js", "jsQR.min.js"), ("LICENSE", "LICENSE"))),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "swagger-ui",
        (
            ("swagger-ui.css", "swagger-ui.css"),
            ("swagger-ui-bundle.js", "swagger-ui-bundle.js"),
            ("swagger-ui-bundle.js.LICENSE.txt", "LICENSE.bundle"),
            ("LICENSE", "LICENSE"),
            ("NOTICE", "NOTICE"),
        ),
    ),
    Package(
        "@expo-google-fonts/noto-sans-sc",
        "0.4.3",
        "noto-sans-sc",
        (
            ("@subset:400Regular/NotoSansSC_400Regular.ttf", "NotoSansSC-Regular.ttf"),
            ("@subset:700Bold/NotoSansSC_700Bold.ttf", "NotoSansSC-Bold.ttf"),
            ("LICENSE_FONT", "LICENSE"),
        ),
    ),
)

#: Builds the ECharts bundle and shrinks jsQR; it is not shipped.
BUILDER = ("esbuild", "0.28.2")


def digest(path: Path) -> str:
    """The SHA-256 of one file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(root: Path = VENDOR_DIR) -> list[str]:
    """Every difference between the manifest and the files on disk, as sentences; an empty list means none."""
    manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    expected = {file["path"]: file["sha256"] for package in manifest["packages"] for file in package["files"]}
    problems = [f"{path}: is not listed in {MANIFEST}" for path in sorted(_shipped(root) - set(expected))]
    for path, sha256 in sorted(expected.items()):
        if not (root / path).is_file():
            problems.append(f"{path}: is missing")
        elif digest(root / path) != sha256:
            problems.append(f"{path}: was changed")
    return problems


def refresh(root: Path = VENDOR_DIR) -> None:
    """Replace the vendor directory by freshly fetched packages; nothing of a package is run while it installs."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        _install(work)
        staged = work / "vendor"
        entries = [_ship(work, package, staged) for package in PACKAGES]
        document = json.dumps({"packages": entries}, indent=2) + "\n"
        (staged / MANIFEST).write_text(document, encoding="utf-8")
        if root.exists():
            shutil.rmtree(root)
        shutil.copytree(staged, root)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: `refresh` or `check`; exit status 1 when `check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.vendor", description=__doc__)
    parser.add_argument("command", choices=["refresh", "check"])
    if parser.parse_args(argv).command == "refresh":
        refresh()
    problems = check()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _shipped(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - {MANIFEST}


def _install(work: Path) -> None:
    wanted = {package.name: package.version for package in PACKAGES} | {BUILDER[0]: BUILDER[1]}
    (work / "package.json").write_text(json.dumps({"private": True, "dependencies": wanted}), encoding="utf-8")
    _run(work, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")


def _ship(work: Path, package: Package, staged: Path) -> dict[str, Any]:
    """Copy one package's files and return its entry of the manifest."""
    source = work / "node_modules" / package.name
    lock = json.loads((work / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    meta = lock[f"node_modules/{package.name}"]
    for origin, name in package.files:
        target = staged / package.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if origin == "@bundle":
            _bundle(work, target)
        elif origin.startswith("@subset:"):
            cut_font(source / origin.removeprefix("@subset:"), PRINTED, target)
        elif origin.startswith("@minify:"):
            _esbuild(work, str(source / origin.removeprefix("@minify:")), "--minify", f"--outfile={target}")
        else:
            target.write_bytes(SOURCE_MAP.sub(b"\n", (source / origin).read_bytes()))
    return {
        "name": package.name,
        "version": meta["version"],
        "license": meta["license"],
        "integrity": meta["integrity"],
        "files": list(_entries(package, staged)),
    }


def _entries(package: Package, staged: Path) -> Iterator[dict[str, str]]:
    for origin, name in package.files:
        tool = f"fonttools {fonttools}" if origin.startswith("@subset:") else f"esbuild {BUILDER[1]}"
        made = {"built_with": tool} if origin.startswith("@") else {}
        yield {"path": f"{package.folder}/{name}", "sha256": digest(staged / package.folder / name), **made}


def _bundle(work: Path, target: Path) -> None:
    entry = work / "echarts-entry.js"
    entry.write_text(ECHARTS_ENTRY, encoding="utf-8")
    _esbuild(
        work,
        str(entry),
        "--bundle",
        "--minify",
        "--format=iife",
        "--global-name=echarts",
        '--define:process.env.NODE_ENV="production"',
        "--banner:js=/*! Apache ECharts, Apache-2.0; zrender, BSD-3-Clause; tslib, 0BSD: see the LICENSE files. */",
        f"--outfile={target}",
    )


def _esbuild(work: Path, *arguments: str) -> None:
    """Call the native binary: its npm wrapper would need the install script that is never run."""
    binary = next((work / "node_modules" / "@esbuild").glob("*/bin/esbuild"))
    _run(work, str(binary), *arguments, "--log-level=error", "--legal-comments=none")


def _run(work: Path, *command: str) -> None:
    subprocess.run(command, cwd=work, check=True)


if __name__ == "__main__":
    sys.exit(main())
