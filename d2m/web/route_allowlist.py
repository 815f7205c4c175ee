"""Which doors of the web server are open to strangers, and how every answer is labelled.

Gradio serves many routes that this page does not use. Those not in `OPEN` answer 404, so that
a later version's new ones are closed until somebody has read them. Closed are, among others:

========================  =====================================================================
``process_recording``     decodes uploads with FFmpeg in the web process, unguarded
``vibe-``, ``undo-vibe``  show and change the program
``monitoring``            tells who used the server
``dev/reload``            for developers
``deep_link``             writes a visitor's state to the disk, for good
``run-history``, ``runs`` talk to another server in a visitor's name
``proxy=``, ``stream``    fetch from other servers; stream media that the page does not have
``component_server``      calls methods of widgets
``custom_component``      reads files beside widgets
``login``, ``token``, …   there is nobody to log in
``queue/status``          nobody asks
``mcp``                   not offered
========================  =====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_READ, _WRITE = ("GET", "HEAD", "OPTIONS"), ("POST", "OPTIONS")
OPEN = tuple(
    (methods, re.compile(pattern))
    for methods, pattern in (
        (_READ, r"/"),
        # The page's own parts.
        (_READ, r"/(?:assets|static|svelte)/.+"),
        (_READ, r"/(?:config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon)/?"),
        (_READ, r"/gradio_api/(?:info|openapi\.json|app_id|theme\.css)/?"),
        # Gradio calls it itself once.
        (_READ, r"/gradio_api/startup-events"),
        # Clips in, results out; never what another server has.
        (_WRITE, r"/gradio_api/upload"),
        (_READ, r"/gradio_api/upload_progress"),
        (_READ, r"/gradio_api/file=(?![a-zA-Z][\w+.-]*:|[/\\]{2}).+"),
        # Jobs and their news; `run` is for buttons that need no job, see `api_open`.
        (_WRITE, r"/gradio_api/(?:queue/join|cancel|reset|run/predict)/?"),
        (_WRITE, r"/gradio_api/call/(?:v2/)?\w+/?"),
        (_READ, r"/gradio_api/call/(?:v2/)?\w+/\w+"),
        (_READ, r"/gradio_api/queue/data"),
        (_READ, r"/gradio_api/heartbeat/\w+"),
    )
)
"""Methods and paths that are answered; a path must match as a whole."""

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'self'",
        # The page is configured by a script inside it, and what widgets do is compiled by it.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space",
    )
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (
        b"permissions-policy",
        b"geolocation=(), payment=(), usb=(), camera=(self), microphone=(self)",
    ),
    (b"cross-origin-opener-policy", b"same-origin-allow-popups"),
    (b"content-security-policy", CONTENT_SECURITY.encode()),
)
"""Headers of every answer."""


def is_open(method: str, path: str) -> bool:
    """Tell whether strangers may ask for a path (without the server's root path)."""
    return any(method in methods and pattern.fullmatch(path) for methods, pattern in OPEN)


async def answer(send: Send, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with a sentence."""
    told = [(b"content-type", b"text/plain; charset=utf-8"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": sentence.encode()})


class RouteAllowlist:
    """ASGI middleware that answers 404 for routes not in `OPEN`, and adds `HEADERS`.

    Parameters
    ----------
    app
        The application behind it.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in HEADERS}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in own]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", "").rstrip("/"))
        if is_open(scope["method"], path or "/"):
            await self._app(scope, receive, labelled)
        else:
            await answer(labelled, 404, "There is nothing here.")
