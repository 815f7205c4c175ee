"""Dances in a folder: clips, and key points in ``.npz`` files.

A dance file holds ``keypoints`` (F, 17, 2), the COCO-17 joints in pixels with y downwards, and
``fps`` (Hz). It may hold ``beats_s`` and ``downbeats_s``, the times (s) of the true beats and of
those that begin a bar, and ``genre``, the name of the dance's genre.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.real_beats import CLIP_ENDINGS, MIN_TRUE_BEATS
from d2m.core.errors import DataError
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.media.atomic_write import atomic_write
from d2m.perception.conditioning import Conditioning, condition, known_rhythm
from d2m.perception.dance import Dance
from d2m.pipeline import DanceToMusic

FloatArray = NDArray[np.float64]

DANCE_FILE_ENDING = ".npz"
"""Ending of a dance file."""
DANCE_FPS_RANGE = (5.0, 240.0)
"""Lowest and highest frame rate (Hz) of a dance file. Chosen by hand."""
DANCE_LENGTH_RANGE_S = (2.0, 600.0)
"""Shortest and longest dance (s). Chosen by hand: as short as the segments of D2M-GAN."""
_MAX_UNPACKED_BYTES = 500_000_000  # ten minutes at 240 Hz take 40 MB
_MAX_GENRE = 40  # characters


@dataclass(frozen=True, kw_only=True, eq=False)
class DanceFile:
    """What a dance file holds.

    Parameters
    ----------
    keypoints : (F, 17, 2)
        COCO-17 joints (px), y downwards.
    fps
        Frame rate (Hz).
    beats_s, downbeats_s : (N,), (M,)
        True beats, and those that begin a bar (s); empty if unknown.
    genre
        Name of the genre; empty if unknown.
    """

    keypoints: FloatArray
    fps: float
    beats_s: FloatArray
    downbeats_s: FloatArray
    genre: str = ""

    @property
    def duration_s(self) -> float:
        """Length of the dance (s)."""
        return len(self.keypoints) / self.fps


def find_dances(folder: Path) -> dict[str, Path]:
    """Return the clips and dance files in a folder by their names without ending, sorted.

    Raises
    ------
    DataError
        If the folder does not exist or holds none, or two have the same name.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist: give a folder of dance clips.")
    endings = (*CLIP_ENDINGS, DANCE_FILE_ENDING)
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in endings or not path.is_file():
            continue
        if path.stem in found:
            raise DataError(
                f"{found[path.stem].name} and {path.name} have the same name without their "
                "endings: rename one of them."
            )
        found[path.stem] = path
    if not found:
        raise DataError(
            f"The folder {folder} contains no dances: expected files ending in "
            f"{', '.join(endings)}."
        )
    return found


def write_dance_file(path: Path, dance: DanceFile) -> None:
    """Write a dance file, atomically."""
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            keypoints=dance.keypoints.astype(np.float32),
            fps=np.array(dance.fps),
            beats_s=dance.beats_s,
            downbeats_s=dance.downbeats_s,
            genre=np.array(dance.genre),
        )


def read_dance_file(path: Path) -> DanceFile:
    """Read a dance file.

    Raises
    ------
    DataError
        If it can't be read, or its content is not as the top of this module says.
    """
    arrays = _read_arrays(path)
    points, fps = _number_array(arrays, "keypoints", path), _number_array(arrays, "fps", path)
    if points.ndim != 3 or points.shape[1:] != (17, 2) or not np.isfinite(points).all():
        raise DataError(
            f"The key points in {path.name} have the shape {points.shape} or values that are not "
            "finite: expected (frames, 17, 2), COCO-17 joints in pixels."
        )
    low_hz, high_hz = DANCE_FPS_RANGE
    if fps.size != 1 or not low_hz <= float(fps.squeeze()) <= high_hz:
        raise DataError(f"fps in {path.name} must be one number, {low_hz:g} to {high_hz:g} Hz.")
    rate = float(fps.squeeze())
    low_s, high_s = DANCE_LENGTH_RANGE_S
    if not low_s <= len(points) / rate <= high_s:
        raise DataError(
            f"The dance in {path.name} lasts {len(points) / rate:.1f} s: expected {low_s:g} to "
            f"{high_s:g} s."
        )
    beats_s, downbeats_s = (
        _times(arrays, name, path, len(points) / rate) for name in ("beats_s", "downbeats_s")
    )
    if 0 < len(beats_s) < MIN_TRUE_BEATS:
        raise DataError(f"{path.name} has {len(beats_s)} beats: expected {MIN_TRUE_BEATS} or more.")
    genre = str(arrays["genre"].squeeze()).strip()[:_MAX_GENRE] if "genre" in arrays else ""
    return DanceFile(
        keypoints=points, fps=rate, beats_s=beats_s, downbeats_s=downbeats_s, genre=genre
    )


def read_dance(path: Path, pipeline: DanceToMusic) -> Conditioning:
    """Measure the movement of a clip or a dance file; the beats are estimated from it alone.

    Neither the sound of a clip nor the true beats of a dance file are used, so music that is
    made from the result knows nothing but the movement. The style is the genre of a dance file
    if it is one of `d2m.core.styles.STYLES`, else the one that suits the dance.

    Parameters
    ----------
    path
        The file.
    pipeline
        Analyses clips.

    Raises
    ------
    D2MError
        If the file can't be read, or no dancer is found.
    """
    settings = Settings(beats="dance")
    if path.suffix.lower() != DANCE_FILE_ENDING:
        return pipeline.perceive(path, settings)
    found = read_dance_file(path)
    return with_genre(condition(found.keypoints, found.fps, settings=settings), found.genre)


def with_genre(dance: Conditioning, genre: str) -> Conditioning:
    """Return a dance in the style of a genre, if that is the name of a style."""
    return replace(dance, style=STYLES[genre]) if genre in STYLES else dance


def with_beats(dance: Conditioning, beats_s: FloatArray, downbeats_s: FloatArray) -> Conditioning:
    """Measure the movement of a dance on the grid of other beats (s).

    Parameters
    ----------
    dance
        A dance with key points.
    beats_s, downbeats_s : (N,), (M,)
        At least two ascending beats, and those that begin a bar, perhaps none.
    """
    assert dance.keypoints is not None
    return condition(
        dance.keypoints,
        dance.fps,
        flow=dance.flow if isinstance(dance, Dance) else None,
        duration_s=dance.duration_s,
        rhythm=known_rhythm(beats_s, downbeats_s),
        settings=Settings(),
    )


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > _MAX_UNPACKED_BYTES:
                raise DataError(f"{path.name} is too large for a dance file.")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise DataError(f"The file {path} does not exist.") from error
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path.name} can't be read: expected an .npz file with keypoints and fps."
        ) from error


def _number_array(arrays: dict[str, NDArray[Any]], name: str, path: Path) -> FloatArray:
    found = arrays.get(name)
    if found is None or found.dtype.kind not in "fiu":
        raise DataError(f"{path.name} holds no numbers named {name}: see the docs of compare.")
    return np.asarray(found, dtype=float)


def _times(arrays: dict[str, NDArray[Any]], name: str, path: Path, duration_s: float) -> FloatArray:
    """Return ascending times (s) within a dance; none if there is no such array."""
    if name not in arrays:
        return np.zeros(0)
    times = _number_array(arrays, name, path).ravel()
    if not np.isfinite(times).all() or np.any(np.diff(times) <= 0) or np.any(times < 0):
        raise DataError(f"{name} in {path.name} must be ascending times in seconds from 0.")
    return times[times <= duration_s]
