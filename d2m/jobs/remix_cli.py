"""The command ``remix``: another balance of finished music and a clip's own sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from d2m.core.console import ConsoleProgress
from d2m.core.settings import Settings

REMIX_SETTINGS = ("start_s", "length_s", "original", "ducking")
"""The settings that `remix` has options for."""

RemixClip = Annotated[Path, typer.Argument(help="The clip.", show_default=False)]
Music = Annotated[
    Path, typer.Argument(help="The WAV file of music made for it.", show_default=False)
]
VideoFile = Annotated[Path, typer.Option("--out", help="The MP4 to write.", show_default=False)]


def remix(clip: RemixClip, music: Music, out: VideoFile, *, given: dict[str, Any]) -> None:
    """Change the balance of finished music and the clip's own sound.

    Writes a new video; the music is not generated again.
    """
    from d2m.pipeline import DanceToMusic

    progress = ConsoleProgress().report
    typer.echo(DanceToMusic().remix(clip, music, Settings(**given), out=out, progress=progress))
