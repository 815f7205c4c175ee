"""Data sets in the folder layout of the published D2M-GAN data.

A folder (``dataset/`` in the published code) holds three lists per split, ``train`` or ``test``,
with one file per line. All lists name the same segments in the same order::

    aist_audio_train_segment.txt    ./aistplus/audio_s2/train/gBR_sBM_c01_d04_mBR0_ch01_seg1.wav
    aist_motion_train_segment.txt   ./aistplus/motion_s2/train/gBR_..._seg1.npy
    aist_video_train_segment.txt    ./aistplus/video_s2/train/gBR_..._seg1.npy
    train_genre.npy                 (S, 10) one-hot, one row per line of the lists

    tiktok_audio_train_segment.txt  ./tiktok/audio_s2/000007_7_188_seg3.wav
    tiktok_motion_train_segment.txt ./tiktok/motion_s2/000007_7_188_seg3.npy
    tiktok_video_train_segment.txt  ./tiktok/video_s2/000007_7_188_seg3.npy

Paths are relative to the folder of the lists. TikTok lists were also published with absolute
paths on the authors' machine; such a path is read from the part ``tiktok`` on. A segment lasts
two seconds, or another length if the listed files have it. It consists of audio, motion in one
of the shapes of `d2m.models.d2mgan.DATASETS`, and one I3D vector. The genre files were not
published with the lists. Without one, genres are read from AIST's file names.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from d2m.core.errors import DataError, SettingsError
from d2m.core.levels import SAMPLE_RATE, HopLevel
from d2m.core.styles import STYLES
from d2m.models.d2mgan import (
    DATASETS,
    N_GENRES,
    SEGMENT_SECONDS,
    motion_frames,
    segment_codes,
)
from d2m.models.i3d import I3D_FEATURES

DATA_ROOTS = {"aist": "aistplus", "tiktok": "tiktok"}
"""Folder of each data set's segments, next to the lists."""
SPLITS = ("train", "test")
SEGMENT_FILES = ("audio", "motion", "video")
"""The files of a segment, as named in the names of the lists."""
SEGMENT_PEAK = 0.95
"""Peak that the audio of each segment is normalised to (published code)."""
GAIN_RANGE = (0.3, 1.0)
"""Range of the random gains in training (published code)."""
GENRE_CODES = tuple(style.aist_code for style in STYLES.values())
"""Genre codes in AIST's file names, in the order of the one-hot columns."""


class Segment(NamedTuple):
    """A segment, or a batch of segments with a first dimension B.

    Parameters
    ----------
    motion : (frames, values)
        Motion in the layout of the data set.
    visual : (1, 2048)
        I3D vector.
    audio : (N,)
        Audio in [-1, 1], as long as the codes of a segment.
    genre : ()
        Index in the order of `d2m.core.styles.STYLES`; None in data sets without genres.
    """

    motion: Tensor
    visual: Tensor
    audio: Tensor
    genre: Tensor | None


class D2MGANDataset(Dataset[Segment]):
    """The segments of one split, read from their files on access.

    Parameters
    ----------
    folder
        Folder of the lists.
    dataset
        ``"aist"`` or ``"tiktok"``.
    split
        ``"train"`` or ``"test"``.
    level
        Hop level. Audio is cut, or padded with silence, to the length of a segment's codes.
    seconds
        Length of a segment (s).

    Raises
    ------
    SettingsError
        If the data set or the split is unknown.
    DataError
        If a list or a listed file is missing, the lists name different segments, or a genre
        is unknown. The contents of the files are checked on access.
    """

    def __init__(
        self,
        folder: Path,
        dataset: str,
        split: str,
        level: HopLevel,
        seconds: int = SEGMENT_SECONDS,
    ) -> None:
        if dataset not in DATASETS:
            raise SettingsError(f"Unknown data set {dataset!r}: choose {' or '.join(DATASETS)}.")
        if split not in SPLITS:
            raise SettingsError(f"Unknown split {split!r}: choose {' or '.join(SPLITS)}.")
        self.layout = DATASETS[dataset]
        self.n_samples = segment_codes(level, seconds) * level.hop_length
        self._motion_shape = (motion_frames(self.layout, seconds), self.layout.values)
        self._folder = folder
        lists = {kind: f"{dataset}_{kind}_{split}_segment.txt" for kind in SEGMENT_FILES}
        self._files = {
            kind: _read_list(folder, name, DATA_ROOTS[dataset]) for kind, name in lists.items()
        }
        self.names = _common_names(lists, self._files)
        for file in (file for files in self._files.values() for file in files):
            if not (folder / file).is_file():
                raise DataError(f"{file} is listed, but missing in the data folder: add the file.")
        self._genres = _read_genres(folder, split, self.names) if self.layout.genres else None

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self.names)

    def __getitem__(self, index: int) -> Segment:
        """Read a segment.

        Raises
        ------
        DataError
            If a file can't be read, has another shape or sample rate, or holds values that
            are not finite, or no audio.
        """
        motion = _read_values(self._folder, self._files["motion"][index], self._motion_shape)
        visual = _read_values(self._folder, self._files["video"][index], (1, I3D_FEATURES))
        audio = np.zeros(self.n_samples, np.float32)
        recorded = _read_audio(self._folder, self._files["audio"][index])[: self.n_samples]
        audio[: len(recorded)] = recorded
        return Segment(
            motion=torch.from_numpy(motion),
            visual=torch.from_numpy(visual),
            audio=torch.from_numpy(audio),
            genre=None if self._genres is None else torch.tensor(self._genres[index]),
        )


def collate(segments: Sequence[Segment]) -> Segment:
    """Stack segments into a batch; usable as ``collate_fn`` of a data loader."""
    genres = [segment.genre for segment in segments if segment.genre is not None]
    return Segment(
        motion=torch.stack([segment.motion for segment in segments]),
        visual=torch.stack([segment.visual for segment in segments]),
        audio=torch.stack([segment.audio for segment in segments]),
        genre=torch.stack(genres) if genres else None,
    )


def apply_random_gain(audio: Tensor, rng: np.random.Generator) -> Tensor:
    """Multiply each segment of a batch (B, N) by a random gain from `GAIN_RANGE`."""
    gains = torch.from_numpy(rng.uniform(*GAIN_RANGE, size=(len(audio), 1)))
    return audio * gains.to(audio)


def _read_list(folder: Path, name: str, root: str) -> list[PurePosixPath]:
    """Read a list of files, as paths relative to the folder."""
    try:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise DataError(
            f"The list {name} is missing: expected it in the data folder, next to {root}/."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The list {name} can't be read: expected one path per line.") from error
    files = [
        _relative_path(PurePosixPath(line.strip()), name, root) for line in lines if line.strip()
    ]
    if not files:
        raise DataError(f"The list {name} is empty: expected the path of one segment per line.")
    return files


def _relative_path(path: PurePosixPath, name: str, root: str) -> PurePosixPath:
    if path.is_absolute() and root in path.parts:
        path = PurePosixPath(*path.parts[path.parts.index(root) :])
    if path.is_absolute() or ".." in path.parts:
        raise DataError(
            f"The list {name} names {path.name} outside the data folder: "
            f"expected paths such as {root}/audio_s2/NAME."
        )
    return path


def _common_names(lists: dict[str, str], files: dict[str, list[PurePosixPath]]) -> tuple[str, ...]:
    """Return the names of the segments; all lists must have them in the same order."""
    names = {kind: tuple(file.stem for file in files[kind]) for kind in SEGMENT_FILES}
    first = names[SEGMENT_FILES[0]]
    for kind in SEGMENT_FILES[1:]:
        if len(names[kind]) != len(first):
            raise DataError(
                f"{lists[kind]} has {len(names[kind])} segments, {lists[SEGMENT_FILES[0]]} has "
                f"{len(first)}: expected the same segments in the same order."
            )
        for line, (one, other) in enumerate(zip(first, names[kind], strict=True), start=1):
            if one != other:
                raise DataError(
                    f"Segment {line} is {other} in {lists[kind]}, but {one} in "
                    f"{lists[SEGMENT_FILES[0]]}: expected the same segments in the same order."
                )
    return first


def _read_genres(folder: Path, split: str, names: Sequence[str]) -> list[int]:
    """Return the genre index of each segment, from the genre file or, without one, its name."""
    file = PurePosixPath(f"{split}_genre.npy")
    if not (folder / file).is_file():
        return [_genre_from_name(name, file) for name in names]
    one_hot = _read_values(folder, file, (len(names), N_GENRES))
    if not (np.isin(one_hot, (0, 1)).all() and (one_hot.sum(1) == 1).all()):
        raise DataError(f"{file} is not one-hot: expected one 1 and nine 0 in each row.")
    genres = [int(genre) for genre in one_hot.argmax(1)]
    for row, (name, genre) in enumerate(zip(names, genres, strict=True), start=1):
        if name[:1] == "g" and name[1:3] in GENRE_CODES and name[1:3] != GENRE_CODES[genre]:
            raise DataError(
                f"Row {row} of {file} is {GENRE_CODES[genre]}, but segment {row} is {name}: "
                f"use the order of the lists, or remove {file} to read genres from the names."
            )
    return genres


def _genre_from_name(name: str, file: PurePosixPath) -> int:
    code = name[1:3] if name.startswith("g") else ""
    if code not in GENRE_CODES:
        raise DataError(
            f"The genre of {name} is unknown: add {file}, or use names that begin with g and "
            f"one of {', '.join(GENRE_CODES)}."
        )
    return GENRE_CODES.index(code)


def _read_values(folder: Path, file: PurePosixPath, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Read an array and reshape it; axes of length 1 and a split last axis are accepted.

    For example, key points (1, 60, 25, 3) are read as (60, 75).
    """
    try:
        stored = np.load(folder / file, allow_pickle=False)
        values = np.asarray(stored, dtype=np.float32)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise DataError(
            f"{file} can't be read: expected a NumPy file of numbers in shape {shape}."
        ) from error
    axes = [length for length in values.shape if length > 1]
    wanted = [length for length in shape if length > 1]
    if values.size != np.prod(shape) or axes[:1] != wanted[:1]:
        raise DataError(f"{file} has the shape {values.shape}: expected {shape}.")
    if not np.isfinite(values).all():
        raise DataError(f"{file} holds NaN or infinite values: expected finite numbers.")
    return values.reshape(shape)


def _read_audio(folder: Path, file: PurePosixPath) -> NDArray[np.float32]:
    """Read an audio file as mono (N,), normalised to a peak of `SEGMENT_PEAK`."""
    import soundfile

    try:
        audio, rate = soundfile.read(folder / file, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{file} can't be read: expected a WAV file.") from error
    if rate != SAMPLE_RATE:
        raise DataError(
            f"{file} has a sample rate of {rate:,} Hz: resample it to {SAMPLE_RATE:,} Hz."
        )
    mono: NDArray[np.float32] = audio.mean(axis=1)
    if not mono.size or not np.isfinite(mono).all():
        raise DataError(f"{file} holds no valid audio: expected the music of a segment.")
    peak = float(np.abs(mono).max())
    return mono if peak == 0 else mono * np.float32(SEGMENT_PEAK / peak)
