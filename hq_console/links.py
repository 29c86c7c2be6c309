"""The signed address by which a driver gets in: it names one link and cannot be guessed or changed."""

from uuid import UUID

from flask import current_app, url_for
from itsdangerous import BadSignature, URLSafeSerializer


def driver_url(link_id: UUID) -> str:
    """The full address of a driver's page."""
    return url_for("driver.today", token=driver_token(link_id), _external=True)


def driver_token(link_id: UUID) -> str:
    """The signed name of a link."""
    return str(_signer().dumps(link_id.hex))


def link_of(token: str) -> UUID | None:
    """The link that a token names; None for one that we did not sign."""
    try:
        return UUID(_signer().loads(token))
    except (BadSignature, ValueError, AttributeError, TypeError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="driver-link")
