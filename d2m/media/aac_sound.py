"""Write sound as AAC whose decoded peaks stay below a ceiling."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.dynamics import GAIN_STEP, apply_gain_curve
from d2m.audio.limiter import limit_true_peaks, limiter_curve
from d2m.audio.loudness import peak_curve
from d2m.media.mp4_writer import AacEncoder, create_mp4

DECODED_PEAK_DBTP = -1.0
"""Largest true peak of coded sound when it is decoded (dBTP), as streaming services ask for."""
# Meters differ by this (dB). Chosen by hand.
_MARGIN_DB = 0.1
# True peaks of what is coded first (dBTP). Chosen by measurement on 18 pieces: music overshoots
# from there only now and then, and is at most 0.04 LU softer than from 0.4 dB more.
_FIRST_DBTP = -1.8
# Where decoded peaks are too high, the sound is lowered and coded again: around these peaks, and by
# a little more (dB) each time; in the end as a whole, because noise has other peaks whenever it is
# coded. Chosen by measurement: music needs none or two of these rounds.
_LOCAL_DB, _WHOLE_DB = (0.0, 0.1, 0.3), (0.3, 0.6, 1.0)


def write_aac(
    path: Path, sound: NDArray[np.float32], sample_rate: int, *, coder: str = "twoloop"
) -> None:
    """Write sound as AAC in an MP4 without picture.

    A coder changes the waveform, so that limited peaks may rise again. So the coded sound is
    decoded and measured; where its true peaks are above `DECODED_PEAK_DBTP`, and only there, the
    sound is made softer and coded once more.

    Parameters
    ----------
    path
        The file to write.
    sound : (2, N)
        Stereo; it is left as it is.
    sample_rate
        Sample rate (Hz).
    coder
        As for `d2m.media.mp4_writer.AacEncoder`.
    """
    ceiling_db = DECODED_PEAK_DBTP - _MARGIN_DB
    sound = limit_true_peaks(sound, sample_rate, _FIRST_DBTP)
    for number, extra_db in enumerate((*_LOCAL_DB, *_WHOLE_DB)):
        peaks_db = _coded_peaks_db(path, sound, sample_rate, coder)
        over = peaks_db > ceiling_db
        if not over.any():
            return
        peaks_db[over] += extra_db
        if number >= len(_LOCAL_DB):
            peaks_db[:] = peaks_db.max()
        gain_db = limiter_curve(peaks_db, ceiling_db, sample_rate)
        sound = sound.copy()
        apply_gain_curve(sound, (10 ** (gain_db / 20)).astype(np.float32))
    _coded_peaks_db(path, sound, sample_rate, coder)


def _coded_peaks_db(
    path: Path, sound: NDArray[np.float32], sample_rate: int, coder: str
) -> NDArray[np.float64]:
    """Write sound as AAC and return the true peak (dB) of each step of it when it is decoded."""
    import av

    with create_mp4(path) as container:
        encoder = AacEncoder(container, sound, sample_rate, coder=coder, is_waveform=True)
        encoder.finish(Fraction(sound.shape[1], sample_rate))
    with av.open(str(path)) as coded:
        frames = [frame.to_ndarray() for frame in coded.decode(audio=0)]
    decoded = np.concatenate(frames, axis=1)[:, : sound.shape[1]]
    peaks = peak_curve(decoded, GAIN_STEP, above=10 ** ((DECODED_PEAK_DBTP - 6.0) / 20))
    peaks_db: NDArray[np.float64] = 20.0 * np.log10(peaks.astype(np.float64) + 1e-9)
    return peaks_db
