"""Google Drive's ways, played by a proxy on this machine that claims to be Drive."""

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
from tests.checkpoints.misbehaving import DRIVE_QUOTA_PAGE, DRIVE_VIRUS_PAGE, Files, Handler

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
    """What stands behind the proxy: the page that asks, then the file."""

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
            self.give(self.files.content["/file"])

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
def drive(certificate, monkeypatch) -> Iterator[tuple[Files, list[bytes]]]:
    files, pages = Files(), []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    handler = type("Bound", (Drive,), {"files": files, "pages": pages})

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            assert self.path.partition(":")[0] in HOSTS
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with context.wrap_socket(self.connection, server_side=True) as inside:
                handler(inside, self.client_address, self.server)
                inside.settimeout(1.0)
                with suppress(OSError):
                    inside.unwrap()

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
    yield files, pages
    server.shutdown()
    server.server_close()


def refusal(folder: Path, retry_policy: RetryPolicy = QUICK) -> str:
    with pytest.raises(CheckpointError) as error:
        fetch(KEY, folder=folder, retry_policy=retry_policy, sources=SOURCES)
    told = str(error.value)
    assert told.endswith(".")
    assert "\n" not in told
    assert ". " not in told
    assert str(folder) not in told
    return told


def test_a_file_that_drive_gives_at_once(drive, published, tmp_path, leftovers):
    drive[0].content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    seen = []
    (new,) = fetch(
        KEY,
        folder=tmp_path,
        retry_policy=QUICK,
        sources=SOURCES,
        progress=lambda _, s: seen.append(s),
    )
    assert new.key == KEY
    assert seen[-1] == 1.0
    verify_installed(KEY, tmp_path)
    assert leftovers(tmp_path) == []


def test_the_virus_page_is_confirmed(drive, published, tmp_path):
    files, pages = drive
    files.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    pages.append(DRIVE_VIRUS_PAGE + FORM)
    (new,) = fetch(KEY, folder=tmp_path, retry_policy=QUICK, sources=SOURCES)
    assert new.key == KEY


@pytest.mark.parametrize(
    "page", [DRIVE_QUOTA_PAGE, b"<html>Sign in</html>"], ids=["quota", "login"]
)
def test_pages_in_place_of_the_file(page, drive, tmp_path, leftovers):
    drive[1].append(page)
    told = refusal(tmp_path)
    assert "Google Drive doesn't give vqvae.pth.tar to everybody at the moment" in told
    assert SOURCES[KEY].url in told
    assert leftovers(tmp_path) == []


def test_a_broken_transfer_goes_on_in_the_next_command(drive, published, tmp_path, leftovers):
    files, _ = drive
    files.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    files.cut_after = [2_000_000]
    assert refusal(tmp_path) == (
        "The download of vqvae.pth.tar from Google Drive broke off: run the command again."
    )
    assert len(leftovers(tmp_path)) == 1
    fetch(KEY, folder=tmp_path, retry_policy=QUICK, sources=SOURCES)
    assert any(str(asked).startswith("bytes=") for asked in files.asked)
    verify_installed(KEY, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_part_that_drive_will_not_go_on_from(drive, published, tmp_path, leftovers):
    files, _ = drive
    files.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    files.cut_after = [2_000_000]
    refusal(tmp_path)
    files.ranges = False
    fetch(KEY, folder=tmp_path, retry_policy=QUICK, sources=SOURCES)
    verify_installed(KEY, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_file_that_is_too_large(drive, tmp_path, leftovers, monkeypatch):
    monkeypatch.setitem(WEIGHT_FILES, KEY, replace(WEIGHT_FILES[KEY], max_bytes=3_000_000))
    drive[0].content["/file"] = bytes(4_000_000)
    assert "What Google Drive sends for vqvae.pth.tar has more than 3 MB" in refusal(tmp_path)
    assert leftovers(tmp_path) == []


@pytest.fixture
def nobody(monkeypatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")


@pytest.mark.usefixtures("drive", "nobody")
def test_drive_is_away(tmp_path, leftovers):
    told = refusal(tmp_path)
    assert told.startswith("Google Drive can't be reached: check the network, or download")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("away", ["proxy", "drive"])
def test_a_part_outlives_a_bad_time_of_the_network(
    away, drive, published, tmp_path, leftovers, request
):
    files, _ = drive
    files.content["/file"] = (published / "vqvae.pth.tar").read_bytes()
    files.cut_after = [2_000_000]
    refusal(tmp_path)
    part = leftovers(tmp_path)
    if away == "proxy":
        request.getfixturevalue("nobody")
    else:
        files.cut_after = [0] * 10
    assert "broke off" in refusal(tmp_path, replace(QUICK, attempts=2))
    assert leftovers(tmp_path) == part != []
