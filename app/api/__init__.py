"""The JSON API, in the style of a mini-program: bearer tokens, one envelope, cents, cursors. See docs/api.md."""

from flask import Flask

from app.api import docs
from app.api.hooks import stripe
from app.api.hq import groupbuys as hq_groupbuys
from app.api.kept import Front, Shelf
from app.api.leader import aftersales as leader_claims, appraisal, logistics, payouts, scoring, settlement
from app.api.resident import (
    accounts,
    aftersales,
    communities,
    groupbuys,
    money,
    notifications,
    orders,
    payments,
    ratings,
    receipts,
)
from app.domains.accounts.gateways.wechat import gateway_for
from app.infra.services import Services
from app.web import headers

#: In the order of the description.
GROUPS = (
    accounts.strangers, accounts.people, accounts.residents, communities.blueprint, groupbuys.blueprint,
    orders.blueprint, payments.blueprint, money.blueprint, receipts.blueprint, aftersales.blueprint,
    ratings.blueprint, ratings.everybody, notifications.blueprint,
    logistics.blueprint, settlement.blueprint, payouts.blueprint, scoring.blueprint, appraisal.blueprint,
    leader_claims.blueprint,
    hq_groupbuys.blueprint,
)  # fmt: skip


def register(app: Flask) -> None:
    """Add the API's routes, its description, and what its routes share in this process."""
    services: Services = app.extensions["services"]
    settings = services.settings
    for group in GROUPS:
        app.register_blueprint(group)
    app.register_blueprint(docs.blueprint)
    app.register_blueprint(stripe.blueprint)
    app.extensions["linli-api"] = docs.Description(app, GROUPS)
    shelf = app.extensions[groupbuys.SHELF] = Shelf()
    front = Front(app.wsgi_app, shelf, groupbuys.OFFERS, headers.fixed(settings))
    app.wsgi_app = front  # type: ignore[method-assign]  # as Flask tells one to wrap it
    app.extensions["linli-wechat"] = gateway_for(settings.mode, settings.wechat_app_id, settings.wechat_secret)
