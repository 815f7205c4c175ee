"""The commands ``generate`` and ``rhythm``: music for clips, and the rhythm of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.core.beat_tempo import tempo_text
from d2m.core.command_options import (
    AsJson,
    LikeReport,
    MaybeText,
    MaybeTexts,
    Quiet,
    ResultFolder,
    WeightsFolder,
)
from d2m.core.console import ConsoleProgress, EventPrinter, ResultPrinter, telling_errors
from d2m.core.events import (
    DanceSummary,
    ResultFiles,
    SoundtrackSummary,
    heard_sentence,
)
from d2m.core.levels import BASELINES, DEFAULT_LEVELS, Level, levels_named
from d2m.core.settings import Settings
from d2m.jobs.given_clips import do_each_clip, given_clips

RHYTHM_SETTINGS = (
    *("start_s", "length_s", "dancer", "beats", "tempo_bpm", "tempo_scale", "shift_beats"),
)
"""The settings that `rhythm` has options for."""

GivenClips = Annotated[
    list[Path],
    typer.Argument(
        help="Videos of dancers, folders of them, or patterns such as 'clips/*.mp4'.",
        show_default=False,
    ),
]
Clip = Annotated[Path, typer.Argument(help="A video of a dancer.", show_default=False)]
LevelName = Annotated[
    MaybeText,
    typer.Option(
        help="studio (composed, sampled instruments), high (hop 128, coarse), low (hop 32, finer), "
        "both (high and low), all, or a list such as studio,high.",
        show_default=DEFAULT_LEVELS,
    ),
]
SystemNames = Annotated[
    MaybeTexts,
    typer.Option(
        help="Baselines for comparison: dance2music, foley-music, cmt, random. Several may be "
        "given. Without --level, only these are made.",
        show_default=False,
    ),
]


def generate(
    clips: GivenClips,
    level: LevelName = None,
    system: SystemNames = None,
    like: LikeReport = None,
    checkpoints: WeightsFolder = CHECKPOINTS,
    out: ResultFolder = Path("out"),
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    given: dict[str, Any],
) -> None:
    """Make music for clips.

    Each clip gets NAME.STYLE.SEED.LEVEL.mp4, .wav, .mid and more, a report and a ZIP. Several
    clips get a folder each, and one that can't be used does not stop the others.
    """
    from d2m.pipeline import DanceToMusic

    with telling_errors(as_json):
        settings, saved_levels = _saved_settings(like)
        settings = replace(settings, **given)
        levels = _chosen_levels(level, system or [], saved_levels)
        pipeline = DanceToMusic(checkpoints=checkpoints)
        pipeline.check(levels, settings, out)  # before any clip is read
        found = given_clips(clips, out)

    def produce(clip: Path, folder: Path) -> None:
        printer = EventPrinter(clip, quiet=quiet) if as_json else ConsoleObserver(quiet=quiet)
        pipeline.produce(clip, levels, settings, out=folder, observer=printer)

    do_each_clip(found, out, produce, quiet=quiet, as_json=as_json)


def _chosen_levels(level: str | None, systems: list[str], saved: str) -> tuple[Level, ...]:
    """Return the levels and systems that a person names, or else the saved ones, each once."""
    if level is None and not systems:
        return levels_named(saved)
    chosen = levels_named(level) if level is not None else ()
    if systems:
        chosen += levels_named(",".join(systems), noun="system")
    return tuple(dict.fromkeys(chosen))


def _saved_settings(path: Path | None) -> tuple[Settings, str]:
    if path is None:
        return Settings(), DEFAULT_LEVELS
    from d2m.rendering.report import read_settings

    return read_settings(path)


def rhythm(clip: Clip, quiet: Quiet = False, *, given: dict[str, Any]) -> None:
    """Print a clip's tempo and beats as JSON."""
    import json

    from d2m.pipeline import DanceToMusic
    from d2m.rendering.report import report

    progress = ConsoleProgress(quiet=quiet).report
    dance = DanceToMusic().perceive(clip, Settings(**given), progress=progress)
    typer.echo(json.dumps(report(dance, [])["rhythm"], indent=2))


class ConsoleObserver(ResultPrinter):
    """Prints the events of a job for a clip, as `ResultPrinter` does.

    Parameters
    ----------
    quiet
        Print the results only.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._made: list[SoundtrackSummary] = []

    def on_dance(self, dance: DanceSummary) -> None:
        """Print where the beats come from, the warnings, and what happened to the picture."""
        self._note(dance.beat_sentence, *dance.warnings, dance.picture)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Print where one level's video is, its style (baselines have none), song and scores."""
        self._made.append(soundtrack)
        style = "" if soundtrack.level in BASELINES else f"{soundtrack.style}, "
        if soundtrack.song:
            style = f'"{soundtrack.song}" ({soundtrack.style}: {soundtrack.kind}), '
        typer.echo(
            f"{soundtrack.paths['mp4']}  {style}{tempo_text(soundtrack.tempo_bpm)}, "
            f"{soundtrack.beat_match}"
        )

    def on_files(self, files: ResultFiles) -> None:
        """Print where the ZIP is, and whether all kinds of songs were heard."""
        typer.echo(files.archive)
        self._note(*filter(None, [heard_sentence(self._made)]))
