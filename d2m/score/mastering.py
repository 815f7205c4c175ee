"""Master a mix: gentle compression, and a true-peak limiter at the loudness of streaming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from d2m.audio.dynamics import (
    GAIN_STEP,
    Compression,
    apply_gain_curve,
    compression_curve,
    level_curve,
)
from d2m.audio.limiter import CEILING_DBTP, limiter_curve
from d2m.audio.loudness import (
    LOUDNESS_STEP_S,
    gated_loudness,
    peak_curve,
    step_energies,
)
from d2m.audio.postprocess import TARGET_LUFS
from d2m.audio.stereo import StereoAudio, block_slices, is_silent
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.score.mix_presets import style_mix

MAX_GAIN_DB = 24.0
"""Largest gain of a master (dB): something very soft stays softer than music."""
MAX_OVERSHOOT_DB = 10.0
"""The gain brings no peak further above the ceiling (dB), so that a lone hit is not crushed."""
# Compression of the sum, on top of that of the mix. Chosen by hand.
_GLUE = Compression(threshold_db=2.0, ratio=1.5, attack_ms=30.0, release_ms=200.0, limit_db=2.0)
# Gain and limiter are computed together, in rounds at most, until the loudness is as close (LU).
_ROUNDS, _TOLERANCE_LU = 12, 0.03
# Parts of each loudness step of 0.1 s in which the limiter's gain is taken into account.
_DIVISIONS = 90


def master(stems: Mapping[str, StereoAudio], *, style: str) -> StereoAudio:
    """Master the sum of stems.

    Parameters
    ----------
    stems
        Stems ``(2, N)`` of one length at 44.1 kHz; they are left as they are.
    style
        Name of the style, which decides how much the sum is compressed.

    Returns
    -------
    (2, N)
        The master: -14 LUFS and at most -1 dBTP. Silence stays silence; what is very soft or
        consists of single hits stays softer than -14 LUFS.
    """
    parts = [*stems.values()]
    total = np.zeros_like(parts[0])
    for block in block_slices(total.shape[1]):
        for stem in parts:
            total[:, block] += stem[:, block]
    if is_silent(total):
        return total
    glue = replace(_GLUE, limit_db=min(_GLUE.limit_db, style_mix(style).glue.limit_db))
    apply_gain_curve(total, compression_curve(level_curve([total]), glue))
    gain_db = limited_gain(total)
    apply_gain_curve(total, (10 ** (gain_db / 20)).astype(np.float32))
    return total


def limited_gain(audio: StereoAudio) -> NDArray[np.float64]:
    """Return the gain that brings audio to its loudness and keeps its peaks limited.

    Parameters
    ----------
    audio : (2, N)
        Audio at 44.1 kHz that is not silent.

    Returns
    -------
    (M,)
        Gain (dB) at the nodes of a gain curve.
    """
    energies = step_energies(audio, STUDIO_SAMPLE_RATE, _DIVISIONS)
    energies = energies.reshape(-1, _DIVISIONS)
    gain_db = min(MAX_GAIN_DB, TARGET_LUFS - gated_loudness(energies.mean(axis=1)))
    # Music is at most 3 dB louder between samples, and the gain rises by little afterwards.
    above = 10 ** ((CEILING_DBTP - gain_db - 5.0) / 20)
    peaks = peak_curve(audio, GAIN_STEP, above=above).astype(np.float64)
    peaks_db = 20.0 * np.log10(peaks + 1e-9)
    most_db = min(MAX_GAIN_DB, CEILING_DBTP + MAX_OVERSHOOT_DB - float(peaks_db.max()))
    gain_db, tried = min(gain_db, most_db), (0.0, 0.0)
    part = LOUDNESS_STEP_S * STUDIO_SAMPLE_RATE / _DIVISIONS
    centres = (np.arange(energies.size) + 0.5) * part
    nodes = np.arange(len(peaks) + 1) * GAIN_STEP
    for attempt in range(_ROUNDS):
        limit = limiter_curve(peaks_db + gain_db, CEILING_DBTP)
        # The limiter acts where the energy is, so its gain is taken at each millisecond.
        power = np.interp(centres, nodes, 10 ** (limit / 10)).reshape(energies.shape)
        reached = gated_loudness((energies * power).mean(axis=1)) + gain_db
        missing = TARGET_LUFS - reached
        if not np.isfinite(reached) or abs(missing) < _TOLERANCE_LU:
            break
        # The harder the limiter works, the less loudness each dB of gain brings.
        change = gain_db - tried[0]
        slope = (reached - tried[1]) / change if attempt and change else 1.0
        tried = (gain_db, reached)
        gain_db = min(gain_db + missing / float(np.clip(slope, 0.2, 1.0)), most_db)
    return limiter_curve(peaks_db + gain_db, CEILING_DBTP) + gain_db
