"""Scores of music in segments, in the protocol of the D2M-GAN paper (Zhu et al. 2022, Sec. 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.benchmark.paper_tables.published_figures import COVERAGE, GENRE, HIT, OTHER_GENRE
from d2m.benchmark.ratio_intervals import Estimate, estimate
from d2m.checkpoints import CHECKPOINTS, load_vggish
from d2m.checkpoints.installed import installed_path
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.beats import beats_scores
from d2m.metrics.genre import nearest_genres, standardised
from d2m.metrics.timbre import timbre_embedding

FloatArray = NDArray[np.float64]

SEGMENTS = "segments"
"""Key of the number of segments among the sums of a clip."""
SegmentSums = dict[str, float]
"""Sums over the segments of one clip by column, with the number of segments."""
SoundEmbedding = Callable[[Sequence[Audio]], FloatArray]
"""Maps sounds, n arrays (N,) at 22,050 Hz, to embeddings (n, D)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OriginalClip:
    """A clip's own music.

    Parameters
    ----------
    name
        Name of the clip.
    genre
        Name of its genre; empty if it has none.
    audio : (N,)
        Mono at 22,050 Hz.
    """

    name: str
    genre: str
    audio: Audio


def choose_embedding(folder: Path = CHECKPOINTS) -> tuple[str, SoundEmbedding]:
    """Return VGGish if it is installed, else statistics of the timbre, with its name."""
    if installed_path("vggish", folder).is_file():
        from d2m.models.vggish import mean_embeddings

        network = load_vggish(folder)
        return "VGGish", lambda sounds: mean_embeddings(network, sounds, SAMPLE_RATE)
    return (
        "660 statistics of the timbre (VGGish is not installed)",
        lambda sounds: np.stack([timbre_embedding(sound) for sound in sounds]),
    )


def cut_music(audio: NDArray[Any], seconds: int) -> list[Audio]:
    """Cut mono audio (N,) at 22,050 Hz into whole segments of a length (s)."""
    size = seconds * SAMPLE_RATE
    sound = np.asarray(audio, dtype=np.float32)
    return [sound[start : start + size] for start in range(0, len(sound) - size + 1, size)]


def joined_audio(pieces: NDArray[Any], seconds: int) -> Audio:
    """Join segments (S, N) at 22,050 Hz, each padded with silence to its length (s)."""
    size = seconds * SAMPLE_RATE
    whole = np.zeros((len(pieces), size), dtype=np.float32)
    part = np.asarray(pieces, dtype=np.float32)[:, :size]
    whole[:, : part.shape[1]] = part
    return whole.reshape(-1)


class SegmentScorer:
    """Scores music for clips against their own music.

    Parameters
    ----------
    clips
        The clips; their own music is what genres are looked up in.
    embed
        Embedding of sounds.
    seconds
        Length of a segment (s).
    """

    def __init__(
        self, clips: Sequence[OriginalClip], embed: SoundEmbedding, seconds: int = 2
    ) -> None:
        self.seconds = seconds
        self._clips = {clip.name: clip for clip in clips}
        self._embed = embed
        segments = [(clip, one) for clip in clips for one in cut_music(clip.audio, seconds)]
        self._owners = np.array([clip.name for clip, _ in segments])
        self._genres = np.array([clip.genre for clip, _ in segments])
        self._originals = np.zeros((0, 0))
        if segments and all(clip.genre for clip in clips):
            self._originals = embed([one for _, one in segments])

    def score(self, name: str, audio: NDArray[Any]) -> SegmentSums:
        """Score the music made for a clip, segment by segment.

        Parameters
        ----------
        name
            Name of the clip.
        audio : (N,)
            Mono at 22,050 Hz. What is longer than the clip does not count; what is missing is
            silence.

        Returns
        -------
        dict
            Sums of beats coverage, beats hit and, where clips have genres, of segments whose
            nearest original has the clip's genre, with and, if another clip has that genre,
            without the clip's own originals; and the number of segments.
        """
        clip = self._clips[name]
        originals = cut_music(clip.audio, self.seconds)
        sound = np.zeros(len(clip.audio), dtype=np.float32)
        part = np.asarray(audio, dtype=np.float32)[: len(sound)]
        sound[: len(part)] = part
        made = cut_music(sound, self.seconds)
        scores = [beats_scores(*pair) for pair in zip(made, originals, strict=True)]
        sums = {
            SEGMENTS: float(len(scores)),
            COVERAGE: float(sum(one.coverage for one in scores)),
            HIT: float(sum(one.hit for one in scores)),
        }
        return sums | (self._genre_sums(clip, made) if made and self._originals.size else {})

    def _genre_sums(self, clip: OriginalClip, made: list[Audio]) -> SegmentSums:
        originals = standardised(self._originals, self._originals)
        embeddings = standardised(self._embed(made), self._originals)
        own = np.tile(self._owners == clip.name, (len(made), 1))
        sums = {}
        for key, excluded in ((GENRE, None), (OTHER_GENRE, own)):
            if excluded is not None and not np.any(self._genres[~own[0]] == clip.genre):
                continue  # no other clip has its genre
            found = nearest_genres(embeddings, originals, self._genres, excluded)
            sums[key] = float(np.sum(found == clip.genre))
        return sums


def segment_estimates(sums: Mapping[str, SegmentSums]) -> dict[str, Estimate]:
    """Average over the segments of all clips (%), with intervals by bootstrap over clips.

    Parameters
    ----------
    sums
        Sums of each clip, from `SegmentScorer.score`.

    Returns
    -------
    dict
        Estimates by column; n is the number of clips.
    """
    clips = [one for one in sums.values() if one[SEGMENTS]]
    counts = [one[SEGMENTS] for one in clips]
    found = {}
    for key in (COVERAGE, HIT, GENRE, OTHER_GENRE):
        values = [100.0 * one.get(key, np.nan) for one in clips]
        if (figure := estimate(values, counts)) is not None:
            found[key] = figure
    return found
