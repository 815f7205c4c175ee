"""How well the rhythm of real dances is told: AIST++ keypoints against their music.

AIST++ (Li et al., ICCV 2021; annotations CC BY 4.0) is at
https://google.github.io/aistplusplus_dataset: its ``keypoints2d`` hold nine views a
sequence, 60 fps, 17 COCO joints in pixels. The benchmark reads them from one ``.npz`` with
an array ``(views, F, 17, 3)`` of x, y and score a sequence, named as AIST++ names it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.perception.rhythm import estimate_rhythm
from d2m.training.data.dances.mocap import aist_tempo

AIST_FPS = 60.0
TEMPO_TOLERANCE = 0.04
BEAT_TOLERANCE_S = 0.1


def evaluate_views(views: NDArray[np.float64], bpm: float) -> dict[str, float]:
    """Score the rhythm of one choreography whose music has a beat at time 0.

    Parameters
    ----------
    views : (V, F, 17, 3)
        Keypoints of each camera at 60 fps.
    bpm
        Tempo of the music.

    Returns
    -------
    dict
        ``tempo_accuracy`` (share of views within 4 %), ``tempo_bpm`` (median),
        ``beat_f`` (mean F-measure at 100 ms, nothing trimmed), ``confidence`` (mean).
    """
    from mir_eval.beat import f_measure

    reference = np.arange(0, views.shape[1] / AIST_FPS, 60 / bpm)
    found = [estimate_rhythm(np.asarray(view, dtype=float), AIST_FPS) for view in views]
    tempi = np.array([rhythm.tempo_bpm for rhythm in found])
    scores = [f_measure(reference, r.beats_s, f_measure_threshold=BEAT_TOLERANCE_S) for r in found]
    return {
        "tempo_accuracy": float(np.mean(np.abs(tempi / bpm - 1) <= TEMPO_TOLERANCE)),
        "tempo_bpm": float(np.median(tempi)),
        "beat_f": float(np.mean(scores)),
        "confidence": float(np.mean([rhythm.confidence for rhythm in found])),
    }


def evaluate_aist(path: Path) -> dict[str, Any]:
    """Score the rhythm estimator on AIST++ sequences.

    Parameters
    ----------
    path
        The ``.npz`` described at the top of this module.

    Returns
    -------
    dict
        ``views`` (number), ``tempo_accuracy`` and ``beat_f`` over all views, and
        ``choreographies``: sequence name to what `evaluate_views` returns.

    Raises
    ------
    DataError
        If the file can't be read or holds no sequences of that form.
    """
    by_name: dict[str, dict[str, float]] = {}
    counts = []
    try:
        with np.load(path, allow_pickle=False) as archive:
            sequences = {name: archive[name] for name in sorted(archive.files)}
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path.name} can't be read: expected an .npz of AIST++ 2-D keypoints."
        ) from error
    for name, views in sequences.items():
        if views.ndim != 4 or views.shape[2:] != (17, 3):
            raise DataError(
                f"{name} in {path.name} has the shape {views.shape}: "
                "expected (views, frames, 17, 3)."
            )
        by_name[name] = evaluate_views(views, aist_tempo(name))
        counts.append(len(views))
    if not counts:
        raise DataError(f"{path.name} holds no sequences.")
    means = {
        key: float(np.average([scores[key] for scores in by_name.values()], weights=counts))
        for key in ("tempo_accuracy", "beat_f")
    }
    return {"views": sum(counts), **means, "choreographies": by_name}
