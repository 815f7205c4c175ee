"""A strip of frames of a clip with the tracked skeleton drawn over each.

It shows, before any music is generated, whether the right person is tracked and whether arms
and legs are found. The colours are those of Okabe and Ito (Color Universal Design, 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import VideoError
from d2m.core.person_areas import PersonArea
from d2m.media.clip import sample_frames
from d2m.perception.people import People
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
from d2m.rendering.drawing import Image
from d2m.rendering.person_boxes import draw_person_boxes
from d2m.rendering.strip_layout import GAP_PX, View, cell_size, layout_of_all

Points = NDArray[np.float64]

LEFT, RIGHT, TRUNK = (230, 159, 0), (86, 180, 233), (240, 228, 66)
"""Colours of the dancer's left, right and trunk (RGB): orange, sky blue and yellow."""
# Colours of text, background and outlines (RGB).
_INK, _PAPER, _OUTLINE = (34, 34, 34), (255, 255, 255), (0, 0, 0)
# Size of a frame in a strip of six (width, height), and height of its caption (px). They make a
# strip of about 1200 x 250 px.
_CELL_PX, _CAPTION_PX = cell_size(6), 36
# Width of the lines, length of a dash and radius of the head (px). Chosen by eye.
_LINE_PX, _DASH_PX, _HEAD_PX = 5, 8, 8
# Opacity of an interpolated skeleton. Chosen by eye.
_FAINT = 0.55
# Height of the window around the body, in body heights: the least, and that of a small body
# in a large frame. Chosen by eye.
_MIN_WINDOW, _WINDOW = 1.15, 1.6
# Of 100. Chosen by eye.
_JPEG_QUALITY = 88
# Index of the nose among the 17 joints of COCO.
_NOSE = 0
# OpenCV's coordinates have 16 bits; points farther outside of the frame than this (px) are
# moved closer.
_MAX_COORDINATE_PX = 10_000


@dataclass(frozen=True, kw_only=True)
class PoseStrip:
    """What a strip shows.

    Parameters
    ----------
    text
        A description in words and numbers, for people who can't see it.
    areas
        Where each person is in each frame (px of the strip); none where there is only one.
    """

    text: str
    areas: tuple[PersonArea, ...] = ()


def draw_pose_strip(
    path: Path, video: Path, pose: PoseTrack, people: People | None = None, *, frames: int = 6
) -> PoseStrip:
    """Draw evenly spaced frames of a clip side by side, with the tracked skeleton over each.

    The dancer's left is orange, the right blue and the trunk yellow. Interpolated poses are
    dashed and faint. Where there are several people, each has a box with a number, and the
    frames are as many and as wide as lets them appear largest.

    Parameters
    ----------
    path
        The image to write; its suffix, ``.jpg`` or ``.png``, gives the format.
    video
        The normalised clip.
    pose
        The dancer's pose in it.
    people
        The people in it.
    frames
        Number of frames; of several people, at most as many.

    Returns
    -------
    PoseStrip
        What it shows.

    Raises
    ------
    VideoError
        If the clip can't be decoded.
    """
    import cv2

    samples = sample_frames(video, count=frames)
    if not samples:
        raise VideoError("No frame of the clip can be decoded: save it again as MP4.")
    group = people if people is not None and people.count > 1 else People()
    joints = coco17_from_mediapipe(pose.landmarks[..., :2])
    size, part = _CELL_PX, None
    if group.count:
        boxes = np.concatenate([group.boxes_at(time) for time, _ in samples])
        columns, part = layout_of_all(samples[0][1], boxes, frames)
        samples = [samples[int((i + 0.5) / columns * len(samples))] for i in range(columns)]
        size = cell_size(columns)
    window = _window_size(samples[0][1], joints[pose.found])
    cells, areas, n_seen = [], [], 0
    for number, (time, frame) in enumerate(samples):
        index = min(len(joints) - 1, round(time * pose.fps))
        points = joints[index] * frame.shape[0] if index >= 0 else np.full((17, 2), np.nan)
        is_seen = index >= 0 and bool(pose.found[index])
        n_seen += is_seen
        view = View(part=part or _part_around(frame, points, window), cell=size)
        picture = view.cut(frame)
        if np.isfinite(points).all():
            picture = _draw_skeleton(picture, view.to_picture(points), dashed=not is_seen)
        picture, marked = draw_person_boxes(
            picture, view.to_picture(group.boxes_at(time) * frame.shape[0]), group.followed
        )
        cells.append(_add_caption(view.in_cell(picture, _INK), f"{time:.1f} s"))
        left = number * (size[0] + GAP_PX)
        areas += [area.moved(left + view.offset[0], view.offset[1]) for area in marked]
    gap = np.full((cells[0].shape[0], GAP_PX, 3), _PAPER, dtype=np.uint8)
    strip = np.hstack([part for cell in cells for part in (gap, cell)][1:])
    _, data = cv2.imencode(path.suffix, strip[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    path.write_bytes(data.tobytes())
    text = (
        f"{len(samples)} frames of the clip, from {samples[0][0]:.1f} to {samples[-1][0]:.1f} s,"
        f" with the tracked skeleton: the dancer is seen in {n_seen} of them and in"
        f" {pose.coverage:.0%} of the clip.{_describe(group)}"
    )
    return PoseStrip(text=text, areas=tuple(areas))


def _describe(group: People) -> str:
    """Describe the boxes in words; nothing where there is only one person."""
    if not group.count:
        return ""
    whom = "all of them" if len(group.followed) > 1 else f"number {group.followed[0]}"
    return f" Each of the {group.count} people has a box with a number: the music follows {whom}."


def _window_size(frame: Image, joints: Points) -> tuple[int, int]:
    """Return the (width, height) of the part of each frame that is shown (px).

    Parameters
    ----------
    frame : (H, W, 3)
        A frame of the clip.
    joints : (F, 17, 2)
        Joints in frame heights. Where the body leaves little room in the frame, that room is
        shown with it; of a frame much larger than the body, only a part is shown.
    """
    height, width = frame.shape[:2]
    shape = _CELL_PX[0] / _CELL_PX[1]
    body = float(np.quantile(np.ptp(joints[..., 1], axis=1), 0.9)) if len(joints) else 1.0
    whole = min(height, width / shape)
    shown = min(height, round(height * body * _MIN_WINDOW))
    shown = max(shown, round(min(whole, height * body * _WINDOW)))
    return min(width, round(shown * shape)), shown


def _part_around(
    frame: Image, points: Points, window: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the left, top, width and height (px) of the window around the dancer."""
    height, width = frame.shape[:2]
    is_known = bool(np.isfinite(points).all())
    middle = (points.min(axis=0) + points.max(axis=0)) / 2 if is_known else (width / 2, height / 2)
    x0 = int(np.clip(middle[0] - window[0] / 2, 0, width - window[0]))
    y0 = int(np.clip(middle[1] - window[1] / 2, 0, height - window[1]))
    return x0, y0, *window


def _draw_skeleton(frame: Image, points: Points, *, dashed: bool) -> Image:
    """Return a frame with a skeleton over it; ``points`` (17, 2) in px."""
    import cv2

    drawn = np.ascontiguousarray(frame)
    under = drawn.copy()
    lines = _bones(points)
    for extra in (4, 0):  # a dark outline first, so that the lines stand out from any frame
        for first, last, colour in lines:
            ink = _OUTLINE if extra else colour
            for start, end in _dashes(first, last) if dashed else [(first, last)]:
                cv2.line(drawn, _pixel(start), _pixel(end), ink, _LINE_PX + extra, cv2.LINE_AA)
        ink = _OUTLINE if extra else TRUNK
        centre, radius = _pixel(points[_NOSE]), _HEAD_PX + extra // 2
        cv2.circle(drawn, centre, radius, ink, cv2.FILLED, cv2.LINE_AA)
    if dashed:
        return np.asarray(cv2.addWeighted(drawn, _FAINT, under, 1 - _FAINT, 0), dtype=np.uint8)
    return drawn


def _bones(points: Points) -> list[tuple[Points, Points, tuple[int, int, int]]]:
    """Return the start, the end and the colour of each line of a skeleton."""
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


def _pixel(point: Points) -> tuple[int, int]:
    """Return the pixel of a point."""
    x, y = np.clip(np.round(point), -_MAX_COORDINATE_PX, _MAX_COORDINATE_PX)
    return int(x), int(y)


def _add_caption(cell: Image, text: str) -> Image:
    """Return an image with a line of text below it."""
    import cv2

    band = np.full((_CAPTION_PX, cell.shape[1], 3), _PAPER, dtype=np.uint8)
    font, scale, thick = cv2.FONT_HERSHEY_SIMPLEX, 0.95, 2
    (width, height), _ = cv2.getTextSize(text, font, scale, thick)
    at = ((cell.shape[1] - width) // 2, (_CAPTION_PX + height) // 2)
    cv2.putText(band, text, at, font, scale, _INK, thick, cv2.LINE_AA)
    return np.vstack([cell, band])
