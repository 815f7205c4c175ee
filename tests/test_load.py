"""Several visitors at once, and one after another; `tools/load.py` simulates many more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from d2m.web.serve import SESSIONS
from tests.conftest import Server
from tools.load import consecutive_visits, memory_mb, overlap_s, simultaneous_visits
from tools.visitor import RunningApp, Visitor, run_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    bounds = "limits=Limits(waiting=4, jobs=6), quotas=RequestQuotas(uploads=1000, calls=10_000)"
    with run_app(tmp_path_factory.mktemp("load") / "served", bounds) as app:
        yield app


@pytest.mark.slow
def test_of_seven_visitors_at_once_two_find_the_queue_full(
    app: RunningApp, short_clip: Path
) -> None:
    visits = simultaneous_visits(app, short_clip, 7)
    assert sorted(visit.end for visit in visits) == [*["done"] * 5, *["full"] * 2]
    assert {place for visit in visits for place in visit.places} >= {1, 2}
    assert overlap_s(visits) < 1.0  # what the clients see; 0 but for delays in between
    assert len(app.workers()) == 1
    (later,) = simultaneous_visits(app, short_clip, 1)
    assert later.end == "done"


@pytest.mark.slow
def test_runs_leave_no_files_and_little_memory(app: RunningApp, short_clip: Path) -> None:
    runs = [*consecutive_visits(app, short_clip, 10)]
    assert runs[-1].web_mb - runs[3].web_mb < 20
    assert len({run.worker for run in runs}) > 1
    assert not list(app.root().glob("d2m-job-*"))


def test_stop_is_answered_while_others_wait(server: Server, short_clip: Path) -> None:
    first, second = Visitor(server.url), Visitor(server.url)
    clips = [visitor.upload(short_clip) for visitor in (first, second)]
    events = first.generate(clips[0], "both", length_s=2.6)  # not analysed before
    next(events)
    pressed: list[float] = []
    ended: list[float] = []

    def wait_and_stop() -> None:
        for event in second.generate(clips[1]):
            if event.place and not pressed:
                pressed.append(time.monotonic())
                second.stop()
        ended.append(time.monotonic())

    thread = threading.Thread(target=wait_and_stop)
    thread.start()
    thread.join(60)
    assert any(event.done for event in events), "the first visitor's job went on"
    assert len(pressed) == len(ended) == 1
    assert ended[0] - pressed[0] < 15


@pytest.mark.slow
def test_memory_of_many_sessions_is_bounded(app: RunningApp) -> None:
    visitor = Visitor(app.url)
    body = {"data": ["high", []], "fn_index": visitor.begin_id}

    def sessions(count: int, name: str) -> float:
        for number in range(count):
            request = body | {"session_hash": f"{name}{number}"}
            visitor.http.post("gradio_api/run/predict", json=request).raise_for_status()
        return memory_mb(app.process.pid)

    full = sessions(SESSIONS + 10, "a")
    assert sessions(60, "b") - full < 15
