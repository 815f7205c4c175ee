"""How a link to the page is shown elsewhere: a title, a sentence and a picture (Open Graph)."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.web.route_allowlist import App, ASGIMessage, Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import FileResponse
    from starlette.routing import Route

TITLE = "D2M: music for dance videos"
"""Title of a link to the page."""
DESCRIPTION = "Music for dance videos, dances for songs"
"""What the page does, in a few words."""
CARD = Path(__file__).with_name("social_card.jpg")
"""The picture, 1200x630 px; ``tools/make_social_card.py`` draws it."""
CARD_ADDRESS = "/social_card.jpg"
"""Path under which it is served."""
_CARD_SIZE = 1200, 630
_HOST = re.compile(r"[\w.:\[\]-]{1,255}")
_FOREIGN_TAG = re.compile(rb"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>")


def social_head(base: str) -> str:
    """Return the HTML for the head of the page that describes it to other sites.

    Parameters
    ----------
    base
        Address of the page without the last slash; other sites need the full one of the picture.
    """
    width, height = _CARD_SIZE
    values = {
        "og:type": "website",
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:image": base + CARD_ADDRESS,
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": "A dancer beside the title",
    }
    tags = [f'<meta property="{name}" content="{escape(text)}">' for name, text in values.items()]
    return "".join([*tags, '<meta name="twitter:card" content="summary_large_image">'])


def card_route() -> Route:
    """Return the route of the picture."""
    from starlette.responses import FileResponse
    from starlette.routing import Route

    async def answer(request: Request) -> FileResponse:  # noqa: ARG001
        return FileResponse(CARD)

    return Route(CARD_ADDRESS, answer)


class SocialTags:
    """ASGI middleware that puts the tags into the page.

    Gradio's page has tags of its own, with Gradio's title and picture; they are left out. What
    Gradio calls the head of a page is added by a script, which other sites do not run.

    Parameters
    ----------
    app
        The application behind it.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page with its tags, or pass the request on."""
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", "").rstrip("/"))
        if scope["type"] == "http" and path == "/" and scope["method"] == "GET":
            await self._app(scope, receive, _PageWithTags(send, social_head(_base_of(scope))))
        else:
            await self._app(scope, receive, send)


def _base_of(scope: Scope) -> str:
    """Return the address under which a visitor asks for the page."""
    root = os.environ.get("GRADIO_ROOT_PATH", "").rstrip("/")
    if "://" in root:
        return root
    host = dict(scope.get("headers", ())).get(b"host", b"").decode("latin-1")
    is_host = _HOST.fullmatch(host) is not None
    return f"{scope.get('scheme', 'http')}://{host}{root}" if is_host else root


class _PageWithTags:
    """Passes a page on with the tags of this one in place of Gradio's."""

    def __init__(self, send: Send, head: str) -> None:
        self._send, self._head = send, head
        self._start: ASGIMessage = {}
        self._body = b""

    async def __call__(self, message: ASGIMessage) -> None:
        """Keep the parts of the answer until it is complete, and send it."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        headers = self._start.get("headers", ())
        body = self._body
        if b"content-encoding" not in {name.lower() for name, _ in headers}:
            body = _FOREIGN_TAG.sub(b"", body)
            body = body.replace(b"</head>", self._head.encode() + b"</head>", 1)
        kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await self._send({**self._start, "headers": [*kept, length]})
        await self._send({"type": "http.response.body", "body": body})
