"""The one place where things are wired together."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

import app.api
import app.cli
import hq_console
import leader_portal
import storefront
import supplier_door
from app.infra import links, log
from app.infra.clock import clock_for
from app.infra.db import engine_for
from app.infra.embedded import embedded_url
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.clock import Clock
from app.web import assets, context, csrf, filters, headers, health, locale, problem, requests


def create_services(settings: Settings, clock: Clock | None = None) -> Services:
    """Database and gateways for a process; starts the embedded database when no other is named.

    `clock` replaces the one that the settings ask for: the demo city is built with one that is put from day to day.
    """
    url = settings.database_url or embedded_url(settings.var_dir)
    database = Database(engine_for(url, settings.pool_size), clock or clock_for(settings.clock_file))
    return Services(settings, database, _provider(settings))


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Build the application from the environment, from given settings, or (tests) on given services."""
    if services is None:
        services = create_services(settings or Settings.from_env(os.environ))
    settings = services.settings
    log.configure(settings.log_level)
    linli = Flask("app", root_path=str(Path(__file__).parent), template_folder="web/templates", static_folder=None)
    linli.config.update(
        SECRET_KEY=links.secret_of(settings),
        SESSION_COOKIE_NAME="linli_flash",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
    )
    linli.json.ensure_ascii = False  # type: ignore[attr-defined]  # pages show JSON to people: – and 邻 as they are
    linli.extensions["services"] = services
    _share(linli, settings)
    _open_doors(linli)
    problem.register(linli)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        fixed = ProxyFix(linli.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        linli.wsgi_app = fixed  # type: ignore[method-assign]  # as Flask tells one to wrap it
    return linli


def _share(linli: Flask, settings: Settings) -> None:
    """What every door has; the order is the order in which a request meets it."""
    requests.register(linli)
    locale.register(linli)
    assets.register(linli)
    filters.register(linli)
    headers.register(linli, settings)
    csrf.register(linli)
    linli.register_blueprint(health.blueprint)
    linli.jinja_env.globals["current_actor"] = LocalProxy(lambda: context.actor() if context.person() else None)
    linli.jinja_env.globals["person"] = LocalProxy(context.person)


def _open_doors(linli: Flask) -> None:
    app.api.register(linli)
    for door in (storefront, leader_portal, hq_console, supplier_door):
        for blueprint in door.blueprints:
            linli.register_blueprint(blueprint)
    for group in app.cli.groups:
        linli.cli.add_command(group)


def _provider(settings: Settings) -> Any:
    stripe = import_module("app.domains.payments.gateways.stripe")
    return stripe.StripeProvider(settings.stripe_key, settings.stripe_base, settings.stripe_webhook_secret)
