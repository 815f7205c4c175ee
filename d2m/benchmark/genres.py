"""Genre by nearest neighbour among trained takes, as heard by VGGish or by an embedding of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.benchmark.held_out import Take
from d2m.benchmark.metrics import FloatArray
from d2m.benchmark.player import Player
from d2m.checkpoints import load_vggish
from d2m.checkpoints.installed import installed_path
from d2m.evaluation.genre import nearest_genres, timbre_embedding
from d2m.evaluation.genre_embedding import fit_genre_embedding
from d2m.levels import SAMPLE_RATE

SEGMENT_S = 2
"""Length of the segments whose genre is looked up, as published (s)."""
COPIED_SEGMENTS = 2
"""Segments of each trained take that go through each codec for the fit."""
VGGISH = "VGGish"

Audio = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ear:
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


def ear_for(takes: Sequence[Take], players: Sequence[Player], weights: Path) -> Ear:
    """Return VGGish if it is installed, else an embedding fitted on trained takes.

    Raises
    ------
    CheckpointError
        If VGGish is installed but damaged.
    """
    if installed_path("vggish", weights).is_file():
        return vggish_ear(weights)
    return fitted_ear(takes, players)


def vggish_ear(weights: Path) -> Ear:
    """Load VGGish as an ear.

    Raises
    ------
    CheckpointError
        If it is not installed, or damaged.
    """
    from d2m.models.vggish import embedded

    network = load_vggish(weights)
    whitened = "with" if network.pproc is not None else "without"
    return Ear(
        title=VGGISH,
        note=f"VGGish as published with AudioSet, {whitened} its post-processing; a segment is the "
        "mean of its examples of 0.96 s. Nothing was fitted to this project's music.",
        hear=lambda sounds: embedded(network, sounds, SAMPLE_RATE),
    )


def fitted_ear(takes: Sequence[Take], players: Sequence[Player]) -> Ear:
    """Fit an embedding to the genres of trained takes, and of what codecs make of them.

    Parameters
    ----------
    takes
        Trained takes. Held-out ones would let it know what it is asked about.
    players
        Their codecs make copies of the first segments of each take, so that the embedding
        tells genres by what a codec leaves as it was. Nothing is generated.
    """
    found, genres = [], []
    for take in tqdm(takes, desc="genres", unit="take"):
        sounds = segments(take.audio)
        for player in players:
            hop = player.level.hop_length
            excerpt = take.audio[: COPIED_SEGMENTS * SEGMENT_S * SAMPLE_RATE + hop]
            copy = player.decode(player.encode(excerpt[: len(excerpt) // hop * hop]))
            sounds += segments(copy)
        found.append(np.stack([timbre_embedding(sound) for sound in sounds]))
        genres += [take.style] * len(sounds)
    place = fit_genre_embedding(np.concatenate(found), np.array(genres))
    levels = " and ".join(player.level.name for player in players)
    through = f", and to copies that went through the codec ({levels})" if players else ""
    return Ear(
        title="timbre statistics fitted to genres of trained takes (not VGGish)",
        note=f"Timbre statistics of 2 s, and the directions in which they differ among genres and "
        f"not within one: fitted to {len(takes)} trained takes{through}. No held-out take and no "
        "generated music had part in it. It knows these songs, and how these codecs sound: VGGish "
        "knows neither.",
        hear=lambda sounds: place(np.stack([timbre_embedding(sound) for sound in sounds])),
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

    def __init__(self, originals: Iterable[Take], ear: Ear) -> None:
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
