"""One try to pay: what happens between confirm and the final status of a payment."""

from tools.stripe_double import methods, shapes
from tools.stripe_double.wire import Json, Refusal
from tools.stripe_double.work import Work

_ASKS = "Your card was declined. This transaction requires authentication."
_LOST = "The payer refused or did not finish the payment."


def begin(work: Work, intent: Json, method: Json, return_url: str | None, *, off_session: bool) -> Json:
    """Try to take the money; a redirect method or a card that asks waits for the payer first.

    Refuses with 402 when the bank declines the card; the decline is stored.
    """
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    card = methods.card_of(method)
    if card and card.asks and off_session:
        code = "authentication_required"
        error: Json = {"code": code, "decline_code": code, "message": _ASKS, "type": "card_error"}
        raise _declined(work, intent, method, error)
    if card is None or card.asks:
        intent |= {"status": "requires_action", "next_action": _next_action(work, intent, method, return_url)}
        work.put({"object": "_visit", "id": intent["id"], "return_url": return_url})
        work.emit("payment_intent.requires_action", work.put(intent))
        return intent
    if card.code:
        error = {"code": card.code, "message": card.message, "type": "card_error"}
        if card.decline_code:
            error["decline_code"] = card.decline_code
        raise _declined(work, intent, method, error)
    return succeed(work, intent, method)


def approve(work: Work, intent: Json) -> Json:
    """The payer says yes on the payment page. Repeating it changes nothing."""
    if intent["status"] != "requires_action":
        return intent
    intent["next_action"] = None
    if work.settings.processing_ms:
        intent["status"] = "processing"
        work.emit("payment_intent.processing", work.put(intent))
        work.later(work.settings.processing_ms, "settle", intent["id"])
        return intent
    return succeed(work, intent, work.get("payment_method", intent["payment_method"]))


def settle(work: Work, intent: Json) -> Json:
    """The method behind a payment in ``processing`` reports success."""
    if intent["status"] != "processing":
        return intent
    return succeed(work, intent, work.get("payment_method", intent["payment_method"]))


def decline(work: Work, intent: Json) -> Json:
    """The payer says no on the payment page. Repeating it changes nothing."""
    if intent["status"] == "requires_action":
        method = work.get("payment_method", intent["payment_method"])
        code = (
            "payment_intent_authentication_failure"
            if method["type"] == "card"
            else "payment_intent_payment_attempt_failed"
        )
        _fail(work, intent, method, {"code": code, "message": _LOST, "type": "invalid_request_error"})
    return intent


def succeed(work: Work, intent: Json, method: Json) -> Json:
    """The bank says yes: authorised when capture is manual, else taken."""
    paid = shapes.charge(work, intent, method)
    intent |= {"latest_charge": paid["id"], "next_action": None}
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        work.emit("charge.succeeded", work.put(paid))
        work.emit("payment_intent.amount_capturable_updated", work.put(intent))
        return intent
    take(work, intent, paid, intent["amount"])
    work.emit("charge.succeeded", paid)
    work.emit("payment_intent.succeeded", intent)
    return intent


def take(work: Work, intent: Json, paid: Json, amount: int) -> None:
    """Capture an amount in minor units: the charge, the balance line with its fee, the payment."""
    fee = min(amount, (amount * work.settings.fee_bps + 5_000) // 10_000 + work.settings.fee_fixed)
    card = paid["payment_method_details"]["type"] == "card"
    line = work.put(shapes.entry(work, paid, "charge" if card else "payment", amount, fee))
    paid |= {"amount_captured": amount, "captured": True, "balance_transaction": line["id"]}
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    work.put(paid)
    work.put(intent)


def _declined(work: Work, intent: Json, method: Json, error: Json) -> Refusal:
    failed = _fail(work, intent, method, error)
    extra = {"charge": failed["id"], "payment_intent": dict(intent), "payment_method": method}
    if "decline_code" in error:
        extra["decline_code"] = error["decline_code"]
    return Refusal(
        402, error["message"], "card_error", error["code"], extra=extra, saved=True, keeps_changes=True
    )  # fmt: skip


def _fail(work: Work, intent: Json, method: Json, error: Json) -> Json:
    failed = work.put(shapes.charge(work, intent, method, error))
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "latest_charge": failed["id"],
        "last_payment_error": {**error, "charge": failed["id"], "payment_method": method},
    }
    work.emit("charge.failed", failed)
    work.emit("payment_intent.payment_failed", work.put(intent))
    return failed


def _next_action(work: Work, intent: Json, method: Json, return_url: str | None) -> Json:
    page = f"{work.base_url}/pay/{intent['id']}?client_secret={intent['client_secret']}"
    kind = "redirect_to_url"
    details: Json = {"return_url": return_url, "url": page}
    if work.settings.native_actions and method["type"] == "alipay":
        kind = "alipay_handle_redirect"
        details |= {"native_data": None, "native_url": None}
    elif work.settings.native_actions and method["type"] == "wechat_pay":
        kind = "wechat_pay_display_qr_code"
        images = dict.fromkeys(("image_data_url", "image_url_png", "image_url_svg"), "")
        details = {"data": page, "hosted_instructions_url": page, **images}
    return {"type": kind, kind: details}
