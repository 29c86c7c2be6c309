"""The payment intents endpoint: create, update, confirm, capture, cancel."""

from tools.stripe_double import attempts, methods, shapes
from tools.stripe_double.params import Params
from tools.stripe_double.wire import Json, Refusal
from tools.stripe_double.work import Work

_PLAIN = ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
_PAYER = frozenset({"payment_method", "payment_method_data", "payment_method_options"})
_TYPES = frozenset({"allowed_payment_method_types", "excluded_payment_method_types", "payment_method_types"})
_BOTH = frozenset({*_PAYER, *_TYPES, "receipt_email", "capture_method", "shipping", "setup_future_usage"})
_UPDATE = frozenset({*_PLAIN, *_BOTH, "amount", "currency", "customer", "metadata"})
_CONFIRM = frozenset({*_BOTH, "return_url", "off_session"})
_CREATE = _UPDATE | _CONFIRM | {"automatic_payment_methods", "confirm"}
_CAPTURE = frozenset({"amount_to_capture", "metadata"})
_CANCEL = frozenset({"cancellation_reason"})

_CAPTURE_METHODS = frozenset({"automatic", "automatic_async", "manual"})
_REASONS = frozenset({"abandoned", "duplicate", "fraudulent", "requested_by_customer"})
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
#: From this version on the shop no longer lists the types itself.
_NO_TYPES_SINCE = "2026-09-30"
_AFTERWARDS = frozenset({"description", "metadata", "receipt_email", "transfer_group"})


def create(work: Work, form: Json, _ident: str) -> Json:
    """A new payment; with ``confirm`` it is tried at once."""
    sent = Params(form, _CREATE)
    intent = shapes.payment_intent(work, sent.needed_amount(), sent.currency())
    _choose_methods(work, intent, sent)
    _fill(work, intent, sent)
    _attach(work, intent, sent)
    work.put(intent)
    if sent.flag("confirm"):
        return _confirm(work, intent, sent)
    if sent.has("return_url"):
        raise Refusal(400, "`return_url` may only be given when `confirm` is true.", param="return_url")
    return intent


def update(work: Work, form: Json, ident: str) -> Json:
    """Change a payment; once money is on its way only the texts can change."""
    sent = Params(form, _UPDATE)
    intent = work.get("payment_intent", ident, "intent")
    if intent["status"] not in _OPEN and not set(form) - {"expand"} <= _AFTERWARDS:
        raise _unexpected(intent, "updated", _OPEN)
    amount = sent.amount("amount")
    if amount and amount != intent["amount"]:
        intent["amount"] = amount
        if intent["status"] == "requires_action":
            intent |= {"status": "requires_confirmation", "next_action": None}
    if sent.has("currency"):
        intent["currency"] = sent.currency()
    if any(sent.has(name) for name in _TYPES):
        _choose_methods(work, intent, sent)
    _fill(work, intent, sent)
    _attach(work, intent, sent)
    return work.put(intent)


def confirm(work: Work, form: Json, ident: str) -> Json:
    """Try to take the money now."""
    sent = Params(form, _CONFIRM)
    intent = work.get("payment_intent", ident, "intent")
    if intent["status"] not in _OPEN:
        raise _unexpected(intent, "confirmed", _OPEN)
    if any(sent.has(name) for name in _TYPES):
        _choose_methods(work, intent, sent)
    _fill(work, intent, sent)
    _attach(work, intent, sent)
    return _confirm(work, intent, sent)


def capture(work: Work, form: Json, ident: str) -> Json:
    """Take an authorised amount, or a smaller part of it; the rest is released."""
    sent = Params(form, _CAPTURE)
    intent = work.get("payment_intent", ident, "intent")
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured", ("requires_capture",))
    amount = sent.amount("amount_to_capture") or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        reason = f"The remaining amount eligible to be captured is {intent['amount_capturable']}."
        raise Refusal(400, reason, code="amount_too_large", param="amount_to_capture", saved=True)
    intent["metadata"] = sent.metadata(intent["metadata"])
    paid = work.get("charge", intent["latest_charge"])
    attempts.take(work, intent, paid, amount)
    work.emit("charge.captured", paid)
    work.emit("payment_intent.succeeded", intent)
    return intent


def cancel(work: Work, form: Json, ident: str) -> Json:
    """Give a payment up before money is taken; an authorised amount is released."""
    sent = Params(form, _CANCEL)
    reason = sent.choice("cancellation_reason", _REASONS)
    intent = work.get("payment_intent", ident, "intent")
    allowed = (*_OPEN, "requires_capture")
    if intent["status"] not in allowed:
        raise _unexpected(intent, "canceled", allowed)
    return _give_up(work, intent, reason)


def expire(work: Work, intent: Json) -> Json:
    """An authorisation that was not captured in time lapses at the bank. Repeating it changes nothing."""
    return _give_up(work, intent, "automatic") if intent["status"] == "requires_capture" else intent


def _give_up(work: Work, intent: Json, reason: str | None) -> Json:
    intent |= {
        "status": "canceled",
        "canceled_at": work.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    work.emit("payment_intent.canceled", work.put(intent))
    return intent


def _choose_methods(work: Work, intent: Json, sent: Params) -> None:
    """Work out the types that the payer may use; the ways to choose them exclude one another."""
    if sent.has("payment_method_types") and work.api_version >= _NO_TYPES_SINCE:
        reason = "`payment_method_types` is no longer supported. Use `allowed_payment_method_types` instead."
        raise Refusal(
            400, reason, code="payment_method_types_no_longer_supported", param="payment_method_types"
        )  # fmt: skip
    given = [name for name in ("automatic_payment_methods", *sorted(_TYPES)) if sent.has(name)]
    if len(given) > 1 and given != ["automatic_payment_methods", "excluded_payment_method_types"]:
        raise Refusal(400, f"You may only specify one of these parameters: {', '.join(given)}.", param=given[-1])
    automatic = Params(sent.group("automatic_payment_methods"), {"enabled", "allow_redirects"})
    redirects = automatic.choice("allow_redirects", {"always", "never"}, "always")
    legacy = sent.items("payment_method_types")
    for kind in legacy:
        if kind not in shapes.METHOD_TYPES:
            raise Refusal(400, f"The payment method type provided: {kind} is invalid.", param="payment_method_types")
    wished = sent.items("allowed_payment_method_types") or legacy
    excluded = sent.items("excluded_payment_method_types")
    intent |= {
        "allowed_payment_method_types": sent.items("allowed_payment_method_types") or None,
        "excluded_payment_method_types": excluded or None,
        "automatic_payment_methods": None if wished else {"allow_redirects": redirects, "enabled": True},
    }
    possible = wished or (["card"] if redirects == "never" else shapes.METHOD_TYPES)
    intent["payment_method_types"] = [kind for kind in shapes.METHOD_TYPES if kind in possible and kind not in excluded]


def _fill(work: Work, intent: Json, sent: Params) -> None:
    for name in _PLAIN:
        if sent.has(name):
            intent[name] = sent.text(name)
    if customer := sent.text("customer"):
        intent["customer"] = work.get("customer", customer, "customer", 400)["id"]
    if sent.has("shipping"):
        intent["shipping"] = sent.group("shipping") or None
    intent["capture_method"] = sent.choice("capture_method", _CAPTURE_METHODS, intent["capture_method"])
    future = sent.choice("setup_future_usage", {"on_session", "off_session"}, intent["setup_future_usage"])
    intent["setup_future_usage"] = future
    intent["metadata"] = sent.metadata(intent["metadata"])


def _attach(work: Work, intent: Json, sent: Params) -> None:
    if name := sent.text("payment_method"):
        method = methods.named(work, name)
    elif data := sent.group("payment_method_data"):
        method = methods.from_data(work, data)
    else:
        return
    if method["type"] not in intent["payment_method_types"]:
        reason = f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent."
        raise Refusal(400, reason, code="payment_intent_incompatible_payment_method", param="payment_method")
    if method["customer"] and method["customer"] != intent["customer"]:
        reason = "The provided PaymentMethod belongs to another Customer, or the Customer is missing."
        raise Refusal(400, reason, code="payment_method_customer_mismatch", param="payment_method")
    intent |= {"payment_method": method["id"], "status": "requires_confirmation", "next_action": None}


def _confirm(work: Work, intent: Json, sent: Params) -> Json:
    if intent["payment_method"] is None:
        reason = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update it with a payment "
            "method and confirm it again, or confirm it directly with a payment method."
        )
        raise Refusal(400, reason, code="payment_intent_unexpected_state", extra={"payment_intent": intent}, saved=True)
    method = work.get("payment_method", intent["payment_method"])
    if intent["capture_method"] == "manual" and method["type"] in methods.REDIRECTING:
        reason = f"The payment method type {method['type']} does not support manual capture."
        raise Refusal(400, reason, code="parameter_invalid_empty", param="capture_method")
    return_url = sent.url("return_url")
    automatic = intent["automatic_payment_methods"]
    redirects = bool(automatic) and automatic["allow_redirects"] != "never"
    if return_url is None and (redirects or method["type"] == "alipay"):
        reason = "This PaymentIntent may redirect the payer off your page, so you must provide a `return_url`."
        raise Refusal(400, reason, code="parameter_missing", param="return_url")
    return attempts.begin(work, intent, method, return_url, off_session=sent.flag("off_session"))


def _unexpected(intent: Json, done: str, allowed: tuple[str, ...]) -> Refusal:
    reason = (
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be {done}: {', '.join(allowed)}."
    )
    extra = {"payment_intent": intent}
    return Refusal(400, reason, code="payment_intent_unexpected_state", extra=extra, saved=True)
