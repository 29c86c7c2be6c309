"""One application for the tests of a process: its three hundred routes and its templates are compiled once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Flask
from jinja2 import FileSystemBytecodeCache

from app.api.resident.groupbuys import SHELF
from app.factory import create_app
from app.infra import links
from app.infra.services import Services
from tests.database import HOME

#: By what an application keeps of the settings that it was built with.
_made: dict[tuple[object, ...], Flask] = {}


@contextmanager
def lent_app(services: Services, *more: Blueprint) -> Iterator[Flask]:
    """An application on these services with nothing of an earlier test in it; for one borrower at a time.

    What a test puts among `extensions` is gone afterwards. `more` are routes of a file of tests; a test that adds
    others makes an application of its own.
    """
    settings = services.settings
    kind = (settings.mode, settings.stripe_base, settings.secure_cookies, settings.trusted_proxies, *more)
    app = _made.pop(kind, None) or _make_app(services, more)
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


def _make_app(services: Services, more: tuple[Blueprint, ...]) -> Flask:
    app = create_app(services=services)
    for blueprint in more:
        app.register_blueprint(blueprint)
    compiled = HOME / "templates"
    compiled.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    return app
