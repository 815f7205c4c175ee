"""The songs that the networks of a dance learn from: composed, with known styles and beats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.beat_warper import warp_to_beats
from d2m.choreography.dance_units import BEATS_OF_UNIT, POSES_PER_BEAT
from d2m.choreography.kinematic_beats import UNIT_FPS
from d2m.choreography.music_features import music_features
from d2m.choreography.music_style import MusicStyleClassifier, one_style
from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.styles import STYLES
from d2m.media.audio_file import read_audio
from d2m.training.dance_networks.dance_windows import PairedDance
from d2m.training.dance_networks.unit_corpus import UnitCorpus
from d2m.training.data.composed_pieces import ComposedPiece


@dataclass(frozen=True, kw_only=True, eq=False)
class StyledSong:
    """A composed song.

    Parameters
    ----------
    features : (F, 28)
        Its audio features.
    style
        Name of its style.
    beats_s : (N,)
        Its beats (s).
    """

    features: NDArray[np.float32]
    style: str
    beats_s: NDArray[np.float64]


def load_songs(folder: Path, *, held_out: bool = False) -> list[StyledSong]:
    """Read the composed pieces of a corpus folder.

    Parameters
    ----------
    folder
        A folder that ``python -m d2m train pieces`` wrote.
    held_out
        Whether to read those that no training hears.

    Raises
    ------
    DataError
        If there are none.
    """
    songs = []
    for path in sorted((folder / ("held_out" if held_out else "train")).glob("score-*.flac")):
        piece = ComposedPiece(number=int(path.stem.split("-")[1]), held_out=held_out)
        songs.append(
            StyledSong(
                features=music_features(read_audio(path, SAMPLE_RATE)),
                style=piece.style,
                beats_s=piece.dancer().beats_s,
            )
        )
    if not songs:
        raise DataError(
            f"{folder.name} holds no composed pieces: make some with `python -m d2m train pieces`."
        )
    return songs


def paired_dances(
    songs: list[StyledSong],
    corpus: UnitCorpus,
    rng: np.random.Generator,
    *,
    held_out: bool = False,
) -> list[PairedDance]:
    """Give each song a dance of its style from the corpus, warped to its beats.

    Parameters
    ----------
    songs
        Songs of at least two beats.
    corpus
        Dance units.
    rng
        Chooses the dances.
    held_out
        Whether to use the dances that no training sees.
    """
    pairs = []
    for song in songs:
        style = list(STYLES).index(song.style)
        own = (corpus.style == style) & (corpus.is_held_out == held_out) & ~corpus.is_recorded
        number = rng.choice(np.unique(corpus.dance[own]))
        units = corpus.units[corpus.dance == number]
        chain = np.concatenate([units[0], *(unit[1:] for unit in units[1:])])
        beats = song.beats_s[: len(units) * BEATS_OF_UNIT + 1]
        frames = min(len(song.features), int(beats[-1] * UNIT_FPS))
        joints = warp_to_beats(
            chain, np.arange(len(beats)) * POSES_PER_BEAT, beats,
            duration_s=frames / UNIT_FPS, fps=UNIT_FPS, sharpness=0.0,
        )  # fmt: skip
        pairs.append(
            PairedDance(
                features=song.features[: len(joints)],
                style=one_style(song.style),
                beats_s=beats,
                joints=joints.astype(np.float32),
            )
        )
    return pairs


def style_vectors(
    songs: list[StyledSong], classifier: MusicStyleClassifier
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the style vectors (N, 12) of songs as a classifier finds them, and their true styles.

    Parameters
    ----------
    songs
        ``N`` songs.
    classifier
        Trained classifier.

    Returns
    -------
    vectors : (N, 12)
        Shares of the styles.
    styles : (N,)
        Index of the true style.
    """
    vectors = np.stack([classifier.style_vector(song.features) for song in songs])
    return vectors, np.array([list(STYLES).index(song.style) for song in songs])
