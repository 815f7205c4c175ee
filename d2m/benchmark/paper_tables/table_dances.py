"""The dances of the tables: this project's own, or those of a folder in the published layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.audio.waveform import Audio, mono_at
from d2m.benchmark.paper_tables.segment_scores import joined_audio
from d2m.benchmark.unseen_pieces import FIRST_NUMBER, OTHER_SONG_SEED
from d2m.core.levels import HIGH, STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.generation.studio import StudioModel
from d2m.models.d2mgan import DATASETS, SEGMENT_SECONDS
from d2m.perception.conditioning import Conditioning, condition
from d2m.perception.smpl import JOINTS
from d2m.training.d2mgan.dataset import GENRE_CODES, D2MGANDataset
from d2m.training.data.composed_pieces import ComposedPiece
from d2m.training.data.pose_files.aist_pickles import smpl_joints
from d2m.training.data.pose_files.layouts import motion_from_array

FloatArray = NDArray[np.float64]

OWN = "own"
"""Name of this project's own dances, as a data set."""
_NUMBERED = re.compile(r"(.*)_seg(\d+)")
_ROOT_VALUES = 3  # root translation before the rotations of AIST++


@dataclass(frozen=True, kw_only=True, eq=False)
class TableDance:
    """A dance with its own music.

    Parameters
    ----------
    name
        Its name.
    conditioning
        What systems read of it.
    genre
        Name of its genre; empty if it has none.
    original : (N,)
        Its own music, mono at 22,050 Hz.
    seed
        Seed of the music that is made for it.
    segments
        Places of its segments in the test split of the data; empty for own dances.
    """

    name: str
    conditioning: Conditioning
    genre: str
    original: Audio
    seed: int
    segments: tuple[int, ...] = ()


def own_table_dances(count: int, first: int = FIRST_NUMBER) -> Iterator[TableDance]:
    """Yield this project's held-out dances with the studio version of their music.

    Their seeds are others than that of the studio version, so that no system makes the same song.

    Parameters
    ----------
    count, first
        Number of dances, and the number of the first.
    """
    model = StudioModel.from_pretrained()
    for number in tqdm(range(first, first + count), desc="own dances", unit="dance", disable=None):
        piece = ComposedPiece(number=number, held_out=True)
        dance = piece.dance()
        music = model.generate(dance, seed=piece.seed)
        yield TableDance(
            name=f"piece {number} ({piece.style})",
            conditioning=dance,
            genre=piece.style,
            original=mono_at(music.audio, STUDIO_SAMPLE_RATE),
            seed=piece.seed + OTHER_SONG_SEED,
        )


def folder_table_dances(folder: Path, dataset: str, count: int) -> Iterator[TableDance]:
    """Yield the dances of the test split of a folder in the published layout.

    Segments whose names end in ``_seg1``, ``_seg2`` and so on are put together again as far as
    the numbers follow each other. Beats are estimated from the movement.

    Parameters
    ----------
    folder
        Folder of the lists.
    dataset
        ``"aist"`` or ``"tiktok"``.
    count
        Most dances.

    Raises
    ------
    DataError
        If a file is missing or damaged.
    """
    data = D2MGANDataset(folder, dataset, "test", HIGH)
    for number, (name, places) in enumerate(joined_segments(data.names)[:count]):
        segments = [data[place] for place in places]
        motion = np.concatenate([one.motion.numpy() for one in segments]).astype(float)
        keypoints, fps = table_keypoints(name, motion, dataset)
        conditioning = condition(keypoints, fps, settings=Settings())
        sounds = np.stack([one.audio.numpy() for one in segments])
        genre = genre_of_segment(name)
        if genre:
            conditioning = replace(conditioning, style=STYLES[genre])
        yield TableDance(
            name=name,
            conditioning=conditioning,
            genre=genre,
            original=joined_audio(sounds, SEGMENT_SECONDS),
            seed=number,
            segments=tuple(places),
        )


def joined_segments(names: tuple[str, ...]) -> list[tuple[str, list[int]]]:
    """Return the runs of consecutive segments of each dance.

    Parameters
    ----------
    names
        Names of segments, such as ``gBR_..._seg3``.

    Returns
    -------
    list
        Name of the first segment of each run, and the places of its segments in ``names``.
    """
    numbered = []
    for place, name in enumerate(names):
        found = _NUMBERED.fullmatch(name)
        numbered.append((found[1], int(found[2]), place) if found else (name, 0, place))
    runs: list[tuple[str, list[int]]] = []
    before: tuple[str, int] | None = None
    for stem, number, place in sorted(numbered):
        if before == (stem, number - 1):
            runs[-1][1].append(place)
        else:
            runs.append((names[place], [place]))
        before = stem, number
    return runs


def table_keypoints(name: str, motion: FloatArray, dataset: str) -> tuple[FloatArray, float]:
    """Return COCO-17 joints (F, 17, 2), y down, and their frame rate (Hz), of a motion.

    Parameters
    ----------
    name
        Name of the dance, for messages.
    motion : (F, 75) or (F, 219)
        BODY_25 key points of ``tiktok``, or root and rotations of ``aist``. The latter move the
        mean body of SMPL, which a distant camera sees from the front.
    dataset
        ``"tiktok"`` or ``"aist"``.

    Raises
    ------
    DataError
        If a joint of the body is never found.
    """
    fps = DATASETS[dataset].fps
    if dataset == "tiktok":
        return motion_from_array(name, motion, fps).joints[..., :2], fps
    from scipy.spatial.transform import Rotation

    turns = motion[:, _ROOT_VALUES:].reshape(-1, 3, 3)
    vectors = Rotation.from_matrix(turns).as_rotvec().reshape(len(motion), 3 * len(JOINTS))
    poses = {"smpl_poses": vectors, "smpl_trans": motion[:, :_ROOT_VALUES]}
    return smpl_joints(poses, name)[..., :2] * [1.0, -1.0], fps


def genre_of_segment(name: str) -> str:
    """Return the genre (a name of `STYLES`) in an AIST-like name; empty if there is none."""
    code = name[1:3] if name.startswith("g") else ""
    return list(STYLES)[GENRE_CODES.index(code)] if code in GENRE_CODES else ""
