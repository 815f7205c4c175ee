"""Limits on the size and the rate of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from d2m.web.rate_limits import RequestLimits, RequestQuotas, names_other_servers, visitor_id
from d2m.web.route_allowlist import RouteAllowlist
from d2m.web.server_folder import ServerFolder
from tests.web.multipart import CONTENT_TYPE, upload_body

Clients = Callable[..., httpx.AsyncClient]


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
def test_calls_that_name_files_on_other_servers_are_found(body: bytes, expected: bool) -> None:
    assert names_other_servers(body) is expected


async def accept(_: Any, receive: Any, send: Any) -> None:
    """Read a whole body and answer its size, like an application behind the middleware."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """Return a function from quotas to a client of an application with these quotas."""
    with ServerFolder(keep_s=60, parent=tmp_path) as folder:

        def client(**quotas: Any) -> httpx.AsyncClient:
            limited = RequestLimits(accept, folder=folder, limits=RequestQuotas(**quotas))
            return httpx.AsyncClient(
                transport=httpx.ASGITransport(RouteAllowlist(limited)),
                base_url="http://here/gradio_api/",
            )

        (folder.uploads / "old").write_bytes(bytes(1000))
        yield client


def run_in_thread(work: Coroutine[Any, Any, Any]) -> Any:
    """Run asynchronous code in a thread, because a browser may run an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def statuses(client: httpx.AsyncClient, path: str, *bodies: bytes) -> list[int]:
    """Return the HTTP status of the response to each body."""

    async def post_all() -> list[int]:
        async with client:
            return [
                (
                    await client.post(path, content=body, headers={"content-type": CONTENT_TYPE})
                ).status_code
                for body in bodies
            ]

    result: list[int] = run_in_thread(post_all())
    return result


@pytest.mark.parametrize(
    ("quotas", "path", "bodies", "expected"),
    [
        ({}, "upload", [upload_body(("files", b"x"))], [200]),
        ({"uploads": 2}, "upload", [upload_body(("files", b"x"))] * 3, [200, 200, 429]),
        ({"upload_bytes": 1000}, "upload", [upload_body(("files", bytes(600)))] * 2, [200, 429]),
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
def test_requests_over_a_quota_are_refused(
    clients: Clients, quotas: dict[str, int], path: str, bodies: list[bytes], expected: list[int]
) -> None:
    assert statuses(clients(**quotas), path, *bodies) == expected


def test_an_endless_body_is_cut(clients: Clients) -> None:
    async def endless() -> Any:
        for _ in range(1000):
            yield bytes(1000)

    async def post() -> tuple[int, int]:
        async with clients(file_bytes=1000, call_bytes=1000) as client:
            headers = {"content-type": CONTENT_TYPE}
            upload = await client.post("upload", content=endless(), headers=headers)
            call = await client.post("queue/join", content=endless())
            return int(upload.text), call.status_code

    size, status = run_in_thread(post())
    assert size < 70_000
    assert status == 413


def test_a_visitor_is_an_ipv4_address_or_an_ipv6_network() -> None:
    def identify(host: str) -> str:
        return visitor_id({"client": (host, 1)})

    assert identify("2001:db8::1") == identify("2001:db8::2:3") != identify("2001:db8:0:1::1")
    assert identify("192.0.2.1") != identify("192.0.2.2")
    assert visitor_id({"client": None}) == "unknown"
