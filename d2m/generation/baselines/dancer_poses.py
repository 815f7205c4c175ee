"""The dancer's key points as baselines read them: at a frame rate of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.perception.conditioning import Conditioning


def poses_at(conditioning: Conditioning, rate: float, system: str) -> NDArray[np.float64]:
    """Return the key points of a dance at another frame rate, interpolated in time.

    Parameters
    ----------
    conditioning
        The dance.
    rate
        Frames per second of the result (Hz).
    system
        Name of the baseline, for the error.

    Returns
    -------
    (F, 17, 2)
        COCO-17 joints in the unit of the dance; at least one frame.

    Raises
    ------
    DataError
        If the dance has no key points.
    """
    keypoints, fps = conditioning.keypoints, conditioning.fps
    if keypoints is None or not len(keypoints) or fps <= 0:
        raise DataError(
            f"{system} reads the joints of the dancer, and this dance has none: "
            "use a clip, or key points (frames, 17, 2) with their frame rate."
        )
    times_s = np.arange(max(1, round(len(keypoints) / fps * rate))) / rate
    place = np.clip(times_s * fps, 0, len(keypoints) - 1)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(keypoints) - 1)
    share = (place - before)[:, None, None]
    return np.asarray((1 - share) * keypoints[before] + share * keypoints[after])
