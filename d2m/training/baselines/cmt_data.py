"""Scores as compound words, to train the Controllable Music Transformer (CMT) on.

The scores are those of `d2m.training.data.composed_pieces.ComposedPiece`, composed without
playing them. Each is kept as a small file, so that interrupted work goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from d2m.core.styles import STYLES
from d2m.generation.baselines.bar_library import BarLibrary, over_median
from d2m.perception.video_rhythm import measure_video_rhythm
from d2m.score.compound_words import (
    BAR,
    BAR_WORD,
    IntegerTable,
    encode_words,
    quantised_notes,
    simu_note_strengths,
)
from d2m.score.dance_score import score_of
from d2m.training.data.composed_pieces import ComposedPiece

FloatArray = NDArray[np.float64]

MAJOR_MODES = ("major", "mixolydian", "lydian")
"""Modes with a major third."""
LIBRARY_SONGS, LIBRARY_BARS = 12, 8
"""Songs of each style in the library, and bars of each song. Chosen by hand."""
PERCENTILES = np.linspace(0.0, 100.0, 51)
"""Percentiles of movement and music that the library stores."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WordPiece:
    """One composed piece and the movement that it was composed for.

    Parameters
    ----------
    notes : (N, 5)
        From `d2m.score.compound_words.quantised_notes`.
    style
        Index of its style in `d2m.core.styles.STYLES`.
    is_minor
        Whether its third is minor.
    bar_flow, beat_weights : (K,), (K, 16)
        Rhythm of the dancer, from `d2m.perception.video_rhythm.measure_video_rhythm`.
    """

    notes: IntegerTable
    style: int
    is_minor: bool
    bar_flow: FloatArray
    beat_weights: FloatArray

    @property
    def n_bars(self) -> int:
        """Number of bars of the music."""
        return int(self.notes[:, BAR].max()) + 1


def compose_word_pieces(folder: Path, pieces: Iterable[ComposedPiece]) -> list[WordPiece]:
    """Compose pieces, and keep each as a file; those already there are read.

    Parameters
    ----------
    folder
        Folder of the files; created if it does not exist.
    pieces
        What to compose.
    """
    chosen = list(pieces)
    found = []
    for piece in tqdm(chosen, desc="scores", unit="piece", disable=None):
        path = folder / piece.path.with_suffix(".npz")
        if not path.is_file():
            _write(path, piece)
        with np.load(path) as stored:
            found.append(
                WordPiece(
                    notes=stored["notes"].astype(np.int64),
                    style=int(stored["style"]),
                    is_minor=bool(stored["is_minor"]),
                    bar_flow=stored["bar_flow"],
                    beat_weights=stored["beat_weights"],
                )
            )
    return [piece for piece in found if len(piece.notes)]


def _write(path: Path, piece: ComposedPiece) -> None:
    """Compose one piece and write its file."""
    dance = piece.dance()
    score = score_of(dance, piece.settings(), piece.seed)
    rhythm = measure_video_rhythm(dance.flow, dance.fps, dance.duration_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            notes=quantised_notes(score).astype(np.int16),
            style=list(STYLES).index(score.style),
            is_minor=score.key.split()[-1] not in MAJOR_MODES,
            bar_flow=rhythm.bar_flow,
            beat_weights=rhythm.beat_weights,
        )
    part.replace(path)


def make_bar_library(pieces: Sequence[WordPiece]) -> BarLibrary:
    """Return the middle bars of some pieces of each style, and percentiles of all pieces.

    Parameters
    ----------
    pieces
        Pieces for training.
    """
    styles = range(len(STYLES))
    long = [piece for piece in pieces if piece.n_bars >= LIBRARY_BARS]
    chosen = [p for s in styles for p in [q for q in long if q.style == s][:LIBRARY_SONGS]]
    notes, first = [], 0
    for piece in chosen:
        begin = (piece.n_bars - LIBRARY_BARS) // 2
        bar = piece.notes[:, BAR] - begin
        inside = (bar >= 0) & (bar < LIBRARY_BARS)
        notes.append(piece.notes[inside] + np.array([first - begin, 0, 0, 0, 0]))
        first += LIBRARY_BARS
    counts = [
        [_strengths(p) for p in pieces if p.style == s] or [np.ones((1, 16), dtype=np.int64)]
        for s in styles
    ]
    per_style = [np.concatenate(each) for each in counts]
    beats = np.concatenate([over_median(piece.beat_weights).ravel() for piece in pieces])
    return BarLibrary(
        notes=np.concatenate(notes),
        song=np.repeat(np.arange(len(chosen)), LIBRARY_BARS),
        style=np.repeat([piece.style for piece in chosen], LIBRARY_BARS),
        is_minor=np.repeat([int(piece.is_minor) for piece in chosen], LIBRARY_BARS),
        flow_percentiles=np.percentile(
            np.concatenate([over_median(piece.bar_flow) for piece in pieces]), PERCENTILES
        ),
        beat_percentiles=np.percentile(beats[beats > 0], PERCENTILES),
        density_percentiles=np.array(
            [np.percentile((one > 0).sum(axis=1), PERCENTILES) for one in per_style]
        ),
        strength_percentiles=np.array(
            [np.percentile(one[one > 0], PERCENTILES) for one in per_style]
        ),
    )


def _strengths(piece: WordPiece) -> IntegerTable:
    return simu_note_strengths(piece.notes, piece.n_bars)


class WordBatch(NamedTuple):
    """Windows of pieces: words (B, T, 7), the bar of each (B, T), styles (B,), lengths (B,)."""

    words: Tensor
    bars: Tensor
    styles: Tensor
    lengths: Tensor


class WordWindows:
    """Windows of compound words that begin with a bar.

    Parameters
    ----------
    pieces
        The pieces.
    """

    def __init__(self, pieces: Sequence[WordPiece]) -> None:
        self._words = [encode_words(piece.notes, piece.n_bars) for piece in pieces]
        self._starts = [np.flatnonzero(words[:, 0] == BAR_WORD) for words in self._words]
        self._styles = [piece.style for piece in pieces]
        bars = np.array([len(starts) for starts in self._starts], dtype=float)
        self._share = bars / bars.sum()

    def draw(self, number: int, length: int, rng: np.random.Generator) -> WordBatch:
        """Return windows that begin at random bars.

        Parameters
        ----------
        number, length
            Windows, and their length (words).
        rng
            Random numbers.
        """
        chosen = rng.choice(len(self._words), number, p=self._share)
        return self._windows(
            [(int(i), int(rng.integers(len(self._starts[i])))) for i in chosen], length
        )

    def first_windows(self, length: int) -> WordBatch:
        """Return the first window of each piece."""
        return self._windows([(i, 0) for i in range(len(self._words))], length)

    def _windows(self, places: Sequence[tuple[int, int]], length: int) -> WordBatch:
        words = np.zeros((len(places), length, 7), dtype=np.int64)
        bars = np.zeros((len(places), length), dtype=np.int64)
        lengths = np.zeros(len(places), dtype=np.int64)
        for row, (piece, bar) in enumerate(places):
            part = self._words[piece][self._starts[piece][bar] :][:length]
            words[row, : len(part)] = part
            bars[row, : len(part)] = bar - 1 + np.cumsum(part[:, 0] == BAR_WORD)
            lengths[row] = len(part)
        styles = np.array([self._styles[piece] for piece, _ in places])
        return WordBatch(*(torch.from_numpy(a) for a in (words, bars, styles, lengths)))
