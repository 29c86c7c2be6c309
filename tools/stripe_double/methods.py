"""Payment methods: Stripe's test cards by name, token or number, and the redirect methods."""

from typing import NamedTuple

from tools.stripe_double import shapes
from tools.stripe_double.params import Params
from tools.stripe_double.wire import Json, Refusal, not_found
from tools.stripe_double.work import Work

REDIRECTING = frozenset({"alipay", "wechat_pay"})

_KNOWN_DATA = frozenset({*shapes.METHOD_TYPES, "type", "billing_details", "metadata", "allow_redisplay"})


class Card(NamedTuple):
    """A test card: ``code`` and ``decline_code`` when the bank refuses it, ``asks`` when the payer must confirm."""

    number: str
    brand: str = "visa"
    code: str | None = None
    decline_code: str | None = None
    message: str = "Your card was declined."
    asks: bool = False


CARDS = {
    "visa": Card("4242424242424242"),
    "visa_debit": Card("4000056655665556"),
    "mastercard": Card("5555555555554444", "mastercard"),
    "amex": Card("378282246310005", "amex"),
    "unionpay": Card("6200000000000005", "unionpay"),
    "jcb": Card("3566002020360505", "jcb"),
    "cn": Card("4000001560000002"),
    "hk": Card("4000003440000004"),
    "chargeDeclined": Card("4000000000000002", "visa", "card_declined", "generic_decline"),
    "chargeDeclinedInsufficientFunds": Card(
        "4000000000009995", "visa", "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "chargeDeclinedLostCard": Card("4000000000009987", "visa", "card_declined", "lost_card"),
    "chargeDeclinedStolenCard": Card("4000000000009979", "visa", "card_declined", "stolen_card"),
    "chargeDeclinedExpiredCard": Card("4000000000000069", "visa", "expired_card", None, "Your card has expired."),
    "chargeDeclinedIncorrectCvc": Card(
        "4000000000000127", "visa", "incorrect_cvc", None, "Your card's security code is incorrect."
    ),
    "chargeDeclinedProcessingError": Card(
        "4000000000000119", "visa", "processing_error", None, "An error occurred while processing your card."
    ),
    "authenticationRequired": Card("4000002760003184", asks=True),
    "threeDSecure2Required": Card("4000000000003220", asks=True),
}
_BY_NUMBER = {card.number: name for name, card in CARDS.items()}
#: The fingerprint of a stored card says which test card it is.
_MARK = "double_"


def named(work: Work, ident: str) -> Json:
    """The payment method for a test name (``pm_card_visa``), a made one for an own id; refuses others."""
    if ident.startswith("pm_card_"):
        return _card(work, ident.removeprefix("pm_card_"), ident)
    found = work.find("payment_method", ident)
    if found is None:
        raise not_found("PaymentMethod", ident, "payment_method", 400)
    check_usable(work, found)
    return found


def check_usable(work: Work, method: Json) -> None:
    """Refuse a payment method that was taken from its customer."""
    if work.find("_detached", method["id"]):
        reason = "The provided PaymentMethod was detached from a Customer. It may not be used again."
        raise Refusal(400, reason, code="payment_method_unexpected_state", param="payment_method")


def from_data(work: Work, data: Json) -> Json:
    """A new payment method from ``payment_method_data``: a type, and for cards a token or a test number."""
    sent = Params(data, _KNOWN_DATA)
    kind = sent.required("type")
    if kind not in shapes.METHOD_TYPES:
        reason = f"Invalid payment_method_data[type]: must be one of {', '.join(shapes.METHOD_TYPES)}"
        raise Refusal(400, reason, param="payment_method_data[type]")
    if kind != "card":
        made = shapes.payment_method(work, kind, {})
    else:
        card = sent.group("card")
        token = str(card.get("token", ""))
        number = str(card.get("number", "")).replace(" ", "")
        made = _card(work, token.removeprefix("tok_") or _BY_NUMBER.get(number, number), token or "card[number]")
    given = sent.group("billing_details")
    made["billing_details"] |= {name: given[name] for name in made["billing_details"] if name in given}
    return work.put(made)


def card_of(method: Json) -> Card | None:
    """The test card behind a payment method; None for the redirect methods."""
    if method["type"] != "card":
        return None
    return CARDS[method["card"]["fingerprint"].removeprefix(_MARK)]


def _card(work: Work, name: str, said: str) -> Json:
    name = name.replace("visa_chargeDeclined", "chargeDeclined")
    card = CARDS.get(name)
    if card is None:
        raise not_found("PaymentMethod", said, "payment_method", 400)
    details = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "CN" if name == "cn" else "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": _MARK + name,
        "funding": "credit",
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return work.put(shapes.payment_method(work, "card", details))
