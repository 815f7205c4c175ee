"""The pieces that are measured: the studio version, the network's, and trivial ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import mono_at
from d2m.core.levels import HIGH, SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.generation.compact import CompactModel
from d2m.generation.generate import generate_soundtrack
from d2m.generation.studio import StudioModel
from d2m.perception.conditioning import Conditioning
from d2m.score.notes import Score

CLICK_S = 0.03
"""Length of a click of the click track (s)."""
NOISE_RMS = 0.1
"""Level of the noise (full scale is 1)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """Music that was made for a dance.

    Parameters
    ----------
    audio : (N,) or (2, N)
        Mono or stereo audio.
    sample_rate
        Its sample rate (Hz).
    score
        The score that was played, if there is one.
    stems
        Audio (2, N) by stem, if there are any.
    seconds
        Time that each stage took (s).
    """

    audio: NDArray[Any]
    sample_rate: int
    score: Score | None = None
    stems: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def mono(self) -> NDArray[np.float32]:
        """Mono audio (N,) at 22,050 Hz, which the metrics read."""
        return mono_at(np.asarray(self.audio, dtype=np.float32), self.sample_rate)


def studio_piece(model: StudioModel, dance: Conditioning, seed: int) -> Piece:
    """Compose, play and master a piece for a dance."""
    music = model.generate(dance, seed=seed)
    return Piece(
        audio=music.audio,
        sample_rate=STUDIO_SAMPLE_RATE,
        score=music.score,
        stems=music.stems,
        seconds=music.seconds,
    )


def network_piece(model: CompactModel, dance: Conditioning, seed: int) -> Piece:
    """Generate the soundtrack of level high for a dance, after post-processing."""
    made = generate_soundtrack(model, dance, Settings(seed=seed, style=dance.style.name))
    return Piece(audio=made.audio, sample_rate=SAMPLE_RATE, seconds=made.seconds)


def network_model() -> CompactModel:
    """Load the bundled network of level high."""
    return CompactModel.from_pretrained(HIGH)


def click_track(dance: Conditioning, times_s: NDArray[Any] | None = None) -> Piece:
    """Return clicks on the beats of a dance's grid, or at other times (s) within it."""
    audio = np.zeros(round(dance.duration_s * SAMPLE_RATE), dtype=np.float32)
    time = np.arange(round(CLICK_S * SAMPLE_RATE)) / SAMPLE_RATE
    click = np.sin(2 * np.pi * 1000 * time) * np.exp(-time / 0.006)
    for time_s in dance.grid.beats_s if times_s is None else times_s:
        start = round(float(time_s) * SAMPLE_RATE)
        part = audio[start : start + len(click)]
        part += 0.8 * click[: len(part)]
    return Piece(audio=audio, sample_rate=SAMPLE_RATE)


def noise(dance: Conditioning) -> Piece:
    """Return white noise as long as a dance."""
    rng = np.random.default_rng(round(dance.duration_s * 1000))
    audio = NOISE_RMS * rng.standard_normal(round(dance.duration_s * SAMPLE_RATE))
    return Piece(audio=audio.astype(np.float32), sample_rate=SAMPLE_RATE)


def fitted(piece: Piece, duration_s: float) -> Piece:
    """Return the audio of another dance's piece, repeated or cut to a length (s)."""
    size = round(duration_s * piece.sample_rate)
    audio = np.atleast_2d(piece.audio)
    repeats = -(-size // max(1, audio.shape[1]))
    return Piece(audio=np.tile(audio, (1, repeats))[:, :size], sample_rate=piece.sample_rate)
