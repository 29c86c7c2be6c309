"""The JSON API."""

from flask import Flask

from app.api.hooks import stripe


def register(app: Flask) -> None:
    """Add the API's blueprints to the application."""
    app.extensions["linli-api"] = ()
    app.register_blueprint(stripe.blueprint)
