"""The objects in Stripe's shape; amounts are minor units, times are epoch seconds."""

from tools.stripe_double.wire import Json, new_id
from tools.stripe_double.work import Work

METHOD_TYPES = ("card", "alipay", "wechat_pay")


def payment_intent(work: Work, amount: int, currency: str) -> Json:
    """A payment that the shop means to take; it begins without a method."""
    ident = new_id("pi")
    return {
        "id": ident,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{ident}_secret_{new_id('x', 25)[2:]}",
        "confirmation_method": "automatic",
        "created": work.now,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": list(METHOD_TYPES),
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(work: Work, intent: Json, method: Json, failure: Json | None = None) -> Json:
    """One try to take the money; with a failure it is a refused one."""
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": intent["statement_descriptor"] or "LINLI TEST",
        "captured": False,
        "created": work.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": failure and failure["code"],
        "failure_message": failure and failure["message"],
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": _outcome(failure),
        "paid": failure is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: dict(method[method["type"]])},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed" if failure else "succeeded",
        "transfer_data": intent["transfer_data"],
        "transfer_group": intent["transfer_group"],
    }


def _outcome(failure: Json | None) -> Json:
    return {
        "network_status": "declined_by_network" if failure else "approved_by_network",
        "reason": failure and failure.get("decline_code"),
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "The bank refused the payment." if failure else "Payment complete.",
        "type": "issuer_declined" if failure else "authorized",
    }


def payment_method(work: Work, kind: str, details: Json) -> Json:
    """What the payer pays with."""
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "created": work.now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: details,
    }


def refund(work: Work, paid: Json, amount: int, reason: str | None, metadata: Json) -> Json:
    """Money on its way back to the payer of a charge."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": paid["id"],
        "created": work.now,
        "currency": paid["currency"],
        "customer": paid["customer"],
        "destination_details": {"type": paid["payment_method_details"]["type"]},
        "metadata": metadata,
        "payment_intent": paid["payment_intent"],
        "payment_method": paid["payment_method"],
        "pending_reason": None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def entry(work: Work, source: Json, kind: str, amount: int, fee: int = 0) -> Json:
    """A line of the shop's balance at Stripe: ``net`` is ``amount`` minus ``fee``; money out is negative."""
    fees = [
        {"amount": fee, "application": None, "currency": source["currency"], "description": "Fee", "type": "stripe_fee"}
    ]
    category = {"payment": "charge", "payment_refund": "refund", "payment_failure_refund": "refund_failure"}
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": work.now,
        "balance_type": "payments",
        "created": work.now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees if fee else [],
        "net": amount - fee,
        "reporting_category": category.get(kind, kind),
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def customer(work: Work) -> Json:
    """Someone who pays more than once."""
    return {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": work.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options")),
        "livemode": False,
        "metadata": {},
        "name": None,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def setup_intent(work: Work) -> Json:
    """A card that the shop means to keep; it begins without one."""
    ident = new_id("seti")
    return {
        "id": ident,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{ident}_secret_{new_id('x', 25)[2:]}",
        "created": work.now,
        "customer": None,
        "description": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }


def checkout_session(work: Work, customer_id: str, setup_intent_id: str) -> Json:
    """A hosted page that asks a customer for a card."""
    ident = new_id("cs_test", 32)
    return {
        "id": ident,
        "object": "checkout.session",
        "amount_total": None,
        "cancel_url": None,
        "created": work.now,
        "currency": None,
        "customer": customer_id,
        "expires_at": work.now + 86_400,
        "livemode": False,
        "metadata": {},
        "mode": "setup",
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required",
        "setup_intent": setup_intent_id,
        "status": "open",
        "success_url": None,
        "url": f"{work.base_url}/card/{ident}",
    }


def transfer(work: Work, amount: int, currency: str, destination: str) -> Json:
    """Money moved to a connected account."""
    ident = new_id("tr")
    return {
        "id": ident,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": work.now,
        "currency": currency,
        "description": None,
        "destination": destination,
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": {},
        "reversals": listing([], f"/v1/transfers/{ident}/reversals"),
        "reversed": False,
        "source_transaction": None,
        "source_type": "card",
        "transfer_group": None,
    }


def payout(work: Work, amount: int, currency: str) -> Json:
    """Money sent to a bank account."""
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": work.now,
        "automatic": False,
        "balance_transaction": None,
        "created": work.now,
        "currency": currency,
        "description": None,
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid",
        "trace_id": None,
        "type": "bank_account",
    }


def listing(items: list[Json], url: str, *, has_more: bool = False) -> Json:
    """A page of objects."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}
