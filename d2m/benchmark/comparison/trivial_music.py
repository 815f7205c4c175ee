"""Music that knows little or nothing: every report shows what it scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.benchmark.real_music import click_audio
from d2m.core.levels import SAMPLE_RATE

FloatArray = NDArray[np.float64]

FIXED_CLICKS_BPM = 120.0
"""Tempo (BPM) of clicks that know nothing of the dance: the usual default of sequencers."""
OWN_MUSIC = "own music"
CLICKS_IN_PHASE = "clicks on the beats"
CLICKS_ANTI_PHASE = "clicks between the beats"
CLICKS_FIXED = "clicks at 120 BPM"
WHITE_NOISE = "white noise"
ANOTHER_MUSIC = "another clip's music"
SHIFTED_MUSIC = "own music, half a beat late"
TRIVIAL_ROWS = {
    OWN_MUSIC: "The reference: the music that belongs to the clip. What is scored against the "
    "reference is perfect by definition.",
    SHIFTED_MUSIC: "The reference delayed by half a beat of the dance: right tempo, wrong phase.",
    ANOTHER_MUSIC: "The reference of another clip: real music that knows nothing of the dance.",
    CLICKS_IN_PHASE: "A click on each beat of the dance: no music, and perfect timing.",
    CLICKS_ANTI_PHASE: "A click midway between the beats of the dance.",
    CLICKS_FIXED: "A click each half second from the start, whatever the dance does.",
    WHITE_NOISE: "Noise without any beat.",
}
"""What each row is, by its name, in the order of tables."""
_NOISE_LEVEL = 0.1  # standard deviation, about as loud as music
_NO_REFERENCE = "The clip has no reference and no sound of its own."
_NO_RHYTHM = "No rhythm was found in the dance."
_NO_OTHER = "No other clip has a reference."


@dataclass(frozen=True, kw_only=True, eq=False)
class TrivialPiece:
    """One piece of a trivial row.

    Parameters
    ----------
    audio : (N,)
        Mono at 22,050 Hz; empty where it can't be made.
    problem
        Why it can't be made; else empty.
    """

    audio: Audio
    problem: str = ""


def trivial_pieces(
    beats_s: FloatArray,
    duration_s: float,
    own: Audio | None,
    other: Audio | None,
    seed: tuple[int, ...],
) -> dict[str, TrivialPiece]:
    """Make the trivial rows of one clip.

    Parameters
    ----------
    beats_s : (B,)
        Beats of the dance (s); empty if no rhythm was found.
    duration_s
        Length of the clip (s).
    own, other : (N,), (M,), optional
        The reference of the clip and that of another one, mono at 22,050 Hz.
    seed
        Seed of the noise.

    Returns
    -------
    dict
        By the names in `TRIVIAL_ROWS`.
    """
    length = round(duration_s * SAMPLE_RATE)
    noise = _NOISE_LEVEL * np.random.default_rng(seed).standard_normal(length)
    fixed_s = np.arange(0.0, duration_s, 60.0 / FIXED_CLICKS_BPM)
    made: dict[str, TrivialPiece] = {
        OWN_MUSIC: _piece(own, _NO_REFERENCE),
        SHIFTED_MUSIC: _piece(own, _NO_REFERENCE),
        ANOTHER_MUSIC: _piece(other, _NO_OTHER),
        CLICKS_IN_PHASE: _piece(None, _NO_RHYTHM),
        CLICKS_ANTI_PHASE: _piece(None, _NO_RHYTHM),
        CLICKS_FIXED: _piece(click_audio(fixed_s, length), ""),
        WHITE_NOISE: _piece(noise.astype(np.float32), ""),
    }
    if len(beats_s) < 2:
        return made | {SHIFTED_MUSIC: _piece(None, _NO_REFERENCE if own is None else _NO_RHYTHM)}
    half_s = float(np.median(np.diff(beats_s))) / 2
    made[CLICKS_IN_PHASE] = _piece(click_audio(beats_s, length), "")
    made[CLICKS_ANTI_PHASE] = _piece(click_audio(beats_between(beats_s), length), "")
    if own is not None:
        silence = np.zeros(round(half_s * SAMPLE_RATE), dtype=np.float32)
        made[SHIFTED_MUSIC] = _piece(np.concatenate([silence, own])[: len(own)], "")
    return made


def beats_between(beats_s: FloatArray) -> FloatArray:
    """Return the times (s) midway between beats, and half a beat before the first if it is >= 0."""
    middles = (beats_s[1:] + beats_s[:-1]) / 2
    half_s = float(np.median(np.diff(beats_s))) / 2
    first, last = beats_s[0] - half_s, beats_s[-1] + half_s
    return np.concatenate([[first] if first >= 0 else [], middles, [last]])


def another_clip(names: list[str], seed: int) -> dict[str, str]:
    """Give each clip another one, each of them once; nothing for a single clip."""
    if len(names) < 2:
        return {}
    order = [names[index] for index in np.random.default_rng([seed, 23]).permutation(len(names))]
    return dict(zip(order, [*order[1:], order[0]], strict=True))


def _piece(audio: Audio | None, problem: str) -> TrivialPiece:
    if audio is None:
        return TrivialPiece(audio=np.zeros(0, dtype=np.float32), problem=problem)
    return TrivialPiece(audio=audio)
