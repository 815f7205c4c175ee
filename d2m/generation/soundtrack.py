"""The results of generation: the raw music of a model, and the finished soundtrack."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.core.events import SoundtrackSummary
from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.progress import Progress, silent
from d2m.core.settings import Settings
from d2m.core.styles import Style
from d2m.perception.conditioning import Conditioning
from d2m.perception.rhythm import Rhythm

ConditioningT_contra = TypeVar("ConditioningT_contra", bound=Conditioning, contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Music:
    """The output of a model, before post-processing.

    Parameters
    ----------
    audio : (N,)
        Mono at 22,050 Hz, as long as the conditioning.
    codes : (T,) or (S, T)
        VQ codes of the whole piece, or of each of its segments.
    song
        Index of the song in the generator's table, if it has one.
    seconds
        Time that each stage took (s).
    """

    audio: NDArray[np.float32]
    codes: NDArray[np.int64]
    song: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)


class MusicModel(Protocol[ConditioningT_contra]):
    """A model that generates music for a dance, at one level.

    Attributes
    ----------
    level : Level
        Its level.
    beat_ducking_db : float
        How far its music is lowered between beats in post-processing (dB).
    """

    level: Level
    beat_ducking_db: float

    def generate(
        self,
        conditioning: ConditioningT_contra,
        /,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Music:
        """Generate music for a dance.

        Parameters
        ----------
        conditioning
            The dance.
        seed
            Another seed gives another piece, if the model has more than one.
        progress
            Called with the name of the stage and the share done.
        """


@dataclass(frozen=True, kw_only=True)
class Soundtrack:
    """Music for one dance at one level.

    Parameters
    ----------
    level, style
        Its level and style; with the style ``"auto"``, the style that suits the dance.
    settings
        How it was made.
    song
        Index in the generator's table of songs; None for weights without songs.
    audio : (N,)
        Mono in [-1, 1] at 22,050 Hz, as long as the clip.
    codes : (T,) or (S, T)
        Its VQ codes; for the published weights, those of each segment.
    rhythm
        Rhythm of the dance.
    music_beats_s : (M,)
        Beats (s) that a beat tracker finds in the music.
    scores
        Scores by name; ``beat_f_measure`` is against the dance's beats within 70 ms.
    seconds
        Time that each stage took (s).
    paths
        Files written, by kind (`d2m.rendering.write_results.KINDS`), if any.
    alt_text
        Description of the beat plot in words, if it was drawn.
    """

    level: Level
    style: Style
    settings: Settings
    song: int | None
    audio: NDArray[np.float32]
    codes: NDArray[np.int64]
    rhythm: Rhythm
    music_beats_s: NDArray[np.float64]
    scores: dict[str, float]
    seconds: dict[str, float]
    paths: dict[str, Path] = field(default_factory=dict)
    alt_text: str = ""

    @property
    def sample_rate(self) -> int:
        """Samples per second of the audio (Hz)."""
        return SAMPLE_RATE

    def summary(self) -> SoundtrackSummary:
        """Return files and scores as plain data for the command line and the page."""
        return SoundtrackSummary(
            level=self.level.name,
            style=self.style.label,
            paths=dict(self.paths),
            alt_text=self.alt_text,
            scores={name: float(value) for name, value in self.scores.items()},
            seconds=sum(self.seconds.values()),
        )
