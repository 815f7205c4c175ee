"""docs/api.md does what it says: curl, Python, and the tools for assistants with a real client."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from d2m.core.event_documents import CHOREOGRAPHY_FILES, TAKE_FILES
from d2m.jobs.messages import Limits
from d2m.media.clip_limits import ClipLimits
from d2m.score.notes import STEMS
from d2m.web.endpoint import DANCE_ANSWER, MUSIC_ANSWER
from d2m.web.rate_limits import RequestQuotas
from d2m.web.tool_server import TOOLS_PATH
from tests.conftest import ROOT, Server
from tests.songs import EXAMPLE_SONG
from tools.visitor import RunningApp, run_app

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
USUAL_SERVER = "http://127.0.0.1:7860"


def block(language: str) -> str:
    """Return the only code block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    return str(found)


def test_every_field_of_the_answers_is_documented() -> None:
    fields = [*MUSIC_ANSWER["properties"], *DANCE_ANSWER["properties"], *TAKE_FILES.values()]
    for name in (*fields, *STEMS, *CHOREOGRAPHY_FILES.values(), TOOLS_PATH):
        assert f"`{name}`" in TEXT, name


def test_the_limits_in_the_document_are_those_of_the_server() -> None:
    quotas, clip, pool = RequestQuotas(), ClipLimits(), Limits()
    for limit in (
        f"{clip.min_duration_s:g} to {clip.max_duration_s:g} s",
        f"at most {clip.max_bytes / 1e6:g} MB",
        f"{quotas.uploads} a minute, {quotas.upload_bytes / 1e9:g} GB a minute",
        f"{quotas.calls} a minute, of at most {quotas.call_bytes // 1024} KB",
        f"| requests open at a time | {quotas.open_by_one} |",
        f"| {pool.waiting}; a job that takes over {pool.seconds / 60:g} minutes is ended |",
    ):
        assert limit in TEXT, limit


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_commands_with_curl_work(server: Server, tmp_path: Path) -> None:
    script = block("bash")
    assert f"SERVER={USUAL_SERVER}\n" in script
    script = script.replace(USUAL_SERVER, server.url.rstrip("/"))
    script = script.replace("CLIP=examples/", f"CLIP={ROOT}/examples/")
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=True)
    lines = (tmp_path / "events.txt").read_text().splitlines()
    kinds = {line.removeprefix("event: ") for line in lines if line.startswith("event: ")}
    assert {"generating", "complete"} <= kinds <= {"generating", "complete", "heartbeat"}
    answers = [json.loads(line[6:]) for line in lines if line.startswith("data: [")]
    assert answers[0][0]["progress"]["stage"]
    assert b"ftyp" in (tmp_path / "dance.mp4").read_bytes()[:16]


def test_the_example_in_python_works(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = block("python")
    assert f'Client("{USUAL_SERVER}")' in code
    monkeypatch.chdir(ROOT)
    options = f"verbose=False, download_files={str(tmp_path)!r}"
    names: dict[str, Any] = {}
    code = code.replace(f'Client("{USUAL_SERVER}")', f"Client({server.url!r}, {options})")
    exec(compile(code, "api.md", "exec"), names)
    assert [take["variation"] for take in names["answer"]["takes"]] == [1, 2]
    running = [one for one in names["job"].outputs() if one["status"] == "running"]
    sent = [take["variation"] for one in running for take in one.get("takes", [])]
    assert sorted(sent) == [1, 1, 2, 2], "files are sent when they are new, not with all progress"
    assert Path(names["take"]["files"]["video"]).is_file()


def with_session(url: str, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """Run work with a session of MCP's own client, in a thread with its own event loop."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def run() -> Any:
        async with (
            streamable_http_client(f"{url.rstrip('/')}{TOOLS_PATH}") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await work(session)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


def upload(url: str, path: Path) -> str:
    """Upload a file as docs/api.md says, and return its path on the server."""
    with path.open("rb") as file:
        response = httpx.post(f"{url}gradio_api/upload", files={"files": (path.name, file)})
    (uploaded,) = response.json()
    return str(uploaded)


def test_the_server_in_the_document_is_that_of_the_tools() -> None:
    (config,) = json.loads(block("json"))["mcpServers"].values()
    assert config["url"] == f"{USUAL_SERVER}{TOOLS_PATH}"


def test_two_tools_are_offered(server: Server) -> None:
    async def listed(session: Any) -> Any:
        return (await session.list_tools()).tools

    tools = with_session(server.url, listed)
    assert [tool.name for tool in tools] == ["generate_music_for_dance", "generate_dance_for_music"]
    assert all(f"`{tool.name}`" in TEXT for tool in tools)


def test_a_tool_makes_music_for_a_clip_and_reports_its_progress(
    server: Server, short_clip: Path
) -> None:
    reports: list[tuple[float, str]] = []
    arguments = {"clip": upload(server.url, short_clip), "levels": "high", "style": "pop"}

    async def report(share: float, total: float | None, message: str | None) -> None:
        assert total == 1.0
        reports.append((share, message or ""))

    async def call(session: Any) -> Any:
        return await session.call_tool(
            "generate_music_for_dance", arguments, progress_callback=report
        )

    result = with_session(server.url, call)
    assert not result.isError
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert reports[-1] == (1.0, "done")
    assert any("Generating" in stage for _, stage in reports)
    answer = result.structuredContent
    (take,) = answer["takes"]
    assert (answer["status"], take["level"], take["style"]) == ("done", "high", "Pop")
    video = take["files"]["video"]
    assert f"Video: {video}" in result.content[0].text
    assert b"ftyp" in httpx.get(video).content[:16]
    # The address of a result is an argument, too.
    again = {"clip": video, "levels": "none"}

    async def call_again(session: Any) -> Any:
        return await session.call_tool("generate_music_for_dance", again)

    refused = with_session(server.url, call_again)
    assert refused.isError
    assert "Unknown level 'none'" in refused.content[0].text


def test_a_tool_makes_a_dance_for_a_song(server: Server) -> None:
    arguments = {"song": upload(server.url, EXAMPLE_SONG), "length_s": 3, "drawing": "skeleton"}

    async def call(session: Any) -> Any:
        return await session.call_tool("generate_dance_for_music", arguments)

    result = with_session(server.url, call)
    assert not result.isError
    dance = result.structuredContent["choreography"]
    assert b"ftyp" in httpx.get(dance["files"]["video"]).content[:16]


def test_a_tool_that_fails_says_why_in_one_sentence(server: Server, text_clip: Path) -> None:
    uploaded = upload(server.url, text_clip)

    async def call(session: Any) -> list[Any]:
        calls = [{"clip": uploaded}, {"clip": "/etc/passwd"}, {"clip": "http://127.0.0.1:9/a.mp4"}]
        return [await session.call_tool("generate_music_for_dance", one) for one in calls]

    results = with_session(server.url, call)
    assert all(result.isError for result in results)
    first, *others = (result.content[0].text for result in results)
    assert "is not a video" in first
    assert str(Path(uploaded).parent) not in first
    assert all(text.startswith("There is no such file on this server") for text in others)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    quotas = "quotas=RequestQuotas(calls=40)"
    with run_app(tmp_path_factory.mktemp("tools") / "served", quotas) as app:
        yield app


def test_a_job_ends_when_its_program_goes_away(app: RunningApp, example_clip: Path) -> None:
    arguments = {"clip": upload(app.url, example_clip), "levels": "all"}
    begun = asyncio.Event()

    async def report(*_: Any) -> None:
        begun.set()

    async def leave(session: Any) -> None:
        name = "generate_music_for_dance"
        call = asyncio.create_task(session.call_tool(name, arguments, progress_callback=report))
        await begun.wait()
        assert [*app.root().glob("d2m-job-*")]
        call.cancel()

    with_session(app.url, leave)
    deadline = time.monotonic() + 20
    while [*app.root().glob("d2m-job-*")] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [*app.root().glob("d2m-job-*")]


def test_calls_of_tools_count_as_requests(app: RunningApp) -> None:
    statuses = [httpx.post(f"{app.url}{TOOLS_PATH[1:]}", json={}).status_code for _ in range(45)]
    assert 429 in statuses
