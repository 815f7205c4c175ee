"""Beat trackers that are not librosa's, and how beats are compared with a grid.

`track_beats` shares nothing with librosa's tracker, which finds one tempo and places beats by
dynamic programming on a mel spectral flux. Here, the flux of a constant-Q-like filter bank in
three ranges gives an activation, and a hidden Markov model over tempo and place in the beat
finds the best path (the state space of Krebs, Böck and Widmer, "An efficient state-space model
for joint tempo and meter tracking", ISMIR 2015). It was written for this measurement and was
not fitted to any music of this project. ``aubiotrack`` (Debian's aubio-tools) is a third
tracker, called as a program if it is installed.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.beats import beat_f_measure

FloatArray = NDArray[np.float64]

FLUX_RATE = 100.0
"""Values of the activation in a second (Hz), as in the paper."""
SLOWEST_BPM, FASTEST_BPM = 55.0, 215.0
"""Range of the tempo (BPM): that of the paper."""
PRIOR_BPM = 120.0
"""Centre of the tempo prior (BPM), librosa's too."""
PRIOR_OCTAVES = 1.0
"""Standard deviation of the tempo prior (octaves), librosa's too."""
TEMPO_LAMBDA = 100.0
"""How steady the tempo is (no unit): the value of the paper."""
BEAT_SHARE = 1 / 16
"""Share of a beat in which its onset is expected: the value of the paper."""
WINDOW_LEAD_S = 0.01
"""How long before an onset the window first hears it (s): measured on clicks."""
_WINDOW = 2048  # samples at 44,100 Hz
_BANDS_PER_OCTAVE = 12
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 16_000.0
_RANGES_HZ = (0.0, 200.0, 2000.0, np.inf)  # of the three curves; chosen by hand
_LOCAL_S = 1.5  # half the time over which the strength of onsets is judged (s); chosen by hand
_FLOOR = 0.02  # smallest probability of an observation


def track_beats(
    audio: NDArray[Any], sample_rate: int, *, prior_bpm: float = PRIOR_BPM
) -> FloatArray:
    """Find the beats of music.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Sample rate (Hz).
    prior_bpm
        Centre of the tempo prior (BPM).

    Returns
    -------
    (B,)
        Beat times (s).
    """
    activation = beat_activation(audio, sample_rate)
    if not activation.any():
        return np.empty(0)
    return _decode(activation, prior_bpm) / FLUX_RATE + WINDOW_LEAD_S


def beat_activation(audio: NDArray[Any], sample_rate: int) -> FloatArray:
    """Return how much each moment is like an onset, at `FLUX_RATE` (T,); 1 is strong."""
    spectrum = _filtered_spectrum(np.asarray(audio, dtype=np.float32), sample_rate)
    level, centres = spectrum
    # As in "SuperFlux" (Böck and Widmer, 2013): the maximum over neighbouring bands before
    # the difference keeps vibrato from counting as onsets.
    wide = np.maximum(level, np.maximum(np.roll(level, 1, axis=1), np.roll(level, -1, axis=1)))
    rise = np.maximum(level[2:] - wide[:-2], 0.0)
    rise = np.concatenate([np.zeros((1, rise.shape[1])), rise, np.zeros((1, rise.shape[1]))])
    total = np.zeros(len(rise))
    for low, high in itertools.pairwise(_RANGES_HZ):
        curve = rise[:, (centres >= low) & (centres < high)].mean(axis=1)
        deviation = float(curve.std())
        total += curve / deviation if deviation > 0 else 0.0
    reach = round(_LOCAL_S * FLUX_RATE)
    padded = np.pad(total, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    strong = np.percentile(windows, 98, axis=1)
    return np.asarray(total / np.maximum(strong, 1e-9))


def _filtered_spectrum(
    sound: NDArray[np.float32], sample_rate: int
) -> tuple[FloatArray, FloatArray]:
    """Return log magnitudes (T, bands) in bands of a semitone, and their centres (Hz)."""
    size = round(_WINDOW * sample_rate / 44_100)
    hop = sample_rate / FLUX_RATE
    padded = np.pad(sound, (size // 2, size))
    starts = np.round(np.arange(int(len(sound) / hop)) * hop).astype(int)
    frames = padded[starts[:, None] + np.arange(size)] * np.hanning(size)
    magnitude = np.abs(np.fft.rfft(frames, axis=1)) / size
    bin_hz = sample_rate / size
    highest = min(_HIGHEST_HZ, 0.95 * sample_rate / 2)
    count = int(_BANDS_PER_OCTAVE * np.log2(highest / _LOWEST_HZ))
    edges_hz = _LOWEST_HZ * 2.0 ** (np.arange(count + 2) / _BANDS_PER_OCTAVE)
    edges = np.unique(np.round(edges_hz / bin_hz).astype(int))
    sums = np.add.reduceat(magnitude, edges[:-1], axis=1)[:, :-1]
    means = sums / np.diff(edges[:-1])
    return np.log10(1.0 + 1000.0 * means), edges[:-2] * bin_hz


def _decode(activation: FloatArray, prior_bpm: float) -> FloatArray:
    """Return the frames (B,) of the beats on the best path through the model."""
    lengths = np.arange(
        int(60 * FLUX_RATE / FASTEST_BPM), int(np.ceil(60 * FLUX_RATE / SLOWEST_BPM)) + 1
    )
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])  # the state on the beat, by tempo
    last = first + lengths - 1
    n_states = int(lengths.sum())
    place = np.arange(n_states) - np.repeat(first, lengths)
    on_beat = place < np.repeat(np.maximum(1, np.round(lengths * BEAT_SHARE)), lengths)
    ratio = lengths[None, :] / lengths[:, None]
    change = -TEMPO_LAMBDA * np.abs(ratio - 1.0)
    change -= np.log(np.exp(change).sum(axis=1, keepdims=True))
    octaves = np.log2(60 * FLUX_RATE / lengths / prior_bpm)
    prior = -0.5 * (octaves / PRIOR_OCTAVES) ** 2
    score = np.repeat(prior - np.log(lengths), lengths)
    likely = np.clip(activation, 0.0, 1.0)
    beat_odds = np.log(np.maximum(likely, _FLOOR))
    rest = (1.0 - likely) / (1 / BEAT_SHARE - 1)
    rest_odds = np.log(np.maximum(rest, _FLOOR / (1 / BEAT_SHARE - 1)))
    came_from = np.zeros((len(activation), len(lengths)), dtype=np.int32)
    for frame in range(len(activation)):
        if frame:
            arriving = score[last][:, None] + change
            best = arriving.argmax(axis=0)
            came_from[frame] = best
            moved = np.empty_like(score)
            moved[1:] = score[:-1]
            moved[first] = arriving[best, np.arange(len(lengths))]
            score = moved
        score = score + np.where(on_beat, beat_odds[frame], rest_odds[frame])
    tempo_of = {int(index): tempo for tempo, index in enumerate(first)}
    beats: list[float] = []
    state = int(score.argmax())
    for frame in range(len(activation) - 1, -1, -1):
        tempo = tempo_of.get(state)
        if tempo is None:
            state -= 1
            continue
        # The beat is the strongest moment of the part of the beat in which it is expected.
        reach = max(1, round(lengths[tempo] * BEAT_SHARE))
        beats.append(frame + float(activation[frame : frame + reach].argmax()))
        state = int(last[came_from[frame, tempo]])
    return np.array(beats[::-1])


def aubio_beats(audio: NDArray[Any], sample_rate: int) -> FloatArray | None:
    """Return the beats (s) that the program ``aubiotrack`` finds; None if it isn't installed."""
    program = shutil.which("aubiotrack")
    if program is None:
        return None
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "piece.wav"
        soundfile.write(path, np.asarray(audio), sample_rate)
        done = subprocess.run(
            [program, "-i", str(path)], capture_output=True, text=True, check=True
        )
    return np.array([float(line.split()[0]) for line in done.stdout.splitlines() if line.strip()])


def octave_f_measure(beats_s: FloatArray, grid_s: FloatArray) -> float:
    """Return the F-measure of beats, with double and half tempo allowed.

    The grid is taken as it is, with the off-beats added, and every second beat of it.
    """
    between = (grid_s[:-1] + grid_s[1:]) / 2
    double = np.sort(np.concatenate([grid_s, between]))
    references = (grid_s, double, grid_s[::2], grid_s[1::2])
    return max(beat_f_measure(beats_s, one) for one in references)
