"""Stripe's webhook door (docs.stripe.com/webhooks): POST /api/hooks/stripe, vouched for by its signature."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.domains.payments.gateways.provider import BadSignature
from app.flows import payment
from app.infra import log
from app.infra.uow import Run
from app.kernel.actors import Actor
from app.web.context import services
from app.web.guards import public

LOG = log.get("linli.hooks")
blueprint = Blueprint("hooks_stripe", __name__)
#: Events are a few kilobytes; a stranger's body is not read further.
MAX_BODY = 256 * 1024


@blueprint.post("/api/hooks/stripe")
@public
def stripe() -> ResponseReturnValue:
    """200 once the event's work is committed, or was before; 400 for a bad signature; else Stripe sends it again."""
    request.max_content_length = MAX_BODY
    found = services()
    try:
        acted = payment.handle_event(
            _run(), found.provider, request.get_data(), request.headers.get("Stripe-Signature", "")
        )
    except BadSignature as wrong:
        LOG.warning("webhook refused", reason=str(wrong))
        return {"received": False}, 400
    return {"received": True, "acted": acted}


def _run() -> Run:
    """Transactions signed by the provider's webhook."""
    database, actor = services().database, Actor.system("stripe-webhook")
    return lambda use_case, *args, **kwargs: database.transact(actor, use_case, *args, **kwargs)
