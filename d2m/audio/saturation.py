"""Saturate audio gently: a soft clip that adds hardly any aliasing."""

from __future__ import annotations

import numpy as np

from d2m.audio.equaliser import Band, equalise, equaliser_sections
from d2m.audio.stereo import StereoAudio, block_slices
from d2m.core.levels import STUDIO_SAMPLE_RATE

# The cubic curve x - 4/27 x^3 reaches its largest value, 1, at 1.5; there it is flat.
_FLAT, _CUBE = np.float32(1.5), np.float32(4.0 / 27.0)
# Harmonics of a bass: fundamentals lie below the first frequency (Hz); harmonics are kept in
# the band (Hz). Amplitude into their curve against its bend, and its offset. Chosen by hand.
_FUNDAMENTAL_HZ, _BAND_HZ = 130.0, (200.0, 1_600.0)
_HARMONIC_DRIVE, _ASYMMETRY = np.float32(4.0), np.float32(0.6)
# Largest amplitude of the distorted signal against that of the bass.
_MOST_HARMONICS = 6.0


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


def add_harmonics(
    audio: StereoAudio, share_db: float, sample_rate: int = STUDIO_SAMPLE_RATE
) -> None:
    """Add harmonics to the centre of a bass, in place, so that small loudspeakers render it.

    Its fundamentals are distorted, and what lies in the band of the harmonics is added until
    that band is as strong as asked for. A bass that is so already stays as it is.

    Parameters
    ----------
    audio : (2, N)
        Bass, changed in place.
    share_db
        Level (dB) of the band of the harmonics against the whole.
    sample_rate
        Sample rate (Hz).
    """
    mid = 0.5 * (audio[0] + audio[1])
    whole = float(np.vdot(mid, mid))
    if whole <= 0.0:
        return
    # The distortion is to be alike for soft and loud basses: full scale is their usual peak.
    active = np.abs(mid[:: max(1, len(mid) // 100_000)])
    active = active[active > 0.1 * active.max(initial=0.0)]
    drive = np.float32(_HARMONIC_DRIVE / max(1e-6, float(np.sqrt(np.mean(active**2)))))
    low, high = Band("low_cut", _BAND_HZ[0]), Band("high_cut", _BAND_HZ[1])
    band = equaliser_sections([low, low, high], sample_rate)
    present = mid[None].copy()
    equalise(present, band)
    missing = 10 ** (share_db / 10) * whole - float(np.vdot(present, present))
    if missing <= 0.0:
        return
    del present
    made = mid[None]
    equalise(made, equaliser_sections([Band("high_cut", _FUNDAMENTAL_HZ)] * 2, sample_rate))
    made *= drive
    # The offset makes the curve asymmetric, for even harmonics.
    made += _ASYMMETRY
    np.tanh(made, out=made)
    equalise(made, band)
    power = float(np.vdot(made, made))
    gain = (
        np.float32(min(np.sqrt(missing / power), _MOST_HARMONICS / drive)) if power > 0.0 else 0.0
    )
    made *= gain
    audio += made
