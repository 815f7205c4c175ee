"""The project's own held-out dances with their own music, as clips that can be compared.

The dances are procedural and the music is composed for them by the studio: it is the reference
here because the dance and the music share their beats, not because people made it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from d2m.benchmark.comparison.dance_files import DanceFile, write_dance_file
from d2m.benchmark.unseen_pieces import FIRST_NUMBER
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.generation.studio import StudioModel
from d2m.media.audio_file import write_wav
from d2m.metrics.motion_quality import TORSO_PX
from d2m.training.data.composed_pieces import ComposedPiece
from d2m.training.datasets.own_inputs import PICTURE_PX

CLIPS_FOLDER, REFERENCE_FOLDER = "clips", "reference"
"""Folders of the dances and of their music."""
OWN_DANCES_ABOUT = (
    "The dances are procedural dances of this project that no training saw, and the reference is "
    "the music that the project's studio composed for them: it is no music of people. It is made "
    "with the true beats, which no system is told."
)
"""What a report says about these dances."""


def write_own_dances(out: Path, number: int, first: int = FIRST_NUMBER) -> list[str]:
    """Write held-out dances as ``clips/NAME.npz`` and their music as ``reference/NAME.wav``.

    Files that are there already are kept.

    Parameters
    ----------
    out
        Folder; created if it does not exist.
    number
        Number of dances; their styles follow each other in turn.
    first
        Number of the first held-out piece.

    Returns
    -------
    list of str
        Names of the dances.
    """
    names = []
    model = StudioModel.from_pretrained()
    for index in tqdm(range(first, first + number), desc="own dances", unit="dance"):
        piece = ComposedPiece(number=index, held_out=True)
        name = f"{piece.style}-{index:03d}"
        names.append(name)
        dance_path = out / CLIPS_FOLDER / f"{name}.npz"
        music_path = out / REFERENCE_FOLDER / f"{name}.wav"
        if not dance_path.exists():
            write_dance_file(dance_path, own_dance_file(piece))
        if not music_path.exists():
            music = model.generate(piece.dance(), seed=piece.seed)
            write_wav(music_path, music.audio, STUDIO_SAMPLE_RATE)
    return names


def own_dance_file(piece: ComposedPiece) -> DanceFile:
    """Return the dance of a piece as key points in a picture, with its true beats."""
    seen = piece.dancer()
    middle = np.array(PICTURE_PX) / 2
    centre = seen.keypoints[..., :2].mean(axis=(0, 1))
    return DanceFile(
        keypoints=(seen.keypoints[..., :2] - centre) * TORSO_PX + middle,
        fps=seen.fps,
        beats_s=seen.beats_s,
        downbeats_s=seen.downbeats_s,
        genre=piece.style,
    )
