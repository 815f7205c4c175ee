"""Limits on requests to the server of a study, and headers of its responses."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

RateKey = tuple[str, str]
AsgiMessage = MutableMapping[str, Any]
AsgiApp = Callable[..., Awaitable[None]]
AsgiSend = Callable[[AsgiMessage], Awaitable[None]]

MOST_BODY_BYTES = 4096
"""Largest body of a request (bytes); answers have some hundred."""
RATES = {"media": (6000, 100.0), "api": (600, 20.0)}
"""Most requests at once from one address, and how many more may follow each second. Chosen by hand:
50 raters in one room, behind one address, stay far below them."""
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " media-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""Headers of all responses: the page runs only its own script, and tells no other site anything."""
_MOST_KEYS = 10_000


class StudyLimits:
    """ASGI middleware: limits of size and rate, and security headers.

    Parameters
    ----------
    app
        The application behind it.
    clock
        Seconds that only rise.
    """

    def __init__(self, app: AsgiApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._clock = app, clock
        self._left: dict[RateKey, tuple[float, float]] = {}

    async def __call__(
        self,
        scope: AsgiMessage,
        receive: Callable[[], Awaitable[AsgiMessage]],
        send: AsgiSend,
    ) -> None:
        """Pass a request on, or refuse it with a sentence."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                message = dict(message)
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()),
                ]
            await send(message)

        kind = "media" if scope["path"].startswith("/media/") else "api"
        if not self._admits((scope.get("client") or ("",))[0], kind):
            await _refuse(secured, 429, "Too many requests: wait a minute and try again.")
            return
        body = b""
        if scope["method"] not in ("GET", "HEAD"):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > MOST_BODY_BYTES:
                    await _refuse(secured, 413, "The request is too large.")
                    return
            rest = [{"type": "http.request", "body": body, "more_body": False}]

            async def replay() -> AsgiMessage:
                return rest.pop() if rest else await receive()

            await self._app(scope, replay, secured)
            return
        await self._app(scope, receive, secured)

    def _admits(self, address: str, kind: str) -> bool:
        """Return whether another request from an address is in order (token bucket)."""
        most, per_s = RATES[kind]
        now = self._clock()
        if len(self._left) > _MOST_KEYS:
            self._left.clear()
        left, then = self._left.get((address, kind), (float(most), now))
        left = min(float(most), left + (now - then) * per_s)
        self._left[address, kind] = (left - 1.0 if left >= 1.0 else left, now)
        return left >= 1.0


async def _refuse(
    send: Callable[[AsgiMessage], Awaitable[None]], status: int, sentence: str
) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})
