"""Time every stage on a 10 s clip: seconds, and how much faster than real time.

    make bench
    PYTHONPATH=. python tools/bench.py --clip my.mp4

Without a clip it makes a 1080p one out of an example.
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


def full_hd(source: Path, target: Path, seconds: float = 10.0) -> None:
    """Write the first seconds of a clip at 1920 x 1080."""
    from moviepy import VideoFileClip

    with VideoFileClip(str(source)) as clip:
        part = clip.subclipped(0, min(seconds, clip.duration)).resized(new_size=(1920, 1080))
        part.write_videofile(str(target), codec="libx264", audio=False, logger=None)


def main(
    clip: Annotated[Optional[Path], typer.Option(help="Clip to time.")] = None,  # noqa: UP045
) -> None:
    """Make both levels with everything loaded for the first time, warm, and once more.

    The last run has another style, and reuses what the one before saw in the clip.
    """
    with tempfile.TemporaryDirectory() as folder:
        if clip is None:
            clip = Path(folder) / "full_hd.mp4"
            full_hd(EXAMPLE, clip)
        maker, totals = DanceToMusic(), {}
        for run, style in (("first", AUTO), ("warm", AUTO), ("again, other style", "house")):
            if run == "warm":
                maker = DanceToMusic()  # a new one has no perception to reuse
            start = time.perf_counter()
            dance = maker.perceive(clip)
            stages = {"perception": time.perf_counter() - start, **dance.seconds}
            for level in LEVELS.values():
                track = maker.generate(dance, level, style=style, out=Path(folder) / run)
                stages |= {f"{level.name} {name}": s for name, s in track.seconds.items()}
            totals[run] = time.perf_counter() - start
            duration = dance.clip.duration_s
            typer.echo(f"{run}: {totals[run]:.1f} s for {duration:.1f} s of dance, both levels")
            for name, seconds in stages.items():
                share = f"{duration / seconds:7.1f} x real time" if seconds > 0.005 else ""
                typer.echo(f"  {name:14s} {seconds:6.2f} s  {share}")
        for run in ("first", "warm"):
            ratio = totals[run] / totals["again, other style"]
            typer.echo(f"Another style is {ratio:.1f} times as fast as the {run} run.")


if __name__ == "__main__":
    typer.run(main)
