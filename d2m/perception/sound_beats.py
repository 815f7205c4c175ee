"""The beats of a clip's own sound, and whether it is music with a steady beat."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from d2m.audio.log_filterbank import FILTERBANK_RATE
from d2m.audio.waveform import Audio, mono_at
from d2m.core.beat_tempo import mean_tempo
from d2m.perception.beat_evidence import LEAST_CONFIDENCE, beat_confidence
from d2m.perception.beat_tracking import track_beats_in

FloatArray = NDArray[np.float64]

SHORTEST_SOUND_S = 1.5
"""Shorter sounds (s) hold too few beats. Chosen by hand."""
SILENCE_DB = -60.0
"""Parts of a sound below this level (dB of full scale) are silent. Chosen by hand."""
NO_STEADY_BEAT, TOO_SHORT, ALMOST_SILENT = (
    f"the clip's sound {why}" for why in ("has no steady beat", "is too short", "is almost silent")
)
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
    strengths : (N,)
        How strong each beat is (no unit); empty if unknown.
    reason
        Why the sound is no clock, such as ``"the clip has no sound"``; empty if it is one.
    """

    has_beat: bool = False
    confidence: float = 0.0
    tempo_bpm: float = 0.0
    beats_s: FloatArray = field(default_factory=_no_beats)
    downbeats_s: FloatArray = field(default_factory=_no_beats)
    strengths: FloatArray = field(default_factory=_no_beats)
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
        then the best guess, if there is any.
    """
    if len(audio) < SHORTEST_SOUND_S * sample_rate:
        return SoundBeats(reason=TOO_SHORT)
    sound = mono_at(np.asarray(audio, dtype=np.float32), sample_rate, FILTERBANK_RATE)
    sounding = _sounding_span(sound)
    if sounding is None:
        return SoundBeats(reason=ALMOST_SILENT)
    start_s, end_s = sounding
    if end_s - start_s < SHORTEST_SOUND_S:
        return SoundBeats(reason=TOO_SHORT)
    tracked = track_beats_in(sound, start_s, end_s)
    if tracked.evidence is None:
        return SoundBeats(reason=NO_STEADY_BEAT)
    confidence = beat_confidence(tracked.evidence)
    has_beat = confidence >= LEAST_CONFIDENCE
    return SoundBeats(
        has_beat=has_beat,
        confidence=confidence,
        tempo_bpm=mean_tempo(tracked.beats_s),
        beats_s=tracked.beats_s,
        downbeats_s=tracked.downbeats_s,
        strengths=tracked.strengths,
        reason="" if has_beat else NO_STEADY_BEAT,
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


def at_half_tempo(beats: SoundBeats) -> SoundBeats:
    """Keep every second beat: the stronger ones, or those on downbeats if that is unknown.

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
    first = int(starts[0]) % 2 if starts.size else 0
    strengths = beats.strengths
    if len(strengths) == len(beats.beats_s):
        first = int(strengths[1::2].mean() > strengths[::2].mean())
    kept = starts[starts % 2 == first]
    if len(kept) == len(starts):  # in bars of an odd number of beats, every second start is left
        kept = kept[::2]
    return replace(
        beats,
        tempo_bpm=beats.tempo_bpm / 2,
        beats_s=beats.beats_s[first::2],
        downbeats_s=beats.beats_s[kept],
        strengths=strengths[first::2],
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
        beats,
        tempo_bpm=2 * beats.tempo_bpm,
        beats_s=doubled,
        downbeats_s=doubled[starts],
        strengths=np.zeros(0),
    )


def _downbeat_indices(beats: SoundBeats) -> NDArray[np.intp]:
    """Return the index of each downbeat among the beats ``(M,)``."""
    nearest = np.abs(beats.downbeats_s[:, None] - beats.beats_s).argmin(axis=1)
    indices: NDArray[np.intp] = np.unique(nearest)
    return indices
