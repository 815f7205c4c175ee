"""Run one short job, then a measured one, in a process of its own; print what it took as JSON.

The version of the project that is measured is the one on the path of the interpreter, which may
be an older one. So this file uses nothing of `tools`, and of the project only `DanceToMusic` and
the events of a job: see `job_command`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SAMPLE_S = 0.05
"""Time between two looks at the memory (s); chosen by hand."""
STYLE = "house"
"""Style of the second piece for the same clip."""
_MB = 2**20


@dataclass
class JobFigures:
    """What a job took; times are counted from its start (s).

    Parameters
    ----------
    first_s, both_s, all_s
        When the first level's video was there, those of all levels, and all files.
    again_s
        Wall-clock time of a job in another style for the same clip, whose analysis is kept (s).
    cpu_s
        CPU time of the process and its children (s).
    cpu_both_s
        The part of it that had passed when the videos of all levels were there (s).
    peak_mb, before_mb
        Memory of the process and its children (MB): the most, and that before the job.
    stages
        Wall-clock time (s) by the name of the stage that progress was last reported for.
    reported
        Times (s) that the report of the job tells, by stage; those of a level after its name.
    """

    first_s: float = 0.0
    both_s: float = 0.0
    all_s: float = 0.0
    again_s: float = 0.0
    cpu_s: float = 0.0
    cpu_both_s: float = 0.0
    peak_mb: float = 0.0
    before_mb: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    reported: dict[str, float] = field(default_factory=dict)


def job_command(tree: Path, clip: Path, warm_up: Path, levels: str) -> tuple[list[str], Any]:
    """Return the command that measures a job, and the environment for it.

    Parameters
    ----------
    tree
        Folder with the version of the project to measure.
    clip, warm_up
        The clips of the measured job and of the one before it.
    levels
        See `d2m.core.levels.levels_named`.
    """
    program = (
        f"import runpy; runpy.run_path({str(Path(__file__).resolve())!r}, run_name='__main__')"
    )
    command = [sys.executable, "-c", program, str(clip), str(warm_up), levels]
    return command, os.environ | {"PYTHONPATH": str(tree), "GLOG_minloglevel": "2"}


@contextlib.contextmanager
def memory_watch(peak_mb: list[float]) -> Iterator[None]:
    """Look at the memory of this process and its children again and again (MB).

    Parameters
    ----------
    peak_mb
        Gets the most memory so far as its only entry.
    """
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(SAMPLE_S):
            peak_mb[:] = [max(*peak_mb, memory_of_tree_mb())]

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def process_tree(root: int) -> list[int]:
    """Return a process and all its descendants that live (process ids)."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def memory_of_tree_mb() -> float:
    """Return the memory of this process and what its descendants have on top (MB)."""
    page, own, total = os.sysconf("SC_PAGE_SIZE"), os.getpid(), 0
    for pid in process_tree(own):
        with contextlib.suppress(OSError):
            resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
            total += (resident - (0 if pid == own else shared)) * page
    return total / _MB


def cpu_of_tree_s(root: int) -> float:
    """Return the CPU time of a process and its descendants, ended ones too (s)."""
    ticks = 0
    for pid in process_tree(root):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text()
            # user and system time, then those of its children that have ended
            ticks += sum(map(int, stat.rsplit(")", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def works(root: int) -> bool:
    """Return whether a thread of a process or its descendants runs, or waits for a core or disk."""
    for pid in process_tree(root):
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                if (task / "stat").read_text().rsplit(")", 1)[1].split()[0] in "RD":
                    return True
    return False


def measure_job(pipeline: Any, clip: Path, levels: Any, out: Path) -> JobFigures:
    """Let a pipeline do a job, and measure it."""
    from d2m.core.events import Observer
    from d2m.core.settings import Settings

    figures, soundtracks_s = JobFigures(before_mb=memory_of_tree_mb()), list[float]()
    stages: list[tuple[float, str]] = []

    class Clock(Observer[None]):
        def on_progress(self, stage: str, share: float) -> None:  # noqa: ARG002
            stages.append((time.perf_counter() - start, stage))

        def on_soundtrack(self, soundtrack: Any) -> None:  # noqa: ARG002
            soundtracks_s.append(time.perf_counter() - start)
            figures.cpu_both_s = cpu_of_tree_s(own) - start_cpu

    own, peak_mb = os.getpid(), [figures.before_mb]
    start_cpu, start = cpu_of_tree_s(own), time.perf_counter()
    with memory_watch(peak_mb):
        files = pipeline.produce(clip, levels, Settings(), out=out, observer=Clock())
        figures.all_s = time.perf_counter() - start
        figures.cpu_s = cpu_of_tree_s(own) - start_cpu
    (figures.peak_mb,) = peak_mb
    figures.first_s, figures.both_s = soundtracks_s[0], soundtracks_s[-1]
    figures.stages = stage_seconds(stages, figures.all_s)
    figures.reported = reported_seconds(json.loads(files.report.read_text()))
    return figures


def stage_seconds(stages: list[tuple[float, str]], end_s: float) -> dict[str, float]:
    """Return how long each stage was the latest one that was reported (s), in their order.

    Parameters
    ----------
    stages
        Time since the start of the job (s) and name of each report of progress.
    end_s
        When the job ended (s).
    """
    seconds: dict[str, float] = {}
    ends = [at for at, _ in stages[1:]] + [end_s]
    for (at, name), until in zip(stages, ends, strict=True):
        seconds[name] = seconds.get(name, 0.0) + until - at
    return seconds


def reported_seconds(report: dict[str, Any]) -> dict[str, float]:
    """Return the times of the stages (s) in a job's report."""
    seconds = dict(report.get("seconds", {}))
    for level, facts in report.get("levels", {}).items():
        seconds |= {f"{level} {name}": s for name, s in facts.get("seconds", {}).items()}
    return seconds


def main() -> None:
    """Print the figures of a job as the last line, in JSON."""
    from d2m.core.levels import levels_named
    from d2m.core.settings import Settings
    from d2m.pipeline import DanceToMusic

    clip, warm_up, levels = Path(sys.argv[1]), Path(sys.argv[2]), levels_named(sys.argv[3])
    pipeline = DanceToMusic()
    with tempfile.TemporaryDirectory() as folder:
        pipeline.produce(warm_up, levels, Settings(), out=Path(folder) / "short")
        figures = measure_job(pipeline, clip, levels, Path(folder) / "measured")
        start = time.perf_counter()
        pipeline.produce(clip, levels, Settings(style=STYLE), out=Path(folder) / "again")
        figures.again_s = time.perf_counter() - start
    sys.stdout.write("\n" + json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
