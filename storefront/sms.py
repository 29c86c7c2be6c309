"""How one-time codes reach phones. An installation puts its gateway at `app.extensions["linli-sms"]`."""

from typing import Protocol

from flask import current_app

from app.web.context import services


class SmsGateway(Protocol):
    """Sends one-time codes; raises SmsFailed when the message could not be handed over."""

    def send_code(self, phone: str, code: str, locale: str) -> None:
        """Send a six-digit code that is good for five minutes."""
        ...


class SmsFailed(Exception):
    """The carrier did not take the message."""


def gateway() -> SmsGateway | None:
    """The installation's gateway, or None where none is set up."""
    found: SmsGateway | None = current_app.extensions.get("linli-sms")
    return found


def shows_codes() -> bool:
    """Whether codes are shown on the page instead of sent: in the demo and in tests only."""
    return services().settings.mode in {"demo", "test"}
