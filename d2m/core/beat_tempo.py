"""The tempo of beats: one way to measure it and one rounding, for all that is shown or written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TEMPO_DECIMALS = 1
"""Decimals of a tempo (BPM) in texts, plots and reports; chosen by hand: a tempo of a few seconds
is not known better."""


def mean_tempo(beats_s: NDArray[Any]) -> float:
    """Return the mean tempo of beats, of which some may be missing.

    Parameters
    ----------
    beats_s : (B,)
        Ascending beat times (s).

    Returns
    -------
    float
        Tempo (BPM) of the line through the beats, each at its number; 0 with fewer than two.
    """
    beats = np.asarray(beats_s, dtype=float)
    if len(beats) < 2:
        return 0.0
    gaps = np.diff(beats)
    number = np.concatenate([[0.0], np.cumsum(np.maximum(1.0, np.round(gaps / np.median(gaps))))])
    period_s = float(np.polyfit(number, beats, 1)[0]) if len(beats) > 2 else float(gaps[0])
    return 60.0 / period_s


def rounded_tempo(tempo_bpm: float) -> float:
    """Return a tempo (BPM) as reports hold it."""
    return round(float(tempo_bpm), TEMPO_DECIMALS)


def tempo_text(tempo_bpm: float) -> str:
    """Return a tempo (BPM) as people read it, such as ``"111.5 BPM"`` or ``"110 BPM"``."""
    return f"{rounded_tempo(tempo_bpm):g} BPM"
