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
from d2m.perception.video_rhythm import measure_video_rhythm
from d2m.score.compound_words import BAR, BAR_WORD, IntegerTable, encode_words, quantised_notes
from d2m.score.dance_score import score_of
from d2m.training.data.composed_pieces import ComposedPiece

FloatArray = NDArray[np.float64]

MAJOR_MODES = ("major", "mixolydian", "lydian")
"""Modes with a major third."""


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
