"""Write the files of a score: MIDI, beat markers, stems, and the picture of what plays when."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.core.progress import timed
from d2m.generation.soundtrack import Soundtrack
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_file import write_flac
from d2m.rendering.score_plot import draw_score_plot
from d2m.score.midi import write_midi
from d2m.score.notes import STEMS, Score

SCORE_KINDS = {
    "midi": ".mid",
    "csv": ".beats.csv",
    "lanes": ".score.png",
    "lanes_dark": ".score.dark.png",
    **{stem: f".{stem}.flac" for stem in STEMS},
}
"""File name endings by kind: the score as MIDI, its beats for video editors, the picture of
what plays when on a light and on a dark background, and each stem before mastering."""


def write_notes(score: Score, base: Path) -> dict[str, Path]:
    """Write a score as MIDI, and its beat markers.

    Parameters
    ----------
    score
        The score.
    base
        Path of the files without their endings, see `SCORE_KINDS`.

    Returns
    -------
    dict
        The files by kind.
    """
    paths = _paths(base, ("midi", "csv"))
    write_midi(paths["midi"], score)
    write_beat_markers(paths["csv"], score)
    return paths


def write_stems(soundtrack: Soundtrack, score: Score, base: Path) -> tuple[str, dict[str, Path]]:
    """Write the stems of a studio version, and draw its score.

    Parameters
    ----------
    soundtrack
        The studio version.
    score
        The score that it plays.
    base
        As for `write_notes`.

    Returns
    -------
    text, paths
        Description of the picture in words, and the files by kind.
    """
    paths = _paths(base, ("lanes", "lanes_dark", *STEMS))
    with timed(soundtrack.seconds, "stems"):
        for stem in STEMS:
            title = f"{soundtrack.title}: {stem}"
            write_flac(paths[stem], soundtrack.stems[stem], soundtrack.sample_rate, title)
    with timed(soundtrack.seconds, "score_plot"):
        text = draw_score_plot(paths["lanes"], score=score, dark=paths["lanes_dark"])
    return text, paths


def _paths(base: Path, kinds: Iterable[str]) -> dict[str, Path]:
    """Return the paths of files by kind."""
    return {kind: base.with_name(base.name + SCORE_KINDS[kind]) for kind in kinds}


def write_beat_markers(path: Path, score: Score) -> None:
    """Write the beats of a score as CSV: time (s), beat in the bar, bar and section.

    Bars count from 1; beats before the first whole bar belong to bar 0.

    Parameters
    ----------
    path
        The CSV file, written atomically.
    score
        The score.
    """
    downbeats = np.asarray(score.downbeats_s)
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["time_s", "beat", "bar", "section"])
        for time_s in score.beats_s:
            bar = int(np.searchsorted(downbeats, time_s + 1e-6, side="right"))
            beat, section = _beat_in_bar(score, time_s), _section(score, time_s)
            rows.writerow([f"{time_s:.4f}", beat, bar, section])


def _beat_in_bar(score: Score, time_s: float) -> int:
    """Return the position of a beat in its bar, 1 to 4."""
    beats = np.asarray(score.beats_s)
    index = int(np.argmin(np.abs(beats - time_s)))
    if not len(score.downbeats_s):
        return index % BEATS_PER_BAR + 1
    anchor = int(np.argmin(np.abs(beats - score.downbeats_s[0])))
    return (index - anchor) % BEATS_PER_BAR + 1


def _section(score: Score, time_s: float) -> str:
    """Return the name of the section at a time, or nothing outside all sections."""
    names = [one.name for one in score.sections if one.start_s - 1e-6 <= time_s < one.end_s - 1e-6]
    return names[-1] if names else ""
