"""Dances with known beats: their data, their projection to 2-D and their re-timing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AnnotatedDance:
    """Motion of one dancer, annotated with the beats of the music.

    Parameters
    ----------
    name
        Name of the motion sequence.
    source
        ``"aist"``, ``"cmu"``, ``"own"`` or ``"procedural"``.
    keypoints : (F, 17, D)
        COCO-17 joints in torso lengths (middle of the shoulders to middle of the hips):
        x right, y down, and z towards the camera where D is 3.
    fps
        Frame rate (Hz).
    beats_s : (N,)
        Beat times (s).
    downbeats_s : (M,)
        Times of the beats that begin a bar (s).
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
    """Project a 3-D dance to 2-D, as seen by a distant camera from an angle.

    Parameters
    ----------
    dance
        A dance with 3-D keypoints.
    yaw_rad
        Rotation (rad) of the dancer about the vertical axis before the orthographic
        projection. A positive angle turns the front of the dancer to the right of the image.

    Raises
    ------
    ValueError
        If the dance is already 2-D.
    """
    if dance.keypoints.shape[-1] != 3:
        raise ValueError("only a 3-D dance can be projected to another view")
    x, y, z = np.moveaxis(dance.keypoints, -1, 0)
    projected = np.stack([x * np.cos(yaw_rad) + z * np.sin(yaw_rad), y], axis=-1)
    return replace(dance, keypoints=projected)


def retime_to_beats(dance: AnnotatedDance, beats_s: FloatArray) -> AnnotatedDance:
    """Re-time a dance so that its k-th beat falls on ``beats_s[k]``.

    Between beats, the time-warp is linear ("Dancing to Music", Lee et al., NeurIPS 2019,
    Sec. 3.1). The result runs from time 0 to one beat length after the last new beat. A dance
    with more beats than needed ends early. A dance with fewer beats plays forwards and
    backwards between its first and last downbeat, which keeps its stops on the beats and the
    motion continuous. The motion before the first and after the last beat is mirrored in time
    in the same way if it is too short.

    Parameters
    ----------
    dance
        A dance with at least two beats.
    beats_s : (N,)
        At least two ascending beat times (s).

    Raises
    ------
    ValueError
        If the dance has fewer than two beats, or if there are fewer than two new beats or
        they do not ascend.
    """
    beats = np.asarray(beats_s, dtype=float)
    if len(dance.beats_s) < 2 or len(beats) < 2 or np.any(np.diff(beats) <= 0):
        raise ValueError("a time-warp needs a dance with two beats and two ascending new beats")
    source_beat = _beat_order(dance, len(beats))
    source_s = dance.beats_s[source_beat]

    times, original_s = _anchors(beats, source_s)
    new_s = np.arange(round(times[-1] * dance.fps)) / dance.fps
    last_s = (len(dance.keypoints) - 1) / dance.fps
    position = np.abs(np.interp(new_s, times, original_s))
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
    """Return anchor times (s) of the result and the matching times (s) of the original dance.

    Besides the beats, there is an anchor at time 0 and one a beat length after the last beat;
    both extrapolate the tempo of the nearest beats.
    """
    lead = beats[0] / (beats[1] - beats[0])
    first = source_s[0] - lead * (source_s[1] - source_s[0])
    times = np.concatenate([[0.0], beats, [2 * beats[-1] - beats[-2]]])
    original_s = np.concatenate([[first], source_s, [2 * source_s[-1] - source_s[-2]]])
    return (times[1:], original_s[1:]) if beats[0] <= 0 else (times, original_s)


def _beat_order(dance: AnnotatedDance, n_beats: int) -> NDArray[np.int64]:
    """Return the index of the original beat for each of ``n_beats`` new beats, (n_beats,)."""
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
    """Interpolate the joints at fractional frames, (len(frame), J, D)."""
    low = np.minimum(frame.astype(int), len(keypoints) - 2)
    share = (frame - low)[:, None, None]
    return np.asarray(keypoints[low] * (1 - share) + keypoints[low + 1] * share)
