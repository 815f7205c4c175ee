"""Estimate tempo, beat phase and tempo drift of movement signals.

All signals are sampled at `d2m.perception.motion_signals.SIGNAL_RATE`. Shapes: ``S`` signals
of ``E`` samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.perception.motion_signals import SIGNAL_RATE

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

MIN_SEARCH_BPM, MAX_SEARCH_BPM = 60.0, 160.0
"""Range of the candidate tempi (BPM). Chosen by hand."""
PRIOR_BPM, PRIOR_OCTAVES = 105.0, 0.6
"""Centre (BPM) and standard deviation (octaves) of the log-normal prior over tempi. Chosen by
hand."""
CANDIDATE_TEMPI = np.exp(np.linspace(np.log(MIN_SEARCH_BPM), np.log(MAX_SEARCH_BPM), 800))
"""Candidate tempi (BPM), evenly spaced in the logarithm."""
COMB_WEIGHTS = {1.0: 1.0, 2.0: 1.0, 4.0: 0.5, 0.5: 0.5}
"""Weights of the power at multiples of a tempo's frequency. Chosen on real clips, AIST++ and
procedural dances, between which several combs made no difference."""
NOISE_CONTRAST = 3.0
"""Tempo contrast that joints which move at random and independently exceed in 3 % of cases."""

_TREND_S = 2.0  # period (s) above which variation is removed as a trend; chosen by hand
_MAX_DEVIATIONS = 3.0  # clipping limit, in robust standard deviations; chosen by hand
_MAD_TO_STD = 1.4826  # standard deviation of a normal distribution over its median deviation
# Drift of the beats, all chosen by hand:
_N_SHIFTS = 32  # shifts that a beat can take, in equal parts of a beat
_SHIFT_COST = 2.0  # weight of changes of the shift where the beat is clear
_CLEAR_AMPLITUDE = 4.0  # amplitude of a sum of four signals in which the beat is clear
_LOCAL_BEATS = 2.0  # standard deviation (beats) of the window for the local phase
_SHIFT_SMOOTHING = 2.0  # standard deviation (beats) of the smoothing of shifts


@dataclass(frozen=True, kw_only=True)
class RivalTempo:
    """Another tempo that the movement allows.

    Parameters
    ----------
    bpm
        Tempo (BPM).
    relative_score
        Its score over that of the estimated tempo, 0 to 1.
    is_octave
        Whether it is half or twice the estimated tempo.
    """

    bpm: float
    relative_score: float
    is_octave: bool


@dataclass(frozen=True, kw_only=True)
class TempoEstimate:
    """A tempo and how far it stands out from others.

    Parameters
    ----------
    bpm
        Tempo (BPM).
    contrast
        The tempo's score over the median score of all tempi, times its score over that of
        the best rival that is not an octave apart. Noise gives 1 to 3.
    rivals
        Half and twice the tempo, where they lie among the candidate tempi, and the two best
        tempi that are not an octave apart.
    """

    bpm: float
    contrast: float
    rivals: tuple[RivalTempo, ...] = ()


def detrend(signal: FloatArray) -> FloatArray:
    """Remove the slow trend and outliers of a signal (E,), and scale it to unit variance.

    Outliers are clipped, since a jump to another person is not an accent. A constant signal
    becomes 0.
    """
    from scipy.ndimage import gaussian_filter1d

    rest = signal - gaussian_filter1d(signal, _TREND_S / 2 * SIGNAL_RATE, mode="nearest")
    limit = _MAX_DEVIATIONS * _MAD_TO_STD * float(np.median(np.abs(rest)))
    rest = np.clip(rest, -limit, limit)
    rest = rest - rest.mean()
    return np.asarray(rest / (rest.std() + 1e-9))


def fourier_coefficients(signals: FloatArray, frequencies: FloatArray) -> ComplexArray:
    """Return windowed Fourier coefficients (S, Q) of signals (S, E) at frequencies (Q,) in Hz."""
    n = signals.shape[1]
    kernel = np.exp(-2j * np.pi * np.outer(np.arange(n) / SIGNAL_RATE, frequencies))
    return np.asarray((signals * _window(n)) @ kernel)


def _window(n: int) -> FloatArray:
    # On clips of a few seconds, a half sine separates neighbouring tempi better than a Hann
    # window, and leaks less than a rectangular one.
    window = np.sin(np.pi * (np.arange(n) + 0.5) / n)
    return np.asarray(window / window.sum())


def tempo_scores(signals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Score each of `CANDIDATE_TEMPI` by how well it explains signals (S, E).

    The power spectra of the signals are summed, because no signal shows the beat in all
    dances. A tempo's score is the power at its frequency and at twice it, and part of the
    power at half of it and at four times it.

    Returns
    -------
    comb, score : (800,)
        Scores without and with the prior over tempi.
    """
    n = signals.shape[1]
    n_fft = 8 * 2 ** int(np.ceil(np.log2(n)))
    power = (np.abs(np.fft.rfft(signals * _window(n), n_fft)) ** 2).sum(axis=0)
    frequencies = np.fft.rfftfreq(n_fft, 1 / SIGNAL_RATE)
    comb = np.zeros(len(CANDIDATE_TEMPI))
    for multiple, weight in COMB_WEIGHTS.items():
        comb += weight * np.interp(multiple * CANDIDATE_TEMPI / 60, frequencies, power)
    prior = np.exp(-0.5 * (np.log2(CANDIDATE_TEMPI / PRIOR_BPM) / PRIOR_OCTAVES) ** 2)
    return comb, comb * prior


def estimate_tempo(signals: FloatArray) -> TempoEstimate:
    """Estimate the tempo at which signals (S, E) are most periodic together."""
    comb, score = tempo_scores(signals)
    best = int(np.argmax(score))
    top = max(float(score[best]), 1e-12)
    distance = np.log(CANDIDATE_TEMPI / CANDIDATE_TEMPI[best])
    # Tempi that differ by less than about one cycle over the clip can't be told apart.
    n_beats = CANDIDATE_TEMPI[best] / 60 * signals.shape[1] / SIGNAL_RATE
    width = max(0.06, 1.2 / n_beats)
    below, above = (np.abs(distance - octave * np.log(2)) < width for octave in (-1, 1))
    octaves = [np.where(near, score, 0) for near in (below, above) if near.any()]
    others = np.where(below | above | (np.abs(distance) <= width), 0, score)
    first = int(np.argmax(others))
    is_near_first = np.abs(distance - distance[first]) <= width
    ranked = [*octaves, others, np.where(is_near_first, 0, others)]
    rivals = tuple(
        RivalTempo(
            bpm=refine_tempo(signals, float(CANDIDATE_TEMPI[np.argmax(scores)])),
            relative_score=min(1.0, float(scores.max()) / top),
            is_octave=index < len(octaves),
        )
        for index, scores in enumerate(ranked)
        if scores.any()
    )
    rival = max(float(others[first]) or top, 1e-12)
    return TempoEstimate(
        bpm=refine_tempo(signals, float(CANDIDATE_TEMPI[best])),
        contrast=float(comb[best] / max(float(np.median(comb)), 1e-12) * top / rival),
        rivals=rivals,
    )


def refine_tempo(signals: FloatArray, bpm: float) -> float:
    """Return the tempo (BPM) within 2.5 % of ``bpm`` with the most power in signals (S, E).

    The power at the frequency of the tempo and at twice it counts.
    """
    tempi = bpm * np.linspace(0.975, 1.025, 101)
    frequencies = np.concatenate([tempi, 2 * tempi]) / 60
    power = np.abs(fourier_coefficients(signals, frequencies)) ** 2
    return float(tempi[np.argmax(power.sum(axis=0).reshape(2, -1).sum(axis=0))])


def phase_score(stillness: FloatArray, bpm: float) -> float:
    """Return how strongly a signal (E,) rises and falls once a beat: its amplitude at the tempo.

    A sum of four signals of unit variance that all follow the beat scores up to 5.7.
    """
    coefficient = fourier_coefficients(stillness[None], np.array([bpm / 60]))[0, 0]
    return 2 * float(np.abs(coefficient))


def fit_steady_beats(stillness: FloatArray, bpm: float) -> FloatArray:
    """Fit the phase of a steady grid of beats to a signal.

    Parameters
    ----------
    stillness : (E,)
        Signal whose fundamental peaks on the beat.
    bpm
        Tempo (BPM).

    Returns
    -------
    (N,)
        Beat times (s), from up to one beat before the start to up to one after the end.
    """
    f = bpm / 60
    coefficient = fourier_coefficients(stillness[None], np.array([f]))[0, 0]
    phase = np.angle(coefficient) / (2 * np.pi)
    first = (-phase % 1) - 1
    return np.asarray(np.arange(first, len(stillness) / SIGNAL_RATE * f + 1) / f)


def track_drift(stillness: FloatArray, beats_s: FloatArray) -> FloatArray:
    """Shift the beats of a steady grid to follow a dancer who speeds up or slows down.

    Dynamic programming (Viterbi) over the shift of each beat: it maximises the agreement with
    the local phase of the signal, minus a cost for changes of the shift from beat to beat. The
    fainter the beat is in the signal, the higher the cost, because its phase then wanders by
    chance; most music keeps its tempo.

    Parameters
    ----------
    stillness : (E,)
        Signal whose fundamental peaks on the beat: a sum of four of unit variance.
    beats_s : (N,)
        Steady beat times (s).

    Returns
    -------
    (N,)
        Shifted beat times (s).
    """
    from scipy.ndimage import gaussian_filter1d

    period = float(beats_s[1] - beats_s[0])
    time = np.arange(len(stillness)) / SIGNAL_RATE
    demodulated = stillness * np.exp(-2j * np.pi * (time - beats_s[0]) / period)
    local = gaussian_filter1d(demodulated, _LOCAL_BEATS * period * SIGNAL_RATE, mode="constant")
    at_beat = local[np.clip(np.round(beats_s * SIGNAL_RATE).astype(int), 0, len(local) - 1)]
    shifts = np.arange(_N_SHIFTS) / _N_SHIFTS
    gain = 2 * np.real(at_beat[:, None] * np.exp(2j * np.pi * shifts))
    gain *= np.sqrt(0.5) / max(float(stillness.std()), 1e-9)

    moves = np.arange(-2, 3)
    amplitude = max(2 * float(np.abs(local).mean()), 1e-3)
    cost = _SHIFT_COST * (_CLEAR_AMPLITUDE / amplitude) ** 2 * moves**2 / _N_SHIFTS
    came_from = np.zeros(gain.shape, dtype=int)
    total = gain[0]
    for beat in range(1, len(gain)):
        options = np.stack([np.roll(total, move) for move in moves]) - cost[:, None]
        came_from[beat] = np.argmax(options, axis=0)
        total = options.max(axis=0) + gain[beat]
    path = [int(np.argmax(total))]
    for beat in range(len(gain) - 1, 0, -1):
        path.append(path[-1] - int(moves[came_from[beat, path[-1] % _N_SHIFTS]]))
    shift = np.array(path[::-1]) / _N_SHIFTS
    shift -= np.round(np.median(shift))
    smooth = gaussian_filter1d(shift, _SHIFT_SMOOTHING, mode="nearest")
    return np.asarray(beats_s + period * smooth)
