"""Visual features of a dance: pytorchvideo's I3D-R50, one vector a segment.

The published D2M-GAN models read 2,048 values for each segment of 2 s, which the network
has before its projection to the 400 actions of Kinetics. Carreira and Zisserman, "Quo
Vadis, Action Recognition?", CVPR 2017; the names are those of ``I3D_8x8_R50.pyth``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.progress import Progress, silent

if TYPE_CHECKING:
    from torch import Tensor, nn

Frames = Iterable[tuple[float, NDArray[np.uint8]]]

FRAMES_PER_SEGMENT = 8
"""Frames that the network sees of each segment."""
CROP_SIDE = 224
"""Side of the square that the network sees (px), as in its training."""
SHORT_SIDE = 256
"""Size to which a frame's shorter side is scaled before the crop (px)."""
PIXEL_MEAN, PIXEL_STD = 0.45, 0.225
"""Of each colour in [0, 1], as in the network's training."""


def sample_segments(
    frames: Frames, starts_s: NDArray[np.float64], segment_s: float
) -> NDArray[np.uint8]:
    """Pick what the network sees of each segment, from one pass over a clip.

    The frames of a segment are those seen at eight evenly spaced times, its first and its
    last frame among them (within a frame, pytorchvideo's ``UniformTemporalSubsample``).
    Where the clip ends before the segment does, its last frame stays.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in ascending time, each frame (H, W, 3) RGB. Segments may
        overlap: a frame is cropped once.
    starts_s : (S,)
        When the segments begin (s).
    segment_s
        How long each lasts (s).

    Returns
    -------
    (S, 8, 224, 224, 3)
        RGB crops.

    Raises
    ------
    ValueError
        If there is no frame, or no segment.
    """
    starts_s = np.asarray(starts_s, dtype=np.float64)
    if starts_s.ndim != 1 or not len(starts_s) or not segment_s > 0:
        raise ValueError("starts_s must have the shape (segments,) and segment_s be positive")
    # The frame that comes when a segment ends is the next one's: stop just before it.
    offsets = np.linspace(0.0, segment_s * (1.0 - 1e-4), FRAMES_PER_SEGMENT)
    wanted = (starts_s[:, None] + offsets).ravel()
    order = np.argsort(wanted, kind="stable")
    wanted = wanted[order]
    picked = np.empty((wanted.size, CROP_SIDE, CROP_SIDE, 3), np.uint8)
    served, last = 0, None
    for time_s, frame in frames:
        # Times are sums of binary fractions: a frame that is due now may come a hair late.
        until = int(np.searchsorted(wanted, time_s - 1e-6))
        if last is not None and until > served:
            picked[order[served:until]] = centre_crop(last)
            served = until
        last = frame
    if last is None:
        raise ValueError("there are no frames")
    if served < wanted.size:
        picked[order[served:]] = centre_crop(last)
    return picked.reshape(len(starts_s), FRAMES_PER_SEGMENT, CROP_SIDE, CROP_SIDE, 3)


def centre_crop(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a frame (H, W, 3) to 256 px on its shorter side, keep the central (224, 224, 3).

    Bilinear without smoothing, as the pictures were scaled that the network learned from.
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
    """Turn crops (B, 8, 224, 224, 3) into the network's input (B, 3, 8, 224, 224)."""
    import torch

    pictures = torch.from_numpy(segments).permute(0, 4, 1, 2, 3).to(torch.float32)
    return pictures.div_(255.0).sub_(PIXEL_MEAN).div_(PIXEL_STD)


def extract_i3d_features(
    network: nn.Module,
    segments: NDArray[np.uint8],
    *,
    batch: int = 1,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Compute the feature vector of each segment.

    Parameters
    ----------
    network
        What `build_i3d` built, with its weights loaded.
    segments : (S, 8, 224, 224, 3)
        What `sample_segments` picked.
    batch
        Segments computed at once: bounds the memory.
    progress
        Told after each batch.

    Returns
    -------
    (S, 2048)
        Vectors.
    """
    import torch

    tell = progress or silent
    vectors = np.empty((len(segments), 2048), np.float32)
    for at in range(0, len(segments), batch):
        tell("Analysing the scene", at / len(segments))
        with torch.inference_mode():
            vectors[at : at + batch] = network(normalise_pixels(segments[at : at + batch])).numpy()
    tell("Analysing the scene", 1.0)
    return vectors
