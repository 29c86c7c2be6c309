"""Strict reading of request parameters, with Stripe's own wording when something is wrong."""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from tools.stripe_double.wire import Json, Refusal, missing

LARGEST_AMOUNT = 99_999_999
_COMMON = frozenset({"expand"})
_OPERATORS = frozenset({"gt", "gte", "lt", "lte"})


class Params:
    """The parameters of one request; a name that the endpoint does not know is refused at once."""

    def __init__(self, form: Json, known: Collection[str]) -> None:
        for name in form:
            if name not in known and name not in _COMMON:
                raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        self._form = form

    def has(self, name: str) -> bool:
        """Whether the parameter was sent, even empty."""
        return name in self._form

    def text(self, name: str, default: str | None = None) -> str | None:
        """A string; empty means unset, as with Stripe."""
        value: Any = self._form.get(name, default)
        if isinstance(value, dict):
            raise Refusal(400, f"Invalid string: {value}", param=name)
        return value or default

    def required(self, name: str) -> str:
        """A string that must be there."""
        if name not in self._form:
            raise missing(name)
        value = self.text(name)
        if not value:
            reason = f"You passed an empty string for '{name}'. '{name}' cannot be unset."
            raise Refusal(400, reason, code="parameter_invalid_empty", param=name)
        return value

    def choice(self, name: str, choices: Collection[str], default: str | None = None) -> str | None:
        """One of the given words."""
        value = self.text(name, default)
        if value is not None and value not in choices:
            raise Refusal(400, f"Invalid {name}: must be one of {', '.join(sorted(choices))}", param=name)
        return value

    def integer(self, name: str, default: int | None = None) -> int | None:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,15}", value):
            raise Refusal(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        return int(value)

    def amount(self, name: str) -> int | None:
        """Money in minor units: 1 to 99,999,999; None when not sent. Empty is refused."""
        if name not in self._form:
            return None
        self.required(name)
        value = self.integer(name)
        if value is None or value < 1:
            reason = "This value must be greater than or equal to 1."
            raise Refusal(400, reason, code="parameter_invalid_integer", param=name)
        if value > LARGEST_AMOUNT:
            reason = f"Amount must be no more than {LARGEST_AMOUNT}"
            raise Refusal(400, reason, code="amount_too_large", param=name)
        return value

    def needed_amount(self, name: str = "amount") -> int:
        """Money in minor units that must be there."""
        value = self.amount(name)
        if value is None:
            raise missing(name)
        return value

    def currency(self) -> str:
        """A three-letter currency code, lower case."""
        value = self.required("currency").lower()
        if not re.fullmatch(r"[a-z]{3}", value):
            raise Refusal(400, f"Invalid currency: {value}", code="parameter_invalid_string", param="currency")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.choice(name, {"true", "false"}, "false")
        return value == "true"

    def group(self, name: str) -> Json:
        """A nested group such as ``payment_method_data[type]``."""
        value: Any = self._form.get(name) or {}
        if not isinstance(value, dict):
            raise Refusal(400, "Invalid object", param=name)
        return value

    def items(self, name: str) -> list[str]:
        """A list sent as ``name[0]``, ``name[1]`` or ``name[]``."""
        return [str(value) for value in self.group(name).values()]

    def url(self, name: str) -> str | None:
        """An absolute address to send the payer back to; scripts are refused."""
        value = self.text(name)
        if value is None:
            return None
        parts = urlsplit(value)
        if not parts.scheme or not (parts.netloc or parts.path) or parts.scheme in {"javascript", "data"}:
            raise Refusal(400, "Not a valid URL", code="url_invalid", param=name)
        if any(ord(letter) <= 32 for letter in value):
            raise Refusal(400, "Not a valid URL", code="url_invalid", param=name)
        return value

    def metadata(self, old: Json) -> Json:
        """The new metadata: sent keys replace, empty values remove, an empty group clears all.

        At most 50 keys of 40 characters with values of 500 characters.
        """
        if not self.has("metadata"):
            return old
        sent = self.group("metadata")
        if not sent:
            return {}
        for key, value in sent.items():
            if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
                reason = "Metadata keys can have up to 40 characters, values up to 500 characters."
                raise Refusal(400, reason, param=f"metadata[{key[:40]}]")
        new = {key: value for key, value in {**old, **sent}.items() if value != ""}
        if len(new) > 50:
            raise Refusal(400, "Metadata can have up to 50 keys.", param="metadata")
        return new

    def created(self) -> dict[str, int]:
        """Bounds on the creation time in epoch seconds: gt, gte, lt, lte; a bare number means exactly then."""
        if not isinstance(self._form.get("created"), dict):
            exact = self.integer("created")
            return {} if exact is None else {"gte": exact, "lte": exact}
        bounds = Params(self.group("created"), _OPERATORS)
        return {name: bounds.integer(name, 0) or 0 for name in self.group("created")}
