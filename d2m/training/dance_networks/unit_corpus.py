"""The dance units that the networks learn from: cut from procedural and recorded dances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m.choreography.dance_units import BEATS_OF_UNIT, cut_units
from d2m.choreography.joints import joints14_from_coco
from d2m.core.dance_styles import DANCE_STYLES
from d2m.core.errors import DataError
from d2m.training.data.dances import AnnotatedDance, procedural_dance
from d2m.training.data.dances.movement_modes import STYLE_MODES

FloatArray = NDArray[np.float64]

DANCE_TEMPI_BPM = (84.0, 128.0)
"""Lowest and highest tempo of the procedural dances (BPM). Chosen by hand, around the 116 BPM that
a unit has at 15 frames per second."""
DANCE_S = 24.0
"""Length of a procedural dance (s)."""
HELD_OUT_EVERY = 20
"""Every twentieth dance is held out."""
LIVELY = 0.75
"""Least motion of a lively unit, as a share of the median of its style. Others hold a pose, which
dancers do now and then, and which a dance should not do for long. Chosen by hand."""
RECORDED_WEIGHT = 8.0
"""Weight of a recorded unit beside a procedural one. Chosen by hand."""
RECORDED_SMOOTHING_S = 0.03
"""Standard deviation (s) of the Gaussian that smooths recorded dances. Chosen by hand."""
_SEED = 500_000  # seeds of other uses are lower


@dataclass(frozen=True, kw_only=True)
class UnitCorpus:
    """Dance units with their styles, in the order of their dances.

    Parameters
    ----------
    units : (U, 32, 14, 3)
        Units in torso lengths.
    style : (U,)
        Index of the style in `DANCE_STYLES`.
    dance : (U,)
        Number of the dance that a unit is from.
    is_held_out : (U,)
        Whether no training uses it.
    is_recorded : (U,)
        Whether a person danced it.
    """

    units: NDArray[np.float32]
    style: NDArray[np.int64]
    dance: NDArray[np.int64]
    is_held_out: NDArray[np.bool_]
    is_recorded: NDArray[np.bool_]

    def save(self, path: Path) -> None:
        """Write the corpus as a compressed ``.npz`` file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                units=self.units.astype(np.float16),
                style=self.style,
                dance=self.dance,
                is_held_out=self.is_held_out,
                is_recorded=self.is_recorded,
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> UnitCorpus:
        """Read a corpus.

        Raises
        ------
        DataError
            If the file is missing or holds no corpus.
        """
        try:
            with np.load(path) as stored:
                return cls(
                    units=stored["units"].astype(np.float32),
                    style=stored["style"],
                    dance=stored["dance"],
                    is_held_out=stored["is_held_out"],
                    is_recorded=stored["is_recorded"],
                )
        except (OSError, KeyError, ValueError) as error:
            raise DataError(
                f"{path.name} holds no dance units: make it with `python -m d2m train dance-data`."
            ) from error

    @cached_property
    def is_lively(self) -> NDArray[np.bool_]:
        """Whether each unit (U,) moves at least `LIVELY` as much as is usual in its style."""
        motion = np.linalg.norm(np.diff(self.units, axis=1), axis=-1).mean(axis=(1, 2))
        usual = [
            np.median(motion[self.style == style]) if (self.style == style).any() else 0.0
            for style in range(len(DANCE_STYLES))
        ]
        return np.asarray(motion >= LIVELY * np.array(usual)[self.style])

    def chances(self, chosen: NDArray[np.int64]) -> FloatArray:
        """Return the chance (N,) with which each of some units is drawn in training.

        Rare styles and recorded dances are drawn more often than their share.

        Parameters
        ----------
        chosen : (N,)
            Indices of units.
        """
        weights = np.where(self.is_recorded[chosen], RECORDED_WEIGHT, 1.0)
        totals = np.bincount(self.style[chosen], weights, minlength=len(DANCE_STYLES))
        weights /= np.sqrt(np.maximum(totals, 1.0))[self.style[chosen]]
        return np.asarray(weights / weights.sum())

    def sequences(self, length: int, *, held_out: bool = False) -> NDArray[np.int64]:
        """Return the indices (N, length) of all runs of units that follow each other."""
        starts = np.arange(len(self.units) - length + 1)
        runs = starts[:, None] + np.arange(length)
        whole = self.dance[runs[:, 0]] == self.dance[runs[:, -1]]
        return np.asarray(runs[whole & (self.is_held_out[starts] == held_out)])


def build_corpus(
    recorded: Iterable[tuple[str, AnnotatedDance]], *, dances_a_style: int = 150
) -> UnitCorpus:
    """Cut recorded dances and procedural dances of all genres into units.

    Parameters
    ----------
    recorded
        Styles and 3-D dances. Which of their beats begin a bar is not known, so they are cut
        from each beat of the first bar on.
    dances_a_style
        Procedural dances of each genre.
    """
    cuts, styles, is_recorded = [], [], []
    for style, dance in recorded:
        facing = facing_camera(dance)
        for first in range(BEATS_OF_UNIT):
            cuts.append(_cut(facing, dance.beats_s[first::BEATS_OF_UNIT]))
            styles.append(style)
            is_recorded.append(True)
    for style, dance in _procedural(dances_a_style):
        cuts.append(_cut(dance, dance.downbeats_s))
        styles.append(style)
        is_recorded.append(False)
    counts = [len(cut) for cut in cuts]
    numbers = np.repeat(np.arange(len(cuts)), counts)
    names = list(DANCE_STYLES)
    # All units of a recorded dance are on the same side.
    groups = np.where(is_recorded, np.arange(len(cuts)) // BEATS_OF_UNIT, np.arange(len(cuts)))
    return UnitCorpus(
        units=np.concatenate(cuts),
        style=np.repeat([names.index(style) for style in styles], counts),
        dance=numbers,
        is_held_out=np.repeat(groups % HELD_OUT_EVERY == HELD_OUT_EVERY - 1, counts),
        is_recorded=np.repeat(is_recorded, counts),
    )


def facing_camera(dance: AnnotatedDance) -> AnnotatedDance:
    """Return a recorded dance, smoothed and turned so that it faces the camera on average."""
    points = gaussian_filter1d(
        dance.keypoints, RECORDED_SMOOTHING_S * dance.fps, axis=0, mode="nearest"
    )
    across = (points[:, 5] - points[:, 6]) + 1.5 * (points[:, 11] - points[:, 12])
    x, z = -across[:, 2], across[:, 0]
    angle = np.arctan2(x.sum(), z.sum())  # of the mean facing from the camera
    cos, sin = np.cos(angle), np.sin(angle)
    turned = points.copy()
    turned[..., 0] = points[..., 0] * cos - points[..., 2] * sin
    turned[..., 2] = points[..., 0] * sin + points[..., 2] * cos
    return replace(dance, keypoints=turned)


def _procedural(dances_a_style: int) -> Iterator[tuple[str, AnnotatedDance]]:
    for index, (style, modes) in enumerate(STYLE_MODES.items()):
        for number in range(dances_a_style):
            seed = _SEED + index * 10_000 + number
            tempo = float(np.random.default_rng([31, seed]).uniform(*DANCE_TEMPI_BPM))
            yield style, procedural_dance(seed, tempo_bpm=tempo, duration_s=DANCE_S, modes=modes)


def _cut(dance: AnnotatedDance, downbeats_s: FloatArray) -> NDArray[np.float32]:
    joints = joints14_from_coco(_on_floor(dance.keypoints))
    return cut_units(joints, dance.fps, dance.beats_s, downbeats_s).astype(np.float32)


def _on_floor(joints: FloatArray) -> FloatArray:
    """Return COCO-17 joints with the floor, at the height of the lowest ankles, at y = 0."""
    return joints - [0.0, float(np.quantile(joints[:, 15:17, 1], 0.98)), 0.0]
