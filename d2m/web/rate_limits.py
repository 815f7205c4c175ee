"""Limit the size, rate and duration of requests, and remove uploads that break off."""

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

from d2m.web.route_allowlist import App, ASGIMessage, Receive, Scope, Send, respond
from d2m.web.server_folder import ServerFolder

_UPLOAD = "/gradio_api/upload"
_FORM_BYTES = 64 * 1024
"""What a form adds to the file in it (bytes); 64 KiB is ample."""
_NO_ROOM = "The server has no room for more files: try again in an hour."
_BOUNDARY = re.compile(rb'multipart/form-data\s*;.*?boundary="?([^";,]{1,70})"?', re.I | re.S)


@dataclass(frozen=True, kw_only=True)
class RequestQuotas:
    """Limits on requests. The defaults are chosen by hand.

    Parameters
    ----------
    file_bytes
        Largest file (bytes).
    call_bytes
        Largest call (bytes): a request without a file.
    stall_s
        Longest time between two parts of a request (s).
    uploads, upload_bytes
        Most uploads, and bytes in them, per minute and visitor.
    calls
        Most calls per minute and visitor.
    open, open_by_one
        Most requests that are open at a time: of all visitors, and of one visitor.
    folder_bytes, folder_files
        Bytes and files on the disk above which uploads are refused.
    free_bytes
        Free space that uploads must leave on the disk (bytes).
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
    """A refused request, with the HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass
class _Recent:
    """The requests of a visitor in the last minute, as (time in s, bytes)."""

    requests: deque[tuple[float, int]] = field(default_factory=deque)

    def admits(self, most: int, most_bytes: float, size: int) -> bool:
        """Record a request of a size (bytes), unless it exceeds the limits of a minute."""
        now = time.monotonic()
        while self.requests and now - self.requests[0][0] > 60:
            self.requests.popleft()
        if len(self.requests) >= most or sum(b for _, b in self.requests) + size > most_bytes:
            return False
        self.requests.append((now, size))
        return True


class RequestLimits:
    """ASGI middleware that limits requests.

    Parameters
    ----------
    app
        The application behind it.
    folder
        Where uploads go.
    limits
        The limits.
    """

    def __init__(self, app: App, *, folder: ServerFolder, limits: RequestQuotas) -> None:
        self._app, self._folder, self._limits = app, folder, limits
        self._recent: dict[tuple[str, str], _Recent] = {}
        self._open: Counter[str] = Counter()
        self._expected_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with a sentence."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", "").rstrip("/"))
        try:
            with self._counted(visitor_id(scope)) as visitor:
                if scope["method"] != "POST":
                    await self._app(scope, receive, send)
                elif path == _UPLOAD:
                    await self._upload(scope, receive, send, visitor)
                else:
                    await self._call(scope, receive, send, visitor)
        except RefusedError as refused:
            wait = [(b"retry-after", b"60")] if refused.status in (429, 503, 507) else []
            await respond(send, refused.status, refused.sentence, *wait)

    @contextlib.contextmanager
    def _counted(self, visitor: str) -> Iterator[str]:
        limits = self._limits
        if self._open[visitor] >= limits.open_by_one:
            raise RefusedError(
                429, "You have too many requests open: close some pages and try again."
            )
        if self._open.total() >= limits.open:
            raise RefusedError(503, "The server is full: try again in a minute.")
        self._open[visitor] += 1
        try:
            yield visitor
        finally:
            self._open[visitor] -= 1
            if not self._open[visitor]:
                del self._open[visitor]

    def _admit(self, visitor: str, what: str, most: int, most_bytes: float, size: int) -> None:
        if len(self._recent) > 10_000:  # forget visitors that were idle for a minute
            now = time.monotonic()
            for key, recent in [*self._recent.items()]:
                if not recent.requests or now - recent.requests[-1][0] > 60:
                    del self._recent[key]
        recent = self._recent.setdefault((visitor, what), _Recent())
        if not recent.admits(most, most_bytes, size):
            raise RefusedError(429, "Too many requests: wait a minute and try again.")

    async def _upload(self, scope: Scope, receive: Receive, send: Send, visitor: str) -> None:
        limits = self._limits
        most = limits.file_bytes + _FORM_BYTES
        size = content_length(scope)
        found = _BOUNDARY.match(header(scope, b"content-type"))
        if found is None:
            raise RefusedError(400, "Send the file as a form (multipart/form-data).")
        if size is not None and size > most:
            raise RefusedError(413, f"The file is larger than {limits.file_bytes / 1e6:.0f} MB.")
        expected = most if size is None else size
        self._admit(visitor, "upload", limits.uploads, limits.upload_bytes, expected)
        used = await asyncio.to_thread(self._folder.usage)
        if (
            used.bytes + self._expected_bytes + expected > limits.folder_bytes
            or used.files > limits.folder_files
            or self._folder.free_bytes() - self._expected_bytes - expected < limits.free_bytes
        ):
            raise RefusedError(507, _NO_ROOM)
        self._expected_bytes += expected
        try:
            with self._folder.receiving():
                form = _Form(receive, found[1], most, limits.stall_s)
                await self._app(scope, form.receive, send)
        except OSError as error:
            # The disk can't be written; no response has been sent before the form is read.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
                raise
            raise RefusedError(507, _NO_ROOM) from None
        finally:
            self._expected_bytes -= expected

    async def _call(self, scope: Scope, receive: Receive, send: Send, visitor: str) -> None:
        limits = self._limits
        if (content_length(scope) or 0) > limits.call_bytes:
            raise RefusedError(413, "The request is too large.")
        self._admit(visitor, "call", limits.calls, float("inf"), 0)
        body = b""
        while True:
            message = await _within(receive, limits.stall_s)
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > limits.call_bytes:
                raise RefusedError(413, "The request is too large.")
            if not message.get("more_body"):
                break
        if names_other_servers(body):
            raise RefusedError(400, "Upload the file: files on other servers are not fetched.")
        rest = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> ASGIMessage:
            return rest.pop() if rest else await receive()

        await self._app(scope, again, send)


class _Form:
    """The body of an upload, which always gets an end.

    Gradio keeps the files of a form that breaks off, but removes those of a malformed form. So
    the end of a form that breaks off, stalls, or is too long is made malformed.
    """

    def __init__(self, receive: Receive, boundary: bytes, most: int, stall_s: float) -> None:
        self._receive, self._most, self._stall_s = receive, most, stall_s
        self._close = b"--" + boundary + b"--"
        self._damage = b"\r\n--" + boundary + b"\r\nContent-Disposition: form-data\r\n\r\n"
        self._size, self._tail, self._over = 0, b"", False

    async def receive(self) -> ASGIMessage:
        """Return the next part."""
        if self._over:
            return await self._receive()
        try:
            message = await _within(self._receive, self._stall_s)
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

    def _end(self, body: bytes) -> ASGIMessage:
        self._over = True
        return {"type": "http.request", "body": body + self._damage, "more_body": False}


def visitor_id(scope: Scope) -> str:
    """Return the address that identifies a visitor; of IPv6, the network of a household."""
    host = (scope.get("client") or ("unknown",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def header(scope: Scope, name: bytes) -> bytes:
    """Return the value of a header; empty if it is missing."""
    return next((value for key, value in scope["headers"] if key.lower() == name), b"")


def content_length(scope: Scope) -> int | None:
    """Return the declared length of the body (bytes), if there is one."""
    value = header(scope, b"content-length")
    return int(value) if value.isdigit() else None


def names_other_servers(body: bytes) -> bool:
    """Return whether a call names a file on another server, which Gradio would download."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False  # the next parser reports it
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


async def _within(receive: Receive, seconds: float) -> ASGIMessage:
    try:
        return await asyncio.wait_for(receive(), seconds)
    except asyncio.TimeoutError:
        raise RefusedError(408, "The request came too slowly: try again.") from None
