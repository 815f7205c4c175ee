"""Suggest a style of music from how a person dances."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.styles import STYLES, Style
from d2m.perception.step_features import MOVEMENT_FEATURES

_TEMPO_OCTAVES = 0.18
_MANNER = 0.25


def suggest_style(tempo_bpm: float, features: NDArray[np.floating[Any]]) -> Style:
    """Return the style whose typical tempo and manner of moving are nearest.

    A plain rule, not a classifier: it compares tempo, the legs' share of the movement, the
    height of the hands and the sharpness of hits with what is typical of each style.

    Parameters
    ----------
    tempo_bpm
        Tempo of the dance.
    features : (S, 11)
        Movement features, see `d2m.perception.step_features.FEATURES`.
    """
    mean = {name: float(features[:, i].mean()) for i, name in enumerate(MOVEMENT_FEATURES)}
    accents = features[:, MOVEMENT_FEATURES.index("accent")]
    legs = mean["lower"] / (mean["lower"] + mean["upper"] + 1e-9)
    hits = float(accents[accents > 0].mean()) if np.any(accents > 0) else 0.0

    def distance(style: Style) -> float:
        tempo = np.log2(tempo_bpm / style.tempo_bpm) / _TEMPO_OCTAVES
        manner = (legs - style.legs, mean["reach"] - style.reach, hits - style.hits)
        return float(tempo**2 + sum((value / _MANNER) ** 2 for value in manner))

    return min(STYLES.values(), key=distance)
