"""What a benchmark found, and its form as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from d2m.benchmark.metric_table import FloatArray, Rows, Samples, mean, standard_error

Figures = dict[str, float]
Spread = dict[str, FloatArray]


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelResults:
    """What was found of one level, or a part of it.

    Parameters
    ----------
    codec
        Scores of the codec on unseen songs, by row.
    music
        Scores of the music of held-out takes, by row.
    changes
        What changes of the dance, of the clock and of the song do.
    dances
        Scores of music composed for dances with known beats, by kind of dance, by row.
    curves
        Mean onset strength around accents, by row.
    figures
        Single numbers.
    """

    codec: Rows = field(default_factory=dict)
    music: Rows = field(default_factory=dict)
    changes: Rows = field(default_factory=dict)
    dances: dict[str, Rows] = field(default_factory=dict)
    curves: Spread = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)

    def plus(self, other: LevelResults) -> LevelResults:
        """Return both together."""
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
    """A few seconds of one take, as different players play it.

    Parameters
    ----------
    title
        Take, style and tempo.
    sounds
        Audio (N,) by who plays.
    """

    title: str
    sounds: dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a benchmark found.

    Parameters
    ----------
    levels
        Results by level name.
    facts
        What was measured, on what, with what: titles and sentences.
    weights
        Name, size (bytes) and first 12 digits of the SHA-256 of each file.
    excerpts
        What the report lets people hear and see.
    genres_by, genres_note
        Name of the embedding by which genres are told, and sentences about it.
    """

    levels: dict[str, LevelResults]
    facts: dict[str, str]
    weights: dict[str, dict[str, Any]]
    excerpts: list[Excerpt] = field(default_factory=list)
    genres_by: str = ""
    genres_note: str = ""


def as_json(results: Results) -> dict[str, Any]:
    """Return all numbers as JSON-ready values: mean, standard error and count."""
    levels = {
        name: {
            "codec": _rows(found.codec),
            "music": _rows(found.music),
            "changes": _rows(found.changes),
            "dances": {kind: _rows(rows) for kind, rows in found.dances.items()},
            "figures": {key: _number(value) for key, value in sorted(found.figures.items())},
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
            "mean": _number(mean(values)),
            "standard_error": _number(standard_error(values)),
            "pieces": len(values),
        }
        for key, values in found.items()
        if len(values)
    }


def _number(value: float) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None
