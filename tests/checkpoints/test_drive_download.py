"""Downloads from Google Drive, simulated by a local proxy with a certificate for its hosts."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from d2m.checkpoints.catalog import WEIGHT_FILES, Source
from d2m.checkpoints.fetch import fetch
from d2m.checkpoints.installed import verify_installed
from d2m.checkpoints.transfer_spec import RetryPolicy
from d2m.core.errors import CheckpointError
from tests.checkpoints.faulty_server import DRIVE_QUOTA_PAGE, DRIVE_VIRUS_PAGE, Handler, ServerState

HOSTS = ("drive.google.com", "drive.usercontent.google.com", "docs.google.com")
KEY = "vqvae-jukebox"
SOURCES = {KEY: Source(url="https://drive.google.com/uc?id=x", drive_id="x")}
FORM = (
    b'<form id="download-form" action="https://drive.usercontent.google.com/download" '
    b'method="get"><input type="hidden" name="id" value="x">'
    b'<input type="hidden" name="confirm" value="t"></form>'
)
QUICK = RetryPolicy(timeout_s=2.0, attempts=1, pause_s=0.01)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


class Drive(Handler):
    """The server behind the proxy: it sends a page first if there is one, else the file."""

    pages: list[bytes]

    def do_GET(self) -> None:  # noqa: N802
        if self.path.startswith("/uc") and self.pages:
            page = self.pages[0]
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
        else:
            self.send_body(self.state.content["/file"])

    def send_response(self, code: int, message: str | None = None) -> None:
        super().send_response(code, message)
        if not self.path.startswith("/uc") or not self.pages:
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Disposition", 'attachment; filename="vqvae.pth.tar"')


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=drive -keyout key.pem"
    command += f" -out cert.pem -addext subjectAltName={names}"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def drive(certificate, monkeypatch) -> Iterator[tuple[ServerState, list[bytes]]]:
    state, pages = ServerState(), []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    handler = type("BoundDrive", (Drive,), {"state": state, "pages": pages})

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            assert self.path.partition(":")[0] in HOSTS
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with context.wrap_socket(self.connection, server_side=True) as tunnel:
                handler(tunnel, self.client_address, self.server)
                tunnel.settimeout(1.0)
                with suppress(OSError):
                    tunnel.unwrap()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    yield state, pages
    server.shutdown()
    server.server_close()


def refusal(folder: Path, retry_policy: RetryPolicy = QUICK) -> str:
    with pytest.raises(CheckpointError) as error:
        fetch(KEY, folder=folder, retry_policy=retry_policy, sources=SOURCES)
    message = str(error.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message
    assert str(folder) not in message
    return message


def test_a_file_without_a_confirmation_page(drive, published, tmp_path, leftovers):
    drive[0].content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    shares = []
    (new,) = fetch(
        KEY,
        folder=tmp_path,
        retry_policy=QUICK,
        sources=SOURCES,
        progress=lambda _, share: shares.append(share),
    )
    assert new.key == KEY
    assert shares[-1] == 1.0
    verify_installed(KEY, tmp_path)
    assert leftovers(tmp_path) == []


def test_the_virus_warning_is_confirmed(drive, published, tmp_path):
    server, pages = drive
    server.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    pages.append(DRIVE_VIRUS_PAGE + FORM)
    (new,) = fetch(KEY, folder=tmp_path, retry_policy=QUICK, sources=SOURCES)
    assert new.key == KEY


@pytest.mark.parametrize(
    "page", [DRIVE_QUOTA_PAGE, b"<html>Sign in</html>"], ids=["quota", "login"]
)
def test_pages_instead_of_the_file(page, drive, tmp_path, leftovers):
    drive[1].append(page)
    message = refusal(tmp_path)
    assert "Google Drive refuses to serve vqvae.pth.tar (download quota exceeded" in message
    assert SOURCES[KEY].url in message
    assert leftovers(tmp_path) == []


def test_an_interrupted_transfer_is_resumed_by_the_next_command(
    drive, published, tmp_path, leftovers
):
    server, _ = drive
    server.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    server.cut_after = [2_000_000]
    assert refusal(tmp_path) == (
        "The download of vqvae.pth.tar from Google Drive was interrupted: run the command again."
    )
    assert len(leftovers(tmp_path)) == 1
    fetch(KEY, folder=tmp_path, retry_policy=QUICK, sources=SOURCES)
    assert any(str(header).startswith("bytes=") for header in server.range_headers)
    verify_installed(KEY, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_partial_file_that_drive_does_not_resume(drive, published, tmp_path, leftovers):
    server, _ = drive
    server.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    server.cut_after = [2_000_000]
    refusal(tmp_path)
    server.supports_ranges = False
    fetch(KEY, folder=tmp_path, retry_policy=QUICK, sources=SOURCES)
    verify_installed(KEY, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_file_that_is_too_large(drive, tmp_path, leftovers, monkeypatch):
    monkeypatch.setitem(WEIGHT_FILES, KEY, replace(WEIGHT_FILES[KEY], max_bytes=3_000_000))
    drive[0].content["/file"] = bytes(4_000_000)
    assert "Google Drive sends more than 3 MB for vqvae.pth.tar" in refusal(tmp_path)
    assert leftovers(tmp_path) == []


@pytest.fixture
def unreachable_proxy(monkeypatch) -> None:
    """Set the proxy to a port that no server listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")


@pytest.mark.usefixtures("drive", "unreachable_proxy")
def test_drive_is_unreachable(tmp_path, leftovers):
    message = refusal(tmp_path)
    assert message.startswith("Google Drive can't be reached: check the network, or download")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("failing", ["proxy", "drive"])
def test_a_partial_file_survives_a_network_failure(
    failing, drive, published, tmp_path, leftovers, request
):
    server, _ = drive
    server.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    server.cut_after = [2_000_000]
    refusal(tmp_path)
    part = leftovers(tmp_path)
    if failing == "proxy":
        request.getfixturevalue("unreachable_proxy")
    else:
        server.cut_after = [0] * 10
    assert "was interrupted" in refusal(tmp_path, replace(QUICK, attempts=2))
    assert leftovers(tmp_path) == part != []
