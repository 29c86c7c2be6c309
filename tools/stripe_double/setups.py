"""Cards kept for later: setup intents, the hosted page that asks for a card, and whose a card is."""

from tools.stripe_double import methods, shapes
from tools.stripe_double.params import Params
from tools.stripe_double.wire import Json, Refusal
from tools.stripe_double.work import Work

_CONFIRM = frozenset({"payment_method", "payment_method_data", "return_url"})
_CREATE = _CONFIRM | {
    "allowed_payment_method_types", "automatic_payment_methods", "confirm", "customer", "description", "metadata",
    "usage",
}  # fmt: skip
_SESSION = frozenset({"mode", "customer", "success_url", "cancel_url", "currency", "metadata", "locale"})
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_LOST = "The payer refused or did not finish the check."


def create(work: Work, form: Json, _ident: str) -> Json:
    """A new setup intent; with ``confirm`` the card is checked at once."""
    sent = Params(form, _CREATE)
    made = shapes.setup_intent(work)
    if customer := sent.text("customer"):
        made["customer"] = work.get("customer", customer, "customer", 400)["id"]
    made["description"] = sent.text("description")
    made["usage"] = sent.choice("usage", {"on_session", "off_session"}, "off_session")
    made["metadata"] = sent.metadata({})
    _attach(work, made, sent)
    work.put(made)
    work.emit("setup_intent.created", made)
    return _confirm(work, made, sent) if sent.flag("confirm") else made


def confirm(work: Work, form: Json, ident: str) -> Json:
    """Check the card now."""
    sent = Params(form, _CONFIRM)
    made = work.get("setup_intent", ident, "intent")
    if made["status"] not in _OPEN:
        raise _unexpected(made, "confirmed")
    _attach(work, made, sent)
    return _confirm(work, made, sent)


def cancel(work: Work, form: Json, ident: str) -> Json:
    """Give a setup up before it is done."""
    sent = Params(form, {"cancellation_reason"})
    made = work.get("setup_intent", ident, "intent")
    if made["status"] not in _OPEN:
        raise _unexpected(made, "canceled")
    made |= {"status": "canceled", "next_action": None, "cancellation_reason": sent.text("cancellation_reason")}
    work.emit("setup_intent.canceled", work.put(made))
    return made


def approve(work: Work, made: Json) -> Json:
    """The payer says yes on the page. Repeating it changes nothing."""
    if made["status"] == "requires_action":
        _succeed(work, made, work.get("payment_method", made["payment_method"]))
    return made


def decline(work: Work, made: Json) -> Json:
    """The payer says no on the page. Repeating it changes nothing."""
    if made["status"] == "requires_action":
        error = {"code": "setup_intent_authentication_failure", "message": _LOST, "type": "invalid_request_error"}
        _fail(work, made, error)
    return made


def create_session(work: Work, form: Json, _ident: str) -> Json:
    """A hosted page on which a customer enters a card to be kept; other modes are not modelled."""
    sent = Params(form, _SESSION)
    if sent.required("mode") != "setup":
        raise Refusal(400, "This double models only the mode `setup`.", param="mode")
    customer = work.get("customer", sent.required("customer"), "customer", 400)
    intent = work.put(shapes.setup_intent(work) | {"customer": customer["id"]})
    made = shapes.checkout_session(work, customer["id"], intent["id"])
    made |= {"success_url": sent.url("success_url"), "cancel_url": sent.url("cancel_url")}
    if made["success_url"] is None:
        raise Refusal(400, "Missing required param: success_url.", code="parameter_missing", param="success_url")
    made["metadata"] = sent.metadata({})
    return work.put(made)


def enter_card(work: Work, session: Json, name: str) -> Json:
    """The customer has entered a test card on the hosted page; refuses a card that its bank declines."""
    if session["status"] != "open":
        return session
    if name not in methods.CARDS:
        raise Refusal(400, f"No such test card: {name}", param="card")
    card = methods.CARDS[name]
    if card.code:
        raise Refusal(402, card.message, "card_error", card.code)
    method = methods.named(work, f"pm_card_{name}")
    intent = work.get("setup_intent", session["setup_intent"])
    intent["payment_method"] = method["id"]
    _succeed(work, intent, method)
    session |= {"status": "complete", "url": None}
    work.emit("checkout.session.completed", work.put(session))
    return session


def attach(work: Work, form: Json, ident: str) -> Json:
    """Give a payment method to a customer."""
    sent = Params(form, {"customer"})
    customer = work.get("customer", sent.required("customer"), "customer", 400)
    method = methods.named(work, ident)
    return _keep(work, method, customer["id"])


def detach(work: Work, form: Json, ident: str) -> Json:
    """Take a payment method from its customer; it can never be used again."""
    Params(form, ())
    method = work.get("payment_method", ident, "payment_method")
    if method["customer"] is None:
        reason = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise Refusal(400, reason, param="payment_method")
    method["customer"] = None
    work.put({"object": "_detached", "id": method["id"]})
    work.emit("payment_method.detached", work.put(method))
    return method


def _confirm(work: Work, made: Json, sent: Params) -> Json:
    if made["payment_method"] is None:
        reason = "You cannot confirm this SetupIntent because it's missing a payment method."
        raise Refusal(400, reason, code="setup_intent_unexpected_state", extra={"setup_intent": made}, saved=True)
    method = work.get("payment_method", made["payment_method"])
    card = methods.card_of(method)
    if card and card.code:
        error: Json = {"code": card.code, "decline_code": card.decline_code, "message": card.message}
        _fail(work, made, error | {"type": "card_error"})
        raise Refusal(
            402, card.message, "card_error", card.code, extra={"setup_intent": dict(made)}, saved=True,
            keeps_changes=True,
        )  # fmt: skip
    if card and card.asks:
        page = f"{work.base_url}/pay/{made['id']}?client_secret={made['client_secret']}"
        back = sent.url("return_url")
        kind = "redirect_to_url"
        made |= {"status": "requires_action", "next_action": {"type": kind, kind: {"return_url": back, "url": page}}}
        work.put({"object": "_visit", "id": made["id"], "return_url": back})
        work.emit("setup_intent.requires_action", work.put(made))
        return made
    return _succeed(work, made, method)


def _attach(work: Work, made: Json, sent: Params) -> None:
    if name := sent.text("payment_method"):
        method = methods.named(work, name)
    elif data := sent.group("payment_method_data"):
        method = methods.from_data(work, data)
    else:
        return
    made |= {"payment_method": method["id"], "status": "requires_confirmation"}


def _succeed(work: Work, made: Json, method: Json) -> Json:
    if made["customer"]:
        _keep(work, method, made["customer"])
    made |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    work.emit("setup_intent.succeeded", work.put(made))
    return made


def _fail(work: Work, made: Json, error: Json) -> None:
    made |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    made["last_setup_error"] = error
    work.emit("setup_intent.setup_failed", work.put(made))


def _keep(work: Work, method: Json, customer_id: str) -> Json:
    if method["customer"] not in {None, customer_id}:
        reason = "The payment method you provided has already been attached to a customer."
        raise Refusal(400, reason, code="payment_method_unexpected_state", param="payment_method")
    methods.check_usable(work, method)
    method["customer"] = customer_id
    work.emit("payment_method.attached", work.put(method))
    return method


def _unexpected(made: Json, done: str) -> Refusal:
    reason = f"You cannot have this SetupIntent {done} because it has a status of {made['status']}."
    return Refusal(
        400, reason, code="setup_intent_unexpected_state", extra={"setup_intent": made}, saved=True
    )  # fmt: skip
