"""Time every stage on a 10 s clip: seconds, and the ratio to real time.

    make bench
    PYTHONPATH=. python tools/bench.py --clip my.mp4

Without a clip, one of 1920 x 1080 px is made from an example.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.core.levels import LEVELS
from d2m.core.styles import AUTO
from d2m.pipeline import DanceToMusic

EXAMPLE = Path(__file__).parents[1] / "examples" / "groove_procedural_landscape.mp4"
MIN_SHOWN_S = 0.005
"""Stages that take less have no ratio to real time (s); half of the last digit that is printed."""


def write_full_hd(source: Path, target: Path, seconds: float = 10.0) -> None:
    """Write the first seconds of a clip at 1920 x 1080 px, without its sound."""
    from moviepy import VideoFileClip

    with VideoFileClip(str(source)) as clip:
        part = clip.subclipped(0, min(seconds, clip.duration)).resized(new_size=(1920, 1080))
        part.write_videofile(str(target), codec="libx264", audio=False, logger=None)


def main(
    clip: Annotated[Optional[Path], typer.Option(help="Clip to time.")] = None,  # noqa: UP045
) -> None:
    """Generate all levels three times: with imports, without, and in another style.

    The last run uses the analysis of the clip that the run before it made.
    """
    with tempfile.TemporaryDirectory() as folder:
        if clip is None:
            clip = Path(folder) / "full_hd.mp4"
            write_full_hd(EXAMPLE, clip)
        pipeline, totals = DanceToMusic(), {}
        for run, style in (("first", AUTO), ("warm", AUTO), ("again, other style", "house")):
            if run == "warm":
                pipeline = DanceToMusic()  # a new one has no analysis in its cache
            start = time.perf_counter()
            dance = pipeline.perceive(clip)
            stages = {"perception": time.perf_counter() - start, **dance.seconds}
            for level in LEVELS.values():
                soundtrack = pipeline.generate(dance, level, style=style, out=Path(folder) / run)
                stages |= {f"{level.name} {name}": s for name, s in soundtrack.seconds.items()}
            totals[run] = time.perf_counter() - start
            duration_s = dance.clip.duration_s
            typer.echo(f"{run}: {totals[run]:.1f} s for {duration_s:.1f} s of dance, all levels")
            for name, seconds in stages.items():
                ratio = f"{duration_s / seconds:7.1f} x real time" if seconds > MIN_SHOWN_S else ""
                typer.echo(f"  {name:14s} {seconds:6.2f} s  {ratio}")
        for run in ("first", "warm"):
            speedup = totals[run] / totals["again, other style"]
            typer.echo(f"Another style is {speedup:.1f} times as fast as the {run} run.")


if __name__ == "__main__":
    typer.run(main)
