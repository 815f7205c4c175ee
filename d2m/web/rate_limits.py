"""What visitors may send: how much, how often, how slowly, and that it leaves no litter."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import json
import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from d2m.web.route_allowlist import App, Message, Receive, Scope, Send, answer
from d2m.web.server_folder import ServerFolder

_UPLOAD = "/gradio_api/upload"
_FORM_BYTES = 64 * 1024
"""What a form adds to the file in it."""
_NO_ROOM = "The server has no room for more clips: try again in an hour."
_BOUNDARY = re.compile(rb'multipart/form-data\s*;.*?boundary="?([^";,]{1,70})"?', re.I | re.S)


@dataclass(frozen=True, kw_only=True)
class RequestQuotas:
    """Bounds on what visitors send.

    Parameters
    ----------
    file_bytes
        Largest file.
    call_bytes
        Largest call: a form without its file.
    stall_s
        Longest time between two pieces of a request (s).
    uploads, upload_bytes
        Most uploads, and bytes in them, in a minute by one visitor.
    calls
        Most calls in a minute by one visitor.
    open, open_by_one
        Most requests that are open at a time: of all visitors, and of one.
    folder_bytes, folder_files
        How much and how many may lie on the disk before uploads must wait.
    free_bytes
        Room on the disk that uploads must leave.
    """

    file_bytes: int = 500_000_000
    call_bytes: int = 256 * 1024
    stall_s: float = 30.0
    uploads: int = 20
    upload_bytes: int = 1_000_000_000
    calls: int = 120
    open: int = 800
    open_by_one: int = 100
    folder_bytes: int = 10 * 2**30
    folder_files: int = 20_000
    free_bytes: int = 2**30


class RefusedError(Exception):
    """A request that is not let in: the status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass
class _Recent:
    """What a visitor did in the last minute: (time in s, bytes)."""

    done: deque[tuple[float, int]] = field(default_factory=deque)

    def admits(self, most: int, most_bytes: float, size: int) -> bool:
        now = time.monotonic()
        while self.done and now - self.done[0][0] > 60:
            self.done.popleft()
        if len(self.done) >= most or sum(b for _, b in self.done) + size > most_bytes:
            return False
        self.done.append((now, size))
        return True


class RequestLimits:
    """ASGI middleware that bounds what visitors send.

    Parameters
    ----------
    app
        The application behind it.
    folder
        Where uploads go.
    limits
        The bounds.
    """

    def __init__(self, app: App, *, folder: ServerFolder, limits: RequestQuotas) -> None:
        self._app, self._folder, self._limits = app, folder, limits
        self._recent: dict[tuple[str, str], _Recent] = {}
        self._open: Counter[str] = Counter()
        self._arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", "").rstrip("/"))
        try:
            with self._counted(visitor(scope)) as who:
                if scope["method"] != "POST":
                    await self._app(scope, receive, send)
                elif path == _UPLOAD:
                    await self._upload(scope, receive, send, who)
                else:
                    await self._call(scope, receive, send, who)
        except RefusedError as refused:
            wait = [(b"retry-after", b"60")] if refused.status in (429, 503, 507) else []
            await answer(send, refused.status, refused.sentence, *wait)

    @contextlib.contextmanager
    def _counted(self, who: str) -> Iterator[str]:
        limits = self._limits
        if self._open[who] >= limits.open_by_one:
            raise RefusedError(
                429, "You have too many requests open: close some pages and try again."
            )
        if self._open.total() >= limits.open:
            raise RefusedError(503, "The server is full: try again in a minute.")
        self._open[who] += 1
        try:
            yield who
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]

    def _admit(self, who: str, what: str, most: int, most_bytes: float, size: int) -> None:
        if len(self._recent) > 10_000:  # forget who was not here for a minute
            now = time.monotonic()
            for key, recent in [*self._recent.items()]:
                if not recent.done or now - recent.done[-1][0] > 60:
                    del self._recent[key]
        recent = self._recent.setdefault((who, what), _Recent())
        if not recent.admits(most, most_bytes, size):
            raise RefusedError(429, "That was too much at a time: wait a minute and try again.")

    async def _upload(self, scope: Scope, receive: Receive, send: Send, who: str) -> None:
        limits = self._limits
        most = limits.file_bytes + _FORM_BYTES
        size = length(scope)
        found = _BOUNDARY.match(header(scope, b"content-type"))
        if found is None:
            raise RefusedError(400, "Send the clip as a form (multipart/form-data).")
        if size is not None and size > most:
            raise RefusedError(413, f"The clip is larger than {limits.file_bytes / 1e6:.0f} MB.")
        expected = most if size is None else size
        self._admit(who, "upload", limits.uploads, limits.upload_bytes, expected)
        used = await asyncio.to_thread(self._folder.used)
        if (
            used.bytes + self._arriving + expected > limits.folder_bytes
            or used.files > limits.folder_files
            or self._folder.free_bytes() - self._arriving - expected < limits.free_bytes
        ):
            raise RefusedError(507, _NO_ROOM)
        self._arriving += expected
        try:
            with self._folder.receiving():
                form = _Form(receive, found[1], most, limits.stall_s)
                await self._app(scope, form.receive, send)
        except OSError as error:
            # A disk that can't be written on; there is no answer before the form was read.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
                raise
            raise RefusedError(507, _NO_ROOM) from None
        finally:
            self._arriving -= expected

    async def _call(self, scope: Scope, receive: Receive, send: Send, who: str) -> None:
        limits = self._limits
        if (length(scope) or 0) > limits.call_bytes:
            raise RefusedError(413, "The request is too large.")
        self._admit(who, "call", limits.calls, float("inf"), 0)
        body = b""
        while True:
            message = await _soon(receive, limits.stall_s)
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > limits.call_bytes:
                raise RefusedError(413, "The request is too large.")
            if not message.get("more_body"):
                break
        if names_other_servers(body):
            raise RefusedError(400, "Upload the clip: files on other servers are not fetched.")
        rest = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return rest.pop() if rest else await receive()

        await self._app(scope, again, send)


class _Form:
    """The body of an upload, whose end is told in any case.

    Gradio keeps the files of a form that breaks off, and those of a damaged form not. So a
    form that breaks off, stalls, or is too long, is damaged at its end.
    """

    def __init__(self, receive: Receive, boundary: bytes, most: int, stall_s: float) -> None:
        self._receive, self._most, self._stall_s = receive, most, stall_s
        self._close = b"--" + boundary + b"--"
        self._damage = b"\r\n--" + boundary + b"\r\nContent-Disposition: form-data\r\n\r\n"
        self._size, self._tail, self._over = 0, b"", False

    async def receive(self) -> Message:
        """Return the next piece."""
        if self._over:
            return await self._receive()
        try:
            message = await _soon(self._receive, self._stall_s)
        except RefusedError:
            return self._end(b"")
        if message["type"] == "http.disconnect":
            return self._end(b"")
        body = message.get("body", b"")
        self._size += len(body)
        self._tail = (self._tail + body)[-len(self._close) - 8 :]
        if self._size > self._most:
            return self._end(b"")
        if not message.get("more_body") and not self._tail.rstrip().endswith(self._close):
            return self._end(body)
        self._over = not message.get("more_body")
        return message

    def _end(self, body: bytes) -> Message:
        self._over = True
        return {"type": "http.request", "body": body + self._damage, "more_body": False}


def visitor(scope: Scope) -> str:
    """Return the address that a visitor is known by; of IPv6 the part that a household has."""
    host = (scope.get("client") or ("unknown",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def header(scope: Scope, name: bytes) -> bytes:
    """Return the value of a header, or nothing."""
    return next((value for key, value in scope["headers"] if key.lower() == name), b"")


def length(scope: Scope) -> int | None:
    """Return how long the body says that it is."""
    told = header(scope, b"content-length")
    return int(told) if told.isdigit() else None


def names_other_servers(body: bytes) -> bool:
    """Tell whether a call names a file on another server, which Gradio would fetch into memory."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False  # who parses it next says so
    stack: list[Any] = [content]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            path = part.get("path")
            if isinstance(path, str) and re.match(r"\s*https?:", path, re.IGNORECASE):
                return True
            stack += part.values()
        elif isinstance(part, list):
            stack += part
    return False


async def _soon(receive: Receive, seconds: float) -> Message:
    try:
        return await asyncio.wait_for(receive(), seconds)
    except asyncio.TimeoutError:
        raise RefusedError(408, "The request came too slowly: try again.") from None
