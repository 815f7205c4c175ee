"""Suggest a style of music from tempo and movement features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.styles import STYLES, Style
from d2m.perception.step_features import MOVEMENT_FEATURES

# Deviations from a typical value that count as 1 in the distance; chosen by hand.
_TEMPO_OCTAVES = 0.18
_FEATURE_DEVIATION = 0.25


def suited_styles(tempo_bpm: float, features: NDArray[np.floating[Any]]) -> tuple[Style, ...]:
    """Return all styles, those whose typical tempo and movement are nearest to a dance's first.

    This is a rule, not a trained classifier. It compares the tempo, the legs' share of the
    movement, the height of the hands and the strength of hits with each style's typical
    values.

    Parameters
    ----------
    tempo_bpm
        Tempo of the dance (BPM).
    features : (S, 11)
        Movement features, see `d2m.perception.step_features.MOVEMENT_FEATURES`.

    Returns
    -------
    tuple of Style
        All of `d2m.core.styles.STYLES`, the most suitable first.
    """
    mean = {name: float(features[:, i].mean()) for i, name in enumerate(MOVEMENT_FEATURES)}
    accents = features[:, MOVEMENT_FEATURES.index("accent")]
    legs = mean["lower"] / (mean["lower"] + mean["upper"] + 1e-9)
    hits = float(accents[accents > 0].mean()) if np.any(accents > 0) else 0.0

    def distance(style: Style) -> float:
        tempo = np.log2(tempo_bpm / style.tempo_bpm) / _TEMPO_OCTAVES
        deviations = (legs - style.legs, mean["reach"] - style.reach, hits - style.hits)
        return float(tempo**2 + sum((value / _FEATURE_DEVIATION) ** 2 for value in deviations))

    return tuple(sorted(STYLES.values(), key=distance))
