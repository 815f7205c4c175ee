"""What composing gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.settings import Settings
from d2m.core.styles import Style
from d2m.perception.rhythm import Rhythm


@dataclass(frozen=True, kw_only=True)
class Music:
    """What networks played, before it is cleaned.

    Parameters
    ----------
    audio : (N,)
        Mono at 22,050 Hz.
    codes : (T,) or (S, T)
        VQ codes of the whole piece, or of each of its segments.
    song
        Index of the song in the generator's table, if it has one.
    """

    audio: NDArray[np.float32]
    codes: NDArray[np.int64]
    song: int | None = None


@dataclass(frozen=True, kw_only=True)
class Soundtrack:
    """Music for one dance at one level.

    Parameters
    ----------
    level, style
        What was chosen; the style by the dance, where that was asked for.
    settings
        How it was made.
    song
        Index in the generator's table of songs; None for weights that know none.
    audio : (N,)
        Mono in [-1, 1] at 22,050 Hz, as long as the clip.
    codes : (T,) or (S, T)
        Its VQ codes; of published weights, those of each segment.
    rhythm
        The dance's rhythm.
    music_beats_s : (M,)
        Beats (s) that a beat tracker hears in the music.
    scores
        Figures by name; ``beat_f_measure`` is against the dance's beats at 70 ms.
    seconds
        Time that each stage took (s).
    paths
        Files written, by kind (`d2m.rendering.write_results.KINDS`), if any.
    alt_text
        What the beat plot shows, in words, if it was drawn.
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
        """Samples a second of the audio (Hz)."""
        return SAMPLE_RATE
