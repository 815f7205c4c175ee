"""Hit metrics: whether music answers the hits of a dance with onsets that stand out.

Audio is mono, ``(N,)``. Times are in seconds from its start. An onset *stands out* if it is
among the strongest `ONSETS_PER_S` of the second around it, those that are as strong as itself
included. So equal clicks on all 16th notes do not stand out at all, and any music that is
independent of the dance meets at most ``ONSETS_PER_S * 2 * HIT_TOLERANCE_S`` = 36 % of its
hits. Clicks of equal strength on the beats and the hits together meet 96 to 98 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa

FloatArray = NDArray[np.float64]

HIT_TOLERANCE_S = 0.045
"""Largest distance (s) of an onset from a hit that it meets: what viewers take as together.
Chosen by hand."""
ONSETS_PER_S = 4
"""Number of onsets that can stand out in a second: about two beats and the 1.5 hits of
`d2m.perception.body_events.MAX_HITS_PER_S`, rounded up."""
LOUDNESS_FLUX_LAG_S = -0.008
"""Time (s) of a peak of `loudness_flux` after its onset: it is early, because a window of 46 ms
sees the onset before its middle. Measured on 18 clicks, noise bursts, kicks and chords: the
medians of the four are -7.5 to -9.2 ms."""

_HOP = 128  # samples between two values of the flux: 6 ms at 22,050 Hz
_FFT = 1024  # samples of a window: 46 ms
_BANDS, _BAND_RANGE_HZ = 40, (30.0, 10_000.0)  # mel bands, about as many as the ear's
_LOUDNESS_EXPONENT = 0.3  # of power: Stevens' law of loudness
_FLUX_HOPS = 2  # values over which the loudness must grow: 12 ms
_PEAK_REACH_S = 0.03  # an onset is the strongest within this time (s)
_FAINT = 0.03  # of the piece's strongest onset, under which nothing is heard
_SAME_STRENGTH = 0.98  # of an onset's strength, from which another is as strong
_SURROUNDINGS_S = 0.5  # half a second on either side


def hits_met(
    audio: NDArray[Any],
    hits_s: NDArray[Any],
    sample_rate: int = SAMPLE_RATE,
    tolerance_s: float = HIT_TOLERANCE_S,
) -> float:
    """Return the share of a dance's hits at which an onset of the music stands out.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    hits_s : (H,)
        Moments of the hits (s), those of `d2m.perception.body_events.BodyEvents`.
    sample_rate
        Sample rate (Hz).
    tolerance_s
        Largest distance of an onset from a hit that it meets (s).

    Returns
    -------
    float
        0 to 1; NaN if there are no hits.
    """
    if not len(hits_s):
        return float("nan")
    return _share_near(hits_s, prominent_onsets(audio, sample_rate), tolerance_s)


def hits_on_grid(
    hits_s: NDArray[Any],
    steps_s: NDArray[Any],
    *,
    bend_s: float = 0.0,
    tolerance_s: float = HIT_TOLERANCE_S,
) -> float:
    """Return the share of hits that an onset on a grid can meet.

    Parameters
    ----------
    hits_s : (H,)
        Moments of the hits (s).
    steps_s : (S,)
        Times of the grid (s), such as its 16th steps or its beats.
    bend_s
        Most that a step may be moved towards a hit (s).
    tolerance_s
        Largest distance of a moved step from the hit (s).

    Returns
    -------
    float
        0 to 1; NaN if there are no hits.
    """
    if not len(hits_s):
        return float("nan")
    return _share_near(hits_s, np.asarray(steps_s, dtype=float), tolerance_s + bend_s)


def prominent_onsets(audio: NDArray[Any], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Return the moments (s) of a piece's onsets that stand out from those around them.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (P,)
        Ascending.
    """
    from scipy.ndimage import maximum_filter1d

    flux = loudness_flux(audio, sample_rate)
    if not flux.any():
        return np.zeros(0)
    rate = sample_rate / _HOP
    highest = maximum_filter1d(flux, 2 * max(1, round(_PEAK_REACH_S * rate)) + 1)
    peaks = np.flatnonzero((flux >= highest) & (flux > _FAINT * flux.max()))
    times, strengths = peaks / rate, flux[peaks]
    near = np.abs(times[:, None] - times[None, :]) <= _SURROUNDINGS_S
    as_strong = strengths[None, :] >= _SAME_STRENGTH * strengths[:, None]
    stands_out = (near & as_strong).sum(axis=1) <= ONSETS_PER_S
    return np.asarray(times[stands_out] - LOUDNESS_FLUX_LAG_S)


def loudness_flux(audio: NDArray[Any], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Return how much the loudness grows, summed over the bands of the ear.

    Unlike in a flux of decibels, a quiet onset in an empty band counts little.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (T,)
        One value for each 128 samples, without a unit. Peaks are early by
        `LOUDNESS_FLUX_LAG_S`.
    """
    sound = np.asarray(audio, dtype=np.float32)
    if not sound.any():
        return np.zeros(1 + len(sound) // _HOP)
    low_hz, high_hz = _BAND_RANGE_HZ
    power = load_librosa().feature.melspectrogram(
        y=sound, sr=sample_rate, n_fft=_FFT, hop_length=_HOP, n_mels=_BANDS, fmin=low_hz,
        fmax=min(high_hz, sample_rate / 2),
    )  # fmt: skip
    loudness = np.pad(power**_LOUDNESS_EXPONENT, ((0, 0), (_FLUX_HOPS, 0)), mode="edge")
    growth = np.maximum(loudness[:, _FLUX_HOPS:] - loudness[:, :-_FLUX_HOPS], 0.0)
    return np.asarray(growth.sum(axis=0), dtype=float)


def _share_near(hits_s: NDArray[Any], times_s: FloatArray, tolerance_s: float) -> float:
    """Return the share of hits (H,) with a time (T,) within the tolerance (s)."""
    if not len(times_s):
        return 0.0
    distances = np.abs(np.asarray(hits_s, dtype=float)[:, None] - times_s[None, :]).min(axis=1)
    return float(np.mean(distances <= tolerance_s + 1e-9))
