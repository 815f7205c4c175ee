"""Results of the benchmark, and their JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from d2m.audio.waveform import Audio
from d2m.benchmark.metric_table import FloatArray, Rows, Samples, finite_mean, standard_error

Figures = dict[str, float]
"""Single values by key."""
Curves = dict[str, FloatArray]
"""Mean onset curves (T,) by row."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelResults:
    """Results of one level, or a part of them.

    Parameters
    ----------
    codec
        Scores of the codec on unseen songs, by row.
    music
        Scores of music for the held-out pieces, by row.
    changes
        Scores of what changes of the dance, the beat grid and the song do to the music.
    dances
        Scores of music generated for dances with known beats, by kind of dance and by row.
    curves
        Mean onset strength around accents, by row.
    figures
        Single values.
    """

    codec: Rows = field(default_factory=dict)
    music: Rows = field(default_factory=dict)
    changes: Rows = field(default_factory=dict)
    dances: dict[str, Rows] = field(default_factory=dict)
    curves: Curves = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)

    def merged(self, other: LevelResults) -> LevelResults:
        """Return these results together with others."""
        return LevelResults(
            codec={**self.codec, **other.codec},
            music={**self.music, **other.music},
            changes={**self.changes, **other.changes},
            dances={**self.dances, **other.dances},
            curves={**self.curves, **other.curves},
            figures={**self.figures, **other.figures},
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Excerpt:
    """A few seconds of one piece in several versions.

    Parameters
    ----------
    title
        Name, style and tempo of the piece.
    clips
        Audio (N,) by the name of the version.
    """

    title: str
    clips: dict[str, Audio]


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """Results of a benchmark run.

    Parameters
    ----------
    levels
        Results by level name.
    facts
        Titles and sentences on what was measured and how.
    weights
        Size (bytes) and the first 12 digits of the SHA-256 of each weights file, by name.
    excerpts
        Audio for the report.
    embedding_title, embedding_note
        Name of the embedding used for genres, and sentences on how it was fitted.
    """

    levels: dict[str, LevelResults]
    facts: dict[str, str]
    weights: dict[str, dict[str, Any]]
    excerpts: list[Excerpt] = field(default_factory=list)
    embedding_title: str = ""
    embedding_note: str = ""


def as_json(results: Results) -> dict[str, Any]:
    """Convert results to JSON values: mean, standard error and count of each metric."""
    levels = {
        name: {
            "codec": _rows(found.codec),
            "music": _rows(found.music),
            "changes": _rows(found.changes),
            "dances": {kind: _rows(rows) for kind, rows in found.dances.items()},
            "figures": {key: _rounded(value) for key, value in sorted(found.figures.items())},
        }
        for name, found in results.levels.items()
    }
    return {"facts": results.facts, "weights": results.weights, "levels": levels}


def _rows(rows: Rows) -> dict[str, Any]:
    return {row: _samples(samples) for row, samples in rows.items()}


def _samples(samples: Samples) -> dict[str, Any]:
    found = {key: values[np.isfinite(values)] for key, values in samples.items()}
    return {
        key: {
            "mean": _rounded(finite_mean(values)),
            "standard_error": _rounded(standard_error(values)),
            "pieces": len(values),
        }
        for key, values in found.items()
        if len(values)
    }


def _rounded(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None
