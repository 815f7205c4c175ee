"""Warnings about a clip: other people, dark pictures, and a dancer who is small or cut off.

A false warning costs more trust than a missing one. The thresholds are therefore set where
the pose network was measured to fail, not where it starts to get worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from d2m.perception.people import People
from d2m.perception.people_sentence import people_sentence
from d2m.perception.pose import FloatArray, PoseTrack, TimedFrame
from d2m.perception.skeleton import (
    MEDIAPIPE_ANKLES,
    MEDIAPIPE_KNEES,
    MEDIAPIPE_NOSE,
    MEDIAPIPE_TORSO,
    coco17_from_mediapipe,
    torso_length,
)

N_SAMPLES = 8
"""Frames of a clip that are measured for light. Chosen by hand."""

_MOST = 0.6  # share of the frames that counts as most of a clip; chosen by hand
_HIDDEN_VISIBILITY = 0.5  # MediaPipe's visibility (0 to 1) below which a joint is hidden

# Luma (0 to 255) around the dancer, see `measure_brightness`. Measured on darkened clips:
# below the first value no dancer could be tracked, below the second some could not.
_DARK_LUMA, _DIM_LUMA = 22.0, 45.0
_DIM_COVERAGE = 0.9  # share of tracked frames below which dim pictures get a warning, too
_BLOCK_PX = 8  # side of the blocks whose mean luma is taken: averages the noise of dark pictures
_BRIGHT_QUANTILE = 0.95  # of the blocks' luma; chosen by hand

# Body height over the longer side of the picture. Measured: MediaPipe's detector found a body
# of 0.22 in nearly every frame, and one of 0.14 in one frame of thirty.
_SMALL = 0.17

_MIN_ABSENCE_S = 0.5  # shorter absences are not reported; chosen by hand
_MAX_JOINED_GAP_S = 0.3  # absences closer than this are reported as one; chosen by hand
# A dancer who is lost this near to a side of the picture is leaving it (distance of the
# torso's centre, in torso lengths and as a share of the width). Chosen by hand.
_EDGE_TORSOS, _EDGE_SHARE = 0.75, 0.15
_MAX_LISTED = 3  # absences listed with their times; chosen by hand


class FrameSampler:
    """Keep evenly spaced frames of a clip while it is decoded.

    Parameters
    ----------
    expected
        Expected number of frames.
    count
        Number of frames to keep: the middle frame of each of ``count`` equal parts.
    """

    def __init__(self, expected: int, count: int = N_SAMPLES) -> None:
        self._wanted = set(((np.arange(count) + 0.5) / count * expected).astype(int).tolist())
        self._kept: list[TimedFrame] = []

    def pass_through(self, frames: Iterable[TimedFrame]) -> Iterator[TimedFrame]:
        """Yield frames unchanged, and keep copies of the chosen ones."""
        for index, (time, frame) in enumerate(frames):
            if index in self._wanted:
                self._kept.append((time, frame.copy()))
            yield time, frame

    def result(self) -> list[TimedFrame]:
        """Return the frames kept so far, in order."""
        return list(self._kept)


def find_clip_warnings(
    samples: Sequence[TimedFrame], pose: PoseTrack, people: People | None = None
) -> list[str]:
    """Find conditions in a clip that may make its music fit the dance less well.

    Parameters
    ----------
    samples
        About `N_SAMPLES` evenly spaced ``(time_s, frame)``, each frame (H, W, 3) RGB.
    pose
        The dancer who is followed.
    people
        All people of the clip; by default there is nobody but the dancer.

    Returns
    -------
    list of str
        One sentence for each condition, the most important first; often empty.
    """
    if not samples or not pose.found.any():
        return []
    height, width = samples[0][1].shape[:2]
    aspect, people = width / height, people or People()
    sentences = (
        people_sentence(people),
        _loss_sentence(find_losses(pose))
        if people.count > 1
        else _absence_sentence(find_absences(pose, aspect)),
        _darkness_sentence(samples, pose),
        _small_sentence(pose, aspect),
        _cut_off_sentence(pose),
    )
    return [sentence for sentence in sentences if sentence]


def find_losses(pose: PoseTrack) -> list[tuple[float, float]]:
    """Find the times at which the dancer is not seen, for whatever reason.

    Parameters
    ----------
    pose
        The dancer who is followed.

    Returns
    -------
    list of (float, float)
        Start and end (s) of each time of at least half a second, in order.
    """
    return _joined_times(~pose.found, pose.fps)


def _loss_sentence(times: list[tuple[float, float]]) -> str:
    if not times:
        return ""
    return (
        f"The dancer is hidden or out of the picture {_listed(times)}: the music follows only "
        "what is visible."
    )


def find_absences(pose: PoseTrack, aspect: float) -> list[tuple[float, float]]:
    """Find the times at which the dancer is outside the picture, to its left or right.

    The dancer is outside where the torso's centre lies beyond a side of the picture, and
    where tracking fails next to a frame with the torso near a side.

    Parameters
    ----------
    pose
        The tracked dancer.
    aspect
        Width of the picture over its height.

    Returns
    -------
    list of (float, float)
        Start and end (s) of each absence, in order.
    """
    if not pose.found.any():
        return []
    centre = pose.landmarks[:, MEDIAPIPE_TORSO, 0].mean(axis=1)
    torsos = torso_length(coco17_from_mediapipe(pose.landmarks[pose.found])[..., :2])
    edge = min(_EDGE_TORSOS * float(np.median(torsos)), _EDGE_SHARE * aspect)
    near = np.minimum(centre, aspect - centre) < edge
    away = pose.found & ((centre < 0) | (centre > aspect))
    for first, last in _runs(~pose.found):
        neighbours = [frame for frame in (first - 1, last) if 0 <= frame < len(near)]
        away[first:last] = bool(near[neighbours].any())
    return _joined_times(away, pose.fps)


def _joined_times(away: NDArray[np.bool_], fps: float) -> list[tuple[float, float]]:
    """Return start and end (s) of each long run of True in ``away`` (F,)."""
    joined: list[tuple[float, float]] = []
    for first, last in _runs(away):
        start, end = first / fps, last / fps
        if joined and start - joined[-1][1] < _MAX_JOINED_GAP_S:
            start = joined.pop()[0]
        joined.append((start, end))
    return [(start, end) for start, end in joined if end - start >= _MIN_ABSENCE_S]


def _absence_sentence(times: list[tuple[float, float]]) -> str:
    if not times:
        return ""
    when = _listed(times)
    return f"The dancer is out of the picture {when}: the music follows only what is visible."


def _listed(times: list[tuple[float, float]]) -> str:
    """Return times (s) in words."""
    spans = [f"from {start:.1f} to {end:.1f} s" for start, end in times[:_MAX_LISTED]]
    if len(times) > _MAX_LISTED:
        spans.append(f"at {len(times) - _MAX_LISTED} other times")
    return spans[0] if len(spans) == 1 else f"{', '.join(spans[:-1])} and {spans[-1]}"


def _darkness_sentence(samples: Sequence[TimedFrame], pose: PoseTrack) -> str:
    luma = measure_brightness(samples, pose)
    if luma >= (_DARK_LUMA if pose.coverage >= _DIM_COVERAGE else _DIM_LUMA):
        return ""
    return (
        f"The picture is very dark around the dancer (brightness {luma / 255:.0%}): movements "
        "may be missed, so more light would help."
    )


def measure_brightness(samples: Sequence[TimedFrame], pose: PoseTrack) -> float:
    """Measure the luma of the brightest parts of the picture around the dancer.

    Parameters
    ----------
    samples
        At least one ``(time_s, frame)``, each frame (H, W, 3) RGB.
    pose
        The tracked dancer. Frames without a dancer are measured as a whole.

    Returns
    -------
    float
        Median over the frames of the 95th percentile of BT.601 luma, 0 to 255.
    """
    levels: list[float] = []
    for time, frame in samples:
        luma = _block_luma(frame)
        index = min(len(pose.found) - 1, round(time * pose.fps))
        if index >= 0 and pose.found[index]:
            cells = pose.landmarks[index, :, :2] * frame.shape[0] / _BLOCK_PX
            x0, y0 = np.maximum(cells.min(axis=0).astype(int) - 1, 0)
            x1, y1 = np.maximum(cells.max(axis=0).astype(int) + 2, 0)
            around = luma[y0:y1, x0:x1]
            luma = around if around.size else luma
        levels.append(float(np.quantile(luma, _BRIGHT_QUANTILE)))
    return float(np.median(levels))


def _block_luma(frame: NDArray[np.uint8]) -> FloatArray:
    """Return the mean BT.601 luma (0 to 255) of blocks of `_BLOCK_PX` px."""
    luma = np.asarray(frame @ np.array([0.299, 0.587, 0.114]))
    if min(luma.shape) < _BLOCK_PX:
        return luma
    rows, columns = (side // _BLOCK_PX for side in luma.shape)
    whole = luma[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    return np.asarray(whole.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).mean(axis=(1, 3)))


def _small_sentence(pose: PoseTrack, aspect: float) -> str:
    y = pose.landmarks[pose.found, :, 1]
    body = float(np.median(np.ptp(y, axis=1)))
    if body / max(1.0, aspect) >= _SMALL:
        return ""
    return (
        f"The dancer is small in the picture ({body:.0%} of its height): a closer clip would be "
        "tracked better."
    )


def _cut_off_sentence(pose: PoseTrack) -> str:
    y, visibility = pose.landmarks[pose.found, :, 1], pose.visibility[pose.found]

    def below(joints: tuple[int, int]) -> bool:
        hidden = visibility[:, joints].max(axis=1) < _HIDDEN_VISIBILITY
        return bool(((y[:, joints].min(axis=1) > 1) & hidden).mean() > _MOST)

    if (y[:, MEDIAPIPE_NOSE] < 0).mean() > _MOST:
        return "The dancer's head is above the picture for most of the clip."
    if below(MEDIAPIPE_ANKLES):
        part = "legs are" if below(MEDIAPIPE_KNEES) else "feet are"
        return f"The dancer's {part} below the picture for most of the clip: steps are not visible."
    return ""


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first index, and the last plus one, of each run of True in flags (F,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
