"""What every response says to the browser about what it may do with the page."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from app.infra.settings import Settings
from app.web.credentials import cookie_of


def policy(settings: Settings) -> str:
    """The Content-Security-Policy: only our own files, nothing inline; forms may lead to the payer's page.

    Chromium checks form-action along redirects, so the payment provider must be named here.
    """
    payer = "https://*.stripe.com"
    if settings.stripe_base:
        parts = urlsplit(settings.stripe_base)
        payer = f"{parts.scheme}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
            "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", f"form-action 'self' {payer}",
        )
    )  # fmt: skip


def register(app: Flask, settings: Settings) -> None:
    """Add the headers to every response; a view that has set one itself keeps its own."""
    fixed = {
        "Content-Security-Policy": policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
        "X-Frame-Options": "DENY",
    }
    if settings.secure_cookies:
        fixed["Strict-Transport-Security"] = "max-age=31536000"

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store" if cookie_of(request) else "no-cache"
        return response
