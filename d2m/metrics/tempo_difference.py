"""Tempo difference: how far the tempo of music is from that of a dance, octaves told apart.

Tempi are in beats per minute. The music comes first and the dance second. Listeners and trackers
may feel half, twice, a third or three times of a tempo (Gouyon et al., "An Experimental Comparison
of Audio Tempo Induction Algorithms", 2006, Accuracy 2), so the difference is given twice: as it
is, and after the factor that fits best.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log, nan

from d2m.core.errors import DataError

OCTAVE_FACTORS = (1 / 3, 1 / 2, 1.0, 2.0, 3.0)
"""Tempi of music over that of the dance that count as one: those of Accuracy 2."""


@dataclass(frozen=True, kw_only=True)
class TempoDifference:
    """The difference of two tempi. All values are NaN if one of them is unknown.

    Parameters
    ----------
    relative
        Absolute difference over the dance's tempo, from 0.
    factor
        The one of `OCTAVE_FACTORS` that is nearest to the music's tempo over the dance's, on a
        logarithmic scale.
    at_octave
        Absolute difference from the dance's tempo times the factor, over that product.
    """

    relative: float
    factor: float
    at_octave: float


def tempo_difference(music_bpm: float, dance_bpm: float) -> TempoDifference:
    """Compute the relative difference of two tempi.

    Parameters
    ----------
    music_bpm, dance_bpm
        Tempi (BPM); 0 if there is none, as in silence.

    Returns
    -------
    TempoDifference
        NaN without a tempo on either side.

    Raises
    ------
    DataError
        If a tempo is negative or not finite.
    """
    for name, tempo in (("music", music_bpm), ("dance", dance_bpm)):
        if not isfinite(tempo) or tempo < 0:
            raise DataError(f"The tempo of the {name} is {tempo}: expected beats per minute.")
    if not music_bpm or not dance_bpm:
        return TempoDifference(relative=nan, factor=nan, at_octave=nan)
    ratio = music_bpm / dance_bpm
    factor = min(OCTAVE_FACTORS, key=lambda each: abs(log(ratio / each)))
    return TempoDifference(
        relative=abs(ratio - 1.0), factor=factor, at_octave=abs(ratio / factor - 1.0)
    )
