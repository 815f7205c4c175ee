"""Information gain: how far beats keep one phase to a reference, whichever phase it is.

Beats are ascending times in seconds, ``(B,)``. The estimate comes first and the reference
second. The metric is that of mir_eval, which follows Davies, Degara and Plumbley, "Measuring the
Performance of Beat Tracking Algorithms Using a Beat Error Histogram", 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.beat_validation import validate_beats

ERROR_BINS = 41
"""Bins of the histogram of beat errors, as in mir_eval."""


def information_gain(beats_s: NDArray[Any], reference_beats_s: NDArray[Any]) -> float:
    """Compute the information gain of beats over beats without any relation to a reference.

    The errors of all beats, in parts of the reference's beat from -0.5 to 0.5, make a histogram.
    The gain is 1 - H / log2(41), with H its entropy in bits, the larger one of both directions.
    A constant shift keeps a gain near 1, half a beat too; it is lowered only by beats before the
    first one of the other side, whose errors mir_eval takes as parts of the whole piece. ``N``
    beats at random score 1 - log2(N) / log2(41) or more, so a short clip never scores low:
    compare its score with that of another song.

    Parameters
    ----------
    beats_s, reference_beats_s : (B,), (R,)
        Ascending beat times (s).

    Returns
    -------
    float
        0 to 1; 0 if either sequence has fewer than two beats.

    Raises
    ------
    DataError
        If times are not finite, negative or not ascending.
    """
    beats = validate_beats(beats_s)
    reference = validate_beats(reference_beats_s, "reference beats")
    if len(beats) < 2 or len(reference) < 2:
        return 0.0
    import mir_eval

    gain = float(mir_eval.beat.information_gain(reference, beats, bins=ERROR_BINS))
    return float(np.clip(gain, 0.0, 1.0))  # rounding errors can leave the range
