"""A server on this machine that gives a file well, or in one of the ways that servers fail."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALL_S = 8.0
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
class Files:
    """What the server gives, and what it was asked for.

    Parameters
    ----------
    content
        RequestLimits by path.
    ranges
        Whether it sends parts.
    cut_after
        Bytes of a body after which it hangs up, once for each number.
    etag
        Its name for this version of a file.
    """

    content: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)
    etag: str = '"one"'
    sent: list[int] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answer by the first part of the path: ``/file/...`` well, ``/404/...`` and so on badly."""

    files: Files
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
            self.give(self.files.content[self.path])

    def give(self, body: bytes) -> None:
        files = self.files
        asked = self.headers.get("Range")
        files.asked.append(asked)
        start = 0
        current = self.headers.get("If-Range") in (None, files.etag)
        if files.ranges and asked and current:
            found = re.fullmatch(r"bytes=(\d+)-", asked)
            assert found is not None
            start = int(found[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if files.ranges:
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", files.etag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = start + files.cut_after.pop(0) if files.cut_after else len(body)
        self.wfile.write(body[start:end])
        files.sent.append(len(body[start:end]))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(files: Files) -> Iterator[str]:
    """Run the server in a thread; yield its address."""
    handler = type("Bound", (Handler,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    try:
        files.url = f"http://127.0.0.1:{server.server_port}"
        yield files.url
    finally:
        server.shutdown()
        server.server_close()
