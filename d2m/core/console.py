"""Print the progress, the errors and the events of a job on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from d2m.core.dance_events import ChoreographySummary, DanceObserver, SongSummary
from d2m.core.errors import D2MError
from d2m.core.event_documents import (
    choreography_document,
    dance_document,
    details_document,
    song_document,
    take_document,
    with_files,
)
from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary


def error_sentence(error: D2MError | OSError) -> str:
    """Return an error as a sentence; one of the system can come up while files are written."""
    if isinstance(error, D2MError):
        return str(error)
    name = f" {Path(str(error.filename)).name}" if error.filename else ""
    reason = (error.strerror or "unknown error").lower()
    return f"The file{name} can't be read or written ({reason}): check the disk and the folders."


class ConsoleProgress:
    """Prints the stages of a job to standard error.

    On a terminal, progress is a line that is overwritten; elsewhere it is a line for each stage.

    Parameters
    ----------
    quiet
        Print nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._stage = ""

    def report(self, stage: str, share: float) -> None:
        """Print a stage and the share of it that is done."""
        if self._quiet:
            return
        if sys.stderr.isatty():
            end = "\n" if share >= 1.0 else ""
            sys.stderr.write(f"\r{stage}: {share:4.0%}{end}")
        elif stage != self._stage:
            sys.stderr.write(f"{stage} ...\n")
        sys.stderr.flush()
        self._stage = stage


class ResultPrinter(DanceObserver[None]):
    """Prints the events of a job: results to standard output, everything else to standard error.

    Parameters
    ----------
    quiet
        Print the results only.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._progress = ConsoleProgress(quiet=quiet)

    def on_progress(self, stage: str, share: float) -> None:
        """Print a stage and the share of it that is done."""
        self._progress.report(stage, share)

    def _note(self, *sentences: str) -> None:
        """Print sentences that are no results, unless only these are wanted."""
        for sentence in sentences if not self._quiet else ():
            typer.echo(sentence, err=True)


@contextmanager
def telling_errors(as_json: bool) -> Iterator[None]:
    """Print an error of a block as an event, too, if the events are printed as JSON."""
    try:
        yield
    except (D2MError, OSError) as error:
        if as_json:
            print_event("error", {"message": error_sentence(error)})
        raise


def print_event(event: str, facts: dict[str, Any]) -> None:
    """Print an event as a line of JSON to standard output.

    Parameters
    ----------
    event
        Its name.
    facts
        Its values by name; files are written as their paths.
    """
    line = {"event": event, **with_files(facts)}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class EventPrinter(DanceObserver[None]):
    """Prints each event of a job as a line of JSON, as ``docs/command-line.md`` describes.

    Parameters
    ----------
    source
        The clip or the song, which each line names.
    quiet
        Leave out the progress.
    """

    def __init__(self, source: Path, *, quiet: bool = False) -> None:
        self._source, self._quiet = source, quiet
        self._progress: tuple[str, int] | None = None

    def on_progress(self, stage: str, share: float) -> None:
        """Print a stage, and the share of it that is done whenever a percent is added."""
        progress = (stage, int(100 * share))
        if progress != self._progress and not self._quiet:
            self._progress = progress
            self._print("progress", {"stage": stage, "stage_share": round(share, 4)})

    def on_dance(self, dance: DanceSummary) -> None:
        """Print the analysis of the clip."""
        self._print("dance", dance_document(dance))

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Print a take."""
        self._print("take", take_document(soundtrack))

    def on_details(self, details: SoundtrackDetails) -> None:
        """Print what is added to a take."""
        self._print("details", details_document(details))

    def on_song(self, song: SongSummary) -> None:
        """Print the analysis of the song."""
        self._print("song", song_document(song))

    def on_choreography(self, choreography: ChoreographySummary) -> None:
        """Print the dance."""
        self._print("choreography", choreography_document(choreography))

    def on_files(self, files: ResultFiles) -> None:
        """Print the files of the whole job, with which it is done."""
        facts = {"report": files.report, "archive": files.archive}
        more = {"comparisons": files.comparisons, "beat_videos": files.beat_videos}
        self._print("files", {**facts, **{name: each for name, each in more.items() if each}})

    def _print(self, event: str, facts: dict[str, Any]) -> None:
        print_event(event, {"source": self._source, **facts})
