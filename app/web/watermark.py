"""The watermark of pages that show people's data: who looks and when, so that a photo of the screen tells."""

from html import escape

from flask import Response

from app.web.context import actor, now
from app.web.filters import local

#: One tile, in pixels.
_WIDE, _HIGH = 340, 200


def watermark_picture() -> Response:
    """A tile with the name of who is signed in and the time, as SVG; every page load draws its own.

    It is a file of ours, so the Content-Security-Policy needs no exception; it holds a name and nothing else.
    """
    line = escape(f"{actor().name} · {local(now()):%Y-%m-%d %H:%M}")
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{_HIGH}">'
        f'<text x="20" y="{_HIGH - 40}" transform="rotate(-24 20 {_HIGH - 40})" font-family="sans-serif" font-size="15"'
        f' fill="#1f1b18" fill-opacity="0.075">{line}</text></svg>'
    )
    return Response(drawn, mimetype="image/svg+xml", headers={"Cache-Control": "private, no-store"})
