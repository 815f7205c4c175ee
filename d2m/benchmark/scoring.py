"""Scores of one sound for one take, and tables of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.held_out import Take
from d2m.benchmark.metrics import FloatArray
from d2m.evaluation.accents import accent_ratio, onset_curve
from d2m.evaluation.beats import beat_continuity, beat_f_measure, beats_scores, music_beats
from d2m.evaluation.codec import log_mel_l1
from d2m.evaluation.genre import N_MELS, nearest_genres, timbre_embedding
from d2m.evaluation.genre_embedding import fit_genre_embedding
from d2m.levels import SAMPLE_RATE

SEGMENT_S = 2
"""Length of the segments whose genre is looked up, as published (s)."""
TEMPO_TOLERANCE = 0.04

Scores = dict[str, float]
Audio = NDArray[np.float32]


class Table:
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


class Genres:
    """Genre by nearest neighbour among trained takes.

    The embedding is our own, fitted on these takes (`d2m.evaluation.genre_embedding`); a whole
    piece lies in the middle of its segments.

    Parameters
    ----------
    originals
        Trained takes of every song.
    """

    def __init__(self, originals: Iterable[Take]) -> None:
        takes = list(originals)
        segments = [segment_embeddings(take.audio) for take in takes]
        self._owner = np.repeat(np.arange(len(takes)), [len(one) for one in segments])
        self._genres = np.array([take.style for take in takes])
        self._songs = np.array([take.piece.song for take in takes])
        self._embed = fit_genre_embedding(np.concatenate(segments), self._genres[self._owner])
        placed = [self._embed(one) for one in segments]
        self._segments = np.concatenate(placed)
        self._wholes = np.stack([one.mean(axis=0) for one in placed])

    def scores(self, audio: Audio, take: Take) -> Scores:
        """Return the shares of segments, and of the whole, that have the take's genre."""
        segments = self._embed(segment_embeddings(audio))
        genres = self._genres[self._owner]
        found = nearest_genres(segments, self._segments, genres)
        whole = nearest_genres(segments.mean(axis=0)[None], self._wholes, self._genres)
        scores = {
            "genre": float(np.mean(found == take.style)),
            "genre_whole": float(whole[0] == take.style),
        }
        own = self._songs[self._owner] == take.piece.song
        if not own.all():
            excluded = np.tile(own, (len(segments), 1))
            found = nearest_genres(segments, self._segments, genres, excluded)
            scores["genre_other"] = float(np.mean(found == take.style))
        return scores

    def place(self, audio: Audio) -> FloatArray:
        """Return where a whole piece lies, (K,)."""
        return np.asarray(self._embed(segment_embeddings(audio)).mean(axis=0))


def segment_embeddings(audio: Audio) -> FloatArray:
    """Return the timbre (n, 192) of a sound's whole segments of 2 s: too short for a rhythm."""
    size = SEGMENT_S * SAMPLE_RATE
    starts = range(0, max(1, len(audio) - size + 1), size)
    sounds = [audio[start : start + size] for start in starts]
    return np.stack([timbre_embedding(sound)[: 3 * N_MELS] for sound in sounds])


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
