"""Nearest-neighbour genre classifier on VGGish or on an embedding fitted to training pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from d2m.audio.waveform import Audio
from d2m.benchmark.metric_table import FloatArray
from d2m.benchmark.originals import Original
from d2m.checkpoints import load_vggish
from d2m.checkpoints.installed import installed_path
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.genre import genre_accuracy
from d2m.metrics.genre_embedding import fit_genre_embedding
from d2m.metrics.timbre import timbre_embedding

GENRE_SEGMENT_S = 2
"""Length of the segments that are classified (s), as in Zhu et al. 2022, Sec. 4.2."""
VGGISH = "VGGish"


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioEmbedding:
    """An embedding of audio segments in which genres are looked up.

    Parameters
    ----------
    title
        Name in the report.
    note
        Sentences on what it was fitted to.
    embed
        Maps n segments to vectors (n, D) with Euclidean distances.
    """

    title: str
    note: str
    embed: Callable[[Sequence[Audio]], FloatArray]


def embedding_for(training: Sequence[Original], weights: Path) -> AudioEmbedding:
    """Return VGGish if it is installed, else an embedding fitted to training pieces.

    Raises
    ------
    CheckpointError
        If VGGish is installed but damaged.
    """
    if installed_path("vggish", weights).is_file():
        return vggish_embedding(weights)
    return fitted_embedding(training)


def vggish_embedding(weights: Path) -> AudioEmbedding:
    """Load VGGish (Hershey et al., 2017) as an embedding.

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
        note=f"VGGish as published with AudioSet, {whitened} its post-processing. The embedding "
        "of a segment is the mean of its examples of 0.96 s. Nothing was fitted to the music of "
        "this project.",
        embed=lambda segments: mean_embeddings(network, segments, SAMPLE_RATE),
    )


def fitted_embedding(training: Sequence[Original]) -> AudioEmbedding:
    """Fit an embedding to the genres of training pieces.

    It is fitted to the original audio only. Decoded copies would make it more robust to the
    codecs, but then the metric would change with the weights that it measures.

    Parameters
    ----------
    training
        Training pieces. Held-out pieces would leak the answers.
    """
    found = [_timbre_embeddings(split_segments(original.audio)) for original in training]
    genres = np.repeat([original.style for original in training], [len(one) for one in found])
    project = fit_genre_embedding(np.concatenate(found), genres)
    return AudioEmbedding(
        title="timbre statistics fitted to the genres of training pieces (not VGGish)",
        note="The embedding is a projection of timbre statistics of 2 s segments that best "
        f"separates genres. It was fitted to the original music of {len(training)} training "
        "pieces, without held-out pieces, codecs or generated music. Unlike VGGish, it was fitted "
        "to these songs.",
        embed=lambda segments: project(_timbre_embeddings(segments)),
    )


class GenreClassifier:
    """Classifies music by its nearest neighbours among the segments of training pieces.

    The embedding of a whole piece is the mean over its segments.

    Parameters
    ----------
    training
        Training pieces of every song.
    embedding
        Embeds segments.
    """

    def __init__(self, training: Iterable[Original], embedding: AudioEmbedding) -> None:
        self.embedding = embedding
        originals = list(training)
        embedded = [embedding.embed(split_segments(original.audio)) for original in originals]
        owner = np.repeat(np.arange(len(originals)), [len(one) for one in embedded])
        self._genres = np.array([original.style for original in originals])
        self._segment_genres = self._genres[owner]
        self._segment_songs = np.array([original.piece.song for original in originals])[owner]
        self._segments = np.concatenate(embedded)
        self._wholes = np.stack([one.mean(axis=0) for one in embedded])

    def scores(self, audio: Audio, original: Original) -> dict[str, float]:
        """Compute the genre accuracy of segments and of the whole for the style of a piece."""
        embedded = self.embedding.embed(split_segments(audio))
        wanted = np.repeat(original.style, len(embedded))
        whole = embedded.mean(axis=0)[None]
        reference = (self._segments, self._segment_genres)
        scores = {
            "genre": genre_accuracy(embedded, wanted, *reference),
            "genre_whole": genre_accuracy(whole, wanted[:1], self._wholes, self._genres),
        }
        same_song = self._segment_songs == original.piece.song
        if not same_song.all():
            excluded = np.tile(same_song, (len(embedded), 1))
            scores["genre_other"] = genre_accuracy(embedded, wanted, *reference, excluded)
        return scores

    def embed_piece(self, audio: Audio) -> FloatArray:
        """Return the embedding (D,) of a whole piece."""
        return np.asarray(self.embedding.embed(split_segments(audio)).mean(axis=0))


def split_segments(audio: Audio) -> list[Audio]:
    """Split audio into its complete segments of 2 s; shorter audio is one segment."""
    size = GENRE_SEGMENT_S * SAMPLE_RATE
    starts = range(0, max(1, len(audio) - size + 1), size)
    return [audio[start : start + size] for start in starts]


def _timbre_embeddings(segments: Sequence[Audio]) -> FloatArray:
    return np.stack([timbre_embedding(segment) for segment in segments])
