"""The rhythm of a video as the Controllable Music Transformer (CMT) measures it.

Di et al., "Video Background Music Generation with Controllable Music Transformer" (ACM MM 2021),
Sec. 3: a tempo of the movement, bars that follow each other at this tempo from the start of the
clip, the mean optical flow of each bar, and visual beats: sudden ends of movement, each on the
nearest of the 16 ticks of a bar. Nothing of this project's own estimate of beats is used, so
that the baseline stays the published method. Shapes: ``F`` frames, ``K`` bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.metrical_grid import BEATS_PER_BAR, STEPS_PER_BAR

FloatArray = NDArray[np.float64]

VIDEO_TEMPI_BPM = np.arange(60.0, 160.5, 0.5)
"""Tempi (BPM) that a video can have. Chosen by hand: those of most dance music."""
STILL_TEMPO_BPM = 120.0
"""Tempo (BPM) of a video in which nothing moves. Chosen by hand."""
PREFERRED_BPM, PREFERENCE_OCTAVES = 110.0, 0.7
"""Centre (BPM) and standard deviation (octaves) of the log-normal preference. Chosen by hand."""
FLOW_SMOOTHING_S = 0.04
"""Standard deviation (s) of the filter against jitter. Chosen by hand."""
BEAT_DISTANCE_S = 0.1
"""Least distance (s) of two visual beats. Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoRhythm:
    """Tempo and movement of a video, bar by bar.

    Parameters
    ----------
    tempo_bpm
        Tempo of the movement (BPM).
    bar_flow : (K,)
        Mean amount of movement in each bar, in the unit of the directogram.
    beat_weights : (K, 16)
        Strength of the visual beat on each tick, 0 where there is none.
    """

    tempo_bpm: float
    bar_flow: FloatArray
    beat_weights: FloatArray


def measure_video_rhythm(
    directogram: FloatArray | None, fps: float, duration_s: float
) -> VideoRhythm:
    """Measure the rhythm of a video.

    Parameters
    ----------
    directogram : (F, 8)
        Amount of movement by direction, of optical flow or of joints, in any unit.
    fps
        Frames per second (Hz).
    duration_s
        Length of the clip (s); bars cover it.

    Raises
    ------
    DataError
        If there is no movement data.
    """
    from scipy.ndimage import gaussian_filter1d

    if directogram is None or len(directogram) < 2 or fps <= 0:
        raise DataError(
            "CMT needs the movement of the dance: give optical flow or key points of at least "
            "two frames, with their frame rate."
        )
    flow = np.nan_to_num(np.asarray(directogram, dtype=float))
    flow = gaussian_filter1d(flow, FLOW_SMOOTHING_S * fps, axis=0, mode="nearest")
    stops = np.maximum(0.0, -np.diff(flow, axis=0, prepend=flow[:1]))
    tempo = movement_tempo(stops, fps)
    bar_s = 60.0 / tempo * BEATS_PER_BAR
    n_bars = max(1, int(np.ceil(duration_s / bar_s - 1e-6)))
    bar = np.minimum((np.arange(len(flow)) / fps / bar_s).astype(int), n_bars - 1)
    frames = np.bincount(bar, minlength=n_bars)
    sums = np.bincount(bar, weights=flow.sum(axis=1), minlength=n_bars)
    last = int(bar[-1])
    bar_flow = np.where(frames > 0, sums / np.maximum(frames, 1), sums[last] / frames[last])
    return VideoRhythm(
        tempo_bpm=tempo,
        bar_flow=bar_flow,
        beat_weights=_visual_beats(stops.sum(axis=1), fps, bar_s, n_bars),
    )


def movement_tempo(stops: FloatArray, fps: float) -> float:
    """Return the tempo (BPM) of movement that stops again and again.

    The autocorrelation of all stops, and that of the stops of each direction, are added at the
    period of each of `VIDEO_TEMPI_BPM`, and usual tempi are preferred.

    Parameters
    ----------
    stops : (F, 8)
        Sudden decrease of movement in each direction.
    fps
        Frames per second (Hz).
    """
    signals = np.concatenate([stops, stops.sum(axis=1, keepdims=True)], axis=1)
    signals = signals - signals.mean(axis=0)
    size = 2 * len(signals)
    power = np.abs(np.fft.rfft(signals, size, axis=0)) ** 2
    correlation = np.fft.irfft(power, size, axis=0)[: len(signals)]
    total = correlation[:, -1] + correlation[:, :-1].sum(axis=1)
    if total[0] <= 1e-12:
        return STILL_TEMPO_BPM
    unbiased = total / total[0] * len(signals) / (len(signals) - np.arange(len(signals)) + 0.0)
    lags = 60.0 / VIDEO_TEMPI_BPM * fps
    reachable = lags <= len(signals) * 0.75
    if not reachable.any():
        return STILL_TEMPO_BPM
    value = np.interp(lags, np.arange(len(unbiased)), unbiased)
    octaves = np.log2(VIDEO_TEMPI_BPM / PREFERRED_BPM) / PREFERENCE_OCTAVES
    score = np.where(reachable, np.maximum(value, 0.0) * np.exp(-(octaves**2) / 2), -1.0)
    return float(VIDEO_TEMPI_BPM[int(np.argmax(score))])


def _visual_beats(envelope: FloatArray, fps: float, bar_s: float, n_bars: int) -> FloatArray:
    """Return the strength of the visual beat on each tick, (K, 16)."""
    from scipy.signal import find_peaks

    distance = max(1, round(BEAT_DISTANCE_S * fps))
    peaks, _ = find_peaks(envelope, height=float(envelope.mean()) + 1e-12, distance=distance)
    weights = np.zeros(n_bars * STEPS_PER_BAR)
    tick = np.round(peaks / fps / bar_s * STEPS_PER_BAR).astype(int)
    inside = tick < len(weights)
    np.maximum.at(weights, tick[inside], envelope[peaks[inside]])
    return weights.reshape(n_bars, STEPS_PER_BAR)
