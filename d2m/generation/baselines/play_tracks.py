"""Play the notes of a baseline by the studio's sampled instruments, without effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from d2m.audio.limiter import limit_true_peaks
from d2m.audio.loudness import measure_loudness
from d2m.audio.postprocess import TARGET_LUFS
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.generation.soundtrack import Music
from d2m.score.notes import Track
from d2m.score.sampler import render_track
from d2m.score.sound_bank import SoundBank


def play_tracks(bank: SoundBank, tracks: Sequence[Track], duration_s: float) -> Music:
    """Play tracks, add them up, and bring the sum to the loudness of all music here.

    Parameters
    ----------
    bank
        The sampled instruments.
    tracks
        Notes and instruments.
    duration_s
        Length of the music (s).

    Returns
    -------
    Music
        Stereo at 44.1 kHz, (2, N), finished, with its tracks. Without a note it is silent.
    """
    audio = np.zeros((2, round(duration_s * STUDIO_SAMPLE_RATE)), dtype=np.float32)
    for track in tracks:
        audio += render_track(bank, track, duration_s)
    loudness = measure_loudness(audio, STUDIO_SAMPLE_RATE)
    if np.isfinite(loudness):
        audio *= np.float32(10 ** ((TARGET_LUFS - loudness) / 20))
    finished = limit_true_peaks(audio, STUDIO_SAMPLE_RATE)
    return Music(audio=finished, tracks=tuple(tracks), mastered=True)
