"""Genre by nearest neighbour among trained takes, as heard by VGGish or by an embedding of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.held_out import Take
from d2m.benchmark.metric_table import FloatArray
from d2m.checkpoints import load_vggish
from d2m.checkpoints.installed import installed_path
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.genre import nearest_genres, timbre_embedding
from d2m.metrics.genre_embedding import fit_genre_embedding

SEGMENT_S = 2
"""Length of the segments whose genre is looked up, as published (s)."""
VGGISH = "VGGish"

Audio = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioEmbedding:
    """An embedding by which genres are told.

    Parameters
    ----------
    title
        Its name in the report.
    note
        Sentences on what it was fitted on.
    hear
        Turns n segments into where they lie, (n, D); distances are Euclidean.
    """

    title: str
    note: str
    hear: Callable[[Sequence[Audio]], FloatArray]


def embedding_for(takes: Sequence[Take], weights: Path) -> AudioEmbedding:
    """Return VGGish if it is installed, else an embedding fitted on trained takes.

    Raises
    ------
    CheckpointError
        If VGGish is installed but damaged.
    """
    if installed_path("vggish", weights).is_file():
        return vggish_ear(weights)
    return fitted_ear(takes)


def vggish_ear(weights: Path) -> AudioEmbedding:
    """Load VGGish as an ear.

    Raises
    ------
    CheckpointError
        If it is not installed, or damaged.
    """
    from d2m.models.vggish import mean_embeddings

    network = load_vggish(weights)
    whitened = "with" if network.pproc is not None else "without"
    return AudioEmbedding(
        title=VGGISH,
        note=f"VGGish as published with AudioSet, {whitened} its post-processing; a segment is the "
        "mean of its examples of 0.96 s. Nothing was fitted to this project's music.",
        hear=lambda sounds: mean_embeddings(network, sounds, SAMPLE_RATE),
    )


def fitted_ear(takes: Sequence[Take]) -> AudioEmbedding:
    """Fit an embedding to the genres of trained takes, as they are.

    Copies that went through the codecs would let it tell still more of what they play, but
    then the ruler would change with the weights that it measures.

    Parameters
    ----------
    takes
        Trained takes. Held-out ones would let it know what it is asked about.
    """
    found = [_timbres(segments(take.audio)) for take in takes]
    genres = np.repeat([take.style for take in takes], [len(one) for one in found])
    place = fit_genre_embedding(np.concatenate(found), genres)
    return AudioEmbedding(
        title="timbre statistics fitted to genres of trained takes (not VGGish)",
        note="Timbre statistics of 2 s, and the directions in which they differ among genres and "
        f"not within one, fitted to the original music of {len(takes)} trained takes: no held-out "
        "take, no codec and no generated music had part in it. It knows these songs; VGGish does "
        "not.",
        hear=lambda sounds: place(_timbres(sounds)),
    )


class Genres:
    """Genre by nearest neighbour among the segments of trained takes.

    A whole piece lies in the middle of its segments.

    Parameters
    ----------
    originals
        Trained takes of every song.
    ear
        Places segments.
    """

    def __init__(self, originals: Iterable[Take], ear: AudioEmbedding) -> None:
        self.ear = ear
        takes = list(originals)
        placed = [ear.hear(segments(take.audio)) for take in takes]
        self._owner = np.repeat(np.arange(len(takes)), [len(one) for one in placed])
        self._genres = np.array([take.style for take in takes])
        self._songs = np.array([take.piece.song for take in takes])
        self._segments = np.concatenate(placed)
        self._wholes = np.stack([one.mean(axis=0) for one in placed])

    def scores(self, audio: Audio, take: Take) -> dict[str, float]:
        """Return the shares of segments, and of the whole, that have the take's genre."""
        placed = self.ear.hear(segments(audio))
        genres = self._genres[self._owner]
        found = nearest_genres(placed, self._segments, genres)
        whole = nearest_genres(placed.mean(axis=0)[None], self._wholes, self._genres)
        scores = {
            "genre": float(np.mean(found == take.style)),
            "genre_whole": float(whole[0] == take.style),
        }
        own = self._songs[self._owner] == take.piece.song
        if not own.all():
            excluded = np.tile(own, (len(placed), 1))
            found = nearest_genres(placed, self._segments, genres, excluded)
            scores["genre_other"] = float(np.mean(found == take.style))
        return scores

    def place(self, audio: Audio) -> FloatArray:
        """Return where a whole piece lies, (D,)."""
        return np.asarray(self.ear.hear(segments(audio)).mean(axis=0))


def segments(audio: Audio) -> list[Audio]:
    """Return a sound's whole segments of 2 s; all of it if it is shorter."""
    size = SEGMENT_S * SAMPLE_RATE
    starts = range(0, max(1, len(audio) - size + 1), size)
    return [audio[start : start + size] for start in starts]


def _timbres(sounds: Sequence[Audio]) -> FloatArray:
    return np.stack([timbre_embedding(sound) for sound in sounds])
