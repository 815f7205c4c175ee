"""The served app: which requests it answers, and that no answer reveals anything internal."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from d2m.core.setting_fields import setting_fields
from d2m.core.settings import Settings
from d2m.web.route_allowlist import HEADERS
from tests.browser.takes import shown_video
from tests.conftest import ROOT
from tests.web.multipart import CONTENT_TYPE, upload_body
from tools.visitor import RunningApp, Visitor, form_values, run_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SECRETS = {
    "D2M_WORD": "quite-a-secret-word",
    "HF_TOKEN": "hf_not_a_real_token",
    "HOME": "/nowhere/home-of-the-server",
}
"""Environment variables of the server that no answer may contain."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("requests") / "served"
    quotas = "stall_s=2.0, uploads=10_000, upload_bytes=10**12, calls=10_000"
    with run_app(folder, f"quotas=RequestQuotas({quotas})", **SECRETS) as app:
        yield app
    assert not list(folder.glob("d2m-*"))


def assert_files_are_removed(app: RunningApp, seconds: float = 10.0) -> None:
    """Wait for the files of visitors to be removed."""
    deadline = time.monotonic() + seconds
    while app.files() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.files() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "gradio_api/process_recording"),
        ("GET", "gradio_api/deep_link?session_hash=x"),
        ("GET", "gradio_api/proxy=https://example.org/"),
        ("GET", "gradio_api/dev/reload"),
        ("GET", "gradio_api/run-history/buckets"),
        ("POST", "gradio_api/component_server"),
        ("POST", "gradio_api/run/generate"),
        ("POST", "gradio_api/api/predict"),
        ("GET", "gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "gradio_api/file=https://example.org/a.mp4"),
        ("GET", "gradio_api/file=//example.org/a.mp4"),
        ("GET", "gradio_api/file/etc/passwd"),
        ("GET", "gradio_api/mcp/sse"),
        ("POST", "gradio_api/mcp/messages/"),
        ("OPTIONS", "gradio_api/mcp"),
        ("POST", "login"),
        ("GET", "monitoring"),
        ("GET", "openapi.json"),
        ("GET", "docs"),
        ("GET", "%2e%2e/app.py"),
        ("PUT", "gradio_api/upload"),
        ("DELETE", ""),
    ],
)
def test_closed_routes_answer_404(app: RunningApp, method: str, path: str) -> None:
    response = httpx.request(method, app.url + path)
    assert (response.status_code, response.text) == (404, "There is nothing here.")


def test_every_response_has_the_security_headers(app: RunningApp) -> None:
    for path in ("", "config", "gradio_api/upload", "nowhere", "assets/none.js"):
        response = httpx.get(app.url + path)
        for name, value in HEADERS:
            assert response.headers.get_list(name.decode()) == [value.decode()], path
    assert "x-content-type-options" in httpx.post(app.url + "gradio_api/upload").headers
    assert "unsafe" not in HEADERS[-1][1].decode().split("frame-ancestors")[1]


def test_jobs_can_not_bypass_the_queue(app: RunningApp) -> None:
    config = httpx.get(f"{app.url}config").json()
    (generate,) = (d["id"] for d in config["dependencies"] if d["api_name"] == "generate")
    body = {"data": [None, "high"], "fn_index": generate, "session_hash": "x"}
    assert httpx.post(f"{app.url}gradio_api/run/predict", json=body).status_code == 404


def test_files_on_other_servers_are_not_fetched(app: RunningApp) -> None:
    clip = {"path": "http://127.0.0.1:9/a.mp4", "meta": {"_type": "gradio.FileData"}}
    response = httpx.post(f"{app.url}gradio_api/call/generate", json={"data": [clip, "high"]})
    assert (response.status_code, response.text[:16]) == (400, "Upload the file:")


def start_post(
    app: RunningApp, body: bytes, length: int, path: str = "upload", kind: str = CONTENT_TYPE
) -> socket.socket:
    """Send the first part of a request whose header declares a length (bytes)."""
    address = urlsplit(app.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=8)
    head = (
        f"POST /gradio_api/{path} HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n"
        f"Content-Type: {kind}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def test_the_files_of_aborted_uploads_are_removed(app: RunningApp) -> None:
    whole = upload_body(("files", bytes(200_000)))
    connections = [
        start_post(app, whole[: 1 + n * len(whole) // 50], len(whole)) for n in range(50)
    ]
    deadline = time.monotonic() + 1.5
    while len(app.files()) < 45 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(app.files()) >= 45
    for connection in connections:
        connection.close()
    assert_files_are_removed(app)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (upload_body(("files", b"x" * 1000), end=b""), 0),
        (upload_body(("files", b"x" * 1000))[:-20], 0),
        (upload_body(("files", b"x"), ("files", b"y"))[:-90], 0),
        (upload_body(("files", b"x" * 1000))[:-20], 1000),
    ],
    ids=["no end", "cut", "second cut", "stalled"],
)
def test_the_files_of_a_form_without_an_end_are_removed(
    app: RunningApp, body: bytes, missing: int
) -> None:
    start = time.monotonic()
    with start_post(app, body, len(body) + missing) as connection:
        assert b" 400 " in connection.recv(1000)
    assert time.monotonic() - start < 6
    assert_files_are_removed(app)


def test_a_complete_upload_is_kept(app: RunningApp, short_clip: Path) -> None:
    path = Path(Visitor(app.url).upload(short_clip)["path"])
    assert path.read_bytes() == short_clip.read_bytes()
    path.unlink()
    assert_files_are_removed(app)


def tool_call(name: str, **arguments: Any) -> bytes:
    """Return the body of a call of a tool."""
    call = {"name": name, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode()


REQUESTS: tuple[tuple[str, str, bytes | None], ...] = (
    ("GET", "", None),
    ("GET", "config", None),
    ("GET", "gradio_api/info", None),
    ("GET", "gradio_api/openapi.json", None),
    ("GET", "nowhere", None),
    ("GET", "assets/../../../app.py", None),
    ("GET", "assets/%2e%2e/%2e%2e/app.py", None),
    ("GET", "static/none", None),
    ("GET", "gradio_api/file=none", None),
    ("GET", "gradio_api/file=../../etc/passwd", None),
    ("GET", "gradio_api/file=app.py", None),
    ("GET", "gradio_api/file=.git/config", None),
    ("GET", "gradio_api/file=%00", None),
    ("GET", "gradio_api/upload_progress?upload_id=x", None),
    ("GET", "gradio_api/queue/data?session_hash=none", None),
    ("GET", "gradio_api/call/generate/none", None),
    ("POST", "gradio_api/cancel", b"{}"),
    ("POST", "gradio_api/reset", b"[]"),
    ("POST", "gradio_api/upload", b"no form"),
    ("POST", "gradio_api/queue/join", b"{"),
    ("POST", "gradio_api/queue/join", b'{"data": 3}'),
    ("POST", "gradio_api/queue/join", b'{"data": [], "fn_index": 999}'),
    ("POST", "gradio_api/queue/join", b'{"data": [], "fn_index": "a"}'),
    ("POST", "gradio_api/queue/join", b"[" * 100_000),
    ("POST", "gradio_api/run/predict", b'{"data": [], "fn_index": 0}'),
    ("POST", "gradio_api/run/predict", b'{"data": [{}], "fn_index": 4, "session_hash": "a"}'),
    ("POST", "gradio_api/run/predict", b'{"data": [[]], "fn_index": 6}'),
    ("POST", "gradio_api/run/predict", b'{"data": null, "fn_index": -1}'),
    ("POST", "gradio_api/call/none", b'{"data": []}'),
    ("POST", "gradio_api/call/load_example", b'{"data": [0]}'),
    ("GET", "gradio_api/mcp", None),
    ("POST", "gradio_api/mcp", b"{"),
    ("POST", "gradio_api/mcp", b'{"jsonrpc": "2.0", "id": 1, "method": "none"}'),
    ("POST", "gradio_api/mcp", tool_call("none")),
    ("POST", "gradio_api/mcp", tool_call("generate_music_for_dance", clip="/etc/passwd")),
    ("POST", "gradio_api/mcp", tool_call("generate_music_for_dance", clip=[1], energy={})),
    ("POST", "gradio_api/mcp", tool_call("generate_dance_for_music", song="app.py")),
)
"""Method, path and body of unusual requests."""


def responses_to_requests(app: RunningApp) -> Iterator[tuple[str, str]]:
    """Yield each unusual request with the response to it."""
    for method, path, body in REQUESTS:
        headers = {"accept": "application/json, text/event-stream"}
        headers |= {"content-type": "application/json"} if body else {}
        request, text = f"{method} {path} {(body or b'')[:50]!r}", ""
        # A connection that broke off can't be used again.
        with (
            httpx.Client(base_url=app.url, timeout=60) as client,
            client.stream(method, path, content=body, headers=headers) as response,
        ):
            # The stream of an event that does not exist breaks off.
            with contextlib.suppress(httpx.RemoteProtocolError):
                for piece in response.iter_text():
                    text += piece
            yield request, text + str(response.headers)


def responses_to_calls(app: RunningApp, text_clip: Path) -> Iterator[tuple[str, str]]:
    """Yield calls of the endpoint with wrong values, with the responses to them."""
    http = httpx.Client(base_url=app.url, timeout=60)
    with text_clip.open("rb") as file:
        (path,) = http.post("gradio_api/upload", files={"files": ("letter.mp4", file)}).json()

    def named(path: str) -> dict[str, Any]:
        return {"path": path, "meta": {"_type": "gradio.FileData"}}

    form, text = form_values(), named(path)
    for data in (
        [named("/etc/passwd"), "high", *form],
        [named(str(ROOT / "app.py")), "high", *form],
        [text, "high", *form],
        [text, "highest", *form],
        [text, "high", "polka", *form[1:]],
        [text, "high", "auto", "many", *form[2:]],
        [text, ["high"], {"a": 1}, *form[1:]],
        [3, "high", *form],
        [],
        [None] * 15,
    ):
        response = http.post("gradio_api/call/generate", json={"data": data})
        yield f"call {data}", response.text
        if response.status_code == 200:
            event = response.json()["event_id"]
            yield f"events of {data}", http.get(f"gradio_api/call/generate/{event}").text


def test_no_response_reveals_anything_internal(
    app: RunningApp, short_clip: Path, text_clip: Path
) -> None:
    responses = [*responses_to_requests(app), *responses_to_calls(app, text_clip)]
    visitor = Visitor(app.url)
    events = [*visitor.generate(visitor.upload(short_clip))]
    responses += [("the page's job", event.text) for event in events]
    assert len(responses) > 60
    assert any(event.done for event in events)
    internal = [*SECRETS.values(), str(ROOT), "Traceback", 'File \\"', "site-packages", "root:x:"]
    internal += ["d2m-job-", "d2m-worker-", "d2m-cache-", "Permission denied", "[Errno"]
    internal += [value for value in os.environ.values() if len(value) > 20]
    for request, text in responses:
        for part in internal:
            assert part not in text, f"{request} reveals {part}"
    assert "Traceback" in app.log  # so there was something to reveal


def help_of(name: str) -> str:
    """Return what the settings say about one of them."""
    return next(field.help for field in setting_fields(Settings) if field.name == name)


@pytest.mark.browser
def test_the_page_works_without_the_closed_routes(
    browser: Browser, app: RunningApp, short_clip: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on(
        "console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "response",
        lambda r: problems.append(f"{r.status} {r.url}") if r.status >= 400 else None,
    )
    page.goto(app.url)
    page.get_by_role("button", name="Random").click()
    page.locator("#clip input[type=file]").set_input_files(str(short_clip))
    page.locator("#clip video").wait_for()
    page.get_by_role("button", name="Generate", exact=True).click()
    page.locator("#status .title").get_by_text("Done").wait_for(timeout=120_000)
    video = shown_video(page)
    page.wait_for_function("v => v.videoWidth > 0", arg=video.element_handle())
    of_gradio = {"Method not implemented."}
    assert "\n".join(text for text in problems if text not in of_gradio) == ""
    page.get_by_role("button", name="Use via API").click()
    page.get_by_text("Python", exact=True).click()
    page.get_by_text("Make music for a dance clip.").first.wait_for()
    page.get_by_text(help_of("energy")).first.wait_for(state="attached")
    page.get_by_text("MCP", exact=True).click()
    page.get_by_text(f"{app.url}gradio_api/mcp/").first.wait_for()
    page.get_by_text("generate_music_for_dance").first.wait_for()
    context.close()


def test_a_request_that_stalls_is_ended(app: RunningApp) -> None:
    with start_post(app, b"{", 100, "queue/join", "application/json") as connection:
        assert b" 408 " in connection.recv(100)


def test_a_job_that_fails_sends_its_reason(app: RunningApp, text_clip: Path) -> None:
    visitor = Visitor(app.url)
    *_, failed = (one for one in visitor.generate(visitor.upload(text_clip)) if one.failed)
    assert "is not a video" in failed.status["detail"]
