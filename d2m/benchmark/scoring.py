"""Scores of one piece of music, and their collection row by row."""

from __future__ import annotations

from typing import Literal

import numpy as np

from d2m.audio.waveform import Audio
from d2m.benchmark.genre_classifier import GenreClassifier
from d2m.benchmark.metric_table import FloatArray
from d2m.benchmark.originals import Original
from d2m.metrics.accents import accent_ratio, onset_curve
from d2m.metrics.beats import (
    TEMPO_TOLERANCE,
    Variant,
    beat_continuity,
    beat_f_measure,
    beats_scores,
    music_beats,
)
from d2m.metrics.codec import log_mel_l1

Scores = dict[str, float]
"""Values of one piece by metric key."""

_VARIANTS: tuple[tuple[Literal["", "loris_"], Variant], ...] = (("", "d2mgan"), ("loris_", "loris"))


class ScoreTable:
    """Collects the scores of pieces by row."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Scores]] = {}

    def add(self, row: str, scores: Scores) -> None:
        """Add the scores of one piece to a row."""
        self._rows.setdefault(row, []).append(scores)

    def rows(self) -> dict[str, dict[str, FloatArray]]:
        """Return the values (n,) by row and metric key; NaN where a piece has none."""
        return {
            row: {
                key: np.array([one.get(key, np.nan) for one in scores])
                for key in sorted({key for one in scores for key in one})
            }
            for row, scores in self._rows.items()
        }


def music_scores(audio: Audio, original: Original, genres: GenreClassifier) -> Scores:
    """Score audio as the music of a piece: spectrum, accents, beats and genre."""
    beats_s = music_beats(audio)[1]
    scores = {
        "mel_l1": log_mel_l1(audio, original.audio),
        "accents": accent_ratio(audio, original.accents_s, original.other_steps_s),
    }
    for prefix, variant in _VARIANTS:
        found = beats_scores(audio, original.audio, variant=variant)
        scores |= {f"{prefix}coverage": found.coverage, f"{prefix}hit": found.hit}
    beat_scores = beat_tracking_scores(beats_s, original.piece.grid.beats_s)
    return scores | beat_scores | genres.scores(audio, original)


def beat_tracking_scores(beats_s: FloatArray, true_s: FloatArray) -> Scores:
    """Score the beats of music against the true beats of its dance (both in s)."""
    continuity = beat_continuity(beats_s, true_s)
    return {
        "beat_f": beat_f_measure(beats_s, true_s),
        "cmlt": continuity.cmlt,
        "amlt": continuity.amlt,
        "tempo_ok": float(_has_same_tempo(beats_s, true_s)),
    }


def accent_curve(audio: Audio, original: Original) -> FloatArray:
    """Compute `d2m.metrics.accents.onset_curve` around the accents of a piece."""
    return onset_curve(audio, original.accents_s)


def _has_same_tempo(beats_s: FloatArray, true_s: FloatArray) -> bool:
    if len(beats_s) < 2 or len(true_s) < 2:
        return False
    ratio = float(np.median(np.diff(beats_s)) / np.median(np.diff(true_s)))
    return abs(ratio - 1.0) <= TEMPO_TOLERANCE
