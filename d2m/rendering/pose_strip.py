"""A strip of pictures of a clip with the skeleton that was followed drawn over each.

It shows at a glance, before any music is made, whether the right person is followed and
whether the arms and legs are found. Colours are Okabe and Ito's.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import VideoError
from d2m.media.clip import sample_frames
from d2m.perception.pose import PoseTrack
from d2m.perception.skeleton import (
    ANKLES,
    ELBOWS,
    HIPS,
    KNEES,
    SHOULDERS,
    WRISTS,
    coco17_from_mediapipe,
)

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

LEFT, RIGHT, TRUNK = (230, 159, 0), (86, 180, 233), (240, 228, 66)
_INK, _PAPER, _OUTLINE = (34, 34, 34), (255, 255, 255), (0, 0, 0)
_CELL_PX, _CAPTION_PX, _GAP_PX = (196, 214), 36, 5  # (width, height) of a picture
_LINE_PX, _DASH_PX, _HEAD_PX = 5, 8, 8
_FAINT = 0.55
_LEAST_ROOM, _ROOM = 1.15, 1.6  # of a window against the height of the body in it
_NOSE = 0


def draw_pose_strip(path: Path, video: Path, pose: PoseTrack, *, frames: int = 6) -> str:
    """Draw evenly spaced pictures of a clip side by side, with the pose that was followed.

    The dancer's left is orange, the right blue and the trunk yellow. Poses that were not
    seen but interpolated are dashed and faint.

    Parameters
    ----------
    path
        Image to write; its suffix, ``.jpg`` or ``.png``, says as what.
    video
        Normalised copy of the clip.
    pose
        The dancer in it.
    frames
        How many pictures; six give a strip of about 1200 x 250 px.

    Returns
    -------
    str
        What the strip shows, in words and numbers, for those who can't see it.

    Raises
    ------
    VideoError
        If the copy can't be decoded.
    """
    import cv2

    samples = sample_frames(video, count=frames)
    if not samples:
        raise VideoError("No picture of the clip can be decoded: save it anew as MP4.")
    joints = coco17_from_mediapipe(pose.landmarks[..., :2])
    window = _window_size(samples[0][1], joints[pose.found])
    cells, n_seen = [], 0
    for time, picture in samples:
        index = min(len(joints) - 1, round(time * pose.fps))
        points = joints[index] * picture.shape[0] if index >= 0 else np.full((17, 2), np.nan)
        is_seen = index >= 0 and bool(pose.found[index])
        n_seen += is_seen
        cells.append(_captioned(_cell(picture, points, window, is_seen=is_seen), f"{time:.1f} s"))
    gap = np.full((cells[0].shape[0], _GAP_PX, 3), _PAPER, dtype=np.uint8)
    strip = np.hstack([part for cell in cells for part in (gap, cell)][1:])
    _, data = cv2.imencode(path.suffix, strip[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    path.write_bytes(data.tobytes())
    return (
        f"{len(samples)} pictures of the clip, from {samples[0][0]:.1f} to {samples[-1][0]:.1f} s,"
        f" with the skeleton that was followed: the dancer is seen in {n_seen} of them and in"
        f" {pose.coverage:.0%} of the clip."
    )


def _window_size(picture: Picture, joints: Points) -> tuple[int, int]:
    """Return (width, height) of what is shown of each picture (px): the body, as large as fits.

    What little room a body leaves is shown with it, and of a much larger picture a part.
    ``joints`` (F, 17, 2) are in picture heights.
    """
    height, width = picture.shape[:2]
    shape = _CELL_PX[0] / _CELL_PX[1]
    body = float(np.quantile(np.ptp(joints[..., 1], axis=1), 0.9)) if len(joints) else 1.0
    whole = min(height, width / shape)
    shown = min(height, round(height * body * _LEAST_ROOM))
    shown = max(shown, round(min(whole, height * body * _ROOM)))
    return min(width, round(shown * shape)), shown


def _cell(picture: Picture, points: Points, window: tuple[int, int], *, is_seen: bool) -> Picture:
    """Cut the window around the dancer out of a picture, scale it and draw the pose."""
    import cv2

    height, width = picture.shape[:2]
    known = bool(np.isfinite(points).all())
    middle = (points.min(axis=0) + points.max(axis=0)) / 2 if known else (width / 2, height / 2)
    x0 = int(np.clip(middle[0] - window[0] / 2, 0, width - window[0]))
    y0 = int(np.clip(middle[1] - window[1] / 2, 0, height - window[1]))
    factor = min(_CELL_PX[0] / window[0], _CELL_PX[1] / window[1])
    size = (max(1, round(window[0] * factor)), max(1, round(window[1] * factor)))
    cut = picture[y0 : y0 + window[1], x0 : x0 + window[0]]
    scaled = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if known:
        scaled = _with_skeleton(scaled, (points - (x0, y0)) * factor, dashed=not is_seen)
    cell = np.full((_CELL_PX[1], _CELL_PX[0], 3), _INK, dtype=np.uint8)
    left, top = (_CELL_PX[0] - size[0]) // 2, (_CELL_PX[1] - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = scaled
    return cell


def _with_skeleton(picture: Picture, points: Points, *, dashed: bool) -> Picture:
    """Return the picture with a skeleton over it; ``points`` (17, 2) in px."""
    import cv2

    drawn = np.ascontiguousarray(picture)
    under = drawn.copy()
    lines = _bones(points)
    for extra in (4, 0):  # a dark outline first, so that the lines stand out from anything
        for first, last, colour in lines:
            ink = _OUTLINE if extra else colour
            for start, end in _dashes(first, last) if dashed else [(first, last)]:
                cv2.line(drawn, _at(start), _at(end), ink, _LINE_PX + extra, cv2.LINE_AA)
        ink = _OUTLINE if extra else TRUNK
        cv2.circle(drawn, _at(points[_NOSE]), _HEAD_PX + extra // 2, ink, cv2.FILLED, cv2.LINE_AA)
    if dashed:
        return np.asarray(cv2.addWeighted(drawn, _FAINT, under, 1 - _FAINT, 0), dtype=np.uint8)
    return drawn


def _bones(points: Points) -> list[tuple[Points, Points, tuple[int, int, int]]]:
    """Return start, end and colour of each line of a skeleton."""
    neck = points[list(SHOULDERS)].mean(axis=0)
    trunk = [SHOULDERS[0], SHOULDERS[1], HIPS[1], HIPS[0], SHOULDERS[0]]
    lines = [(points[a], points[b], TRUNK) for a, b in pairwise(trunk)]
    lines.append((neck, points[_NOSE], TRUNK))
    for side, colour in enumerate((LEFT, RIGHT)):
        for limb in ((SHOULDERS, ELBOWS, WRISTS), (HIPS, KNEES, ANKLES)):
            lines += [(points[a[side]], points[b[side]], colour) for a, b in pairwise(limb)]
    return lines


def _dashes(first: Points, last: Points) -> list[tuple[Points, Points]]:
    """Cut a line into dashes."""
    count = max(1, round(float(np.linalg.norm(last - first)) / _DASH_PX))
    cuts = np.linspace(first, last, count + 1)
    return list(pairwise(cuts))[::2]


def _at(point: Points) -> tuple[int, int]:
    # Far outside the picture is as good as further outside, and OpenCV has 16 bits.
    x, y = np.clip(np.round(point), -10_000, 10_000)
    return int(x), int(y)


def _captioned(cell: Picture, text: str) -> Picture:
    """Return a picture with a line of text under it."""
    import cv2

    band = np.full((_CAPTION_PX, cell.shape[1], 3), _PAPER, dtype=np.uint8)
    font, scale, thick = cv2.FONT_HERSHEY_SIMPLEX, 0.95, 2
    (width, height), _ = cv2.getTextSize(text, font, scale, thick)
    at = ((cell.shape[1] - width) // 2, (_CAPTION_PX + height) // 2)
    cv2.putText(band, text, at, font, scale, _INK, thick, cv2.LINE_AA)
    return np.vstack([cell, band])
