"""The figures of the benchmark: what jobs on a clip took, and their ratios to the floor."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tools.bench.clips import LONG, ROOT, START_OF_LONG
from tools.bench.measured_job import JobFigures

CPU_TIMES = ("cpu_both_s", "cpu_s")
"""The figures of a job whose floor is the CPU time of the pose network, not its wall clock."""


@dataclass
class ClipFigures:
    """What was measured on one clip.

    Parameters
    ----------
    title
        What the clip is, for people.
    floors
        Results of `tools.bench.floor.measure_floor`: before the first job and after each.
    rounds
        The jobs, each in a process of its own.
    """

    title: str
    floors: list[dict[str, float]] = field(default_factory=list)
    rounds: list[JobFigures] = field(default_factory=list)

    def least(self, name: str) -> float:
        """Return the least value of a figure of the jobs: noise only adds to it."""
        return float(min(getattr(one, name) for one in self.rounds))

    def floor(self, name: str = "seconds") -> float:
        """Return the least ``"seconds"`` or ``"cpu_s"`` of the pose network alone (s)."""
        return min(one[name] for one in self.floors)

    def ratio(self, name: str) -> float:
        """Return the least value of a time of the jobs as a multiple of the floor."""
        return self.least(name) / self.floor("cpu_s" if name in CPU_TIMES else "seconds")

    @property
    def quickest(self) -> JobFigures:
        """The job that was finished soonest."""
        return min(self.rounds, key=lambda one: one.all_s)


Figures = dict[str, ClipFigures]
"""What was measured, by the name of the clip."""


def growth(figures: Figures) -> tuple[float, float]:
    """Compare the long clip with its first 10 s.

    Returns
    -------
    ratio, megabytes
        How many times as long everything takes, and how much more memory (MB).
    """
    long, short = figures[LONG.name], figures[START_OF_LONG.name]
    more_mb = long.least("peak_mb") - short.least("peak_mb")
    return long.least("all_s") / short.least("all_s"), more_mb


def write_figures(path: Path, figures: Figures) -> None:
    """Write figures as JSON, with the version and the machine that they are of."""
    content = {
        "version": commit_of(ROOT),
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "clips": {name: asdict(one) for name, one in figures.items()},
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_figures(path: Path) -> Figures:
    """Read the figures that `write_figures` wrote."""
    clips: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["clips"]
    return {
        name: ClipFigures(
            one["title"], one["floors"], [JobFigures(**each) for each in one["rounds"]]
        )
        for name, one in clips.items()
    }


def commit_of(tree: Path) -> str:
    """Return the commit in a working tree, with ``+`` if tracked files differ from it."""
    command = ["git", "-C", str(tree), "describe", "--always", "--exclude=*", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
