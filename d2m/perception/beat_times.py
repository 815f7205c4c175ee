"""Place tracked beats exactly: between the frames of the tracker, on the onsets they mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.audio.log_filterbank import FILTERBANK_RATE
from d2m.audio.waveform import Audio

FloatArray = NDArray[np.float64]

ONSET_LEAD_S = 0.005
"""How long before an onset the rise of the spectrum peaks (s): measured. The window hears an
onset before its centre reaches it: by 7 ms for clicks of 1 kHz and sudden sines of 55 Hz, 6 ms
for bursts of noise, and 3 ms for the softer attacks of this project's music."""
ONSET_SEARCH_S = 0.045
"""Largest distance of a beat from the onset that it is moved to (s). Chosen by hand."""
_ONSET_SPREAD_S = 0.02  # nearer onsets win: standard deviation of the weight (s)
ONSET_HOP = 110
"""Samples from one value of the rise to the next: 5 ms."""
_WINDOW = 512  # of the spectrum (samples): 23 ms
_BLOCK = 4096  # frames that are transformed at once: bounds the memory
_REACH = 3  # beats before and after that a beat is aligned with
_SERIES = 16  # with so many beats, every second one is a series of its own


def onset_rise(audio: Audio) -> FloatArray:
    """Return how much the spectrum of a sound rises, every 5 ms.

    Parameters
    ----------
    audio : (N,)
        Mono waveform at `d2m.audio.log_filterbank.FILTERBANK_RATE`.

    Returns
    -------
    (T,)
        Sum over frequencies of the rise of log10(1 + magnitude) in two frames.
    """
    padded = np.pad(audio, (_WINDOW // 2 + ONSET_HOP, _WINDOW + ONSET_HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::ONSET_HOP]
    frames = frames[: len(audio) // ONSET_HOP + 3]
    window = np.hanning(_WINDOW).astype(np.float32)
    rise = np.zeros(len(frames) - 2)
    for start in range(0, len(rise), _BLOCK):
        spectrum = np.fft.rfft(frames[start : start + _BLOCK + 2] * window, axis=1)
        level = np.log10(1 + np.abs(spectrum).astype(np.float32))
        rise[start : start + _BLOCK] = np.maximum(level[2:] - level[:-2], 0).sum(axis=1)
    return rise


def placed_beats(rise: FloatArray, beats_s: FloatArray) -> tuple[FloatArray, float, float]:
    """Move beats to the onsets near them, and align each with its neighbours.

    Parameters
    ----------
    rise : (T,)
        From `onset_rise`.
    beats_s : (N,)
        Ascending beat times (s), right within about 40 ms.

    Returns
    -------
    times : (N,)
        Beat times (s). The alignment is a robust line through up to seven beats, so a beat
        without an onset, or with another one beside it, lies where the others say.
    unsteadiness
        Median distance of the onsets from that line (s).
    least_unsteadiness
        The same for every second beat, if those are steadier, as in music that swings.
    """
    rate = FILTERBANK_RATE / ONSET_HOP
    onsets = np.array([_nearest_onset(rise, time * rate) / rate for time in beats_s])
    if not len(onsets):
        return onsets, 0.0, 0.0
    times = _aligned(onsets)
    series = [onsets, *(onsets[first::2] for first in (0, 1) if len(onsets) >= _SERIES)]
    unsteadiness = [float(np.median(np.abs(one - _aligned(one)))) for one in series]
    return times + ONSET_LEAD_S, unsteadiness[0], min(unsteadiness)


def _nearest_onset(rise: FloatArray, centre: float) -> float:
    reach = ONSET_SEARCH_S * FILTERBANK_RATE / ONSET_HOP
    low, high = max(0, round(centre - reach)), min(len(rise), round(centre + reach) + 1)
    if high - low < 3:
        return centre
    spread = _ONSET_SPREAD_S * FILTERBANK_RATE / ONSET_HOP
    weight = np.exp(-0.5 * ((np.arange(low, high) - centre) / spread) ** 2)
    peak = low + int((rise[low:high] * weight).argmax())
    if not 0 < peak < len(rise) - 1 or rise[peak] == 0:
        return centre
    return refined_peak(rise, peak)


def refined_peak(rise: FloatArray, peak: int) -> float:
    """Return where the peak of a curve ``(T,)`` near a frame lies between frames (frames)."""
    if not 0 < peak < len(rise) - 1:
        return float(peak)
    before, at, after = rise[peak - 1 : peak + 2]
    bend = before - 2 * at + after
    return peak + (float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0)


def _aligned(times: FloatArray) -> FloatArray:
    """Return each time (N,) as its neighbours and itself predict it."""
    aligned = times.copy()
    for index in range(len(times)):
        low, high = max(0, index - _REACH), min(len(times), index + _REACH + 1)
        steps = np.arange(low, high) - index
        if len(steps) < 3:
            continue
        first, second = np.triu_indices(len(steps), 1)
        near = times[low:high]
        slope = np.median((near[second] - near[first]) / (steps[second] - steps[first]))
        aligned[index] = np.median(near - slope * steps)
    return aligned
