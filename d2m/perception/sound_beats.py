"""Track the beats of a clip's own sound, and tell whether it is music with a steady beat."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.audio.log_filterbank import (
    FILTERBANK_FPS,
    FILTERBANK_RATE,
    band_magnitudes,
    log_bands_and_rise,
)
from d2m.audio.waveform import Audio, mono_at
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.perception.bar_pointer import BarPath, decode_bars
from d2m.perception.beat_evidence import BeatEvidence, repetition, rises_above_mean
from d2m.perception.beat_times import onset_rise, placed_beats

if TYPE_CHECKING:
    from d2m.models.beat_network import BeatEnsemble

FloatArray = NDArray[np.float64]

SHORTEST_SOUND_S = 1.5
"""Shorter sounds (s) hold too few beats. Chosen by hand."""
SILENCE_DB = -60.0
"""Parts of a sound below this level (dB of full scale) are silent. Chosen by hand."""
TRACKING_RMS = (0.08, 0.32)
"""Levels (RMS, full scale is 1) that sounds are brought to before they are tracked; what the
network hears at each is averaged. Mastered music, on which it was trained, lies between them.
Chosen among 0.08, 0.16, 0.32 and pairs of them on noisy recordings of this project's music."""
DECODER_FPS = 2 * FILTERBANK_FPS
"""Frames in a second (Hz) that the beats are decoded at. At 50 Hz the tempi of the model are too
far apart."""
TOO_SHORT = "the clip's sound is too short"
"""Why a sound is no clock."""
_LEVEL_S = 0.1  # the level is measured over this time (s)


def _no_beats() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class SoundBeats:
    """The beats of a sound, and whether they can be a clock for new music.

    Parameters
    ----------
    has_beat
        Whether the sound is music with a steady beat.
    confidence
        How sure that is, 0 to 1.
    tempo_bpm
        Mean tempo (BPM); 0 without beats.
    beats_s : (N,)
        Ascending beat times (s).
    downbeats_s : (M,)
        The beats that start a bar (s).
    reason
        Why the sound is no clock, such as ``"the clip has no sound"``; empty if it is one.
    """

    has_beat: bool = False
    confidence: float = 0.0
    tempo_bpm: float = 0.0
    beats_s: FloatArray = field(default_factory=_no_beats)
    downbeats_s: FloatArray = field(default_factory=_no_beats)
    reason: str = ""


def track_sound_beats(audio: Audio, sample_rate: int) -> SoundBeats:
    """Track beats and downbeats of a sound.

    Parameters
    ----------
    audio : (N,)
        Mono waveform.
    sample_rate
        Its sample rate (Hz).

    Returns
    -------
    SoundBeats
        Without a steady beat, ``has_beat`` is False and ``reason`` says why; the beats are
        then what comes nearest.
    """
    if len(audio) < SHORTEST_SOUND_S * sample_rate:
        return SoundBeats(reason=TOO_SHORT)
    sound = mono_at(np.asarray(audio, dtype=np.float32), sample_rate, FILTERBANK_RATE)
    sounding = _sounding_span(sound)
    if sounding is None:
        return SoundBeats(reason="the clip's sound is almost silent")
    start_s, end_s = sounding
    if end_s - start_s < SHORTEST_SOUND_S:
        return SoundBeats(reason=TOO_SHORT)
    beats, evidence = measure_sound_beats(sound, start_s, end_s)
    if evidence is None:
        return replace(beats, reason=TOO_SHORT)
    if evidence.repetition < 0.2:
        return replace(beats, has_beat=False, reason="the clip's sound has no steady beat")
    return beats


def measure_sound_beats(
    sound: Audio, start_s: float, end_s: float
) -> tuple[SoundBeats, BeatEvidence | None]:
    sound = sound * np.float32(TRACKING_RMS[0] / np.sqrt(np.mean(np.square(sound))))
    magnitudes = band_magnitudes(sound)
    activations, features = _activations(magnitudes)
    path = decode_bars(_at_decoder_rate(activations), DECODER_FPS)
    peaks_s, strengths = _peaks(activations.sum(axis=1), path)
    times, unsteadiness = placed_beats(onset_rise(sound), peaks_s)
    inside = (times > start_s - 0.05) & (times < end_s)
    times, downbeats = times[inside], times[inside & (path.positions == 0)]
    if len(times) < 2:
        return SoundBeats(), None
    beat_s = float(np.median(np.diff(times)))
    rises = rises_above_mean(features[:, features.shape[1] // 2 :], FILTERBANK_FPS)
    evidence = BeatEvidence(
        repetition=repetition(rises.sum(axis=1, keepdims=True), FILTERBANK_FPS, beat_s),
        likeness=repetition(rises, FILTERBANK_FPS, beat_s),
        strength=float(strengths.mean()),
        elsewhere=_mean_elsewhere(activations.sum(axis=1), peaks_s),
        agreement=_agreement(times, _second_opinion(sound)),
        unsteadiness=unsteadiness,
        duration_s=end_s - start_s,
    )
    return SoundBeats(
        has_beat=True,
        confidence=1.0,
        tempo_bpm=60 / beat_s,
        beats_s=times,
        downbeats_s=downbeats,
    ), evidence


def _sounding_span(sound: Audio) -> tuple[float, float] | None:
    """Return from when to when (s) a sound is not silent; None if it is all along."""
    size = round(_LEVEL_S * FILTERBANK_RATE)
    blocks = sound[: len(sound) // size * size].reshape(-1, size).astype(float)
    loud = np.sqrt(np.square(blocks).mean(axis=1)) > 10 ** (SILENCE_DB / 20)
    if not loud.any():
        return None
    found = np.flatnonzero(loud)
    return float(found[0] * _LEVEL_S), float((found[-1] + 1) * _LEVEL_S)


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


def _peaks(activation: FloatArray, path: BarPath) -> tuple[FloatArray, FloatArray]:
    """Return the times (s) and heights of the peaks of the activation on a path."""
    last = len(activation) - 1
    peaks, heights = [], []
    for frame in path.frames // 2:
        low = max(0, frame - 2)
        peak = low + int(activation[low : frame + 4].argmax())
        before, at, after = activation[np.clip([peak - 1, peak, peak + 1], 0, last)]
        bend = before - 2 * at + after
        shift = 0.5 * (before - after) / bend if bend < 0 and 0 < peak < last else 0.0
        peaks.append(peak + float(np.clip(shift, -0.5, 0.5)))
        heights.append(at)
    return np.array(peaks) / FILTERBANK_FPS, np.array(heights)


def _mean_elsewhere(activation: FloatArray, peaks_s: FloatArray) -> float:
    """Return the mean activation more than `BEAT_TOLERANCE_S` from all beats; 0 if nowhere."""
    frames_s = np.arange(len(activation)) / FILTERBANK_FPS
    after = np.searchsorted(peaks_s, frames_s).clip(1, len(peaks_s) - 1)
    distance = np.minimum(np.abs(frames_s - peaks_s[after - 1]), np.abs(frames_s - peaks_s[after]))
    away = distance > BEAT_TOLERANCE_S
    return float(activation[away].mean()) if away.any() else 0.0


def _second_opinion(sound: Audio) -> FloatArray:
    """Return the beat times (s) of a sound by librosa's tracker."""
    librosa = load_librosa()
    _, times = librosa.beat.beat_track(y=sound, sr=FILTERBANK_RATE, units="time")
    return np.asarray(times, dtype=float)


def _agreement(first_s: FloatArray, second_s: FloatArray) -> float:
    """Return the F-measure of two trackers' beats, the first also at half and double tempo."""
    if len(second_s) < 2:
        return 0.0
    middles = np.sort(np.concatenate((first_s, (first_s[1:] + first_s[:-1]) / 2)))
    variants = (first_s, first_s[::2], first_s[1::2], middles)
    return max(_f_measure(variant, second_s) for variant in variants)


def _f_measure(first_s: FloatArray, second_s: FloatArray) -> float:
    if not len(first_s) or not len(second_s):
        return 0.0
    near = np.abs(first_s[:, None] - second_s) <= BEAT_TOLERANCE_S
    matches = min(int(near.any(axis=1).sum()), int(near.any(axis=0).sum()))
    return 2.0 * matches / sum(near.shape)


def at_half_tempo(beats: SoundBeats) -> SoundBeats:
    """Keep every second beat, starting from the first downbeat.

    A bar keeps its number of beats, so it becomes twice as long.

    Parameters
    ----------
    beats
        Beats of a sound.

    Returns
    -------
    SoundBeats
        At half the tempo. With fewer than two beats, the beats as they are.
    """
    if len(beats.beats_s) < 2:
        return beats
    starts = _downbeat_indices(beats)
    first = int(starts[0]) if starts.size else 0
    return replace(
        beats,
        tempo_bpm=beats.tempo_bpm / 2,
        beats_s=beats.beats_s[first % 2 :: 2],
        downbeats_s=beats.beats_s[starts[::2]],
    )


def at_double_tempo(beats: SoundBeats) -> SoundBeats:
    """Add a beat midway between every two beats.

    A bar keeps its number of beats, so it becomes half as long.

    Parameters
    ----------
    beats
        Beats of a sound.

    Returns
    -------
    SoundBeats
        At twice the tempo. With fewer than two beats, the beats as they are.
    """
    times = beats.beats_s
    if len(times) < 2:
        return beats
    doubled = np.interp(np.arange(2 * len(times) - 1) / 2, np.arange(len(times)), times)
    starts = _downbeat_indices(beats)
    if starts.size > 1:
        bar = int(np.median(np.diff(starts)))
        starts = np.concatenate((2 * starts, 2 * starts + bar, 2 * starts[:1] - bar))
    else:
        starts = 2 * starts
    starts = np.unique(starts[(starts >= 0) & (starts < len(doubled))])
    return replace(
        beats, tempo_bpm=2 * beats.tempo_bpm, beats_s=doubled, downbeats_s=doubled[starts]
    )


def _downbeat_indices(beats: SoundBeats) -> NDArray[np.intp]:
    """Return the index of each downbeat among the beats ``(M,)``."""
    nearest = np.abs(beats.downbeats_s[:, None] - beats.beats_s).argmin(axis=1)
    indices: NDArray[np.intp] = np.unique(nearest)
    return indices
