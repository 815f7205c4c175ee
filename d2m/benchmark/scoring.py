"""Scores of one sound for one take, and tables of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.genre_classifier import Genres
from d2m.benchmark.held_out import Take
from d2m.benchmark.metric_table import FloatArray
from d2m.metrics.accents import accent_ratio, onset_curve
from d2m.metrics.beats import beat_continuity, beat_f_measure, beats_scores, music_beats
from d2m.metrics.codec import log_mel_l1

TEMPO_TOLERANCE = 0.04

Scores = dict[str, float]
Audio = NDArray[np.float32]


class ScoreTable:
    """Scores by row, piece by piece."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Scores]] = {}

    def add(self, row: str, scores: Scores) -> None:
        """Add the scores of one more piece to a row."""
        self._rows.setdefault(row, []).append(scores)

    def rows(self) -> dict[str, dict[str, FloatArray]]:
        """Return row, metric, values (n,); NaN where a piece has none."""
        return {
            row: {
                key: np.array([one.get(key, np.nan) for one in scores])
                for key in sorted({key for one in scores for key in one})
            }
            for row, scores in self._rows.items()
        }


def music_scores(audio: Audio, take: Take, genres: Genres) -> Scores:
    """Score a sound as the music of a take: fit, beats, coverage and hit, genre."""
    beats_s = music_beats(audio)[1]
    scores = {
        "mel_l1": log_mel_l1(audio, take.audio),
        "accents": accent_ratio(audio, take.accents_s, take.other_steps_s),
    }
    for prefix, variant in (("", "published"), ("loris_", "loris")):
        found = beats_scores(audio, take.audio, variant=variant)  # type: ignore[arg-type]
        scores |= {f"{prefix}coverage": found.coverage, f"{prefix}hit": found.hit}
    return scores | beat_figures(beats_s, take.piece.grid.beats_s) | genres.scores(audio, take)


def beat_figures(beats_s: FloatArray, true_s: FloatArray) -> Scores:
    """Score the beats of music against the true ones of its dance, both in s."""
    continuity = beat_continuity(beats_s, true_s)
    return {
        "beat_f": beat_f_measure(beats_s, true_s),
        "cmlt": continuity.cmlt,
        "amlt": continuity.amlt,
        "tempo_ok": float(_same_tempo(beats_s, true_s)),
    }


def accent_curve(audio: Audio, take: Take) -> FloatArray:
    """Return `onset_curve` around a take's accents."""
    return onset_curve(audio, take.accents_s)


def _same_tempo(beats_s: FloatArray, true_s: FloatArray) -> bool:
    if len(beats_s) < 2 or len(true_s) < 2:
        return False
    ratio = float(np.median(np.diff(beats_s)) / np.median(np.diff(true_s)))
    return abs(ratio - 1.0) <= TEMPO_TOLERANCE
