"""The running app, over HTTP and through Gradio's client."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

from d2m.core.dance_settings import DanceSettings
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import Settings
from d2m.web import html, serve
from d2m.web.examples import load_examples
from tests.conftest import ROOT, Server
from tests.songs import EXAMPLE_SONG


@pytest.fixture(scope="module")
def client(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from gradio_client import Client

    downloads = tmp_path_factory.mktemp("downloads")
    return Client(server.url, verbose=False, download_files=downloads, analytics_enabled=False)


def status(url: str, method: str = "GET") -> int:
    request = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_web_process_imports_neither_networks_nor_decoders() -> None:
    heavy = ("torch", "mediapipe", "librosa", "av", "cv2", "matplotlib", "scipy")
    program = (
        "import contextlib, sys; from d2m.jobs import WorkerPool; from d2m.web import serve\n"
        "with contextlib.closing(WorkerPool()) as worker: serve.page(worker)\n"
        f"print([name for name in {heavy!r} if name in sys.modules], end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]"


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_jobs_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serve.JOBS_AT_ONCE, value)
    with pytest.raises(SystemExit, match="whole number of at least 1"):
        serve.limits_from_environment()
    monkeypatch.setenv(serve.JOBS_AT_ONCE, "3")
    assert serve.limits_from_environment().at_once == 3


@pytest.mark.parametrize(("cores", "at_once"), [(1, 1), (2, 1), (5, 2), (8, 4), (64, 8)])
def test_the_number_of_jobs_follows_from_the_cores(
    cores: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(serve.JOBS_AT_ONCE, raising=False)
    monkeypatch.setattr(serve, "usable_cores", lambda: cores)
    assert serve.limits_from_environment().at_once == at_once


def test_the_page_is_served_within_half_a_minute(server: Server) -> None:
    assert server.seconds_to_serve < 30  # 4 s on an idle machine
    assert status(server.url) == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "gradio_api/process_recording"),
        ("GET", "monitoring"),
        ("GET", "monitoring/summary"),
        ("GET", "gradio_api/vibe-code/"),
        ("POST", "gradio_api/vibe-edit/"),
        ("POST", "gradio_api/undo-vibe-edit/"),
    ],
)
def test_routes_that_the_page_does_not_need_are_denied(
    server: Server, method: str, path: str
) -> None:
    assert status(server.url + path, method) == 404


def test_there_are_two_public_endpoints(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}gradio_api/info", timeout=10) as answer:
        info = json.load(answer)
    assert list(info["named_endpoints"]) == ["/generate", "/dance"]
    assert not info["unnamed_endpoints"]
    names = [
        entry["parameter_name"] for entry in info["named_endpoints"]["/generate"]["parameters"]
    ]
    assert names[:4] == ["clip", "levels", "style", "seed"]
    assert names[2:] == [one.parameter for one in setting_fields(Settings)]
    optional = [
        entry["parameter_name"]
        for entry in info["named_endpoints"]["/generate"]["parameters"]
        if entry["parameter_has_default"]
    ]
    assert optional == names[1:]
    dance = info["named_endpoints"]["/dance"]["parameters"]
    names = [entry["parameter_name"] for entry in dance]
    assert names[:3] == ["song", "start_pose", "style"]
    assert names[2:] == [one.parameter for one in setting_fields(DanceSettings)]
    assert [one["parameter_name"] for one in dance if not one["parameter_has_default"]] == ["song"]


def test_each_parameter_is_described(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}gradio_api/info", timeout=10) as answer:
        endpoints = json.load(answer)["named_endpoints"]
    for endpoint in endpoints.values():
        assert endpoint["description"].endswith(".")
        for one in endpoint["parameters"]:
            assert one["python_type"]["description"], one["parameter_name"]
    fields = {one.parameter: one for one in setting_fields(Settings)}
    energy = next(
        one for one in endpoints["/generate"]["parameters"] if one["parameter_name"] == "energy"
    )
    assert fields["energy"].help in energy["python_type"]["description"]
    assert (energy["type"]["minimum"], energy["type"]["maximum"]) == (0, 2)


def test_the_client_gets_one_answer_with_the_files(client: Any, short_clip: Path) -> None:
    import soundfile
    from gradio_client import handle_file

    job = client.submit(
        handle_file(str(short_clip)), "high", "pop", seed=1, variations=2, api_name="/generate"
    )
    answer = job.result()
    earlier = job.outputs()[:-1]
    assert {one["status"] for one in earlier} == {"running"}
    shares = [one["progress"]["share"] for one in earlier]
    assert shares == sorted(shares)
    assert shares[-1] > 0.5
    assert answer["status"] == "done"
    assert answer["dance"]["tempo_bpm"] > 30
    first, second = answer["takes"]
    named = [(take["level"], take["variation"], take["style"]) for take in (first, second)]
    assert named == [("high", 1, "Pop"), ("high", 2, "Pop")]
    assert first["song"] != second["song"]
    files = {name: Path(file) for name, file in first["files"].items()}
    assert files["video"].name == "groove.pop.seed1.high.mp4"
    assert b"ftyp" in files["video"].read_bytes()[:16]
    assert soundfile.info(files["music"]).duration == pytest.approx(3.0, abs=0.1)
    assert files["midi"].read_bytes().startswith(b"MThd")
    assert files["beat_markers"].read_text().startswith("time_s,beat,bar,section")
    assert files["beat_plot"].read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path(answer["report"]).read_text())["levels"]["high"]["style"] == "pop"
    names = zipfile.ZipFile(answer["archive"]).namelist()
    assert {path.name for path in files.values()} < {*names}


def test_the_client_gets_one_answer_with_the_dance(client: Any) -> None:
    from gradio_client import handle_file

    song = handle_file(str(EXAMPLE_SONG))
    answer = client.predict(song=song, length_s=3, drawing="skeleton", seed=2, api_name="/dance")
    assert (answer["status"], answer["song"]["has_beat"]) == ("done", True)
    dance = answer["choreography"]
    movie, facts = Path(dance["files"]["video"]), json.loads(Path(answer["report"]).read_text())
    assert movie.name == f"house_120.dance.{facts['style']}.seed2.mp4"
    assert dance["seed"] == facts["seed"] == 2
    assert movie.name in zipfile.ZipFile(answer["archive"]).namelist()


def test_the_client_gets_one_sentence_for_a_bad_clip(client: Any, text_clip: Path) -> None:
    from gradio_client import handle_file
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=r"letter\.mp4 is not a video") as caught:
        client.predict(handle_file(str(text_clip)), "high", api_name="/generate")
    assert str(text_clip.parent) not in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/hostname", str(ROOT / "app.py")])
def test_files_of_the_server_can_not_be_named(server: Server, path: str) -> None:
    clip = {"video": {"path": path}, "path": path, "meta": {"_type": "gradio.FileData"}}
    call = f"{server.url}gradio_api/call/generate"
    form = [None if one.default == () else one.default for one in setting_fields(Settings)]
    body = json.dumps({"data": [clip, "high", *form]}).encode()
    request = urllib.request.Request(call, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{call}/{event}", timeout=30) as answer:
        events = answer.read().decode()
    assert "event: error" in events
    assert "is not a video" not in events  # the file was not opened
    assert path not in events


def test_examples_may_be_missing(tmp_path: Path) -> None:
    assert load_examples(tmp_path) == []
    listed = [{"file": "gone.mp4", "title": "Gone", "credit": "Nobody"}]
    (tmp_path / "examples.json").write_text(json.dumps(listed))
    assert load_examples(tmp_path) == []


def test_examples_are_credited() -> None:
    clips = load_examples(ROOT / "examples")
    assert clips
    assert all(clip.credit in html.foot(clips).replace("&#x27;", "'") for clip in clips)
