"""Track beats in a sound, with the evidence for them: networks, a bar model, onsets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.log_filterbank import (
    FILTERBANK_FPS,
    FILTERBANK_RATE,
    band_magnitudes,
    log_bands_and_rise,
)
from d2m.audio.waveform import Audio
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.perception.bar_pointer import BarPath, decode_bars
from d2m.perception.beat_evidence import BeatEvidence, repetition, rise_above_mean
from d2m.perception.beat_times import onset_rise, placed_beats

if TYPE_CHECKING:
    from d2m.models.beat_network import BeatEnsemble

FloatArray = NDArray[np.float64]

TRACKING_RMS = (0.08, 0.32)
"""Levels (RMS, full scale is 1) that sounds are brought to before they are tracked; what the
networks hear at each is averaged. Mastered music, on which they were trained, lies between them.
Chosen among 0.08, 0.16, 0.32 and pairs of them on noisy recordings of this project's music."""
DECODER_FPS = 2 * FILTERBANK_FPS
"""Frames in a second (Hz) that the beats are decoded at. At 50 Hz the tempi of the model are too
far apart."""
LOW_BANDS = 40
"""Number of the lowest bands, up to 700 Hz, whose rise makes a beat strong: those of kick and bass.
Chosen by hand."""
HALF_TEMPO_BPM = 100.0
"""Up to this tempo (BPM) beats may be every second one of faster music. Chosen by hand."""
SECOND_STARTS_S = (0.0, 0.2, 0.4)
"""Where (s) the second tracker begins to listen. The median of its agreements counts: it may place
all of its beats between the true ones, and from another start it does not. Chosen by hand."""
_LIBROSA_HOP = 512  # samples between the values of librosa's onset strength, its default
_NEAR_FRAMES = 2  # an onset may be this many frames (20 ms) from its beat
_LEAD_S = 0.05  # a beat may come this much before the block in which sound begins (s)


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedBeats:
    """What the tracker found in a sound, music or not.

    Parameters
    ----------
    beats_s : (N,)
        Ascending beat times (s).
    downbeats_s : (M,)
        The beats that start a bar (s).
    strengths : (N,)
        How strong each beat is (no unit): its activation times the rise of the low bands.
    evidence
        What speaks for them; None with fewer than two beats.
    """

    beats_s: FloatArray
    downbeats_s: FloatArray
    strengths: FloatArray
    evidence: BeatEvidence | None


def track_beats_in(sound: Audio, start_s: float, end_s: float) -> TrackedBeats:
    """Track the beats of a sound that is not silent.

    Parameters
    ----------
    sound : (N,)
        Mono waveform at `d2m.audio.log_filterbank.FILTERBANK_RATE`.
    start_s, end_s
        From when to when there is sound (s): no beats are returned outside.
    """
    sound = sound * np.float32(TRACKING_RMS[0] / np.sqrt(np.mean(np.square(sound))))
    activations, features = _activations(band_magnitudes(sound))
    path = decode_bars(_at_decoder_rate(activations), DECODER_FPS)
    rises = features[:, features.shape[1] // 2 :]

    def strengths_at(times_s: FloatArray) -> FloatArray:
        low = rises[:, :LOW_BANDS].sum(axis=1)
        return _peaks_at(times_s, activations.sum(axis=1)) * _peaks_at(times_s, low)

    peaks_s = on_stronger_halves(_peak_times(activations.sum(axis=1), path), strengths_at)
    times, unsteadiness, least_unsteadiness = placed_beats(onset_rise(sound), peaks_s)
    inside = (times > start_s - _LEAD_S) & (times < end_s)
    downbeats, times = times[inside & (path.positions == 0)], times[inside]
    strengths = strengths_at(times)
    if len(times) < 2:
        return TrackedBeats(
            beats_s=times, downbeats_s=downbeats, strengths=strengths, evidence=None
        )
    beat_s = float(np.median(np.diff(times)))
    rise = rise_above_mean(rises, FILTERBANK_FPS)
    evidence = BeatEvidence(
        repetition=repetition(rise, FILTERBANK_FPS, beat_s),
        agreement=float(np.median([_agreement(times, one) for one in _second_opinions(sound)])),
        unsteadiness=unsteadiness,
        least_unsteadiness=least_unsteadiness,
        n_beats=len(times),
        duration_s=end_s - start_s,
    )
    return TrackedBeats(
        beats_s=times, downbeats_s=downbeats, strengths=strengths, evidence=evidence
    )


def on_stronger_halves(
    beats_s: FloatArray, strengths_at: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Return beats, or the moments half a beat after each if those are stronger.

    At half the tempo of music that is fast, it is open which of two beats is meant. Beats over
    `HALF_TEMPO_BPM` stay.

    Parameters
    ----------
    beats_s : (N,)
        Ascending beat times (s).
    strengths_at
        Returns the strengths of beats at times (s).

    Returns
    -------
    (N,)
        Ascending times (s).
    """
    if len(beats_s) < 2:
        return beats_s
    gaps = np.diff(beats_s)
    if 60 / float(np.median(gaps)) > HALF_TEMPO_BPM:
        return beats_s
    between = beats_s + np.append(gaps, np.median(gaps)) / 2
    stronger = strengths_at(between[:-1]).mean() > strengths_at(beats_s).mean()
    return between if stronger else beats_s


def _peaks_at(times_s: FloatArray, curve: NDArray[Any]) -> FloatArray:
    """Return the peak of a curve (T,) at `FILTERBANK_FPS` near each of the times (N,)."""
    around = np.arange(-_NEAR_FRAMES, _NEAR_FRAMES + 1)
    frames = np.round(times_s * FILTERBANK_FPS).astype(int)[:, None] + around
    return np.asarray(curve[np.clip(frames, 0, len(curve) - 1)].max(axis=1), dtype=float)


@cache
def _networks() -> BeatEnsemble:
    from d2m.models.beat_network import BeatEnsemble

    return BeatEnsemble.from_pretrained()


def _activations(magnitudes: NDArray[np.float32]) -> tuple[FloatArray, NDArray[np.float32]]:
    """Return the activations (T, 2), averaged over levels, and the features of the first."""
    features = [log_bands_and_rise(magnitudes, level / TRACKING_RMS[0]) for level in TRACKING_RMS]
    activations = np.mean([_networks().activations(each) for each in features], axis=0)
    return activations, features[0]


def _at_decoder_rate(activations: FloatArray) -> FloatArray:
    """Interpolate activations (T, 2) at `FILTERBANK_FPS` to `DECODER_FPS` (2 * T - 1, 2)."""
    between = (activations[1:] + activations[:-1]) / 2
    both = np.empty((2 * len(activations) - 1, 2))
    both[::2], both[1::2] = activations, between
    return both


def _peak_times(activation: FloatArray, path: BarPath) -> FloatArray:
    """Return the times (s) of the peaks of the activation on a path."""
    last = len(activation) - 1
    peaks = []
    for frame in path.frames // 2:
        low = max(0, frame - 2)
        peak = low + int(activation[low : frame + 4].argmax())
        before, at, after = activation[np.clip([peak - 1, peak, peak + 1], 0, last)]
        bend = before - 2 * at + after
        shift = 0.5 * (before - after) / bend if bend < 0 and 0 < peak < last else 0.0
        peaks.append(peak + float(np.clip(shift, -0.5, 0.5)))
    return np.array(peaks) / FILTERBANK_FPS


def _second_opinions(sound: Audio) -> list[FloatArray]:
    """Return the beat times (s) of a sound by librosa's tracker, from each of the starts."""
    librosa = load_librosa()
    rise = librosa.onset.onset_strength(y=sound, sr=FILTERBANK_RATE, aggregate=np.median)
    opinions = []
    for start_s in SECOND_STARTS_S:
        first = round(start_s * FILTERBANK_RATE / _LIBROSA_HOP)
        _, frames = librosa.beat.beat_track(onset_envelope=rise[first:], sr=FILTERBANK_RATE)
        opinions.append((np.asarray(frames, dtype=float) + first) * _LIBROSA_HOP / FILTERBANK_RATE)
    return opinions


def _agreement(first_s: FloatArray, second_s: FloatArray) -> float:
    """Return the F-measure of two trackers' beats, the first also at half and double tempo."""
    if len(second_s) < 2:
        return 0.0
    middles = np.sort(np.concatenate((first_s, (first_s[1:] + first_s[:-1]) / 2)))
    variants = (first_s, first_s[::2], first_s[1::2], middles)
    best: float = max(_f_measure(variant, second_s) for variant in variants)
    return best


def _f_measure(first_s: FloatArray, second_s: FloatArray) -> float:
    if not len(first_s) or not len(second_s):
        return 0.0
    near = np.abs(first_s[:, None] - second_s) <= BEAT_TOLERANCE_S
    matches = min(int(near.any(axis=1).sum()), int(near.any(axis=0).sum()))
    return 2.0 * matches / (len(first_s) + len(second_s))
