"""What people should know of a clip before its music: who is followed, what is not seen.

A wrong warning costs more trust than a missing one, so the thresholds lie where the pose
network was measured to suffer, not where it begins to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from d2m.perception.other_people import MAX_OTHERS, OtherPeople, find_other_people
from d2m.perception.pose import FloatArray, PoseTrack, TimedFrame
from d2m.perception.skeleton import coco17_from_mediapipe, torso_length

N_SAMPLES = 8
_TORSO = (11, 12, 23, 24)
_NOSE, _KNEES, _ANKLES = 0, (25, 26), (27, 28)
_MOST = 0.6
"""Share of the frames that counts as most of a clip."""
_UNSEEN = 0.5
"""Visibility of a joint below which the network itself takes it for hidden."""

_DARK, _DIM = 22.0, 45.0
"""Luma, 0 to 255, of the brightest blocks around the dancer (95th percentile): below the
first no darkened clip could be followed any more; below the second some could not."""
_DIM_COVERAGE = 0.9
_BLOCK = 8  # px; the mean of a block is free of the noise of dark pictures

_SMALL = 0.17
"""Height of the body against the picture's longer side. The detector found a body of 0.22
in nearly every frame, and one of 0.14 in one frame of thirty."""

_AWAY_S, _JOINED_S = 0.5, 0.3
_NEAR_TORSOS, _NEAR_SHARE = 0.75, 0.15
"""Dancers whose middle is so near a side of the picture (torso lengths, and share of its width)
when they are lost are leaving it."""
_MOST_TIMES = 3


class FrameSampler:
    """Keeps some frames of those that pass by, from all along a clip.

    Parameters
    ----------
    expected
        How many frames will come.
    count
        How many to keep; the clip is cut in so many parts, and each gives its middle one.
    """

    def __init__(self, expected: int, count: int = N_SAMPLES) -> None:
        self._wanted = set(((np.arange(count) + 0.5) / count * expected).astype(int).tolist())
        self._kept: list[TimedFrame] = []

    def pass_through(self, frames: Iterable[TimedFrame]) -> Iterator[TimedFrame]:
        """Yield the frames as they come, and keep some."""
        for index, (time, frame) in enumerate(frames):
            if index in self._wanted:
                self._kept.append((time, frame.copy()))
            yield time, frame

    def result(self) -> list[TimedFrame]:
        """Return what was kept so far."""
        return list(self._kept)


def find_clip_warnings(samples: Sequence[TimedFrame], pose: PoseTrack) -> list[str]:
    """Say what of a clip may make its music fit the dance less well.

    Parameters
    ----------
    samples
        ``(time_s, picture)`` from all along the clip, each picture (H, W, 3) RGB; about
        :data:`N_SAMPLES` of them.
    pose
        The dancer who was followed.

    Returns
    -------
    list of str
        Sentences, the weightiest first; empty when there is nothing to say.
    """
    if not samples or not pose.found.any():
        return []
    height, width = samples[0][1].shape[:2]
    aspect = width / height
    said = (
        _company_sentence(find_other_people(samples, pose)),
        _away_sentence(find_absences(pose, aspect)),
        _dark_sentence(samples, pose),
        _small_sentence(pose, aspect),
        _cut_sentence(pose),
    )
    return [sentence for sentence in said if sentence]


def _company_sentence(company: OtherPeople | None) -> str:
    if company is None:
        return ""
    if company.others == 1:
        who = "Another person is in the picture"
    else:
        more = " or more" if company.others >= MAX_OTHERS else ""
        who = f"{company.others}{more} other people are in the picture"
    nearest = ", who is the nearest" if company.is_nearest else ""
    where = "in the middle" if company.place == "middle" else f"on the {company.place}"
    return f"{who}: the music follows the one {where}{nearest}."


def find_absences(pose: PoseTrack, aspect: float) -> list[tuple[float, float]]:
    """Return when the dancer is beside the picture.

    Either the middle of the body is beyond a side, or the dancer is lost, and was near a
    side just before or is just after.

    Parameters
    ----------
    pose
        The dancer.
    aspect
        Width of the picture over its height.

    Returns
    -------
    list of (float, float)
        From when to when (s), in order.
    """
    if not pose.found.any():
        return []
    middle = pose.landmarks[:, _TORSO, 0].mean(axis=1)
    torsos = torso_length(coco17_from_mediapipe(pose.landmarks[pose.found])[..., :2])
    reach = min(_NEAR_TORSOS * float(np.median(torsos)), _NEAR_SHARE * aspect)
    near = np.minimum(middle, aspect - middle) < reach
    away = pose.found & ((middle < 0) | (middle > aspect))
    for first, last in _runs(~pose.found):
        beside = [frame for frame in (first - 1, last) if 0 <= frame < len(near)]
        away[first:last] = bool(near[beside].any())
    joined: list[tuple[float, float]] = []
    for first, last in _runs(away):
        start, end = first / pose.fps, last / pose.fps
        if joined and start - joined[-1][1] < _JOINED_S:
            start = joined.pop()[0]
        joined.append((start, end))
    return [(start, end) for start, end in joined if end - start >= _AWAY_S]


def _away_sentence(times: list[tuple[float, float]]) -> str:
    if not times:
        return ""
    spans = [f"from {start:.1f} to {end:.1f} s" for start, end in times[:_MOST_TIMES]]
    if len(times) > _MOST_TIMES:
        spans.append(f"at {len(times) - _MOST_TIMES} other times")
    listed = spans[0] if len(spans) == 1 else f"{', '.join(spans[:-1])} and {spans[-1]}"
    return f"The dancer is out of the picture {listed}: the music goes on from what is seen."


def _dark_sentence(samples: Sequence[TimedFrame], pose: PoseTrack) -> str:
    luma = measure_brightness(samples, pose)
    if luma >= (_DARK if pose.coverage >= _DIM_COVERAGE else _DIM):
        return ""
    return (
        f"The picture is very dark around the dancer (brightness {luma / 255:.0%}): movements "
        "may be missed, so more light would help."
    )


def measure_brightness(samples: Sequence[TimedFrame], pose: PoseTrack) -> float:
    """Measure how bright the brightest places around the dancer are.

    Parameters
    ----------
    samples
        ``(time_s, picture)``, each picture (H, W, 3) RGB, at least one.
    pose
        The dancer; pictures in which nobody was found are measured as a whole.

    Returns
    -------
    float
        Median over the pictures of the 95th percentile of luma, 0 to 255.
    """
    levels: list[float] = []
    for time, picture in samples:
        luma = _blocks(picture)
        index = min(len(pose.found) - 1, round(time * pose.fps))
        if index >= 0 and pose.found[index]:
            cells = pose.landmarks[index, :, :2] * picture.shape[0] / _BLOCK
            x0, y0 = np.maximum(cells.min(axis=0).astype(int) - 1, 0)
            x1, y1 = np.maximum(cells.max(axis=0).astype(int) + 2, 0)
            around = luma[y0:y1, x0:x1]
            luma = around if around.size else luma
        levels.append(float(np.quantile(luma, 0.95)))
    return float(np.median(levels))


def _blocks(picture: NDArray[np.uint8]) -> FloatArray:
    """Return the mean luma (BT.601) of blocks of a picture."""
    luma = np.asarray(picture @ np.array([0.299, 0.587, 0.114]))
    if min(luma.shape) < _BLOCK:
        return luma
    height, width = (side // _BLOCK * _BLOCK for side in luma.shape)
    cells = luma[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    return np.asarray(cells.mean(axis=(1, 3)))


def _small_sentence(pose: PoseTrack, aspect: float) -> str:
    seen = pose.landmarks[pose.found, :, 1]
    body = float(np.median(np.ptp(seen, axis=1)))
    if body / max(1.0, aspect) >= _SMALL:
        return ""
    return (
        f"The dancer is small in the picture ({body:.0%} of its height): a closer clip would be "
        "followed better."
    )


def _cut_sentence(pose: PoseTrack) -> str:
    y, visibility = pose.landmarks[pose.found, :, 1], pose.visibility[pose.found]

    def below(joints: tuple[int, int]) -> bool:
        out = (y[:, joints].min(axis=1) > 1) & (visibility[:, joints].max(axis=1) < _UNSEEN)
        return bool(out.mean() > _MOST)

    if (y[:, _NOSE] < 0).mean() > _MOST:
        return "The dancer's head is above the picture for most of the clip."
    if below(_ANKLES):
        part = "legs are" if below(_KNEES) else "feet are"
        return f"The dancer's {part} below the picture for most of the clip: steps are not seen."
    return ""


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and one past the last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
