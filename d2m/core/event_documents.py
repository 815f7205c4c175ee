"""Events of a job as plain, JSON-ready values, for HTTP, MCP and the command line.

A file is a `pathlib.Path` here. `with_files` replaces each by what a consumer sends: a path as
text, or a link.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from d2m.core.dance_events import ChoreographySummary, DanceObserver, SongSummary
from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import LEVELS_AND_BASELINES

Document = dict[str, Any]
"""Values by name."""

TAKE_FILES = {
    "mp4": "video",
    "wav": "music",
    "midi": "midi",
    "csv": "beat_markers",
    "lanes": "score_picture",
    "png": "beat_plot",
    "beats": "beat_video",
    "original": "original_picture",
}
"""Names of the files of a take by kind. Stems keep their own names, under ``stems``."""
CHOREOGRAPHY_FILES = {
    "mp4": "video",
    "npz": "joints_numpy",
    "json": "joints_openpose",
    "bvh": "motion",
    "png": "beat_plot",
}
"""Names of the files of a dance by kind. Those of further dancers end with their number."""
_DARK_COPIES = ("dark", "lanes_dark")
"""Kinds of the pictures for a dark page, which no document names."""


def with_files(value: Any, convert: Callable[[Path], Any] = str) -> Any:
    """Return a document whose files are replaced, and whose tuples are lists.

    Parameters
    ----------
    value
        The document, or a part of it.
    convert
        Returns what stands for a file.
    """
    if isinstance(value, Path):
        return convert(value)
    if isinstance(value, dict):
        return {name: with_files(part, convert) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_files(part, convert) for part in value]
    return value


def dance_document(dance: DanceSummary) -> Document:
    """Return the analysis of a clip: the fields of the event by name.

    The guesses of the beats and the styles have named values, and ``picture`` is the dancer with
    the tracked skeleton.
    """
    document = asdict(dance)
    picture = document.pop("strip")
    document["candidates"] = _named(dance.candidates, ("tempo_bpm", "shift_beats", "probability"))
    document["styles"] = _named(dance.styles, ("name", "label"))
    document["sentence"] = dance.beat_sentence
    return document if picture is None else {**document, "picture": picture}


def take_document(take: SoundtrackSummary) -> Document:
    """Return one level's music: the fields of the event by name, and its ``files``.

    Only the scores that are known are there, and ``beat_match`` says that of the beats in words.
    """
    document = asdict(take)
    files = _take_files(document.pop("paths"))
    scores = {name: score for name, score in take.scores.items() if math.isfinite(score)}
    return {**document, "scores": scores, "beat_match": take.beat_match, "files": files}


def details_document(details: SoundtrackDetails) -> Document:
    """Return what is added to a take later: files, and descriptions of its pictures."""
    described = {"beat_plot": details.alt_text, "score_picture": details.score_text}
    return {
        "level": details.level,
        "variation": details.variation,
        "descriptions": {name: text for name, text in described.items() if text},
        "files": _take_files(details.paths),
    }


def song_document(song: SongSummary) -> Document:
    """Return the analysis of a song: the fields of the event by name."""
    return {**asdict(song), "sentence": song.beat_sentence}


def choreography_document(choreography: ChoreographySummary) -> Document:
    """Return a dance for a song: the fields of the event by name, and its ``files``."""
    document = asdict(choreography)
    document["descriptions"] = {"beat_plot": document.pop("alt_text")}
    files: Document = {}
    for kind, path in document.pop("paths").items():
        if kind not in _DARK_COPIES:
            first = kind if kind in CHOREOGRAPHY_FILES else kind.rstrip("0123456789")
            files[CHOREOGRAPHY_FILES[first] + kind[len(first) :]] = path
    return {**document, "files": files}


def _named(rows: tuple[tuple[Any, ...], ...], names: tuple[str, ...]) -> list[Document]:
    """Return rows of values as values by name."""
    return [dict(zip(names, row, strict=True)) for row in rows]


def _take_files(paths: dict[str, Path]) -> Document:
    """Return the files of a take by name, with its stems in one group."""
    files = {name: paths[kind] for kind, name in TAKE_FILES.items() if kind in paths}
    known = {*TAKE_FILES, *_DARK_COPIES}
    stems = {kind: path for kind, path in paths.items() if kind not in known}
    return {**files, "stems": stems} if stems else files


class ResultDocument(DanceObserver[Document]):
    """Collects the events of a job in one document, and returns it for each event.

    The document holds what is known: ``status`` and ``progress`` while the job runs, then
    ``dance`` and ``takes`` of a clip or ``song`` and ``choreography`` of a song, and in the end
    ``comparisons``, ``report`` and ``archive``.
    """

    def __init__(self) -> None:
        self._progress: Document = {}
        self._found: Document = {}
        self._files: Document = {}
        self._takes: dict[tuple[str, int], Document] = {}
        self._status = "running"

    @property
    def document(self) -> Document:
        """What is known so far."""
        order = [*LEVELS_AND_BASELINES]
        takes = sorted(self._takes, key=lambda take: (order.index(take[0]), take[1]))
        return {
            "status": self._status,
            **({"progress": self._progress} if self._progress else {}),
            **self._found,
            **({"takes": [self._takes[take] for take in takes]} if takes else {}),
            **self._files,
        }

    def on_progress(self, stage: str, share: float) -> Document:
        """Replace the progress."""
        self._progress = {"stage": stage, "stage_share": share}
        return self.document

    def on_dance(self, dance: DanceSummary) -> Document:
        """Add the analysis of the clip."""
        self._found["dance"] = dance_document(dance)
        return self.document

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> Document:
        """Add a take."""
        self._takes[soundtrack.level, soundtrack.variation] = take_document(soundtrack)
        return self.document

    def on_details(self, details: SoundtrackDetails) -> Document:
        """Add the other files of a take."""
        key, added = (details.level, details.variation), details_document(details)
        files = {**self._takes[key]["files"], **added["files"]}
        self._takes[key] = {**self._takes[key], **added, "files": files}
        return self.document

    def on_song(self, song: SongSummary) -> Document:
        """Add the analysis of the song."""
        self._found["song"] = song_document(song)
        return self.document

    def on_choreography(self, choreography: ChoreographySummary) -> Document:
        """Add the dance."""
        self._found["choreography"] = choreography_document(choreography)
        return self.document

    def on_files(self, files: ResultFiles) -> Document:
        """Add the files of the whole job, with which it is done."""
        for level, path in files.beat_videos.items():
            take = self._takes[level, 1]
            self._takes[level, 1] = {**take, "files": {**take["files"], "beat_video": path}}
        if files.comparisons:
            self._files["comparisons"] = files.comparisons
        self._files |= {"report": files.report, "archive": files.archive}
        return self.document

    def finish(self) -> Document:
        """Mark the job as done, and return the whole document."""
        self._status, self._progress = "done", {}
        return self.document
