"""What strangers can reach, send and learn."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from d2m.web.rate_limits import RequestLimits, RequestQuotas, names_other_servers, visitor_id
from d2m.web.route_allowlist import HEADERS, RouteAllowlist, is_allowed
from d2m.web.server_folder import ServerFolder
from tests.conftest import ROOT
from tools.visitor import Serving, Visitor, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CANARIES = {
    "D2M_WORD": "quite-a-secret-word",
    "HF_TOKEN": "hf_not_a_real_token",
    "HOME": "/nowhere/home-of-the-server",
}
GENEROUS = "uploads=10_000, upload_bytes=10**12, calls=10_000"
OPEN_ROUTES = {
    *("/", "/assets/{path:path}", "/static/{path:path}", "/svelte/{path:path}"),
    *("/config", "/config/", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json"),
    *("/pwa_icon", "/gradio_api/info", "/gradio_api/info/", "/gradio_api/openapi.json"),
    *("/gradio_api/app_id", "/gradio_api/app_id/", "/gradio_api/theme.css"),
    *("/gradio_api/startup-events", "/gradio_api/upload", "/gradio_api/upload_progress"),
    *("/gradio_api/file={path_or_url:path}", "/gradio_api/queue/join", "/gradio_api/queue/data"),
    *("/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/reset/"),
    *("/gradio_api/call/{api_name}", "/gradio_api/call/{api_name}/"),
    *("/gradio_api/call/v2/{api_name}", "/gradio_api/call/v2/{api_name}/"),
    *("/gradio_api/call/{api_name}/{event_id}", "/gradio_api/call/v2/{api_name}/{event_id}"),
    "/gradio_api/heartbeat/{session_hash}",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("doors") / "served"
    limits = f"quotas=RequestQuotas(stall_s=2.0, {GENEROUS})"
    with serving(folder, limits, **CANARIES) as app:
        yield app
    assert not list(folder.glob("d2m-*"))


def await_no_files(app: Serving, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while app.files() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.files() == []


def test_of_gradios_routes_only_those_that_the_page_needs_are_open() -> None:
    import gradio as gr

    gradio = gr.routes.App.create_app(gr.Blocks(analytics_enabled=False))
    routes = []
    for route in gradio.routes:
        router = getattr(route, "original_router", None)
        routes += router.routes if router else [route]
    found = set()
    for route in routes:
        path = re.sub(r"=?\{[^}]+\}", lambda m: "=x" if m[0][0] == "=" else "x", route.path)
        if any(is_allowed(method, path) for method in getattr(route, "methods", None) or ()):
            found.add(route.path)
    assert found == OPEN_ROUTES
    assert len(routes) > len(found) + 25


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
        ("POST", "login"),
        ("GET", "monitoring"),
        ("GET", "openapi.json"),
        ("GET", "docs"),
        ("GET", "%2e%2e/app.py"),
        ("PUT", "gradio_api/upload"),
        ("DELETE", ""),
    ],
)
def test_closed_doors(app: Serving, method: str, path: str) -> None:
    answer = httpx.request(method, app.url + path)
    assert (answer.status_code, answer.text) == (404, "There is nothing here.")


def test_every_answer_is_labelled(app: Serving) -> None:
    for path in ("", "config", "gradio_api/upload", "nowhere", "assets/none.js"):
        answer = httpx.get(app.url + path)
        for name, value in HEADERS:
            assert answer.headers.get_list(name.decode()) == [value.decode()], path
    assert "x-content-type-options" in httpx.post(app.url + "gradio_api/upload").headers
    assert "unsafe" not in HEADERS[-1][1].decode().split("frame-ancestors")[1]


def test_nobody_skips_the_queue(app: Serving) -> None:
    config = httpx.get(f"{app.url}config").json()
    (generate,) = (d["id"] for d in config["dependencies"] if d["api_name"] == "generate")
    body = {"data": [None, "high"], "fn_index": generate, "session_hash": "x"}
    assert httpx.post(f"{app.url}gradio_api/run/predict", json=body).status_code == 404


def test_files_on_other_servers_are_not_fetched(app: Serving) -> None:
    clip = {"path": "http://127.0.0.1:9/a.mp4", "meta": {"_type": "gradio.FileData"}}
    answer = httpx.post(f"{app.url}gradio_api/call/generate", json={"data": [clip, "high"]})
    assert (answer.status_code, answer.text[:16]) == (400, "Upload the clip:")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data": [[{"video": {"path": " HTTPS://a"}}]]}', True),
        (b'{"data": [{"path": "/tmp/a", "url": "http://mine/file=/tmp/a"}, "http://a"]}', False),
        (b'{"data": ', False),
        (b"[" * 200_000, False),
        (b'"text"', False),
    ],
)
def test_what_names_other_servers(body: bytes, expected: bool) -> None:
    assert names_other_servers(body) is expected


def form(*fields: tuple[str, bytes], end: bytes = b"--") -> bytes:
    parts = [
        b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="a.mp4"\r\n\r\n%s\r\n'
        % (name.encode(), content)
        for name, content in fields
    ]
    return b"".join(parts) + b"--edge" + end + b"\r\n"


def sent(app: Serving, body: bytes, length: int) -> socket.socket:
    """Send the first part of an upload that claims a length (bytes)."""
    address = urlsplit(app.url)
    line = socket.create_connection((address.hostname, address.port), timeout=8)
    line.sendall(
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n"
        b"Content-Type: multipart/form-data; boundary=edge\r\n\r\n%s" % (length, body)
    )
    return line


def test_fifty_aborted_uploads_leave_nothing(app: Serving) -> None:
    whole = form(("files", bytes(200_000)))
    lines = [sent(app, whole[: 1 + n * len(whole) // 50], len(whole)) for n in range(50)]
    deadline = time.monotonic() + 1.5
    while len(app.files()) < 45 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(app.files()) >= 45
    for line in lines:
        line.close()
    await_no_files(app)


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (form(("files", b"x" * 1000), end=b""), 0),
        (form(("files", b"x" * 1000))[:-20], 0),
        (form(("files", b"x"), ("files", b"y"))[:-90], 0),
        (form(("files", b"x" * 1000))[:-20], 1000),
    ],
    ids=["no end", "cut", "second cut", "stalled"],
)
def test_a_form_without_an_end_leaves_nothing(app: Serving, body: bytes, more: int) -> None:
    start = time.monotonic()
    with sent(app, body, len(body) + more) as line:
        assert b" 400 " in line.recv(1000)
    assert time.monotonic() - start < 6
    await_no_files(app)


def test_a_whole_upload_stays(app: Serving, short_clip: Path) -> None:
    path = Path(Visitor(app.url).upload(short_clip)["path"])
    assert path.read_bytes() == short_clip.read_bytes()
    path.unlink()
    await_no_files(app)


async def accept(_: Any, receive: Any, send: Any) -> None:
    """Read everything, as an application behind the doors does."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


@pytest.fixture
def bounded(tmp_path: Path) -> Iterator[Callable[..., httpx.AsyncClient]]:
    with ServerFolder(keep_s=60, parent=tmp_path) as folder:

        def client(**limits: Any) -> httpx.AsyncClient:
            inside = RequestLimits(accept, folder=folder, limits=RequestQuotas(**limits))
            return httpx.AsyncClient(
                transport=httpx.ASGITransport(RouteAllowlist(inside)),
                base_url="http://here/gradio_api/",
            )

        (folder.uploads / "old").write_bytes(bytes(1000))
        yield client


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Do asynchronous work in a thread, because a browser may run a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def statuses(client: httpx.AsyncClient, path: str, *bodies: bytes) -> list[int]:
    kind = {"content-type": "multipart/form-data; boundary=edge"}

    async def all_of_them() -> list[int]:
        async with client:
            return [
                (await client.post(path, content=body, headers=kind)).status_code for body in bodies
            ]

    return in_a_loop(all_of_them())


@pytest.mark.parametrize(
    ("limits", "path", "bodies", "expected"),
    [
        ({}, "upload", [form(("files", b"x"))], [200]),
        ({"uploads": 2}, "upload", [form(("files", b"x"))] * 3, [200, 200, 429]),
        ({"upload_bytes": 1000}, "upload", [form(("files", bytes(600)))] * 2, [200, 429]),
        ({"file_bytes": 1000}, "upload", [bytes(100_000), bytes(60_000)], [413, 200]),
        ({"folder_bytes": 5000}, "upload", [bytes(3000), bytes(4500)], [200, 507]),
        ({"folder_files": 0}, "upload", [b"x"], [507]),
        ({"free_bytes": 10**15}, "upload", [b"x"], [507]),
        ({"call_bytes": 100}, "queue/join", [bytes(50), bytes(101)], [200, 413]),
        ({"calls": 2}, "queue/join", [b"{}"] * 3, [200, 200, 429]),
        ({"open": 0}, "queue/join", [b"{}"], [503]),
        ({"open_by_one": 0}, "queue/join", [b"{}"], [429]),
    ],
)
def test_bounds(
    bounded: Callable[..., httpx.AsyncClient],
    limits: dict[str, int],
    path: str,
    bodies: list[bytes],
    expected: list[int],
) -> None:
    assert statuses(bounded(**limits), path, *bodies) == expected


def test_an_endless_body_is_cut(bounded: Callable[..., httpx.AsyncClient]) -> None:
    async def endless() -> Any:
        for _ in range(1000):
            yield bytes(1000)

    async def ask() -> tuple[int, int]:
        async with bounded(file_bytes=1000, call_bytes=1000) as client:
            kind = {"content-type": "multipart/form-data; boundary=edge"}
            upload = await client.post("upload", content=endless(), headers=kind)
            call = await client.post("queue/join", content=endless())
            return int(upload.text), call.status_code

    size, status = in_a_loop(ask())
    assert size < 70_000
    assert status == 413


def test_households_of_ipv6_are_one_visitor() -> None:
    def who(host: str) -> str:
        return visitor_id({"client": (host, 1)})

    assert who("2001:db8::1") == who("2001:db8::2:3") != who("2001:db8:0:1::1")
    assert who("192.0.2.1") != who("192.0.2.2")
    assert visitor_id({"client": None}) == "unknown"


class TestFolder:
    def test_goes_with_its_server_and_spares_others(self, tmp_path: Path) -> None:
        dead = tmp_path / "d2m-server-dead"
        (dead / "uploads" / "a").mkdir(parents=True)
        with ServerFolder(keep_s=60, parent=tmp_path) as first:
            assert not dead.exists()
            with ServerFolder(keep_s=60, parent=tmp_path) as second:
                assert first.path.exists()
                assert second.path != first.path
            assert {*tmp_path.iterdir()} == {first.path}
        assert not list(tmp_path.iterdir())

    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        mine = tmp_path / "mine"
        mine.mkdir()
        (tmp_path / "d2m-server-link").symlink_to(mine)
        with ServerFolder(keep_s=60, parent=tmp_path):
            assert mine.exists()

    def test_old_clips_go_and_examples_stay(self, tmp_path: Path) -> None:
        with ServerFolder(keep_s=0.3, parent=tmp_path) as folder:
            (folder.uploads / "example").mkdir()
            (folder.uploads / "example" / "dance.mp4").touch()
            folder.settle()
            (folder.uploads / "clip").mkdir()
            (folder.uploads / "clip" / "dance.mp4").touch()
            (folder.uploads / "tmp1").touch()
            folder.tidy()
            assert folder.usage().files == 5
            folder.keep_tidy(0.05)
            deadline = time.monotonic() + 10
            while folder.usage().files > 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert [p.name for p in folder.uploads.rglob("*")] == ["example", "dance.mp4"]


def everything_said(app: Serving, clip: Path, letter: Path) -> Iterator[tuple[str, str]]:
    """Yield where and what the app answers to a visitor who tries everything."""
    http = httpx.Client(base_url=app.url, timeout=60)
    bad = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    own = {**bad, "path": str(ROOT / "app.py")}
    for method, path, body in (
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
    ):
        kind = {"content-type": "application/json"} if body else {}
        where, text = f"{method} {path} {(body or b'')[:50]!r}", ""
        # A connection that broke off is not to be used again.
        with (
            httpx.Client(base_url=app.url, timeout=60) as alone,
            alone.stream(method, path, content=body, headers=kind) as answer,
        ):
            with contextlib.suppress(httpx.RemoteProtocolError):  # news of nothing break off
                for piece in answer.iter_text():
                    text += piece
            yield where, text + str(answer.headers)
    with letter.open("rb") as file:
        letters = http.post("gradio_api/upload", files={"files": ("letter.mp4", file)}).json()
    form = ["auto", 0, 0, 0, 0, 0, "", 1, 0, True, True, False, "compact"]
    for data in (
        [bad, "high", *form],
        [own, "high", *form],
        [{**bad, "path": letters[0]}, "high", *form],
        [{**bad, "path": letters[0]}, "highest", *form],
        [{**bad, "path": letters[0]}, "high", "polka", *form[1:]],
        [{**bad, "path": letters[0]}, "high", "auto", "many", *form[2:]],
        [{**bad, "path": letters[0]}, ["high"], {"a": 1}, *form[1:]],
        [3, "high", *form],
        [],
        [None] * 15,
    ):
        answer = http.post("gradio_api/call/generate", json={"data": data})
        yield f"call {data}", answer.text
        if answer.status_code == 200:
            event = answer.json()["event_id"]
            yield f"news of {data}", http.get(f"gradio_api/call/generate/{event}").text
    visitor = Visitor(app.url)
    for news in visitor.generate(visitor.upload(clip)):
        yield "the page's job", news.text


def test_no_answer_tells_of_the_inside(app: Serving, short_clip: Path, text_clip: Path) -> None:
    said = [*everything_said(app, short_clip, text_clip)]
    assert len(said) > 60
    assert any('"title\\">Done' in text for _, text in said)
    inside = [*CANARIES.values(), str(ROOT), "Traceback", 'File \\"', "site-packages", "root:x:"]
    inside += ["d2m-job-", "d2m-worker-", "d2m-cache-", "Permission denied", "[Errno"]
    inside += [value for value in os.environ.values() if len(value) > 20]
    for where, text in said:
        for word in inside:
            assert word not in text, f"{where} tells {word}"
    assert "Traceback" in app.log  # it was there to be told


@pytest.mark.browser
def test_the_page_works_behind_its_doors(
    browser: Browser,
    app: Serving,
    short_clip: Path,
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "response",
        lambda r: trouble.append(f"{r.status} {r.url}") if r.status >= 400 else None,
    )
    page.goto(app.url)
    page.get_by_role("button", name="Random").click()
    page.locator("#clip input[type=file]").set_input_files(str(short_clip))
    page.locator("#clip video").wait_for()
    page.get_by_role("button", name="Generate", exact=True).click()
    page.locator("#status .title").get_by_text("Done").wait_for(timeout=120_000)
    movie = page.locator(".card video").first
    movie.wait_for()
    page.wait_for_function("v => v.videoWidth > 0", arg=movie.element_handle())
    assert page.locator(".plot.on-light img").first.evaluate("i => i.naturalWidth") > 500
    context.close()
    gradios_own = {"Method not implemented."}
    assert "\n".join(text for text in trouble if text not in gradios_own) == ""


def test_a_stranger_cannot_hold_the_line_open(app: Serving) -> None:
    address = urlsplit(app.url)
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(
            b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n"
            b"Content-Type: application/json\r\n\r\n{"
        )
        line.settimeout(8)
        assert b" 408 " in line.recv(100)


def test_news_are_json_lines(app: Serving, text_clip: Path) -> None:
    visitor = Visitor(app.url)
    news = [
        json.loads(told.text.removeprefix("data: "))
        for told in visitor.generate(visitor.upload(text_clip))
    ]
    (failed,) = (told for told in news if told.get("success") is False)
    assert "is not a video" in str(failed)
