"""Visitors by the dozen: run ``PYTHONPATH=. python tools/load.py CLIP`` to see the app under load.

Visitors speak the page's own protocol, so what holds for them holds for browsers.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import typer

ROOT = Path(__file__).parents[1]
TROUBLE = "That did not work"
_WAITS = re.compile(r"Before yours (one|\d+) clips? (?:is|are) being made: about (\d+) (s|min)")
_WORKS = re.compile(r'role=\\?"progressbar\\?" aria-label=\\?"([^"\\]+)')
_FORM = ["auto", 0, 0, 0, 0, 0, "", 1, 0, True, True, False, "compact"]


@dataclass
class Serving:
    """A running app."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """Return what it wrote."""
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def workers(self) -> list[int]:
        """Return the processes that it started and that live."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]

    def root(self) -> Path:
        """Return the folder with all its files."""
        return max(self.folder.glob("d2m-server-*"), key=lambda folder: folder.stat().st_mtime)

    def files(self) -> list[Path]:
        """Return the files of visitors; examples were there before."""
        walk = os.walk(self.root())
        found = [Path(folder, name) for folder, _, names in walk for name in names]
        return [p for p in found if "d2m-cache-" not in str(p) and p not in self.settled]

    settled: set[Path] = field(default_factory=set)


@contextmanager
def serving(folder: Path, settings: str = "", **environment: str) -> Iterator[Serving]:
    """Start the app on a free port; ``settings`` are the arguments of its `main`, as text."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    program = (
        "import app; from d2m.job import Limits; from d2m.web.bodies import BodyLimits\n"
        f"app.main({settings})"
    )
    environment = {
        **os.environ,
        "TMPDIR": str(folder),
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    with (folder.parent / f"{folder.name}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    app = Serving(f"http://127.0.0.1:{port}/", folder, process)
    try:
        _await(app)
        app.settled = {path for path in app.root().rglob("*") if path.is_file()}
        yield app
    finally:
        process.terminate()
        process.wait(30)


def _await(app: Serving) -> None:
    start = time.monotonic()
    while True:
        try:
            if httpx.get(app.url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if app.process.poll() is not None or time.monotonic() - start > 90:
            raise RuntimeError(app.log)
        time.sleep(0.1)


@dataclass
class News:
    """What a visitor was told, and when (s after the press on the button)."""

    after_s: float
    text: str

    @property
    def place(self) -> int:
        """How many clips come before; 0 if it is not said."""
        found = _WAITS.search(self.text)
        return 0 if found is None else 1 if found[1] == "one" else int(found[1])

    @property
    def stage(self) -> str:
        """The stage of the job; empty if it is not said."""
        found = _WORKS.search(self.text)
        return found[1] if found else ""

    @property
    def done(self) -> bool:
        """Whether the music is there."""
        return '"title\\">Done' in self.text

    @property
    def failed(self) -> bool:
        """Whether the job failed."""
        return TROUBLE in self.text


class Visitor:
    """Somebody with a browser."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.session = secrets.token_hex(6)
        self.config = self.http.get("config").json()
        buttons = {
            part["props"].get("value"): part["id"]
            for part in self.config["components"]
            if part["type"] == "button"
        }
        functions = self.config["dependencies"]
        self._begin = _of(functions, buttons["Generate"])
        self._work = next(d["id"] for d in functions if d.get("trigger_after") == self._begin)
        self._halt = _of(functions, buttons["Stop"])

    def upload(self, clip: Path) -> dict[str, Any]:
        """Send a clip, and return its name on the server."""
        with clip.open("rb") as file:
            sent = self.http.post("gradio_api/upload", files={"files": (clip.name, file)})
        sent.raise_for_status()
        (path,) = sent.json()
        return {"path": path, "orig_name": clip.name, "meta": {"_type": "gradio.FileData"}}

    def generate(self, clip: dict[str, Any], levels: str = "high", seed: int = 0) -> Iterator[News]:
        """Press Generate, and yield the news; closing the iterator closes the page."""
        begun = {"data": [levels], "fn_index": self._begin, "session_hash": self.session}
        self.http.post("gradio_api/run/predict", json=begun).raise_for_status()
        form = [_FORM[0], seed, *_FORM[2:]]
        start = self._join(self._work, [None, clip, levels, *form])
        address = f"gradio_api/queue/data?session_hash={self.session}"
        with self.http.stream("GET", address, timeout=600) as news:
            for line in news.iter_lines():
                if line.startswith("data:") and "process_" in line:
                    yield News(time.monotonic() - start, line)

    def stop(self) -> float:
        """Press Stop; return how long the button took to be answered (s)."""
        start = self._join(self._halt, [None])
        return time.monotonic() - start

    def _join(self, function: int, data: list[Any]) -> float:
        start = time.monotonic()
        body = {"data": data, "fn_index": function, "session_hash": self.session}
        self.http.post("gradio_api/queue/join", json=body).raise_for_status()
        return start


def _of(functions: list[dict[str, Any]], button: int) -> int:
    return next(int(d["id"]) for d in functions if [button, "click"] in d["targets"])


@dataclass
class Visit:
    """How it went for one visitor: times in s after pressing the button."""

    first_s: float = float("inf")
    places: list[int] = field(default_factory=list)
    worked: tuple[float, float] | None = None
    end: str = "lost"


def visit(url: str, clip: Path, begin: threading.Barrier, seed: int = 0) -> Visit:
    """Upload a clip, wait for the others, press Generate, and watch."""
    visitor, how = Visitor(url), Visit()
    sent = visitor.upload(clip)
    begin.wait(120)
    for news in visitor.generate(sent, seed=seed):
        now = time.monotonic()
        if news.place or news.stage or news.failed:
            how.first_s = min(how.first_s, news.after_s)
        if news.place:
            how.places.append(news.place)
        if news.stage not in ("", "Waiting for its turn") or news.done:
            how.worked = (how.worked[0] if how.worked else now, now)
        if news.done:
            how.end = "done"
        if news.failed:
            how.end = "full" if "server is full" in news.text else "failed"
    return how


def crowd(app: Serving, clip: Path, visitors: int) -> list[Visit]:
    """Let visitors press Generate at the same moment."""
    begin, visits = threading.Barrier(visitors), [Visit() for _ in range(visitors)]

    def one(number: int) -> None:
        visits[number] = visit(app.url, clip, begin, seed=number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return visits


def overlap_s(visits: list[Visit]) -> float:
    """Return for how long (s) two jobs seemed to run at the same time, at most."""
    times = sorted(visit.worked for visit in visits if visit.worked)
    return max([0.0, *(one[1] - two[0] for one, two in itertools.pairwise(times))])


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process (MB)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass
class Run:
    """One of many runs: memory after it (MB), and the worker's number."""

    seconds: float
    web_mb: float
    worker_mb: float
    worker: int


def endurance(app: Serving, clip: Path, runs: int) -> Iterator[Run]:
    """Let one visitor after another make music."""
    for number in range(runs):
        start = time.monotonic()
        visitor = Visitor(app.url)
        ends = [n for n in visitor.generate(visitor.upload(clip), seed=number) if n.done]
        if not ends:
            raise RuntimeError(f"run {number} had no end")
        visitor.http.close()
        pid = max(app.workers())
        web = memory_mb(app.process.pid)
        yield Run(time.monotonic() - start, web, memory_mb(pid), pid)


def main() -> None:
    """Print tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("clip", type=Path)
    arguments.add_argument("--visitors", type=int, default=20)
    arguments.add_argument("--runs", type=int, default=100)
    arguments.add_argument("--keep-s", type=float, default=300.0)
    asked = arguments.parse_args()
    folder = Path(tempfile.mkdtemp()) / "served"
    free = "bodies=BodyLimits(uploads=10_000, upload_bytes=10**12, calls=10**6)"
    with serving(folder, f"keep_s={asked.keep_s}, {free}") as app:
        for visitors in filter(None, (asked.visitors, asked.visitors + 2 if asked.visitors else 0)):
            visits = crowd(app, asked.clip, visitors)
            ends = [visit.end for visit in visits]
            typer.echo(
                f"{visitors} visitors at once: {json.dumps({e: ends.count(e) for e in ends})}"
            )
            typer.echo(f"  first news after {max(visit.first_s for visit in visits):.2f} s at most")
            typer.echo(f"  places told: {sorted({p for v in visits for p in v.places})}")
            typer.echo(f"  two jobs seemed to run together for {overlap_s(visits):.2f} s at most")
        typer.echo("run, seconds, web MB, worker MB, worker")
        for number, run in enumerate(endurance(app, asked.clip, asked.runs), 1):
            if number in (1, asked.runs) or number % 10 == 0:
                typer.echo(
                    f"{number:4d} {run.seconds:6.1f} {run.web_mb:7.1f}"
                    f" {run.worker_mb:7.1f} {run.worker}"
                )
        time.sleep(asked.keep_s * 1.2 + 5)
        typer.echo(f"files left after {asked.keep_s:.0f} s: {len(app.files())}")


if __name__ == "__main__":
    main()
