"""A local HTTP server that serves files correctly or fails in one of several ways."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALL_S = 8.0
"""How long a stalled response lasts (s): well above the timeouts of the tests."""
DRIVE_VIRUS_PAGE = (
    b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head>"
    b"<body><p>Google Drive can't scan this file for viruses.</p></body></html>"
)
DRIVE_QUOTA_PAGE = (
    b"<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head>"
    b'<body><p class="uc-error-caption">Sorry, you can\'t view or download this file.</p>'
    b'<p class="uc-error-subcaption">Too many users have viewed this file recently.</p></body>'
)
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


@dataclass
class ServerState:
    """What the server serves, how it fails, and a record of its requests.

    Parameters
    ----------
    content
        Response bodies by path.
    supports_ranges
        Whether it answers range requests.
    cut_after
        Numbers of body bytes after which it closes the connection, one for each of the next
        responses.
    etag
        ETag of the files.
    sent
        Body bytes of each response so far.
    range_headers
        ``Range`` header of each request so far; None if it had none.
    url
        URL of the running server.
    """

    content: dict[str, bytes] = field(default_factory=dict)
    supports_ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    etag: str = '"one"'
    sent: list[int] = field(default_factory=list)
    range_headers: list[str | None] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Respond by the first part of the path: ``/file`` correctly, ``/404/...`` with an error."""

    state: ServerState
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind.isdigit():
            self.send_error(int(kind))
        elif kind == "stall":
            time.sleep(STALL_S)
        elif kind == "stall-inside":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"PK\x03\x04" + bytes(1000))
            self.wfile.flush()
            time.sleep(STALL_S)
        elif kind == "unannounced":
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(b"PK\x03\x04")
                for _ in range(300):
                    self.wfile.write(bytes(100_000))
        elif kind == "redirect":
            self.send_response(302)
            self.send_header("Location", self.path.replace("/redirect", "", 1))
            self.end_headers()
        else:
            self.send_body(self.state.content[self.path])

    def send_body(self, body: bytes) -> None:
        state = self.state
        requested = self.headers.get("Range")
        state.range_headers.append(requested)
        start = 0
        current = self.headers.get("If-Range") in (None, state.etag)
        if state.supports_ranges and requested and current:
            found = re.fullmatch(r"bytes=(\d+)-", requested)
            assert found is not None
            start = int(found[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if state.supports_ranges:
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", state.etag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = start + state.cut_after.pop(0) if state.cut_after else len(body)
        self.wfile.write(body[start:end])
        state.sent.append(len(body[start:end]))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def run_server(state: ServerState) -> Iterator[None]:
    """Run the server in a thread and set the URL in its state."""
    handler = type("BoundHandler", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    try:
        state.url = f"http://127.0.0.1:{server.server_port}"
        yield
    finally:
        server.shutdown()
        server.server_close()
