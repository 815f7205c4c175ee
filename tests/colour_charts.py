"""Clips of a colour chart in the ways that phones, cameras and recorders write colours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe

from tests.clips import ffmpeg

PATCHES = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "light skin": (224, 172, 141),
    "dark skin": (141, 85, 54),
    "shadow": (40, 40, 40),
}
"""Name and RGB colour of each patch, from left to right."""
PATCH_SIZE = 48
"""Width and height of a patch (px)."""
WAY_IN = (
    "format=gbrp,setparams=colorspace=gbr:color_primaries=bt709:color_trc=bt709:range=pc,"
    "zscale=t=linear:npl=203,format=gbrpf32le"
)
"""Filters that turn a picture into linear light, with the white of SDR at 203 cd/m^2."""
TONE_MAPPED = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv"
)
"""FFmpeg's own tone mapping."""


def chart(height: int = PATCH_SIZE) -> np.ndarray:
    """Return the chart (H, W, 3)."""
    row = np.array(list(PATCHES.values()), np.uint8).repeat(PATCH_SIZE, axis=0)
    return np.ascontiguousarray(np.broadcast_to(row, (height, *row.shape)))


def patches_of(picture: np.ndarray) -> np.ndarray:
    """Return the colour in the middle of each patch of a picture of the chart (P, 3)."""
    height, width = picture.shape[:2]
    each = width // len(PATCHES)
    middle = slice(height // 3, height - height // 3)
    columns = [slice(i * each + each // 3, (i + 1) * each - each // 3) for i in range(len(PATCHES))]
    return np.array([np.median(picture[middle, x].reshape(-1, 3), axis=0) for x in columns])


def make_chart(
    path: Path, filters: str, *options: object, picture: np.ndarray | None = None
) -> Path:
    """Write a clip of 3.2 s that shows the chart.

    Parameters
    ----------
    path
        The clip.
    filters
        FFmpeg's filters from RGB to the coded colours.
    options
        FFmpeg's options for the encoder and the tags.
    picture
        What is shown instead of the chart.
    """
    shown = chart() if picture is None else picture
    image = path.with_suffix(".ppm")
    image.write_bytes(b"P6 %d %d 255\n" % (shown.shape[1], shown.shape[0]) + shown.tobytes())
    ffmpeg("-y", "-loop", 1, "-r", 10, "-t", 3.2, "-i", image, "-vf", filters, *options, path)
    return path


def by_ffmpeg(path: Path, filters: str) -> np.ndarray:
    """Return the patches after FFmpeg has decoded a clip and applied filters (P, 3)."""
    with av.open(str(path)) as clip:
        width, height = clip.streams.video[0].width, clip.streams.video[0].height
    last = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24"
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path), "-vf"]
    command += [f"{filters},{last}", "-frames:v", "1", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return patches_of(np.frombuffer(raw, np.uint8).reshape(height, width, 3))


def deviation(seen: np.ndarray, expected: np.ndarray) -> tuple[float, str]:
    """Return the largest difference of a channel, in 1/255, and the name of its patch."""
    worst = np.abs(seen - expected).max(axis=1)
    return float(worst.max()), list(PATCHES)[int(worst.argmax())]
