"""Sound level: how loud music is, and how much of it is silence.

Audio is mono, ``(N,)``, or stereo, ``(2, N)``. Loudness is that of ITU-R BS.1770-4. A system that
is silent, or nearly so, is found here, whatever its other scores are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.loudness import gated_loudness, step_energies
from d2m.audio.waveform import validate_channels

QUIETEST_LUFS = -70.0
"""Loudness (LUFS) that quieter audio is given, silence too: the absolute gate of BS.1770-4, below
which nothing is measured."""
SILENT_LUFS = -60.0
"""Steps of 0.1 s below this loudness (LUFS) are silent. Chosen by hand: some 45 dB below music at
its usual level."""


@dataclass(frozen=True, kw_only=True)
class SoundLevel:
    """Level of a piece.

    Parameters
    ----------
    loudness_lufs
        Gated loudness (LUFS), at least `QUIETEST_LUFS`.
    silent_share
        Share of the time that is silent, 0 to 1.
    """

    loudness_lufs: float
    silent_share: float


def sound_level(audio: NDArray[Any], sample_rate: int) -> SoundLevel:
    """Measure loudness and the share of silent time.

    Parameters
    ----------
    audio : (N,) or (2, N)
        Audio.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    SoundLevel

    Raises
    ------
    AudioError
        If the audio is empty, has another shape or is not finite.
    """
    energies = step_energies(validate_channels(audio), sample_rate)
    # A step is judged as a gating block of its own length would be.
    silent = [gated_loudness(one[None]) < SILENT_LUFS for one in energies]
    return SoundLevel(
        loudness_lufs=max(QUIETEST_LUFS, gated_loudness(energies)),
        silent_share=float(np.mean(silent)),
    )
