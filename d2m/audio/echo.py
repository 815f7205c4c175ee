"""Echoes that alternate between left and right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.audio.equaliser import Band, equaliser_sections
from d2m.audio.stereo import StereoAudio
from d2m.core.levels import STUDIO_SAMPLE_RATE

# Band that each echo keeps (Hz): later echoes are duller and thinner. Chosen by hand.
_LOW_CUT_HZ, _HIGH_CUT_HZ = 260.0, 4_200.0
# Amplitude of the echoes in what they are sent on to.
_ONWARD = np.float32(0.25)
# Shortest delay (s): the computation goes by blocks of this length.
_SHORTEST_S = 0.02


@dataclass(frozen=True)
class Echo:
    """An echo in time with the music.

    Parameters
    ----------
    beats
        Time between echoes in beats: 0.5 is an 8th, 0.75 a dotted 8th.
    feedback
        Amplitude of each echo against the one before.
    """

    beats: float = 0.75
    feedback: float = 0.4


def add_ping_pong(
    audio: StereoAudio,
    send: NDArray[np.float32],
    *,
    delay_s: float,
    feedback: float,
    onward: NDArray[np.float32] | None = None,
    sample_rate: int = STUDIO_SAMPLE_RATE,
) -> None:
    """Add echoes of a mono signal to stereo audio, in place: the first left, the second right.

    Parameters
    ----------
    audio : (2, N)
        Receives the echoes; those after its end are cut.
    send : (N,)
        The signal that is repeated.
    delay_s
        Time between echoes (s).
    feedback
        Amplitude of each echo against the one before, below 1.
    onward : (N,)
        Receives a quarter of the echoes, such as the send of a reverb.
    sample_rate
        Sample rate (Hz).
    """
    from scipy.signal import sosfilt

    delay = round(max(_SHORTEST_S, delay_s) * sample_rate)
    bands = (Band("low_cut", _LOW_CUT_HZ), Band("high_cut", _HIGH_CUT_HZ))
    sections = equaliser_sections(bands, sample_rate)
    states = np.zeros((2, len(sections), 2))
    # What enters the left and the right delay line while one block passes.
    line = np.zeros((2, delay))
    for start in range(0, len(send), delay):
        echoes = np.zeros((2, delay))
        for side in range(2):
            if line[side].any() or states[side].any():
                echoes[side], states[side] = sosfilt(sections, line[side], zi=states[side])
        size = min(delay, len(send) - start)
        audio[:, start : start + size] += echoes[:, :size].astype(np.float32)
        if onward is not None:
            onward[start : start + size] += _ONWARD * echoes.sum(axis=0)[:size].astype(np.float32)
        line = feedback * echoes[::-1]
        line[0, :size] += send[start : start + size]
        line[np.abs(line).max(axis=1) < 1e-7] = 0.0
        states[np.abs(states).max(axis=(1, 2)) < 1e-9] = 0.0
