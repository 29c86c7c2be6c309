"""The JSON API."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the API's blueprints to the application."""
    app.extensions["linli-api"] = ()
