"""Time every stage on a 10 s clip: seconds, and how much faster than real time.

    make bench
    PYTHONPATH=. python tools/bench.py --clip my.mp4

Without a clip it makes a 1080p one out of an example.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Optional

import typer

from d2m.levels import LEVELS
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
    """Make both levels twice: with everything loaded for the first time, and warm."""
    with tempfile.TemporaryDirectory() as folder:
        if clip is None:
            clip = Path(folder) / "full_hd.mp4"
            full_hd(EXAMPLE, clip)
        for run in ("first", "warm"):
            maker = DanceToMusic()  # a new one has no perception to reuse
            dance = maker.perceive(clip)
            stages = dict(dance.seconds)
            for level in LEVELS.values():
                track = maker.generate(dance, level, out=Path(folder) / run)
                stages |= {f"{level.name} {name}": s for name, s in track.seconds.items()}
            total = sum(stages.values())
            duration = dance.clip.duration_s
            typer.echo(f"{run}: {total:.1f} s for {duration:.1f} s of dance, both levels")
            for name, seconds in stages.items():
                share = f"{duration / seconds:7.1f} x real time" if seconds > 0.005 else ""
                typer.echo(f"  {name:14s} {seconds:6.2f} s  {share}")


if __name__ == "__main__":
    typer.run(main)
