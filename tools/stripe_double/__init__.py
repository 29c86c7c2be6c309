"""A stand-in for Stripe: a process of its own that speaks Stripe's HTTP protocol, without the internet.

Demo and tests point the official library at it (``base_addresses={"api": url}``). It keeps real rules — states, test
cards, idempotency keys, refund limits, signed webhooks that are retried and may arrive twice or late — because a
double that says yes to everything proves nothing. Money never moves here.

Known differences: parameters that it does not model are refused as unknown; connected accounts are not checked;
``next_action`` is ``redirect_to_url`` for every redirect method unless the setting ``native_actions`` is on.
"""
