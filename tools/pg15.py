"""Runs a command with the system's own PostgreSQL (15 by default) as test server: `python -m tools.pg15 COMMAND …`.

The server lives in a temporary directory and ends with the command. LINLI_PG_BIN names other binaries.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PLACES = ("/usr/lib/postgresql/15/bin", "/usr/pgsql-15/bin", "/opt/homebrew/opt/postgresql@15/bin")


def binaries() -> Path | None:
    """Where initdb and pg_ctl are."""
    wanted = [os.environ.get("LINLI_PG_BIN", ""), *PLACES]
    return next((Path(place) for place in wanted if place and (Path(place) / "initdb").exists()), None)


def server_user() -> str | None:
    """PostgreSQL refuses to run as root: then the user that its package made, or nobody."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def main(command: list[str]) -> int:
    """Start the server, run the command with LINLI_TEST_SERVER set, stop the server."""
    home = binaries()
    if home is None:
        print("PostgreSQL 15 is not installed here (Debian: postgresql-15); or set LINLI_PG_BIN.", file=sys.stderr)
        return 1
    user = server_user()
    place = Path(tempfile.mkdtemp(prefix="linli-pg15-"))
    data = place / "data"
    if user:
        shutil.chown(place, user)
    place.chmod(0o755)
    control = [str(home / "pg_ctl"), "-D", str(data), "-w"]
    options = f"-k {place} -c listen_addresses= -c fsync=off -c max_connections=300"
    try:
        initdb = [
            str(home / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        _as_user(user, place, initdb)
        _as_user(user, place, [*control, "-l", str(place / "log"), "-o", options, "start"])
        env = {**os.environ, "LINLI_TEST_SERVER": f"postgresql://postgres@/postgres?host={place}"}
        return subprocess.run(command, env=env, check=False).returncode
    finally:
        _as_user(user, place, [*control, "-m", "immediate", "stop"])
        shutil.rmtree(place, ignore_errors=True)


def _as_user(user: str | None, place: Path, command: list[str]) -> None:
    subprocess.run(command, user=user, cwd=place, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
