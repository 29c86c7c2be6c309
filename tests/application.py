"""One application for the tests of a process: its three hundred routes and its templates are compiled once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from app.api.resident.groupbuys import SHELF
from app.factory import create_app
from app.infra import links
from app.infra.services import Services

#: By what an application keeps of the settings that it was built with.
_made: dict[tuple[object, ...], Flask] = {}


@contextmanager
def lent_app(services: Services) -> Iterator[Flask]:
    """An application on these services with nothing of an earlier test in it; for one borrower at a time.

    What a test puts among `extensions` is gone afterwards. A test that adds routes makes an application of its own.
    """
    settings = services.settings
    kind = (settings.mode, settings.stripe_base, settings.secure_cookies, settings.trusted_proxies)
    app = _made.pop(kind, None) or create_app(services=services)
    before = dict(app.extensions)
    app.extensions["services"] = services
    app.config["SECRET_KEY"] = links.secret_of(settings)
    app.extensions[SHELF]._kept.clear()
    app.extensions[SHELF]._tick = time.monotonic
    try:
        yield app
    finally:
        app.extensions.clear()
        app.extensions.update(before)
        _made[kind] = app
