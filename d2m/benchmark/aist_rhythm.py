"""Accuracy of the rhythm estimator on real dances: AIST++ keypoints against their music.

AIST++ (Li et al., ICCV 2021; annotations CC BY 4.0) is published at
https://google.github.io/aistplusplus_dataset. Its ``keypoints2d`` contain nine views of each
sequence with 17 COCO joints in pixels at 60 frames per second. The expected ``.npz`` file
holds one array ``(V, F, 17, 3)`` of x, y and score for each sequence, under the name that
AIST++ gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.metrics.beats import TEMPO_TOLERANCE, beat_f_measure
from d2m.perception.rhythm import estimate_rhythm
from d2m.training.data.dances.mocap import MOCAP_FPS, aist_tempo

AIST_BEAT_TOLERANCE_S = 0.1
"""Largest distance of matched beats (s). Chosen by hand, wider than the 70 ms between two
pieces of music (`d2m.core.metrical_grid.BEAT_TOLERANCE_S`): the slowing-down of a body marks
a beat less sharply than an onset does."""


@dataclass(frozen=True, kw_only=True)
class SequenceScores:
    """Scores of the rhythm estimator on one AIST++ sequence.

    Parameters
    ----------
    views
        Number of camera views.
    true_bpm
        Tempo of the music (BPM).
    estimated_bpm
        Median of the estimated tempi (BPM).
    tempo_accuracy
        Share of views with a tempo within 4 %, 0 to 1.
    beat_f
        Mean F-measure of the beats at ±100 ms, nothing trimmed, 0 to 1.
    confidence
        Mean confidence of the estimator, 0 to 1.
    """

    views: int
    true_bpm: float
    estimated_bpm: float
    tempo_accuracy: float
    beat_f: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class AistScores:
    """Scores of the rhythm estimator on all sequences of a file.

    Parameters
    ----------
    sequences
        Scores by the name of the sequence.
    """

    sequences: dict[str, SequenceScores]

    @property
    def views(self) -> int:
        """Number of views of all sequences."""
        return sum(scores.views for scores in self.sequences.values())

    @property
    def tempo_accuracy(self) -> float:
        """Share of all views with a tempo within 4 %, 0 to 1."""
        return self._mean([scores.tempo_accuracy for scores in self.sequences.values()])

    @property
    def beat_f(self) -> float:
        """Mean F-measure over all views, 0 to 1."""
        return self._mean([scores.beat_f for scores in self.sequences.values()])

    def _mean(self, values: list[float]) -> float:
        return float(np.average(values, weights=[one.views for one in self.sequences.values()]))

    def as_text(self) -> str:
        """Format all scores as a table with one line for each sequence and one for all."""
        width = max(len("all"), *map(len, self.sequences))
        head = f"{'sequence':{width}}  views  BPM (true)  BPM  tempo right  beat F  confidence"
        lines = [
            f"{name:{width}}  {one.views:5}  {one.true_bpm:10.0f}  {one.estimated_bpm:3.0f}  "
            f"{one.tempo_accuracy:11.0%}  {one.beat_f:6.2f}  {one.confidence:10.2f}"
            for name, one in self.sequences.items()
        ]
        total = (
            f"{'all':{width}}  {self.views:5}  {'':10}  {'':3}  {self.tempo_accuracy:11.0%}  "
            f"{self.beat_f:6.2f}"
        )
        return "\n".join([head, *lines, total])


def score_sequence(views: NDArray[Any], true_bpm: float) -> SequenceScores:
    """Score the rhythm estimated from each view of one sequence.

    Parameters
    ----------
    views : (V, F, 17, 3)
        Keypoints of each camera at 60 frames per second.
    true_bpm
        Tempo of the music (BPM). Its first beat is at 0 s.
    """
    true_s = np.arange(0, views.shape[1] / MOCAP_FPS, 60 / true_bpm)
    rhythms = [estimate_rhythm(np.asarray(view, dtype=float), MOCAP_FPS) for view in views]
    tempi = np.array([rhythm.tempo_bpm for rhythm in rhythms])
    f_measures = [
        beat_f_measure(rhythm.beats_s, true_s, AIST_BEAT_TOLERANCE_S) for rhythm in rhythms
    ]
    return SequenceScores(
        views=len(views),
        true_bpm=true_bpm,
        estimated_bpm=float(np.median(tempi)),
        tempo_accuracy=float(np.mean(np.abs(tempi / true_bpm - 1) <= TEMPO_TOLERANCE)),
        beat_f=float(np.mean(f_measures)),
        confidence=float(np.mean([rhythm.confidence for rhythm in rhythms])),
    )


def evaluate_aist(path: Path) -> AistScores:
    """Score the rhythm estimator on AIST++ sequences.

    Parameters
    ----------
    path
        ``.npz`` file as described at the top of this module.

    Returns
    -------
    AistScores

    Raises
    ------
    DataError
        If the file can't be read or contains no sequences of that form.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            sequences = {name: archive[name] for name in sorted(archive.files)}
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path.name} can't be read: expected an .npz of AIST++ 2-D keypoints."
        ) from error
    if not sequences:
        raise DataError(f"{path.name} contains no sequences: pack AIST++ 2-D keypoints into it.")
    for name, views in sequences.items():
        if views.ndim != 4 or views.shape[2:] != (17, 3):
            raise DataError(
                f"{name} in {path.name} has the shape {views.shape}: "
                "expected (views, frames, 17, 3)."
            )
    return AistScores(
        sequences={
            name: score_sequence(views, aist_tempo(name)) for name, views in sequences.items()
        }
    )
