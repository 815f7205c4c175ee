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
    log_bands_and_rise,
)
from d2m.audio.waveform import Audio, mono_at
from d2m.perception.bar_pointer import decode_bars
from d2m.perception.beat_evidence import detrended_rise, repetition

if TYPE_CHECKING:
    from d2m.models.beat_network import BeatNetwork

FloatArray = NDArray[np.float64]

SHORTEST_SOUND_S = 1.5
"""Shorter sounds (s) hold too few beats. Chosen by hand."""
SILENCE_DB = -60.0
"""Parts of a sound below this level (dB of full scale) are silent. Chosen by hand."""
TRACKING_RMS = 0.16
"""Level (RMS, full scale is 1) that sounds are brought to before they are tracked: that of
mastered music, on which the network was trained."""
LEAST_REPETITION = 0.2
"""Least repetition of music with a steady beat."""
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
        return SoundBeats(reason="the clip's sound is too short")
    sound = mono_at(np.asarray(audio, dtype=np.float32), sample_rate, FILTERBANK_RATE)
    sounding = _sounding_span(sound)
    if sounding is None:
        return SoundBeats(reason="the clip's sound is almost silent")
    start_s, end_s = sounding
    if end_s - start_s < SHORTEST_SOUND_S:
        return SoundBeats(reason="the clip's sound is too short")
    loud = sound * np.float32(TRACKING_RMS / np.sqrt(np.mean(np.square(sound))))
    features = log_bands_and_rise(loud)
    activations = _network().activations(features)
    path = decode_bars(activations, FILTERBANK_FPS)
    times = _peak_times(activations.sum(axis=1), path.frames)
    inside = (times > start_s - 0.05) & (times < end_s)
    times, downbeats = times[inside], times[inside & (path.positions == 0)]
    if len(times) < 3:
        return SoundBeats(reason="the clip's sound is too short")
    beat_s = float(np.median(np.diff(times)))
    rise = detrended_rise(features[:, features.shape[1] // 2 :], FILTERBANK_FPS)
    repeated = repetition(rise, FILTERBANK_FPS, beat_s)
    has_beat = repeated >= LEAST_REPETITION
    return SoundBeats(
        has_beat=has_beat,
        confidence=float(np.clip(1.5 * repeated, 0, 1)),
        tempo_bpm=60 / beat_s,
        beats_s=times,
        downbeats_s=downbeats,
        reason="" if has_beat else "the clip's sound has no steady beat",
    )


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
def _network() -> BeatNetwork:
    from d2m.models.beat_network import BeatNetwork

    return BeatNetwork.from_pretrained()


def _peak_times(activation: FloatArray, frames: NDArray[np.int64]) -> FloatArray:
    """Return the times (s) of the peaks near frames, between frames by a parabola."""
    last = len(activation) - 1
    peaks = []
    for frame in frames:
        low = max(0, frame - 2)
        peak = low + int(activation[low : frame + 4].argmax())
        before, at, after = activation[np.clip([peak - 1, peak, peak + 1], 0, last)]
        bend = before - 2 * at + after
        peaks.append(peak + (0.5 * (before - after) / bend if bend < 0 and 0 < peak < last else 0))
    return np.array(peaks) / FILTERBANK_FPS


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
