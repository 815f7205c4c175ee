"""Saturate audio gently: a soft clip that adds hardly any aliasing."""

from __future__ import annotations

import numpy as np

from d2m.audio.stereo import StereoAudio, block_slices

# The cubic curve x - 4/27 x^3 reaches its largest value, 1, at 1.5; there it is flat.
_FLAT, _CUBE = np.float32(1.5), np.float32(4.0 / 27.0)


def saturate(audio: StereoAudio, drive_db: float) -> None:
    """Saturate audio in place: soft sounds stay, loud ones are rounded and gain harmonics.

    What is added is the cube of the audio without its highest frequencies. A cube only has
    third harmonics, so what could alias is far below the audio itself.

    Parameters
    ----------
    audio : (2, N)
        Stereo audio, changed in place.
    drive_db
        Level (dB) into the curve: at 0 a full-scale peak comes out 1.4 dB lower.
    """
    drive = np.float32(10 ** (drive_db / 20))
    for part in block_slices(audio.shape[1]):
        loud = np.clip(audio[:, part] * drive, -_FLAT, _FLAT)
        low = 0.5 * loud
        low[:, 1:] += 0.25 * loud[:, :-1]
        low[:, :-1] += 0.25 * loud[:, 1:]
        low[:, 0] += 0.25 * loud[:, 0]
        low[:, -1] += 0.25 * loud[:, -1]
        loud -= _CUBE * low * low * low
        loud /= drive
        audio[:, part] = loud
