"""Cut a recording into segments with the files of the published layout."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_file import read_audio
from d2m.media.clip import read_frames
from d2m.media.clip_limits import ClipLimits, display_name
from d2m.models.d2mgan import DATASETS, motion_frames
from d2m.perception.d2mgan_motion import Motion, cut_segments, pack_aist, tiktok_motion
from d2m.perception.i3d_features import extract_i3d_features, sample_segments
from d2m.perception.rotations import normalise_vectors, rotation_about_axis
from d2m.perception.smpl import JOINTS
from d2m.training.d2mgan.dataset import DATA_ROOTS
from d2m.training.data.pose_files.safe_pickle import read_pickle
from d2m.training.datasets.recordings import Recording

if TYPE_CHECKING:
    from torch import nn

SEGMENT_SLACK_S = 0.1
"""How much of a last segment may be missing (s): it is filled with silence and the last pose.
Chosen by hand: motions and songs of AIST++ differ in length by a few frames."""
FRAME_RATE = 30.0
"""Rate at which videos are read for I3D (Hz); eight frames of each segment are used."""
SEGMENT_ENDINGS = {"audio": "wav", "motion": "npy", "video": "npy"}
"""Endings of the files of a segment."""


def segment_path(dataset: str, kind: str, split: str, name: str, seconds: int) -> Path:
    """Return the path of a segment's file in the folder of the lists.

    Parameters
    ----------
    dataset
        ``"aist"``, which has a folder for each split, or ``"tiktok"``.
    kind
        ``"audio"``, ``"motion"`` or ``"video"``.
    split, name
        The split and the name of the segment.
    seconds
        Length of a segment (s).
    """
    folder = Path(DATA_ROOTS[dataset], f"{kind}_s{seconds}")
    if dataset == "aist":
        folder /= split
    return folder / f"{name}.{SEGMENT_ENDINGS[kind]}"


def written_segments(
    folder: Path, dataset: str, kind: str, recording: Recording, seconds: int
) -> frozenset[int]:
    """Return the numbers of a recording's segments that are on the disk.

    Segments are written from the last to the first, so they are complete if the first is there.
    """
    first = segment_path(dataset, kind, recording.split, f"{recording.name}_seg1", seconds)
    found = {
        int(path.stem.rpartition("_seg")[2])
        for path in (folder / first.parent).glob(f"{recording.name}_seg*{first.suffix}")
    }
    return frozenset(found) if 1 in found else frozenset()


def write_sound_and_motion(folder: Path, dataset: str, recording: Recording, seconds: int) -> None:
    """Write the music and the motion of all whole segments of a recording.

    Raises
    ------
    DataError
        If its motion or its music is missing, damaged, or shorter than a segment.
    AudioError, PoseError, VideoError
        If its video or its music can't be used.
    """
    if recording.music is None:
        raise DataError("It has no music.")
    audio = read_audio(recording.music, SAMPLE_RATE)
    motion = smpl_motion(recording.motion) if dataset == "aist" else body_motion(recording.video)
    layout = DATASETS[dataset]
    length_s = min(len(motion) / layout.fps, len(audio) / SAMPLE_RATE)
    count = int((length_s + SEGMENT_SLACK_S) / seconds)
    if not count:
        raise DataError(f"It lasts only {length_s:.1f} s: a segment has {seconds} s.")
    starts_s = np.arange(count) * float(seconds)
    parts = cut_segments(motion, starts_s, layout.fps, motion_frames(layout, seconds))
    for number in range(count, 0, -1):
        name = f"{recording.name}_seg{number}"
        paths = {
            kind: folder / segment_path(dataset, kind, recording.split, name, seconds)
            for kind in ("audio", "motion")
        }
        _write_sound(paths["audio"], _cut_audio(audio, number - 1, seconds))
        _write_array(paths["motion"], parts[number - 1])


def write_visual(
    folder: Path, dataset: str, recording: Recording, seconds: int, network: nn.Module
) -> None:
    """Write the I3D vectors of the segments of a recording whose motion is written.

    Raises
    ------
    DataError
        If its video is missing.
    VideoError
        If its video can't be read.
    """
    if recording.video is None:
        raise DataError("It has no video.")
    numbers = sorted(written_segments(folder, dataset, "motion", recording, seconds))
    starts_s = (np.array(numbers) - 1) * float(seconds)
    frames = read_frames(recording.video, fps=FRAME_RATE)
    crops = sample_segments(frames, starts_s, float(seconds))
    features = extract_i3d_features(network, crops)
    for number, vector in zip(reversed(numbers), features[::-1], strict=True):
        name = f"{recording.name}_seg{number}"
        path = segment_path(dataset, "video", recording.split, name, seconds)
        _write_array(folder / path, vector[None])


def smpl_motion(path: Path | None) -> Motion:
    """Read a motion of AIST++ as the values that the published networks read.

    Parameters
    ----------
    path
        Pickle file with ``smpl_poses`` (F, 72), ``smpl_trans`` (F, 3), ``smpl_scaling`` (1,).

    Returns
    -------
    (F, 219)
        At 60 Hz, see `d2m.perception.d2mgan_motion.pack_aist`.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds something else.
    """
    if path is None:
        raise DataError("Its motion is missing.")
    stored, name = read_pickle(path), display_name(path)
    poses = _numbers(stored.get("smpl_poses"), 72, name, "smpl_poses")
    places = _numbers(stored.get("smpl_trans"), 3, name, "smpl_trans")
    scaling = np.asarray(stored.get("smpl_scaling", 1.0), dtype=float).reshape(-1)
    if len(poses) != len(places) or scaling.size != 1 or not scaling[0] > 0:
        raise DataError(f"{name} is damaged: its poses, places and scaling don't fit together.")
    vectors = poses.reshape(-1, 3)
    turns = rotation_about_axis(normalise_vectors(vectors), np.linalg.norm(vectors, axis=-1))
    return pack_aist(places / scaling[0], turns.reshape(len(poses), len(JOINTS), 3, 3))


def body_motion(video: Path | None) -> Motion:
    """Track the dancer of a video, and return BODY_25 key points at 30 Hz.

    Returns
    -------
    (G, 75)
        See `d2m.perception.d2mgan_motion.tiktok_motion`.

    Raises
    ------
    DataError, PoseError, VideoError
        If the video is missing, no dancer is in it, or it can't be read.
    """
    from d2m.perception.clip_analysis import analyse_clip

    if video is None:
        raise DataError("Its video is missing.")
    with TemporaryDirectory() as folder:
        found = analyse_clip(video, Path(folder), limits=ClipLimits(), settings=Settings())
        pose, height_px = found.pose, found.clip.height
    return tiktok_motion(pose.landmarks, pose.visibility, pose.fps, height_px=height_px)


def _numbers(values: Any, width: int, name: str, key: str) -> NDArray[np.float64]:
    try:
        table = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        table = np.zeros(0)
    if table.ndim == 3:
        table = table.reshape(len(table), -1)
    if table.ndim != 2 or table.shape[1] != width or not len(table):
        raise DataError(f"{name} holds no {key}: expected (frames, {width}).")
    if not np.isfinite(table).all():
        raise DataError(f"{name} holds NaN or infinite values in {key}: expected finite numbers.")
    return table


def _cut_audio(audio: Audio, index: int, seconds: int) -> Audio:
    """Return a segment of the music, filled with silence at its end."""
    length = seconds * SAMPLE_RATE
    part = np.zeros(length, np.float32)
    found = audio[index * length : (index + 1) * length]
    part[: len(found)] = found
    return part


def _write_array(path: Path, values: NDArray[np.float32]) -> None:
    with atomic_write(path) as part:
        np.save(part, np.asarray(values, np.float32))


def _write_sound(path: Path, audio: Audio) -> None:
    import soundfile

    with atomic_write(path) as part:
        soundfile.write(part, audio, SAMPLE_RATE, subtype="PCM_16")
