"""Extract I3D visual features: one vector for each segment of a clip.

The published D2M-GAN networks read 2,048 values per segment of 2 s: the features that I3D
(ResNet-50, 8 x 8) has before its projection to the 400 actions of Kinetics. Carreira and
Zisserman, "Quo Vadis, Action Recognition?", CVPR 2017. The frames are prepared as for
pytorchvideo's weights ``I3D_8x8_R50.pyth``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.progress import Progress, silent
from d2m.models.i3d import I3D_FEATURES
from d2m.perception.pose import TimedFrame

if TYPE_CHECKING:
    from torch import Tensor, nn

FRAMES_PER_SEGMENT = 8
"""Frames that the network reads of each segment, as in its training."""
CROP_SIDE = 224
"""Side of the square that the network reads (px), as in its training."""
SHORT_SIDE = 256
"""Shorter side of the frames before the crop (px), as in the network's training."""
PIXEL_MEAN, PIXEL_STD = 0.45, 0.225
"""Mean and standard deviation of each colour channel in [0, 1], as in the network's training."""


def sample_segments(
    frames: Iterable[TimedFrame], starts_s: NDArray[np.float64], segment_s: float
) -> NDArray[np.uint8]:
    """Sample and crop the frames of each segment in one pass over a clip.

    Each segment is sampled at eight evenly spaced times, including its first and its last
    frame. These are the frames of pytorchvideo's ``UniformTemporalSubsample``, to within one
    frame. If the clip ends within a segment, its last frame is repeated.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in ascending time, each frame (H, W, 3) RGB.
    starts_s : (S,)
        Start times of the segments (s); they may overlap.
    segment_s
        Length of each segment (s).

    Returns
    -------
    (S, 8, 224, 224, 3)
        RGB crops.

    Raises
    ------
    ValueError
        If there is no frame or no segment.
    """
    starts_s = np.asarray(starts_s, dtype=np.float64)
    if starts_s.ndim != 1 or not len(starts_s) or not segment_s > 0:
        raise ValueError("starts_s must have the shape (segments,) and segment_s be positive")
    # The frame that appears at a segment's end belongs to the next one: stop just before it.
    offsets = np.linspace(0.0, segment_s * (1.0 - 1e-4), FRAMES_PER_SEGMENT)
    wanted = (starts_s[:, None] + offsets).ravel()
    order = np.argsort(wanted, kind="stable")
    wanted = wanted[order]
    crops = np.empty((wanted.size, CROP_SIDE, CROP_SIDE, 3), np.uint8)
    done, previous = 0, None
    for time_s, frame in frames:
        # Rounding may put a frame slightly after the time at which it is wanted.
        until = int(np.searchsorted(wanted, time_s - 1e-6))
        if previous is not None and until > done:
            crops[order[done:until]] = centre_crop(previous)
            done = until
        previous = frame
    if previous is None:
        raise ValueError("there are no frames")
    if done < wanted.size:
        crops[order[done:]] = centre_crop(previous)
    return crops.reshape(len(starts_s), FRAMES_PER_SEGMENT, CROP_SIDE, CROP_SIDE, 3)


def centre_crop(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a frame (H, W, 3) to 256 px on its shorter side and crop its centre, (224, 224, 3).

    Scaling is bilinear without antialiasing, as in the network's training.
    """
    import cv2

    height, width = frame.shape[:2]
    factor = SHORT_SIDE / min(height, width)
    size = [max(SHORT_SIDE, math.floor(side * factor)) for side in (width, height)]
    scaled = cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
    left, top = (round((side - CROP_SIDE) / 2) for side in size)
    crop: NDArray[np.uint8] = np.asarray(
        scaled[top : top + CROP_SIDE, left : left + CROP_SIDE], np.uint8
    )
    return crop


def normalise_pixels(segments: NDArray[np.uint8]) -> Tensor:
    """Convert crops (B, 8, 224, 224, 3) to the network's input (B, 3, 8, 224, 224)."""
    import torch

    frames = torch.from_numpy(segments).permute(0, 4, 1, 2, 3).to(torch.float32)
    return frames.div_(255.0).sub_(PIXEL_MEAN).div_(PIXEL_STD)


def extract_i3d_features(
    network: nn.Module,
    segments: NDArray[np.uint8],
    *,
    batch: int = 1,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Compute the I3D features of segments.

    Parameters
    ----------
    network
        From `d2m.models.i3d.build_i3d`, with its weights loaded.
    segments : (S, 8, 224, 224, 3)
        From `sample_segments`.
    batch
        Number of segments computed at once; it bounds the memory.
    progress
        Called before each batch, and at the end.

    Returns
    -------
    (S, 2048)
        One feature vector per segment.
    """
    import torch

    progress = progress or silent
    features = np.empty((len(segments), I3D_FEATURES), np.float32)
    for start in range(0, len(segments), batch):
        progress("Analysing the scene", start / len(segments))
        part = slice(start, start + batch)
        with torch.inference_mode():
            features[part] = network(normalise_pixels(segments[part])).numpy()
    progress("Analysing the scene", 1.0)
    return features
