"""Visitors by the dozen: ``make load`` shows the app under load."""

from __future__ import annotations

import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import typer

from tools.table import Row, Table
from tools.visitor import ROOT, Serving, Visitor, serving

FIRST_NEWS_S, MOST_GROWTH_MB = 1.0, 20.0
TURNED_AWAY = 13
"""More than may wait, and in all more than Gradio's sessions that are remembered."""
LENGTH_S = 3.0
"""How much of a clip visitors ask for (s)."""


@dataclass
class Visit:
    """How it went for one visitor: times in s after pressing the button."""

    first_s: float = float("inf")
    places: list[int] = field(default_factory=list)
    worked: tuple[float, float] | None = None
    end: str = "lost"


def visit(
    url: str, clip: Path, begin: threading.Barrier, *, seed: int = 0, length_s: float = 0.0
) -> Visit:
    """Upload a clip, wait for the others, press Generate, and watch."""
    visitor, how = Visitor(url), Visit()
    sent = visitor.upload(clip)
    begin.wait(120)
    for news in visitor.generate(sent, seed=seed, length_s=length_s):
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


def crowd(app: Serving, clip: Path, visitors: int, length_s: float = 0.0) -> list[Visit]:
    """Let visitors press Generate at the same moment."""
    begin, visits = threading.Barrier(visitors), [Visit() for _ in range(visitors)]

    def one(number: int) -> None:
        visits[number] = visit(app.url, clip, begin, seed=number, length_s=length_s)

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


def endurance(app: Serving, clip: Path, runs: int, length_s: float = 0.0) -> Iterator[Run]:
    """Let one visitor after another make music."""
    for number in range(runs):
        start = time.monotonic()
        visitor = Visitor(app.url)
        news = visitor.generate(visitor.upload(clip), seed=number, length_s=length_s)
        ends = [told for told in news if told.done]
        if not ends:
            raise RuntimeError(f"run {number} had no end")
        visitor.http.close()
        pid = max(app.workers())
        web = memory_mb(app.process.pid)
        yield Run(time.monotonic() - start, web, memory_mb(pid), pid)


def _crowd_row(app: Serving, clip: Path, visitors: int, longest: int) -> Row:
    """Let many come at once; all but who finds the line full must get their music."""
    start = time.monotonic()
    visits = crowd(app, clip, visitors, LENGTH_S)
    ends = [visit.end for visit in visits]
    first, both = max(visit.first_s for visit in visits), overlap_s(visits)
    places = {place for visit in visits for place in visit.places}
    told = {end: ends.count(end) for end in sorted({*ends})}
    outcome = (
        f"{told}, first news within {first:.2f} s, places up to {max(places, default=0)} told, "
        f"two jobs seen at once for {both:.2f} s"
    )
    expected = sorted(["done"] * min(visitors, longest) + ["full"] * (visitors - longest))
    faults = {
        "lost": sorted(ends) != expected,
        "first news too late": first > FIRST_NEWS_S and visitors <= longest,
        "two at once": both > 0.5,
        "places not told": len(places) < min(visitors, longest) // 2,
    }
    return Row(
        name=f"{visitors} visitors at once",
        outcome=outcome,
        seconds=time.monotonic() - start,
        fault=", ".join(name for name, holds in faults.items() if holds),
    )


def _memory_row(app: Serving, clip: Path, runs: int) -> Row:
    """Let visitors come one by one, and see what they leave in memory."""
    start, seen = time.monotonic(), []
    for number, run in enumerate(endurance(app, clip, runs, LENGTH_S), 1):
        seen.append(run)
        if number in (1, runs) or number % 10 == 0:
            typer.echo(
                f"  run {number:3d}: {run.seconds:4.1f} s, web process {run.web_mb:.0f} MB, "
                f"worker {run.worker} {run.worker_mb:.0f} MB"
            )
    grown = seen[-1].web_mb - seen[0].web_mb
    most = max(run.worker_mb for run in seen)
    return Row(
        name=f"{runs} runs one after another",
        outcome=f"web process {grown:+.1f} MB, worker {most:.0f} MB at most",
        seconds=time.monotonic() - start,
        fault="memory grows" if grown > MOST_GROWTH_MB else "",
    )


def _files_row(app: Serving, keep_s: float) -> Row:
    """Wait until all that visitors sent and got should be gone."""
    wait_s = 1.2 * keep_s + 5
    time.sleep(wait_s)
    left = app.files()
    return Row(
        name=f"files {wait_s:.0f} s after the last run",
        outcome=f"{len(left)} left",
        seconds=wait_s,
        fault="files left" if left else "",
    )


def rows(visitors: int = 20, runs: int = 100, keep_s: float = 60.0) -> Iterator[Row]:
    """Load the app: many at once, more than may wait, and one after another.

    Parameters
    ----------
    visitors
        How many come at once.
    runs
        How many come one after another.
    keep_s
        How long their files are kept (s).
    """
    free = "bodies=RequestQuotas(uploads=10_000, upload_bytes=10**12, calls=10**6)"
    clip = ROOT / "examples" / "groove_procedural_landscape.mp4"
    with tempfile.TemporaryDirectory() as folder:
        settings = f"keep_s={keep_s}, limits=Limits(waiting={visitors}), {free}"
        with serving(Path(folder) / "crowd", settings) as app:
            # The first request of all makes the server import what it left for later.
            list(endurance(app, clip, 1, LENGTH_S))
            yield _crowd_row(app, clip, visitors, visitors + 1)
            yield _crowd_row(app, clip, visitors + TURNED_AWAY, visitors + 1)
        with serving(Path(folder) / "queue", settings) as app:
            yield _memory_row(app, clip, runs)
            yield _files_row(app, keep_s)


def main(visitors: int = 20, runs: int = 100) -> None:
    """Print how the app does under load."""
    table = Table()
    for row in rows(visitors, runs):
        table.note(row)
    sys.exit(bool(table.summary()))


if __name__ == "__main__":
    typer.run(main)
