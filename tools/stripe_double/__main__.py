"""``python -m tools.stripe_double``: start the double and say when it is ready."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from pathlib import Path

from tools.stripe_double.doors import Doors
from tools.stripe_double.double import Double
from tools.stripe_double.server import Server
from tools.stripe_double.settings import Settings
from tools.stripe_double.store import Store

_PARENT_CHECK_S = 1.0


def main() -> None:
    """Run until SIGTERM, SIGINT, or with --exit-with-parent until the starter is gone."""
    gc.set_threshold(50_000, 50, 50)
    asyncio.run(_run(_arguments()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="stripe_double", description="An offline double of Stripe, for demo and tests."
    )
    parser.add_argument("--port", type=int, default=12111, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--webhook-url", required=True, help="where events are sent")
    parser.add_argument("--webhook-secret", required=True, help="signing secret, whsec_…")
    parser.add_argument("--webhook-delay-ms", type=int, default=0)
    parser.add_argument("--webhook-copies", type=int, default=1)
    parser.add_argument("--webhook-tries", type=int, default=8)
    parser.add_argument("--state", type=Path, help="SQLite file that survives a restart")
    parser.add_argument("--pid-file", type=Path)
    parser.add_argument("--public-url", help="address of the payer's page when it is not http://127.0.0.1:PORT")
    parser.add_argument("--merchant", default="Linli 邻里")
    parser.add_argument("--exit-with-parent", action="store_true")
    return parser.parse_args()


async def _run(given: argparse.Namespace) -> None:
    store = Store(given.state)
    settings = Settings(
        webhook_delay_ms=given.webhook_delay_ms,
        webhook_copies=given.webhook_copies,
        webhook_tries=given.webhook_tries,
    )
    double = Double(store, settings, (given.webhook_url, given.webhook_secret), given.merchant)
    server = Server(Doors(double).answer)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    port = await server.start(given.port)
    double.begin((given.public_url or f"http://127.0.0.1:{port}").rstrip("/"))
    if given.pid_file:
        given.pid_file.write_text(f"{os.getpid()}\n")
    sys.stdout.write(f"ready http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    watcher = asyncio.create_task(_watch_parent(stop)) if given.exit_with_parent else None
    await stop.wait()
    if watcher:
        watcher.cancel()
    server.stop()
    store.close()
    if given.pid_file:
        given.pid_file.unlink(missing_ok=True)


async def _watch_parent(stop: asyncio.Event) -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - a parent's death rings no bell
        await asyncio.sleep(_PARENT_CHECK_S)
    stop.set()


if __name__ == "__main__":
    main()
