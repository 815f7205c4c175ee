"""Restrict the web server to the routes that the page needs, and add security headers.

Gradio serves many routes that this page does not use. Routes not in `ALLOWED_ROUTES` answer
404, so new routes of a later Gradio stay closed until they have been reviewed. Closed are,
among others:

========================  =====================================================================
``process_recording``     decodes uploads with FFmpeg in the web process, without limits
``vibe-``, ``undo-vibe``  show and change the source code
``monitoring``            shows who used the server
``dev/reload``            for development
``deep_link``             stores a visitor's state on the disk for good
``run-history``, ``runs`` call another server on behalf of a visitor
``proxy=``, ``stream``    fetch from other servers; stream media, which the page does not do
``component_server``      calls methods of components
``custom_component``      reads files next to components
``login``, ``token``, …   there are no accounts
``queue/status``          not used
``mcp/…``                 Gradio's own tools; those of the page are at ``mcp``
========================  =====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
ASGIMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[ASGIMessage]]
Send = Callable[[ASGIMessage], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_READ, _WRITE = ("GET", "HEAD", "OPTIONS"), ("POST", "OPTIONS")
ALLOWED_ROUTES = tuple(
    (methods, re.compile(pattern))
    for methods, pattern in (
        (_READ, r"/"),
        # The page itself.
        (_READ, r"/(?:assets|static|svelte)/.+"),
        (_READ, r"/(?:config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon)/?"),
        (_READ, r"/gradio_api/(?:info|openapi\.json|app_id|theme\.css)/?"),
        # The tables of the languages, `d2m.web.translation`.
        (_READ, r"/texts/[a-z]{2}\.json"),
        # The picture of links to the page, `d2m.web.social_card`.
        (_READ, r"/social_card\.jpg"),
        # Called once by Gradio itself.
        (_READ, r"/gradio_api/startup-events"),
        # Uploads and results, but no files of other servers.
        (_WRITE, r"/gradio_api/upload"),
        (_READ, r"/gradio_api/upload_progress"),
        (_READ, r"/gradio_api/file=(?![a-zA-Z][\w+.-]*:|[/\\]{2}).+"),
        # Jobs and their events; `run` serves buttons that need no job, see `api_open`.
        (_WRITE, r"/gradio_api/(?:queue/join|cancel|reset|run/predict)/?"),
        (_WRITE, r"/gradio_api/call/(?:v2/)?\w+/?"),
        (_READ, r"/gradio_api/call/(?:v2/)?\w+/\w+"),
        (_READ, r"/gradio_api/queue/data"),
        (_READ, r"/gradio_api/heartbeat/\w+"),
        # Tools for programs, which answers other methods than POST with 405.
        (("GET", "POST", "DELETE"), r"/gradio_api/mcp/?"),
        (_READ, r"/gradio_api/mcp/schema"),
    )
)
"""Methods and paths that are answered; a pattern must match the whole path."""

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'self'",
        # Gradio configures the page by an inline script and compiles event handlers in it.
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
"""Headers of every response."""


def is_allowed(method: str, path: str) -> bool:
    """Return whether a request is allowed; ``path`` is without the server's root path."""
    return any(method in methods and pattern.fullmatch(path) for methods, pattern in ALLOWED_ROUTES)


async def respond(send: Send, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> None:
    """Send a response with a status and a sentence as plain text."""
    all_headers = [(b"content-type", b"text/plain; charset=utf-8"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": sentence.encode()})


class RouteAllowlist:
    """ASGI middleware that answers 404 to routes not in `ALLOWED_ROUTES`, and adds `HEADERS`.

    Parameters
    ----------
    app
        The application behind it.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: ASGIMessage) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in HEADERS}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in own]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", "").rstrip("/"))
        if is_allowed(scope["method"], path or "/"):
            await self._app(scope, receive, send_with_headers)
        else:
            await respond(send_with_headers, 404, "There is nothing here.")
