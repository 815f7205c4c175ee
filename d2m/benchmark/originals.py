"""The original music of corpus pieces that the benchmark compares with and measures on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.training.data.corpus import Piece, load_audio, load_pieces, render_corpus
from d2m.training.data.motion_bank import load_motion_bank
from d2m.training.loops.loop_arrangement import HIT_ACCENT
from d2m.training.loops.loop_songs import style_of_song

CORPUS = Path("runs/corpus")
"""Corpus folder of a training run, used if it exists."""
RENDERED = Path("runs")
"""Folder of the corpora that are rendered if there is none of a training run."""
TRAINING_PIECES_PER_SONG = 2
"""Training pieces of each song in which genres are looked up. Chosen by hand."""

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True, eq=False)
class Original:
    """A corpus piece with its original music.

    Parameters
    ----------
    piece
        Song, beat grid and movement.
    audio : (N,)
        Original music at 22,050 Hz.
    """

    piece: Piece
    audio: Audio

    @property
    def style(self) -> str:
        """Name of the song's style."""
        return style_of_song(self.piece.song)

    @property
    def accents_s(self) -> NDArray[np.float64]:
        """Start times (s) of the 16th steps with an accent, to which the song adds a stab."""
        return np.asarray(self.piece.grid.times[:-1][self._has_accent()])

    @property
    def other_steps_s(self) -> NDArray[np.float64]:
        """Start times (s) of all other 16th steps."""
        return np.asarray(self.piece.grid.times[:-1][~self._has_accent()])

    def _has_accent(self) -> NDArray[np.bool_]:
        accent = self.piece.features[:, MOVEMENT_FEATURES.index("accent")]
        has_accent: NDArray[Any] = accent >= HIT_ACCENT
        return has_accent


@dataclass(frozen=True, kw_only=True, eq=False)
class OriginalSets:
    """The originals of a benchmark run.

    Parameters
    ----------
    held_out
        Piece 0 of each song that the generators learn, with a tempo and a dance that they do
        not.
    unseen
        Pieces of songs that are not in the training data, for the codecs.
    training
        Training pieces of each song, among which genres are looked up.
    source
        Where the corpus comes from, for the report.
    """

    held_out: list[Original]
    unseen: list[Original]
    training: list[Original]
    source: str


def load_originals(
    corpus: Path | None, aist: Path | None, cmu: Path | None, count: int | None
) -> OriginalSets:
    """Load the originals of a corpus, which is rendered first if there is none.

    Parameters
    ----------
    corpus
        Corpus folder. By default that of a training run, if it exists, else a rendered one.
    aist, cmu
        Motion files, see `d2m.training.data.dances.mocap`. If the corpus is rendered, their
        dances are used too.
    count
        Number of held-out and of unseen pieces, evenly spaced; all by default.

    Returns
    -------
    OriginalSets

    Raises
    ------
    DataError
        If a folder contains no corpus, a motion file can't be read, or FluidSynth is missing.
    """
    if corpus is not None:
        folder, origin = corpus, "given"
    elif _contains_corpus(CORPUS):
        folder, origin = CORPUS, "of training"
    else:
        folder, origin = _render(aist, cmu), "rendered for the benchmark"
    known = load_pieces(folder)
    unseen = load_pieces(folder, unseen=True)
    held_out = evenly_spaced([piece for piece in known if piece.held_out], count)
    by_song: dict[int, list[Piece]] = {}
    for piece in known:
        if not piece.held_out:
            by_song.setdefault(piece.song, []).append(piece)
    training = [piece for some in by_song.values() for piece in some[:TRAINING_PIECES_PER_SONG]]
    return OriginalSets(
        held_out=_with_audio(folder, held_out),
        unseen=_with_audio(folder, evenly_spaced(unseen, count)),
        training=_with_audio(folder, training),
        source=f"corpus {folder.name} ({origin})",
    )


def evenly_spaced(items: Sequence[Item], count: int | None) -> list[Item]:
    """Return a number of evenly spaced items; all of them for None or if there are fewer."""
    if count is None or count >= len(items):
        return list(items)
    index = np.linspace(0, len(items) - 1, count).round().astype(int)
    return [items[i] for i in index]


def _render(aist: Path | None, cmu: Path | None) -> Path:
    """Render the first pieces of all songs, except those already there, and return the folder."""
    dances = ["aist"] * (aist is not None) + ["cmu"] * (cmu is not None)
    folder = RENDERED / "-".join(["held_out", *dances])
    bank = load_motion_bank(aist, cmu)
    render_corpus(folder, bank, pieces_per_song=1 + TRAINING_PIECES_PER_SONG)
    return folder


def _contains_corpus(folder: Path) -> bool:
    return any((folder / "pieces").glob("*.npz"))


def _with_audio(folder: Path, pieces: list[Piece]) -> list[Original]:
    return [Original(piece=piece, audio=load_audio(folder, piece)) for piece in pieces]
