"""A whole installation for browsers: our pages on a real port, Stripe's double beside them, and Chromium."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server

from app.domains.accounts.models import Account
from app.domains.payments.gateways.stripe import StripeProvider
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.actors import Actor
from app.web.credentials import COOKIES
from app.worker.tasks import run_due
from tests.application import lent_app
from tests.conftest import HEAVY
from tests.factories.accounts import door_of_role, make_sign_in
from tests.patience import MILLISECONDS
from tools.browser import FLAGS, find
from tools.messages import compile_all
from tools.stripe_double.launcher import DoubleProcess

PHONE, DESK = (390, 844), (1440, 900)
SECRET = "whsec_browser"
#: What a console must not say.
KINDS = frozenset({"error", "warning"})

expect.set_options(timeout=MILLISECONDS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and keep those of one file on one worker."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            if item.path.stem not in HEAVY:
                item.add_marker(pytest.mark.xdist_group(item.path.stem))


@dataclass
class Live:
    """A running installation; `services.provider` is the real Stripe gateway, talking to the double."""

    url: str
    services: Services
    double: DoubleProcess

    def work(self) -> int:
        """Run every queued job now; returns how many ran."""
        return run_due(self.services)

    def let_in(self, context: BrowserContext, account: Account) -> None:
        """Give a browser the session cookie of an account at its door."""
        door = door_of_role(account.role)
        token, _csrf = self.services.database.transact(Actor.system("test"), make_sign_in, account, door)
        context.add_cookies([{"name": COOKIES[door], "value": token, "url": self.url, "httpOnly": True}])


@pytest.fixture(scope="session")
def _port() -> int:
    """A free port that the installations of this test run take one after the other."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def _double(_port: int) -> Iterator[DoubleProcess]:
    with DoubleProcess().start(f"http://127.0.0.1:{_port}/api/hooks/stripe", SECRET) as double:
        yield double


@pytest.fixture
def more_settings() -> dict[str, str]:
    """Settings that a file of tests adds to those of the installation."""
    return {}


@pytest.fixture
def live(
    database: Database, database_url: str, tmp_path: Path, _port: int, _double: DoubleProcess,
    more_settings: dict[str, str],
) -> Iterator[Live]:  # fmt: skip
    """Our pages on 127.0.0.1 with an empty database; ends with the test."""
    compile_all()
    url = f"http://127.0.0.1:{_port}"
    settings = Settings.from_env(
        {"LINLI_MODE": "test", "DATABASE_URL": database_url, "LINLI_VAR": str(tmp_path), "LINLI_PUBLIC_URL": url,
         "STRIPE_API_BASE": _double.url, "STRIPE_WEBHOOK_SECRET": SECRET, "LINLI_LOG_LEVEL": "WARNING"}
        | more_settings
    )  # fmt: skip
    provider = StripeProvider(settings.stripe_key, settings.stripe_base, settings.stripe_webhook_secret)
    services = Services(settings, database, provider)
    with lent_app(services) as app:
        server = make_server("127.0.0.1", _port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Live(url, services, _double)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            provider.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, once for this folder's files in a row: its event loop would stand in the way of other tests' loops."""
    path = find()
    if path is None:
        pytest.fail("no Chromium: run `python -m tools.browser`")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@dataclass
class Watch:
    """What a page complained of: messages on the console, errors of scripts, files that were missing."""

    complaints: list[str] = field(default_factory=list)

    def over(self, page: Page) -> Page:
        """Listen to a page; returns it."""
        page.on("console", lambda said: self._note(f"{page.url}: {said.text}") if said.type in KINDS else None)
        page.on("pageerror", lambda error: self._note(f"{page.url}: {error}"))
        return page

    def _note(self, text: str) -> None:
        # A refused form answers 4xx on purpose, and Chromium calls that an error.
        if "Failed to load resource: the server responded with a status of 4" not in text:
            self.complaints.append(text)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor with a phone."""
    made = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN", timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )  # fmt: skip
    made.set_default_timeout(MILLISECONDS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of the visitor; the test fails when the page complained on its console."""
    watch = Watch()
    yield watch.over(context.new_page())
    assert watch.complaints == []


def follow(page: Page, link: Locator) -> None:
    """Press what leads to another page, and be there: a click alone does not wait for it."""
    with page.expect_navigation(wait_until="load"):
        link.click()


def accessible(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands; empty when all is well."""
    found: Any = Axe().run(page)
    return [f"{v['id']}: {[n['target'] for n in v['nodes']][:3]}" for v in found.response["violations"]]
