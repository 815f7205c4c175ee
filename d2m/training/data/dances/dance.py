"""A dance: joints over time with the beats it is danced to; seen from an angle, or re-timed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AnnotatedDance:
    """Motion of one dancer and the beats it belongs to.

    Parameters
    ----------
    name
        Name of the take.
    source
        ``"aist"``, ``"cmu"`` or ``"procedural"``.
    keypoints : (F, 17, D)
        COCO-17 joints in torso lengths (middle of the shoulders to middle of the hips):
        x right, y down, and z towards the camera where D is 3.
    fps
        Frames a second.
    beats_s : (N,)
        Beat times (s).
    downbeats_s : (M,)
        Those beats that begin a bar (s).
    """

    name: str
    source: str
    keypoints: FloatArray
    fps: float
    beats_s: FloatArray
    downbeats_s: FloatArray

    @property
    def duration_s(self) -> float:
        """Length of the dance (s)."""
        return len(self.keypoints) / self.fps


def view(dance: AnnotatedDance, yaw_rad: float) -> AnnotatedDance:
    """Return the 2-D dance that a distant camera sees from an angle.

    Parameters
    ----------
    dance
        A dance with 3-D keypoints.
    yaw_rad
        Angle (rad) by which the dancer is turned about the vertical axis; positive turns
        what faces the camera to the right of the image.

    Raises
    ------
    ValueError
        If the dance is flat already.
    """
    if dance.keypoints.shape[-1] != 3:
        raise ValueError("only a 3-D dance can be seen from another angle")
    x, y, z = np.moveaxis(dance.keypoints, -1, 0)
    seen = np.stack([x * np.cos(yaw_rad) + z * np.sin(yaw_rad), y], axis=-1)
    return replace(dance, keypoints=seen)


def warp_to_beats(dance: AnnotatedDance, beats_s: FloatArray) -> AnnotatedDance:
    """Re-time a dance so that its k-th beat falls on ``beats_s[k]``.

    Between beats the time-warp is linear ("Dancing to Music", Lee et al., NeurIPS 2019,
    Sec. 3.1). The result runs from time 0 to one beat length after the last new beat; a
    dance with more beats ends early. A dance with fewer runs back and forth between its
    first and last downbeat (a reversed bar still stops on its beats, and nothing jumps).
    Where a lead-in or an end is longer than the dance's own, it is mirrored likewise.

    Parameters
    ----------
    dance
        A dance with at least two beats.
    beats_s : (N,)
        At least two ascending beat times (s).

    Raises
    ------
    ValueError
        If the dance or the new beats have fewer than two beats, or those don't ascend.
    """
    beats = np.asarray(beats_s, dtype=float)
    if len(dance.beats_s) < 2 or len(beats) < 2 or np.any(np.diff(beats) <= 0):
        raise ValueError("a warp needs a dance with two beats and two ascending new beats")
    source_beat = _beat_order(dance, len(beats))
    source_s = dance.beats_s[source_beat]

    times, wanted = _anchors(beats, source_s)
    new_s = np.arange(round(times[-1] * dance.fps)) / dance.fps
    last_s = (len(dance.keypoints) - 1) / dance.fps
    position = np.abs(np.interp(new_s, times, wanted))
    position = last_s - np.abs(last_s - position)
    keypoints = _frames_at(dance.keypoints, np.clip(position, 0, last_s) * dance.fps)

    is_downbeat = np.isclose(dance.beats_s[:, None], dance.downbeats_s[None, :]).any(axis=1)
    return replace(
        dance,
        keypoints=keypoints,
        beats_s=beats,
        downbeats_s=beats[is_downbeat[source_beat]],
    )


def _anchors(beats: FloatArray, source_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return new times and the times of the dance they show, from 0 to past the last beat.

    One more beat at either end, at the tempo of its neighbour, carries lead-in and tail.
    """
    lead = beats[0] / (beats[1] - beats[0])
    first = source_s[0] - lead * (source_s[1] - source_s[0])
    times = np.concatenate([[0.0], beats, [2 * beats[-1] - beats[-2]]])
    wanted = np.concatenate([[first], source_s, [2 * source_s[-1] - source_s[-2]]])
    return (times[1:], wanted[1:]) if beats[0] <= 0 else (times, wanted)


def _beat_order(dance: AnnotatedDance, n_beats: int) -> NDArray[np.int64]:
    """Return which beat of the dance each of ``n_beats`` new beats shows, (n_beats,)."""
    order = np.arange(n_beats)
    if n_beats <= len(dance.beats_s):
        return order
    downbeats = np.searchsorted(dance.beats_s, dance.downbeats_s - 1e-6)
    first, last = 0, len(dance.beats_s) - 1
    if len(downbeats) > 1:
        first, last = int(downbeats[0]), int(downbeats[-1])
    folded = np.abs((order - last) % (2 * (last - first)) - (last - first)) + first
    return np.asarray(np.where(order <= last, order, folded))


def _frames_at(keypoints: FloatArray, frame: FloatArray) -> FloatArray:
    """Return the joints at fractional frames, (len(frame), J, D)."""
    low = np.minimum(frame.astype(int), len(keypoints) - 2)
    share = (frame - low)[:, None, None]
    return np.asarray(keypoints[low] * (1 - share) + keypoints[low + 1] * share)
