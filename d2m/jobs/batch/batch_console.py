"""Print the progress of a batch on the command line."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict

from d2m.core.console import print_event
from d2m.jobs.batch.clip_row import ClipRow
from d2m.jobs.batch.run_batch import BatchObserver, BatchSummary

_LINE_S = 30.0
"""Shortest time between two lines of progress where there is no terminal (s); chosen by hand."""


class ConsoleBatch(BatchObserver):
    """Prints the progress to standard error, and each clip that got no music.

    On a terminal, progress is a line that is overwritten; elsewhere it is a line now and then.

    Parameters
    ----------
    quiet
        Print only the clips that got no music.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._latest = ""
        self._line_s = time.monotonic()

    def on_begin(self, summary: BatchSummary) -> None:
        """Print how many clips there are."""
        if self._quiet:
            return
        before = f", {summary.done} of them done before" if summary.done else ""
        self._line(f"{summary.clips} clips{before}")

    def on_row(self, row: ClipRow, summary: BatchSummary) -> None:
        """Print the clip if it has no music, and how far the batch is."""
        if row.status != "ok":
            self._line(f"{row.id} {row.status}: {row.message}")
        if self._quiet:
            return
        self._latest = progress_text(summary)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{self._latest}")
            sys.stderr.flush()
        elif summary.done_now == 1 or time.monotonic() - self._line_s > _LINE_S:
            self._line(self._latest)
            self._line_s = time.monotonic()

    def end(self) -> None:
        """End the line that is overwritten."""
        if sys.stderr.isatty() and self._latest:
            self._latest = ""
            self._line("")

    def _line(self, text: str) -> None:
        """Print a line above the one that is overwritten."""
        is_above = sys.stderr.isatty() and bool(self._latest)
        sys.stderr.write(f"\r\x1b[K{text}\n{self._latest}" if is_above else f"{text}\n")
        sys.stderr.flush()


class BatchEventPrinter(BatchObserver):
    """Prints the row of each clip as a line of JSON to standard output."""

    def on_row(self, row: ClipRow, summary: BatchSummary) -> None:
        """Print the row, and how far the batch is."""
        print_event("row", {**asdict(row), "clips": summary.clips, "clips_done": summary.done})

    def end(self) -> None:
        """Do nothing: each line has ended."""


def progress_text(summary: BatchSummary) -> str:
    """Return how far a batch is, at which speed it goes on, and how long it still takes."""
    counts = f"{summary.done}/{summary.clips} clips: {_counts(summary)}"
    left = summary.clips - summary.done
    if not left or not summary.done_now:
        return counts
    per_clip_s = summary.seconds / summary.done_now
    return f"{counts}; {_speed(summary)}, {duration_text(left * per_clip_s)} left"


def summary_text(summary: BatchSummary) -> str:
    """Return what came of a batch, and where its rows are."""
    speed = f" ({_speed(summary)})" if summary.done_now else ""
    return (
        f"{summary.clips} clips: {_counts(summary)}; {summary.done_now} done now in "
        f"{duration_text(summary.seconds)}{speed}. Rows: {summary.rows}"
    )


def duration_text(seconds: float) -> str:
    """Return a duration for people, such as ``"1 h 12 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _counts(summary: BatchSummary) -> str:
    return f"{summary.ok} ok, {summary.refused} refused, {summary.failed} failed"


def _speed(summary: BatchSummary) -> str:
    return f"{3600 * summary.done_now / max(summary.seconds, 1e-3):.0f} clips an hour"
