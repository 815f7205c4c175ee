"""Measure the beats that are found in sounds, and print the figures as Markdown.

    PYTHONPATH=. python -m tools.beat_figures sound
    PYTHONPATH=. python -m tools.beat_figures sound --clips FOLDER --beats FILE --speech FOLDER

``sound`` measures the clock of the clip's own sound (`d2m.perception.sound_beats`): on music of
this project with known beats, clean and as a telephone records it at a party; on sounds that are
no music; on clips with annotated beats; and its time. Pieces with odd seeds, and every second
recording of speech, were used to choose constants; the others only measure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from tools.beat_figures.clips import clip_table
from tools.beat_figures.music import music_table
from tools.beat_figures.no_music import no_music_table
from tools.beat_figures.timing import time_table

app = typer.Typer(add_completion=False, help=__doc__)
OptionalFolder = Annotated[Optional[Path], typer.Option(exists=True, file_okay=False)]  # noqa: UP045
OptionalFile = Annotated[Optional[Path], typer.Option(exists=True, dir_okay=False)]  # noqa: UP045


@app.callback()
def main() -> None:
    """Measure the beats of sounds."""


@app.command()
def sound(
    clips: OptionalFolder = None,
    beats: OptionalFile = None,
    speech: OptionalFolder = None,
    music: Annotated[bool, typer.Option(help="Measure music of this project.")] = True,
    others: Annotated[bool, typer.Option(help="Measure sounds that are no music.")] = True,
    chosen: Annotated[bool, typer.Option(help="Also what constants were chosen on.")] = True,
    speed: Annotated[bool, typer.Option(help="Measure the time.")] = True,
) -> None:
    """Measure the clock of the clip's own sound.

    ``--beats`` is a JSON file with ``{NAME: {"beats_s": [...]}}`` for clips in ``--clips``;
    ``--speech`` is a folder of recordings of speech (WAV).
    """
    lines: list[str] = []
    if music:
        lines += music_table(speech, chosen)
    if others:
        lines += no_music_table(speech, chosen)
    if clips is not None:
        lines += clip_table(clips, beats)
    if speed:
        lines += time_table()
    for line in lines:
        typer.echo(line)


if __name__ == "__main__":
    app()
