"""The inputs of D2M-GAN for the project's own dances, made of their key points."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.keypoint_files import body25_from_coco17
from d2m.metrics.motion_quality import TORSO_PX
from d2m.models.d2mgan import DATASETS
from d2m.models.i3d import I3D_FEATURES
from d2m.perception.step_features import joint_directogram

FloatArray = NDArray[np.float64]

OWN_LAYOUT = "tiktok"
"""Data set whose layout the own data have."""
PICTURE_PX = (1280, 720)
"""Width and height of the picture (px) that the key points are placed in."""
VECTOR_BINS = 16
"""Parts of a segment whose directograms are summed up. Chosen by hand."""
_VECTOR_SEED = 2204


def pixel_motion(keypoints: FloatArray, fps: float) -> NDArray[np.float32]:
    """Place a dance in a picture, as OpenPose would see it.

    Parameters
    ----------
    keypoints : (F, 17, 2)
        COCO-17 joints in torso lengths, y down.
    fps
        Frame rate (Hz).

    Returns
    -------
    (G, 75)
        x, y (px) and confidence of the BODY_25 joints at 30 Hz.
    """
    middle = np.median(keypoints.reshape(-1, 2), axis=0)
    pixels = (keypoints - middle) * TORSO_PX + np.array(PICTURE_PX) / 2
    body = body25_from_coco17(pixels)
    rate = DATASETS[OWN_LAYOUT].fps
    frames = np.arange(int(len(body) * rate / fps + 1e-6)) * fps / rate
    before = np.floor(frames).astype(int)
    after, share = np.minimum(before + 1, len(body) - 1), (frames - before)[:, None, None]
    motion = (1 - share) * body[before] + share * body[after]
    return np.asarray(motion.reshape(len(motion), -1), dtype=np.float32)


def directogram_vector(keypoints: FloatArray, fps: float) -> NDArray[np.float32]:
    """Return a vector in the place of the I3D vector, which needs a picture.

    The directogram of the joints (Lee et al., NeurIPS 2019, Eq. 1) in `VECTOR_BINS` parts of the
    segment is projected by a fixed random matrix, and negative values become 0, as after I3D's
    last rectifier.

    Parameters
    ----------
    keypoints : (F, 17, 2)
        COCO-17 joints of a segment, in any unit.
    fps
        Frame rate (Hz).

    Returns
    -------
    (1, 2048)
    """
    directogram = joint_directogram(keypoints, fps)
    parts = np.array_split(directogram, VECTOR_BINS)
    values = np.concatenate([part.mean(axis=0) for part in parts])
    vector = np.maximum(values @ _projection(len(values)), 0.0)
    return np.asarray(vector[None], dtype=np.float32)


@cache
def _projection(size: int) -> FloatArray:
    drawn = np.random.default_rng(_VECTOR_SEED).standard_normal((size, I3D_FEATURES))
    return np.asarray(drawn / size**0.5)
