"""The command ``dance``: a dance for a song."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.command_options import (
    AsJson,
    LikeReport,
    MaybePath,
    Quiet,
    ResultFolder,
    WeightsFolder,
)
from d2m.core.console import EventPrinter, ResultPrinter, telling_errors
from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.core.dance_settings import DanceSettings
from d2m.core.events import ResultFiles

Song = Annotated[
    Path, typer.Argument(help="An audio file, or a video with sound.", show_default=False)
]
DanceCount = Annotated[
    int, typer.Option("--variations", help="How many different dances are made.", min=1, max=24)
]
StartPose = Annotated[
    MaybePath,
    typer.Option(help="A photo or a clip of a person: the dance begins in that pose."),
]


def dance(
    song: Song,
    start_pose: StartPose = None,
    variations: DanceCount = 1,
    like: LikeReport = None,
    checkpoints: WeightsFolder = CHECKPOINTS,
    out: ResultFolder = Path("out"),
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Make a dance for a song.

    The files are NAME.dance.STYLE.SEED.mp4, .npz, .json, .bvh, a report and a ZIP.
    """
    from d2m.choreography.dance_report import read_dance_settings
    from d2m.choreography.music_to_dance import MusicToDance

    printer = EventPrinter(song, quiet=quiet) if as_json else DancePrinter(quiet=quiet)
    with telling_errors(as_json):
        settings = replace(read_dance_settings(like) if like else DanceSettings(), **given)
        pipeline = MusicToDance(checkpoints=checkpoints)
        for number in range(variations):
            # Dancers side by side have consecutive seeds, so those of the next dance come after.
            chosen = replace(settings, seed=settings.seed + number * settings.dancers)
            pipeline.produce(song, chosen, out=out, start_pose=start_pose, observer=printer)


class DancePrinter(ResultPrinter):
    """Prints the events of a job for a song, as `ResultPrinter` does.

    Parameters
    ----------
    quiet
        Print the results only.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._song: SongSummary | None = None

    def on_song(self, song: SongSummary) -> None:
        """Print the tempo and the warnings, once for all variations."""
        if song != self._song:
            self._song = song
            self._note(song.beat_sentence, *song.warnings)

    def on_choreography(self, choreography: ChoreographySummary) -> None:
        """Print where the video is, its style and how it meets the beats."""
        typer.echo(
            f"{choreography.paths['mp4']}  {choreography.style}, {choreography.beat_figures}"
        )

    def on_files(self, files: ResultFiles) -> None:
        """Print where the ZIP is."""
        typer.echo(files.archive)
