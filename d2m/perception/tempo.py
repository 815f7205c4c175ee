"""Tempo, phase and drift of a set of movement signals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.perception.motion_signals import SIGNAL_RATE

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

MIN_TEMPO_BPM, MAX_TEMPO_BPM = 60.0, 160.0
PRIOR_BPM, PRIOR_OCTAVES = 105.0, 0.6
"""Centre and width of the log-normal prior over tempi."""
CANDIDATE_TEMPI = np.exp(np.linspace(np.log(MIN_TEMPO_BPM), np.log(MAX_TEMPO_BPM), 800))
"""Candidate tempi (BPM)."""
COMB_WEIGHTS = {1.0: 1.0, 2.0: 1.0, 0.5: 0.3}
"""Weight of the power at multiples of a tempo's frequency."""

NOISE_CONTRAST = 3.0
"""Tempo contrast that random movement seldom exceeds."""

_TREND_S = 2.0
_OUTLIER = 3.0
_DRIFT_STATES = 32
_DRIFT_COST = 2.0
_LOCAL_BEATS = 2.0


@dataclass(frozen=True, kw_only=True)
class TempoEstimate:
    """A tempo and how far it stands out.

    Parameters
    ----------
    bpm
        Beats a minute.
    contrast
        Score of the tempo over the median score of all tempi, times its score over that
        of the best rival that is not its octave. Noise gives 1 to 3.
    octave_doubt
        Score of half or twice the tempo over the tempo's own, 0 to 1.
    """

    bpm: float
    contrast: float
    octave_doubt: float

    @property
    def confidence(self) -> float:
        """0 (noise) to 1; a half when twice the tempo explains the movement as well."""
        return max(0.0, 1 - NOISE_CONTRAST / max(self.contrast, NOISE_CONTRAST)) * (
            1 - self.octave_doubt / 2
        )


def detrend(signal: FloatArray) -> FloatArray:
    """Return a signal (E,) without its slow trend, at unit variance (zero if still)."""
    from scipy.ndimage import gaussian_filter1d

    rest = signal - gaussian_filter1d(signal, _TREND_S / 2 * SIGNAL_RATE, mode="nearest")
    limit = _OUTLIER * 1.4826 * float(np.median(np.abs(rest)))
    rest = np.clip(rest, -limit, limit)  # a jump to another person is no accent
    rest = rest - rest.mean()
    return np.asarray(rest / (rest.std() + 1e-9))


def fourier_coefficients(signals: FloatArray, frequencies: FloatArray) -> ComplexArray:
    """Return Fourier coefficients (S, Q) of signals (S, E) at any frequencies (Hz)."""
    n = signals.shape[1]
    kernel = np.exp(-2j * np.pi * np.outer(np.arange(n) / SIGNAL_RATE, frequencies))
    return np.asarray((signals * _window(n)) @ kernel)


def _window(n: int) -> FloatArray:
    # A half sine keeps neighbouring tempi apart better than Hann's window on clips of a
    # few seconds, and leaks less than none.
    window = np.sin(np.pi * (np.arange(n) + 0.5) / n)
    return np.asarray(window / window.sum())


def tempo_scores(signals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how well each of `TEMPI` explains signals (S, E): without and with the prior.

    The signals' power spectra are summed, for each shows the beat in some dances only. A
    tempo scores by the power at its frequency and at twice it, and by some of that at half
    of it.
    """
    n = signals.shape[1]
    n_fft = 8 * 2 ** int(np.ceil(np.log2(n)))
    power = (np.abs(np.fft.rfft(signals * _window(n), n_fft)) ** 2).sum(axis=0)
    grid = np.fft.rfftfreq(n_fft, 1 / SIGNAL_RATE)
    comb = np.zeros(len(CANDIDATE_TEMPI))
    for multiple, weight in COMB_WEIGHTS.items():
        comb += weight * np.interp(multiple * CANDIDATE_TEMPI / 60, grid, power)
    prior = np.exp(-0.5 * (np.log2(CANDIDATE_TEMPI / PRIOR_BPM) / PRIOR_OCTAVES) ** 2)
    return comb, comb * prior


def estimate_tempo(signals: FloatArray) -> TempoEstimate:
    """Return the tempo at which signals (S, E) are most periodic together."""
    comb, score = tempo_scores(signals)
    best = int(np.argmax(score))
    top = max(float(score[best]), 1e-12)
    away = np.log(CANDIDATE_TEMPI / CANDIDATE_TEMPI[best])
    # Two tempi are one to a short clip when less than a cycle or so tells them apart.
    beats = CANDIDATE_TEMPI[best] / 60 * signals.shape[1] / SIGNAL_RATE
    width = max(0.06, 1.2 / beats)
    octave = np.abs(np.abs(away) - np.log(2)) < width
    rivals = score[~octave & (np.abs(away) > width)]
    rival = max(float(rivals.max()) if len(rivals) else top, 1e-12)
    return TempoEstimate(
        bpm=refine_tempo(signals, float(CANDIDATE_TEMPI[best])),
        contrast=float(comb[best] / max(float(np.median(comb)), 1e-12) * top / rival),
        octave_doubt=min(1.0, float(score[octave].max()) / top) if octave.any() else 0.0,
    )


def refine_tempo(signals: FloatArray, bpm: float) -> float:
    """Return the tempo near ``bpm`` with the most power at the beat and its half."""
    tempi = bpm * np.linspace(0.975, 1.025, 101)
    power = np.abs(fourier_coefficients(signals, np.concatenate([tempi, 2 * tempi]) / 60)) ** 2
    return float(tempi[np.argmax(power.sum(axis=0).reshape(2, -1).sum(axis=0))])


def fit_steady_beats(stillness: FloatArray, bpm: float) -> FloatArray:
    """Return a steady grid of beats (s), one before time 0 to one after the end.

    Parameters
    ----------
    stillness : (E,)
        Signal whose fundamental peaks on the beat.
    bpm
        The tempo.
    """
    f = bpm / 60
    phase = np.angle(fourier_coefficients(stillness[None], np.array([f]))[0, 0]) / (2 * np.pi)
    first = (-phase % 1) - 1
    return np.asarray(np.arange(first, len(stillness) / SIGNAL_RATE * f + 1) / f)


def track_drift(stillness: FloatArray, beats_s: FloatArray) -> FloatArray:
    """Move a steady grid's beats along when the dancer speeds up or slows down.

    Dynamic programming over each beat's shift in parts of a beat: the local fundamental
    of ``stillness`` (E,) pulls, and changes of shift from beat to beat cost.
    """
    from scipy.ndimage import gaussian_filter1d

    period = float(beats_s[1] - beats_s[0])
    time = np.arange(len(stillness)) / SIGNAL_RATE
    turning = stillness * np.exp(-2j * np.pi * (time - beats_s[0]) / period)
    local = gaussian_filter1d(turning, _LOCAL_BEATS * period * SIGNAL_RATE, mode="constant")
    at_beat = local[np.clip(np.round(beats_s * SIGNAL_RATE).astype(int), 0, len(local) - 1)]
    shifts = np.arange(_DRIFT_STATES) / _DRIFT_STATES
    gain = 2 * np.real(at_beat[:, None] * np.exp(2j * np.pi * shifts))
    gain *= np.sqrt(0.5) / max(float(stillness.std()), 1e-9)

    moves = np.arange(-2, 3)
    cost = _DRIFT_COST * (moves / _DRIFT_STATES) ** 2 * _DRIFT_STATES
    came_from = np.zeros(gain.shape, dtype=int)
    total = gain[0]
    for beat in range(1, len(gain)):
        options = np.stack([np.roll(total, move) for move in moves]) - cost[:, None]
        came_from[beat] = np.argmax(options, axis=0)
        total = options.max(axis=0) + gain[beat]
    path = [int(np.argmax(total))]
    for beat in range(len(gain) - 1, 0, -1):
        path.append(path[-1] - int(moves[came_from[beat, path[-1] % _DRIFT_STATES]]))
    shift = np.array(path[::-1]) / _DRIFT_STATES
    shift -= np.round(np.median(shift))
    return np.asarray(beats_s + period * gaussian_filter1d(shift, 2.0, mode="nearest"))
