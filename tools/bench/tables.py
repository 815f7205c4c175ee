"""The tables of the benchmark, as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from tools.bench.clips import LONG, START_OF_LONG
from tools.bench.figures import ClipFigures, Figures, growth
from tools.bench.measured_job import JobFigures

TIMES = {
    "first_s": "first video playable",
    "both_s": "videos of both levels playable",
    "all_s": "everything written",
    "again_s": "another style for the same clip",
    "cpu_both_s": "CPU time until both videos",
    "cpu_s": "CPU time in all",
}
"""The times of a job by the name of the figure, as people read them."""
SHOWN_S = 0.005
"""Stages that take less are not listed (s): half of the last digit that is printed."""


def clip_lines(name: str, clip: ClipFigures) -> Iterator[str]:
    """Yield the table of one clip."""
    yield f"{name}: {clip.title}"
    floors = ", ".join(f"{one['seconds']:.2f}" for one in clip.floors)
    yield (
        f"  {'MediaPipe Pose alone (the floor)':36} {clip.floor():7.2f} s   "
        f"least of {floors} s; {clip.floor('cpu_s'):.2f} s of CPU time"
    )
    for key, title in TIMES.items():
        yield f"  {title:36} {clip.least(key):7.2f} s   {clip.ratio(key):.2f} x floor"
    before_mb, rounds = clip.quickest.before_mb, len(clip.rounds)
    yield f"  {'memory':36} {clip.least('peak_mb'):7.0f} MB  {before_mb:.0f} MB before the job"
    yield f"  stages of the quickest of {rounds} rounds: while it ran, and in its report"
    yield from _stage_lines(clip.quickest)


def _stage_lines(job: JobFigures) -> Iterator[str]:
    """Yield both lists of stages side by side: their times overlap where work runs at once."""
    sides = [
        [f"{name:30} {seconds:6.2f} s" for name, seconds in stages.items() if seconds >= SHOWN_S]
        for stages in (job.stages, job.reported)
    ]
    for left, right in zip_longest(*sides, fillvalue=""):
        yield f"    {left:42}{right}".rstrip()


def summary_lines(figures: Figures) -> Iterator[str]:
    """Yield the comparison of the long clip with its beginning, if both were measured."""
    if {LONG.name, START_OF_LONG.name} <= {*figures}:
        ratio, more_mb = growth(figures)
        yield f"60 s against 10 s of the same dance: {ratio:.1f} times the time, {more_mb:+.0f} MB"


def comparison_lines(old: Figures, new: Figures) -> Iterator[str]:
    """Yield a table of two versions: least times, and their ratio with its range over rounds.

    Parameters
    ----------
    old, new
        The figures of both versions, with equally many rounds for each clip; a round of one was
        measured next to the same round of the other.
    """
    header = f"{'':36} {'old':>9} {'new':>9}   new / old (range over the rounds)"
    for name, before in old.items():
        after = new[name]
        yield f"{name}: {before.title}; the floor is {before.floor():.2f} s"
        yield f"  {header}"
        for key, title in {**TIMES, "peak_mb": "memory (MB)"}.items():
            pairs = zip(before.rounds, after.rounds, strict=True)
            ratios = [getattr(two, key) / getattr(one, key) for one, two in pairs]
            least = before.least(key), after.least(key)
            yield (
                f"  {title:36} {least[0]:9.2f} {least[1]:9.2f}   {least[1] / least[0]:.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})"
            )
        both, everything = after.ratio("both_s"), after.ratio("all_s")
        yield f"  new: both videos after {both:.2f} x floor, everything after {everything:.2f} x"
