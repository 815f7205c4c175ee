"""Lower the level of audio between beats, as sidechain compression does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE

DEPTH_DB = 5.0
"""Attenuation reached between beats (dB). Chosen by hand."""
BEAT_EMPHASIS_DB = 3.0
"""Where hits sound between beats, the attenuation before beats is larger by this (dB), and the
hits are at first softer than the beats by it, so that the beats still stand out. Chosen among 18
combinations on seven real clips, each with its own and with moved beats, and 14 procedural
dances."""
BEFORE_HITS_DB = 4.0
"""Attenuation reached before hits (dB). Chosen on the same dances."""
# The full attenuation is reached after this share of the time between two beats and stays
# until the next beat. Chosen by hand.
_FALL_SHARE = 0.8
# Half the width of the moving average that smooths the gain (s), so that its rise at a beat
# does not click. Chosen by hand.
_RISE_S = 0.004
# Hits nearer to a beat (s) sound with it.
_WITH_BEAT_S = 0.06
# Time (s) in which the emphasis of a beat fades. Chosen by hand.
_EMPHASIS_S = 0.1


def duck_between_beats(
    audio: NDArray[np.float32],
    beats_s: NDArray[np.float64],
    *,
    hits_s: NDArray[np.float64] | None = None,
    depth_db: float = DEPTH_DB,
    sample_rate: int = SAMPLE_RATE,
) -> NDArray[np.float32]:
    """Attenuate audio between beats: full level on each beat, then a linear fall in dB.

    Hits between beats are not attenuated like what lies around them: the level falls a little
    before each of them and then starts again. Beats are emphasised in return.

    Parameters
    ----------
    audio : (N,)
        Mono waveform.
    beats_s : (B,)
        Ascending beat times (s). With fewer than two beats the audio is returned unchanged.
    hits_s : (A,), optional
        When the music answers hits of the dancer (s), ascending.
    depth_db
        Attenuation reached between beats (dB).
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (N,)
        Waveform, at no sample louder than the input.
    """
    if len(beats_s) < 2:
        return audio
    from scipy.ndimage import uniform_filter1d

    period = float(np.median(np.diff(beats_s)))
    beats = np.concatenate([[beats_s[0] - period], beats_s, [beats_s[-1] + period]])
    hits = np.zeros(0) if hits_s is None else np.asarray(hits_s, dtype=float)
    hits = hits[np.abs(hits[:, None] - beats[None, :]).min(axis=1) > _WITH_BEAT_S]
    times = np.arange(len(audio)) / sample_rate
    gain_db = _gain_db(times, beats, hits, depth_db)
    gain = 10 ** (gain_db / 20)
    gain = uniform_filter1d(gain, max(1, round(2 * _RISE_S * sample_rate)), mode="nearest")
    return np.asarray(audio * gain, dtype=np.float32)


def _gain_db(
    times: NDArray[np.float64],
    beats: NDArray[np.float64],
    hits: NDArray[np.float64],
    depth_db: float,
) -> NDArray[np.float64]:
    """Return the gain (dB) at times (N,), at most 0."""
    emphasis_db = BEAT_EMPHASIS_DB if len(hits) else 0.0
    marks = np.concatenate([beats, hits])
    order = np.argsort(marks, kind="stable")
    marks, is_hit = marks[order], (np.arange(len(marks)) >= len(beats))[order]
    before_db = np.where(is_hit, BEFORE_HITS_DB, depth_db + emphasis_db)
    at = np.clip(np.searchsorted(marks, times, side="right") - 1, 0, len(marks) - 2)
    since = times - marks[at]
    phase = np.clip(since / (marks[at + 1] - marks[at]), 0.0, 1.0)
    fall_db = before_db[at + 1] * np.minimum(phase / _FALL_SHARE, 1.0)
    fading = np.clip(since / _EMPHASIS_S, 0.0, 1.0)
    softer_db = emphasis_db * np.where(is_hit[at], 1.0, fading)
    return np.asarray(-fall_db - softer_db)
