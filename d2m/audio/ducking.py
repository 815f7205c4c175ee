"""Ducking: music becomes softer where something stands out in another sound, such as a voice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.audio.dynamics import GAIN_STEP, level_curve
from d2m.audio.stereo import StereoAudio

DUCKING_DB = 9.0
"""How much softer the music becomes (dB). Chosen by hand: enough to follow speech, while the beat
goes on."""
DUCK_ATTACK_S, DUCK_HOLD_S, DUCK_RELEASE_S = 0.06, 0.25, 0.4
"""Time in which the music falls, ahead of the sound; for which it stays down after it, so that it
does not rise between two words; and in which it comes back (s). Chosen by hand."""
# Time over which the level of the sound is averaged (s): a syllable. Chosen by hand.
_AVERAGED_S = 0.05
# A sound stands out if it is this much louder than the clip's quietest tenth (dB), and not softer
# than this (dBFS). Music or noise that never stops lies below the first. Chosen by hand.
_ABOVE_FLOOR_DB, _LEAST_DBFS = 12.0, -45.0
_FLOOR_PERCENTILE = 10
# Range of levels in which the music falls from not at all to fully (dB). Chosen by hand.
_KNEE_DB = 6.0


def ducking_curve(sound: StereoAudio, sample_rate: int) -> NDArray[np.float32]:
    """Return the gain of music that makes way for another sound.

    The sound has to stand out: a voice over a quiet room does, music or noise that goes on
    without a pause does not, so that it never holds the music down.

    Parameters
    ----------
    sound : (2, N)
        The other sound, such as a clip's own.
    sample_rate
        Its sample rate (Hz).

    Returns
    -------
    (M,)
        Linear gain, at most 1 and at least that of `DUCKING_DB`, at the nodes of a gain curve
        (`d2m.audio.dynamics.apply_gain_curve`).
    """
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    rate = sample_rate / GAIN_STEP
    power = 10 ** (level_curve([sound], sample_rate) / 10)
    level_db = 10 * np.log10(uniform_filter1d(power, _window(_AVERAGED_S, rate)))
    floor_db = float(np.percentile(level_db, _FLOOR_PERCENTILE))
    least_db = max(floor_db + _ABOVE_FLOOR_DB, _LEAST_DBFS)
    presence = np.clip((level_db - least_db) / _KNEE_DB, 0.0, 1.0)
    # The window of the attack reaches as far ahead as that of the hold reaches behind.
    ahead = maximum_filter1d(presence, _window(DUCK_ATTACK_S, rate))
    held = maximum_filter1d(
        ahead, _window(DUCK_HOLD_S, rate), origin=_window(DUCK_HOLD_S, rate) // 2
    )
    smooth = _released(uniform_filter1d(held, _window(DUCK_ATTACK_S, rate)), rate)
    gain: NDArray[np.float32] = (10 ** (-DUCKING_DB / 20 * smooth)).astype(np.float32)
    return gain


def _window(seconds: float, rate: float) -> int:
    """Return an odd number of nodes for a time (s)."""
    return 2 * max(1, round(seconds * rate / 2)) + 1


def _released(presence: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Let a presence (0 to 1) fall no faster than in `DUCK_RELEASE_S` from 1 to 0."""
    steps = np.arange(len(presence)) / (DUCK_RELEASE_S * rate)
    falling: NDArray[np.float64] = np.maximum.accumulate(presence + steps) - steps
    return falling
