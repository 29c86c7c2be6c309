"""The yardstick of reads: a bare Flask application, served in the same way."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """Say hello."""
    return "hello"
