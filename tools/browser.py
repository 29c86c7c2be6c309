"""Makes sure that Chromium is there for the browser tests, installing Debian's where it may; else says so and fails."""

import os
import shutil
import subprocess
import sys
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ["chromium", "fonts-noto-cjk"]
#: No sandbox: containers have none. No graphics card: to pretend to one costs a fifth of the time of the browser.
FLAGS = ["--no-sandbox", "--disable-gpu"]


def find() -> str | None:
    """The path of an installed Chromium; LINLI_CHROMIUM comes first."""
    return os.environ.get("LINLI_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Find or install a browser; 0 when one is there."""
    if find():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("== installing Chromium for the browser tests (apt-get)")
        quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", *PACKAGES], check=False, **quiet)
    if find():
        return 0
    print(
        "The browser tests need Chromium, and it cannot be installed from here.\n"
        "Install it (Debian: apt-get install chromium fonts-noto-cjk) or set LINLI_CHROMIUM to its path.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
