"""What every response says to the browser about what it may do with the page."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request

from app.infra.settings import Settings
from app.web.credentials import cookie_of

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def policy(settings: Settings) -> str:
    """The Content-Security-Policy: only our own files, nothing inline; forms may lead to the payer's page.

    Chromium checks form-action along redirects, so the payment provider must be named here.
    """
    payer = "https://*.stripe.com"
    if settings.stripe_base:
        parts = urlsplit(settings.stripe_base)
        payer = f"{parts.scheme}://{parts.netloc}"
    tiles = ""
    if settings.map_tiles_url:
        parts = urlsplit(settings.map_tiles_url)
        tiles = f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}"
    return "; ".join(
        (
            "default-src 'self'", "script-src 'self'", "style-src 'self'", f"img-src 'self' data: blob:{tiles}",
            "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", f"form-action 'self' {payer}",
        )
    )  # fmt: skip


def fixed(settings: Settings) -> list[tuple[str, str]]:
    """The headers that every response has, unless a view has set one itself."""
    found = [
        ("Content-Security-Policy", policy(settings)),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"),
        ("X-Frame-Options", "DENY"),
    ]
    if settings.secure_cookies:
        found.append(("Strict-Transport-Security", "max-age=31536000"))
    return found


def register(app: Flask, settings: Settings) -> None:
    """Add the headers around the whole application: a tenth of the price of doing it on response objects."""
    app.after_request(_keep_or_not)
    pairs = [(name.lower(), (name, value)) for name, value in fixed(settings)]
    inner: Wsgi = app.wsgi_app

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            return start_response(status, headers + [pair for name, pair in pairs if name not in present], *rest)

        return inner(environ, start)

    app.wsgi_app = outer  # type: ignore[method-assign]  # as Flask tells one to wrap it


def _keep_or_not(response: Response) -> Response:
    """Pages of signed-in people are kept by nobody; others are asked for again, and may answer 304."""
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store" if cookie_of(request) else "no-cache"
    return response
