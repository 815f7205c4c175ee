"""Measure the app under load: many visitors at once, and many runs one after another.

    make load
    PYTHONPATH=. python tools/load.py --visitors 20 --runs 100

Prints one row for each case and ends with ``N passed, N failed``; exits with 1 if any failed.
"""

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
from tools.visitor import ROOT, RunningApp, Visitor, run_app

FIRST_EVENT_S = 1.0
"""Longest time from the press on the button to the first event (s); chosen by hand."""
MAX_GROWTH_MB = 20.0
"""Most by which the web process may grow over all runs (MB); chosen by hand."""
MAX_OVERLAP_S = 0.5
"""Most by which the running times of two jobs may overlap (s); events come with a delay."""
EXTRA_VISITORS = 13
"""Visitors beyond the length of the queue (count): enough that there are more visitors than
sessions that Gradio keeps (`app.SESSIONS`)."""
LENGTH_S = 3.0
"""Length of the part of the clip that visitors use (s); chosen by hand."""


@dataclass
class Visit:
    """The result of one visit.

    Parameters
    ----------
    first_event_s
        Time from the press on the button to the first event (s).
    places
        Places in the queue that were reported.
    running
        When the job ran: first and last event (s, monotonic clock).
    done_s
        Time from the press on the button to the last file (s).
    end
        ``"done"``, ``"failed"``, ``"full"`` if the queue was full, or ``"lost"`` without an end.
    """

    first_event_s: float = float("inf")
    places: list[int] = field(default_factory=list)
    running: tuple[float, float] | None = None
    done_s: float = float("inf")
    end: str = "lost"


def visit(
    url: str,
    clip: Path,
    begin: threading.Barrier,
    *,
    levels: str = "high",
    seed: int = 0,
    length_s: float = 0.0,
) -> Visit:
    """Upload a clip, wait for the other visitors, press "Generate", and follow the events."""
    visitor, result = Visitor(url), Visit()
    uploaded = visitor.upload(clip)
    begin.wait(120)
    for event in visitor.generate(uploaded, levels, seed=seed, length_s=length_s):
        now = time.monotonic()
        if event.place or event.stage or event.failed:
            result.first_event_s = min(result.first_event_s, event.after_s)
        if event.place:
            result.places.append(event.place)
        if event.stage not in ("", "Waiting in the queue") or event.done:
            result.running = (result.running[0] if result.running else now, now)
        if event.done:
            result.end, result.done_s = "done", event.after_s
        if event.failed:
            result.end = "full" if "server is full" in event.text else "failed"
    return result


def simultaneous_visits(
    app: RunningApp, clip: Path, visitors: int, length_s: float = 0.0
) -> list[Visit]:
    """Let visitors press "Generate" at the same moment.

    Parameters
    ----------
    app
        The app.
    clip
        The clip that each of them uploads.
    visitors
        Number of visitors.
    length_s
        Length of the part of the clip to use (s); 0 for the whole clip.
    """
    begin, visits = threading.Barrier(visitors), [Visit() for _ in range(visitors)]

    def run(number: int) -> None:
        visits[number] = visit(app.url, clip, begin, seed=number, length_s=length_s)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return visits


def overlap_s(visits: list[Visit]) -> float:
    """Return the longest time for which two consecutive jobs ran at the same time (s)."""
    times = sorted(visit.running for visit in visits if visit.running)
    return max([0.0, *(one[1] - two[0] for one, two in itertools.pairwise(times))])


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process (MB)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass
class Measurement:
    """Time and memory of one run.

    Parameters
    ----------
    seconds
        Time that the run took (s).
    web_mb, worker_mb
        Memory of the web process and of the worker process after it (MB).
    worker
        Process id of the worker.
    """

    seconds: float
    web_mb: float
    worker_mb: float
    worker: int


def consecutive_visits(
    app: RunningApp, clip: Path, runs: int, length_s: float = 0.0
) -> Iterator[Measurement]:
    """Let one visitor after another generate music.

    Parameters
    ----------
    app
        The app.
    clip
        The clip that each of them uploads.
    runs
        Number of visitors.
    length_s
        Length of the part of the clip to use (s); 0 for the whole clip.

    Yields
    ------
    Measurement
        Time and memory of each run.

    Raises
    ------
    RuntimeError
        If a job did not succeed.
    """
    for number in range(runs):
        start = time.monotonic()
        visitor = Visitor(app.url)
        events = visitor.generate(visitor.upload(clip), seed=number, length_s=length_s)
        if not [event for event in events if event.done]:
            raise RuntimeError(f"run {number} did not succeed")
        visitor.http.close()
        pid = max(app.workers())
        web = memory_mb(app.process.pid)
        yield Measurement(time.monotonic() - start, web, memory_mb(pid), pid)


def _simultaneous_row(app: RunningApp, clip: Path, visitors: int, capacity: int) -> Row:
    """Let visitors come at once; all but those who find the queue full must get their music."""
    start = time.monotonic()
    visits = simultaneous_visits(app, clip, visitors, LENGTH_S)
    ends = [visit.end for visit in visits]
    first, overlap = max(visit.first_event_s for visit in visits), overlap_s(visits)
    places = {place for visit in visits for place in visit.places}
    counts = {end: ends.count(end) for end in sorted({*ends})}
    outcome = (
        f"{counts}, first event within {first:.2f} s, places up to {max(places, default=0)} "
        f"reported, jobs overlapped by {overlap:.2f} s"
    )
    expected = sorted(["done"] * min(visitors, capacity) + ["full"] * (visitors - capacity))
    faults = {
        "lost": sorted(ends) != expected,
        "first event too late": first > FIRST_EVENT_S and visitors <= capacity,
        "jobs overlap": overlap > MAX_OVERLAP_S,
        "places not reported": len(places) < min(visitors, capacity) // 2,
    }
    return Row(
        name=f"{visitors} visitors at once",
        outcome=outcome,
        seconds=time.monotonic() - start,
        fault=", ".join(name for name, holds in faults.items() if holds),
    )


def _memory_row(app: RunningApp, clip: Path, runs: int) -> Row:
    """Let visitors come one after another, and measure how much memory is not freed."""
    start, measured = time.monotonic(), []
    for number, run in enumerate(consecutive_visits(app, clip, runs, LENGTH_S), 1):
        measured.append(run)
        if number in (1, runs) or number % 10 == 0:
            typer.echo(
                f"  run {number:3d}: {run.seconds:4.1f} s, web process {run.web_mb:.0f} MB, "
                f"worker {run.worker} {run.worker_mb:.0f} MB"
            )
    growth = measured[-1].web_mb - measured[0].web_mb
    most = max(run.worker_mb for run in measured)
    return Row(
        name=f"{runs} runs one after another",
        outcome=f"web process {growth:+.1f} MB, worker {most:.0f} MB at most",
        seconds=time.monotonic() - start,
        fault="memory grows" if growth > MAX_GROWTH_MB else "",
    )


def _files_row(app: RunningApp, keep_s: float) -> Row:
    """Wait until all uploads and results should have been removed."""
    wait_s = 1.2 * keep_s + 5
    time.sleep(wait_s)
    left = app.files()
    return Row(
        name=f"files {wait_s:.0f} s after the last run",
        outcome=f"{len(left)} left",
        seconds=wait_s,
        fault="files left" if left else "",
    )


def load_rows(visitors: int = 20, runs: int = 100, keep_s: float = 60.0) -> Iterator[Row]:
    """Load the app: many visitors at once, more than may wait, and one after another.

    Parameters
    ----------
    visitors
        Number of visitors at once; as many may wait.
    runs
        Number of runs one after another.
    keep_s
        Time for which their files are kept (s).

    Yields
    ------
    Row
        The result of each case.
    """
    quotas = "quotas=RequestQuotas(uploads=10_000, upload_bytes=10**12, calls=10**6)"
    clip = ROOT / "examples" / "groove_procedural_landscape.mp4"
    with tempfile.TemporaryDirectory() as folder:
        arguments = f"keep_s={keep_s}, limits=Limits(waiting={visitors}), {quotas}"
        with run_app(Path(folder) / "simultaneous", arguments) as app:
            # At the first request, the server imports modules that it did not import at its start.
            list(consecutive_visits(app, clip, 1, LENGTH_S))
            yield _simultaneous_row(app, clip, visitors, visitors + 1)
            yield _simultaneous_row(app, clip, visitors + EXTRA_VISITORS, visitors + 1)
        with run_app(Path(folder) / "consecutive", arguments) as app:
            yield _memory_row(app, clip, runs)
            yield _files_row(app, keep_s)


def main(visitors: int = 20, runs: int = 100) -> None:
    """Print the results of the app under load."""
    table = Table()
    for row in load_rows(visitors, runs):
        table.add(row)
    sys.exit(bool(table.print_summary()))


if __name__ == "__main__":
    typer.run(main)
