"""Which styles of music suit a dance: a small classifier of the movement, and the tempo."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m.core.styles import STYLES, Style
from d2m.perception.style_features import STYLE_FEATURES, style_features

STYLE_CLASSIFIER = Path(__file__).parents[1] / "models" / "weights" / "style_classifier.json"
"""Weights of the classifier, made by ``tools/train_style_classifier.py``."""
_TEMPO_OCTAVES = 0.35
"""How far outside a style's range of tempo (octaves) counts as one standard deviation; chosen by
hand. The movement counts more: AIST++ dances all its genres but house at 80 to 130 BPM."""


class _Classifier(NamedTuple):
    """A linear classifier of the features."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


def suited_styles(
    keypoints: NDArray[np.floating[Any]], fps: float, tempo_bpm: float
) -> tuple[Style, ...]:
    """Return all styles, those first whose music suits a dance best.

    The movement decides by a logistic regression that was fitted to procedural dancers of each
    genre and to two break dances of AIST++. A tempo far from that of a style counts against it,
    half and double tempo allowed. Dances of other genres get the style whose movement is nearest:
    salsa's running steps that of house.

    Parameters
    ----------
    keypoints : (F, 17, 2 or 3)
        COCO-17 joints without gaps, y down, in any unit.
    fps
        Frame rate (Hz).
    tempo_bpm
        Tempo of the dance (BPM).

    Returns
    -------
    tuple of Style
        All of `d2m.core.styles.STYLES`.
    """
    known = _classifier()
    features = (style_features(keypoints, fps) - known.mean) / known.scale
    likelihoods = known.weights @ np.clip(features, -3, 3) + known.bias
    off = np.array([_octaves_outside(tempo_bpm, style) for style in STYLES.values()])
    order = np.argsort(-(likelihoods - (off / _TEMPO_OCTAVES) ** 2 / 2), kind="stable")
    styles = tuple(STYLES.values())
    return tuple(styles[index] for index in order)


def _octaves_outside(tempo_bpm: float, style: Style) -> float:
    """Return how far a tempo, its half and its double are from a style's range (octaves)."""
    lowest, highest = style.tempo_range
    tempi = [factor * tempo_bpm for factor in (0.5, 1.0, 2.0)]
    return min(max(0.0, math.log2(lowest / one), math.log2(one / highest)) for one in tempi)


@lru_cache(maxsize=1)
def _classifier() -> _Classifier:
    stored = json.loads(STYLE_CLASSIFIER.read_text(encoding="utf-8"))
    assert tuple(stored["features"]) == STYLE_FEATURES
    assert tuple(stored["weights"]) == tuple(STYLES)
    return _Classifier(
        mean=np.array(stored["mean"]),
        scale=np.array(stored["scale"]),
        weights=np.array(list(stored["weights"].values())),
        bias=np.array(list(stored["bias"].values())),
    )
