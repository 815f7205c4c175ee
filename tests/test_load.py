"""Several visitors at once, and one after another; `tools/load.py` does it by the dozen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import app as app_module
from tools.load import crowd, endurance, memory_mb, overlap_s
from tools.visitor import Serving, Visitor, serving


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    bounds = "limits=Limits(waiting=4, jobs=6), bodies=RequestQuotas(uploads=1000, calls=10_000)"
    with serving(tmp_path_factory.mktemp("load") / "served", bounds) as app:
        yield app


def test_five_visitors_at_once_and_a_seventh_who_comes_back_later(
    app: Serving, short_clip: Path
) -> None:
    visits = crowd(app, short_clip, 5)
    assert [visit.end for visit in visits] == ["done"] * 5
    assert {place for visit in visits for place in visit.places} >= {1, 2}
    assert overlap_s(visits) < 0.5
    assert len(app.workers()) == 1
    visits = crowd(app, short_clip, 7)
    assert sorted(visit.end for visit in visits) == [*["done"] * 5, *["full"] * 2]


@pytest.mark.slow
def test_runs_leave_nothing_behind(app: Serving, short_clip: Path) -> None:
    runs = [*endurance(app, short_clip, 10)]
    assert runs[-1].web_mb - runs[3].web_mb < 20
    assert len({run.worker for run in runs}) > 1
    assert not list(app.root().glob("d2m-job-*"))


def test_stop_is_answered_while_others_wait(app: Serving, example_clip: Path) -> None:
    first, second = Visitor(app.url), Visitor(app.url)
    clips = [visitor.upload(example_clip) for visitor in (first, second)]
    news = first.generate(clips[0])
    next(news)
    stopped: list[float] = []

    def wait() -> None:
        start = time.monotonic()
        for message in second.generate(clips[1]):
            if message.place and not stopped:
                start = time.monotonic()
                stopped.append(start)
                second.stop()
        stopped.append(time.monotonic() - start)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(60)
    news.close()
    assert len(stopped) == 2
    assert stopped[1] < 15


@pytest.mark.slow
def test_memory_of_many_sessions_is_bounded(app: Serving) -> None:
    visitor = Visitor(app.url)
    body = {"data": ["high"], "fn_index": visitor._begin}

    def sessions(count: int, name: str) -> float:
        for number in range(count):
            named = body | {"session_hash": f"{name}{number}"}
            visitor.http.post("gradio_api/run/predict", json=named).raise_for_status()
        return memory_mb(app.process.pid)

    full = sessions(app_module.SESSIONS + 10, "a")
    assert sessions(60, "b") - full < 15
