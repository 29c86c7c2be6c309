"""`make demo`: the embedded database, the demo city, the payment double, a worker and the web, all on this machine.

The city is built once and kept under `var/`; a second start takes seconds. Ctrl-C ends what was started here.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.factory import create_services
from app.infra.embedded import embedded_url, stop_embedded
from app.infra.settings import Settings
from tools.demo_base import LOGINS, PASSWORD, import_city
from tools.demo_money import date_back, tell as tell_money
from tools.stripe_double.launcher import DoubleProcess

ROOT = Path(__file__).parent.parent
HUBS = ("LJ-E", "LJ-W", "LJ-N")
DATABASE = "linli"
#: After so many ends of its processes the demo gives up.
MOST_DEATHS = 20
#: What a hub's weeks print, line by line, is counted to show how far it is.
LINES_PER_HUB = 79
IMPORT_STEPS = 10
#: Weeks before the present in which leaders take up their posts: one hub's appraisals go back further than its orders.
FOUNDED = 14


def main() -> int:
    """Build what is missing, serve everything, and wait; what was started ends with it, however it ends."""
    wish = _asked()
    _refuse_taken(wish.port, wish.pay_port)
    os.environ.update(_environment(wish.port, wish.pay_port))
    settings = Settings.from_env(os.environ)
    marker = settings.var_dir / "demo.json"
    is_new = wish.reset or not marker.exists()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    lives = _ready_lives() if is_new else None  # they import while the database is made
    is_kept = False
    try:
        hook, secret = f"{settings.public_url}/api/hooks/stripe", settings.stripe_webhook_secret
        state = settings.var_dir / "stripe.db"
        url = _database(settings, marker, is_new=is_new)
        if lives:
            _live(wish, url, lives, (hook, secret, state))
            marker.write_text(json.dumps({"built_at": datetime.now(UTC).isoformat()}))
        if wish.build_only:
            is_kept = True
            return 0
        with DoubleProcess() as double:
            double.start(hook, secret, state, wish.pay_port)
            return _serve(wish.port)
    except KeyboardInterrupt:
        print("\n== ending")
        return 0 if marker.exists() else 1
    finally:
        if lives and lives.poll() is None:
            lives.terminate()
            lives.wait()
        if not settings.database_url and not is_kept:
            stop_embedded(settings.var_dir)


def _database(settings: Settings, marker: Path, *, is_new: bool) -> str:
    """The URL of the demo's database, migrated; for a new city an empty one."""
    print("== database: PostgreSQL under var/pg", flush=True)
    url = settings.database_url or embedded_url(settings.var_dir, DATABASE)
    if is_new:
        marker.unlink(missing_ok=True)
        for old in settings.var_dir.glob("stripe.db*"):
            old.unlink()
        url = _fresh(settings, url)
    os.environ["DATABASE_URL"] = url
    _migrate()
    return url


def _live(
    wish: argparse.Namespace, url: str, lives: "subprocess.Popen[str]", double: tuple[str, str, Path]
) -> None:  # fmt: skip
    """Let the city live its weeks, then tell their money. Nobody listens for webhooks: every payment is asked for."""
    hook, secret, state = double
    quiet = ("--webhook-copies", "0")
    _commit_lazily(url, lazily=True)  # a crash throws the half-built city away anyway
    with DoubleProcess() as living:
        living.start(hook, secret, state, wish.pay_port, extra=quiet)
        _build(state.parent, url, lives)
    begun = time.monotonic()
    print("== its books: days compared with the provider, weeks closed, leaders paid", flush=True)
    date_back(state, url)
    with DoubleProcess() as telling:
        telling.start(hook, secret, state, wish.pay_port, extra=quiet)
        tell_money(create_services(Settings.from_env(os.environ)))
    _commit_lazily(url, lazily=False)
    print(f"== the books are told ({time.monotonic() - begun:.0f} s)")


def _asked() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--reset", action="store_true", help="throw the city away and build it anew")
    ask.add_argument("--build-only", action="store_true", help="build the city and stop")
    ask.add_argument("--port", type=int, default=8000)
    ask.add_argument("--pay-port", type=int, default=8010)
    return ask.parse_args()


def _environment(port: int, pay_port: int) -> dict[str, str]:
    """The demo's settings; what the person has set already stays."""
    wanted = {
        "LINLI_MODE": "demo",
        "LINLI_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LINLI_VAR": str(ROOT / "var"),
        "STRIPE_API_BASE": f"http://127.0.0.1:{pay_port}",
        "STRIPE_API_KEY": "sk_test_linli_demo",
        "STRIPE_WEBHOOK_SECRET": "whsec_linli_demo",
        "FLASK_APP": "wsgi",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


def _fresh(settings: Settings, url: str) -> str:
    """An empty database: dropped and made anew on the embedded server; a given one must be empty already."""
    if settings.database_url:
        with psycopg.connect(url) as given:
            if given.execute("SELECT to_regclass('accounts_account')").fetchone() != (None,):
                raise SystemExit("DATABASE_URL is not empty; give the demo an empty database or none at all")
        return url
    with psycopg.connect(embedded_url(settings.var_dir, "postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
    return embedded_url(settings.var_dir, DATABASE)


def _commit_lazily(url: str, *, lazily: bool) -> None:
    """Let new sessions of the embedded database wait for the disk, or not."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{admin.info.dbname}" SET synchronous_commit = {"off" if lazily else "on"}')


def _migrate() -> None:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    command.upgrade(config, "head")


def _ready_lives() -> "subprocess.Popen[str]":
    """The process that will live every hub's weeks; it waits for its word."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo_life", *HUBS],
        cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def _build(var: Path, url: str, lives: "subprocess.Popen[str]") -> None:
    """Import the city, then live four weeks of each hub in a process of its own."""
    begun, end = time.monotonic(), datetime.now(UTC)
    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        TextColumn("{task.fields[note]:<32}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as bar:
        base = bar.add_task("city", total=IMPORT_STEPS, note="importing")
        if not bar.console.is_terminal:
            print("   importing the city", flush=True)
        import_city(lambda note: bar.update(base, advance=1, note=note), end - timedelta(weeks=FOUNDED))
        bar.update(base, completed=IMPORT_STEPS, note="imported")
        tasks = {hub: bar.add_task(hub, total=LINES_PER_HUB, note="four weeks") for hub in HUBS}
        assert lives.stdin is not None
        print(json.dumps({"url": url, "end": end.isoformat()}), file=lives.stdin, flush=True)
        _follow(bar, lives, tasks)
    if lives.wait() != 0:
        for hub in HUBS:
            print((var / f"demo-{hub}.log").read_text()[-3000:], file=sys.stderr)
        raise SystemExit("building the demo city failed")
    print(f"== the city is built ({time.monotonic() - begun:.0f} s)")


def _follow(bar: Progress, lives: "subprocess.Popen[str]", tasks: dict[str, TaskID]) -> None:
    """Move the bars as the lives tell their steps, each with the hub's code in front."""
    assert lives.stdout is not None
    for line in lives.stdout:
        task = tasks[line.partition(" ")[0]]
        bar.update(task, advance=1, note=line.strip()[:32])
        done = bar.tasks[task].completed
        if not bar.console.is_terminal and done % 10 == 0:
            print(f"   {line.strip()}: {done:.0f} of about {LINES_PER_HUB} steps", flush=True)
    for task in tasks.values():
        bar.update(task, completed=LINES_PER_HUB, note="done")


def _serve(port: int) -> int:
    """Start the worker and the web, print the ways in, wait for Ctrl-C; what dies meanwhile is started again."""
    commands = {
        "worker": [sys.executable, "-m", "flask", "worker", "run"],
        "web": [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{port}", "wsgi:app"],
    }
    children = {name: subprocess.Popen(command, cwd=ROOT) for name, command in commands.items()}
    deaths = 0
    try:
        _wait_ready(port, list(children.values()))
        _say(port)
        while deaths < MOST_DEATHS:
            time.sleep(0.5)
            for name in [name for name, child in children.items() if child.poll() is not None]:
                deaths += 1
                print(f"!! the {name} ended ({children[name].returncode}); starting it again", file=sys.stderr)
                children[name] = subprocess.Popen(commands[name], cwd=ROOT)
        print("!! giving up: too many ends", file=sys.stderr)
        return 1
    finally:
        _end(list(children.values()))


def _end(children: list["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()


def _refuse_taken(*ports: int) -> None:
    """Say at once when somebody listens there already, before minutes are spent on the city."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as taken:
                raise SystemExit(
                    f"port {port} is taken: end what listens there, or choose others: make demo PORT=8080 PAY_PORT=8081"
                ) from taken


def _wait_ready(port: int, children: list["subprocess.Popen[bytes]"]) -> None:
    """Until web, database and worker are well, at most a minute; ends the demo when one of them cannot start."""
    for _ in range(120):
        if any(child.poll() is not None for child in children):
            raise SystemExit("the demo could not start; what is printed above says why")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.5)
    print("!! /readyz is not green after a minute; the pages may still work", file=sys.stderr)


def _say(port: int) -> None:
    """The ways in."""
    at = f"http://127.0.0.1:{port}"
    print("\nLinli 邻里 is ready.\n")
    print(f"  storefront     {at}/            any phone number; the one-time code is shown on the page")
    print(f"  leader portal  {at}/leader/     L001 … L060, password {PASSWORD}")
    print(f"  HQ console     {at}/hq/         password {PASSWORD}:")
    for login, role, name in LOGINS:
        print(f"                   {login:<14}{name} ({role.value})")
    print(f"  API            {at}/api/docs\n")
    print(
        "To look at: /hq/appraisals of LJ-E as community (closed, to decide, under way), /leader/ as L001 and as L003"
    )
    print("            (on probation), /hq/goals, /hq/applications, /hq/plans; README.md says more.\n")
    print("Ctrl-C ends it; `make demo` starts it again in seconds; `make demo-reset` builds a new city.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
