"""The movement of one dancer in space, the form in which dances are generated and drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """The joints of one dancer in every frame.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints in torso lengths (middle of the shoulders to middle of the hips): x to
        the right of the image, which is the left of a dancer who faces the camera, y down, z
        towards the camera. The floor is at y = 0, the middle of the stage at x = z = 0.
    fps
        Frame rate (Hz).
    """

    joints: FloatArray
    fps: float

    @property
    def duration_s(self) -> float:
        """Length of the movement (s)."""
        return len(self.joints) / self.fps
