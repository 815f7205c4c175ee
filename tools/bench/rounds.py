"""Measure clips in rounds, and two versions of the project alternately."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.bench.clips import ROOT, WARM_UP, BenchClip, make_clip
from tools.bench.figures import ClipFigures, Figures
from tools.bench.floor import measure_floor
from tools.bench.measured_job import JobFigures, job_command


def measure_clips(clips: Sequence[BenchClip], rounds: int, levels: str = "both") -> Figures:
    """Measure jobs on clips with this version of the project.

    Parameters
    ----------
    clips
        The clips.
    rounds
        Jobs for each clip, each in a process of its own.
    levels
        See `d2m.core.levels.levels_named`.
    """
    return measure_versions((ROOT,), clips, rounds, levels)[0]


def measure_versions(
    trees: Sequence[Path], clips: Sequence[BenchClip], rounds: int, levels: str = "both"
) -> list[Figures]:
    """Measure jobs with several versions, in turns, and in the opposite order every second round.

    Parameters
    ----------
    trees
        Folders with the versions.
    clips, rounds, levels
        As for `measure_clips`.

    Returns
    -------
    list
        The figures of each version; the measurements of the floor are common to all.
    """
    warm_up = make_clip(WARM_UP)
    figures: list[Figures] = [{} for _ in trees]
    for clip in clips:
        path = make_clip(clip)
        floors = [measure_floor(clip, path)]
        measured = [ClipFigures(clip.title, floors) for _ in trees]
        for number in range(rounds):
            order = [*zip(trees, measured, strict=True)]
            for tree, one in reversed(order) if number % 2 else order:
                one.rounds.append(_measure_in_process(tree, path, warm_up, levels))
            floors.append(measure_floor(clip, path))
        for version, one in zip(figures, measured, strict=True):
            version[clip.name] = one
    return figures


def _measure_in_process(tree: Path, clip: Path, warm_up: Path, levels: str) -> JobFigures:
    command, environment = job_command(tree, clip, warm_up, levels)
    done = subprocess.run(command, env=environment, cwd=tree, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    figures = JobFigures(**json.loads(done.stdout.decode().splitlines()[-1]))
    sys.stderr.write(f"{clip.stem} by the version in {tree}: {figures.all_s:.1f} s\n")
    return figures


@contextlib.contextmanager
def checked_out(ref: str) -> Iterator[Path]:
    """Check out a version of the project in a temporary folder.

    Parameters
    ----------
    ref
        A commit, branch or tag.

    Raises
    ------
    ValueError
        If there is no such version.
    """
    with tempfile.TemporaryDirectory(prefix="d2m-bench-") as folder:
        tree = Path(folder) / "version"
        git = ["git", "-C", str(ROOT), "worktree"]
        added = subprocess.run(
            [*git, "add", "--detach", str(tree), ref], capture_output=True, text=True, check=False
        )
        if added.returncode:
            raise ValueError(f"{ref} can't be checked out: {added.stderr.strip()}")
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True, capture_output=True)
