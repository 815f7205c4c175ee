"""What the benchmark measures on: takes that no training saw, and songs that none heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.score.arrangement import HIT_ACCENT
from d2m.score.composition import style_of_song
from d2m.training.data.corpus import Piece, load_audio, load_pieces, render_corpus
from d2m.training.data.motion_bank import load_motion_bank

CORPUS = Path("runs/corpus")
"""The corpus of a training run, measured on if it is there."""
CACHE = Path("runs")
"""Where takes are rendered if no corpus is there."""
TRAINED_TAKES = 2
"""Trained takes of each song among which genres are looked up."""

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """One take of a song: its clock, its dance, and how it sounds.

    Parameters
    ----------
    piece
        Clock and movement.
    audio : (N,)
        The original music at 22,050 Hz.
    """

    piece: Piece
    audio: NDArray[np.float32]

    @property
    def style(self) -> str:
        """Name of the song's style."""
        return style_of_song(self.piece.song)

    @property
    def accents_s(self) -> NDArray[np.float64]:
        """Begin (s) of the steps in which the body hits (and the song answers with a stab)."""
        return np.asarray(self.piece.grid.times[:-1][self._hits()])

    @property
    def other_steps_s(self) -> NDArray[np.float64]:
        """Begin (s) of all other 16th steps."""
        return np.asarray(self.piece.grid.times[:-1][~self._hits()])

    def _hits(self) -> NDArray[np.bool_]:
        hits: NDArray[Any] = self.piece.features[:, MOVEMENT_FEATURES.index("accent")] >= HIT_ACCENT
        return hits


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """The music of the benchmark.

    Parameters
    ----------
    takes
        Take 0 of songs that the generators know: a tempo and a dance that they don't.
    unseen
        Takes of songs that no training heard, for the codecs.
    training
        A few trained takes of each song: the originals among which genres are looked up.
    source
        Where it comes from, for the report.
    """

    takes: list[Take]
    unseen: list[Take]
    training: list[Take]
    source: str


def load_held_out(
    corpus: Path | None, aist: Path | None, cmu: Path | None, pieces: int | None
) -> HeldOut:
    """Load the held-out takes of a corpus, or play them first.

    Parameters
    ----------
    corpus
        Corpus folder; by default that of training, if it is there, and a cache if not.
    aist, cmu
        Motion files, see `d2m.training.data.dances.mocap`; where takes are rendered, their
        dancers are among those that are danced for.
    pieces
        So many takes, spread over the songs; all by default.

    Raises
    ------
    DataError
        If a folder holds no corpus, a motion file can't be read, or FluidSynth is missing.
    """
    if corpus is not None:
        folder, origin = corpus, "given"
    elif _holds_corpus(CORPUS):
        folder, origin = CORPUS, "of training"
    else:
        folder, origin = _cache(aist, cmu), "rendered for the benchmark"
    known = load_pieces(folder)
    unseen = load_pieces(folder, unseen=True)
    takes = spread([piece for piece in known if piece.held_out], pieces)
    trained: dict[int, list[Piece]] = {}
    for piece in known:
        if not piece.held_out:
            trained.setdefault(piece.song, []).append(piece)
    training = [piece for some in trained.values() for piece in some[:TRAINED_TAKES]]
    return HeldOut(
        takes=_sounding(folder, takes),
        unseen=_sounding(folder, spread(unseen, pieces)),
        training=_sounding(folder, training),
        source=f"corpus {folder.name} ({origin})",
    )


def spread(items: Sequence[Item], count: int | None) -> list[Item]:
    """Return so many items, evenly spread; all of them for None or too few."""
    if count is None or count >= len(items):
        return list(items)
    index = np.linspace(0, len(items) - 1, count).round().astype(int)
    return [items[i] for i in index]


def _cache(aist: Path | None, cmu: Path | None) -> Path:
    """Render the first takes of all songs, those that are not there yet, and say where."""
    dancers = ["aist"] * (aist is not None) + ["cmu"] * (cmu is not None)
    folder = CACHE / "-".join(["held_out", *dancers])
    render_corpus(folder, load_motion_bank(aist, cmu), pieces_per_song=1 + TRAINED_TAKES)
    return folder


def _holds_corpus(folder: Path) -> bool:
    return any((folder / "pieces").glob("*.npz"))


def _sounding(folder: Path, pieces: list[Piece]) -> list[Take]:
    return [Take(piece=piece, audio=load_audio(folder, piece)) for piece in pieces]
