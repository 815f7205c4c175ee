"""Routes of the web server that strangers should not reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

DENIED = ("/process_recording", "/monitoring", "/vibe-", "/undo-vibe")
"""Gradio's routes that the page does not need: one decodes uploads unguarded, the others
show or change the program."""
_PREFIX = "/gradio_api"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class DenyRoutes:
    """ASGI middleware that answers 404 for routes in `DENIED`.

    Parameters
    ----------
    app
        The application behind it.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", ""))
        if scope["type"] == "http" and path.removeprefix(_PREFIX).startswith(DENIED):
            header = (b"content-type", b"text/plain")
            await send({"type": "http.response.start", "status": 404, "headers": [header]})
            await send({"type": "http.response.body", "body": b"Not found"})
        else:
            await self._app(scope, receive, send)
