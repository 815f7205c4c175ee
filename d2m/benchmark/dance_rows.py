"""Who dances in an evaluation: the methods, real dances, and two rows that need no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.dance_songs import EvaluationSong
from d2m.choreography.dance_model import DanceModel, GeneratedDance
from d2m.core.dancer_motion import Motion
from d2m.core.errors import CheckpointError
from d2m.perception.skeleton import ANKLES, KNEES
from d2m.training.data.dances import procedural_dance
from d2m.training.data.dances.movement_modes import STYLE_MODES
from d2m.training.data.dances.procedural import PROCEDURAL_FPS

FloatArray = NDArray[np.float64]
Dancer = Callable[[EvaluationSong, int], Motion | GeneratedDance]
"""From a song and the number of the dance to the dance."""

REAL_ROW, REFERENCE_ROW = "real dances", "reference"
STILL_ROW, BOB_ROW = "still pose", "bobbing metronome"
METHOD_ROWS = {
    "Dancing to Music": "full",
    "without composition": "no-composition",
    "LSTM": "lstm",
    "Aud-MoCoGAN": "aud-mocogan",
}
"""Name of the method by the title of its row."""
ONE_DANCE_ROWS = ("LSTM", STILL_ROW, BOB_ROW)
"""Rows that have only one dance for a song."""
BOB_HEIGHT = 0.15
"""How far the bobbing figure goes down (torso lengths). Chosen by hand."""
_SEED, _REFERENCE_SEED = 900_000, 2_000_000  # of dances that no training sees
_SEEDS_OF_A_SONG = 100


def real_dance(song: EvaluationSong, number: int) -> Motion:
    """Return a dance of the kind that the networks learn from, on the song's true beats."""
    return _procedural(song, _SEED + number)


def reference_dance(song: EvaluationSong, number: int) -> Motion:
    """Return a dance like `real_dance`, of those that all rows are compared with."""
    return _procedural(song, _REFERENCE_SEED + number)


def still_pose(song: EvaluationSong, number: int) -> Motion:  # noqa: ARG001
    """Return a dancer who does not move, in the same pose in all songs."""
    pose = procedural_dance(_SEED, tempo_bpm=100.0, duration_s=1.0).keypoints[:1]
    pose = pose - np.array([0.0, pose[:, ANKLES, 1].max(), 0.0])
    frames = round(song.duration_s * PROCEDURAL_FPS)
    return Motion(joints=np.repeat(pose, frames, axis=0), fps=PROCEDURAL_FPS)


def bobbing(song: EvaluationSong, number: int) -> Motion:
    """Return a dancer who stands and goes down on one beat and up on the next."""
    still = still_pose(song, number)
    times = np.arange(len(still.joints)) / still.fps
    place = (times - song.beats_s[0]) * song.tempo_bpm / 60
    depth = BOB_HEIGHT * (1 - np.cos(np.pi * place)) / 2
    joints = still.joints.copy()
    share = np.ones(joints.shape[1])
    share[list(KNEES)], share[list(ANKLES)] = 0.5, 0.0
    joints[..., 1] += depth[:, None] * share
    return Motion(joints=joints, fps=still.fps)


def dancers(weights: Path) -> tuple[dict[str, Dancer], dict[str, str]]:
    """Return all dancers, and the methods that can't dance.

    Parameters
    ----------
    weights
        Checkpoints folder.

    Returns
    -------
    dancers
        By the titles of their rows.
    left_out
        Why a method is left out, by the title of its row: its weights are missing or damaged.
    """
    found: dict[str, Dancer] = {REAL_ROW: real_dance}
    left_out: dict[str, str] = {}
    for title, method in METHOD_ROWS.items():
        try:
            found[title] = _method(method, weights)
        except CheckpointError as error:  # noqa: PERF203 (the loop has four rounds)
            left_out[title] = str(error)
    return found | {STILL_ROW: still_pose, BOB_ROW: bobbing}, left_out


def _method(method: str, weights: Path) -> Dancer:
    model = DanceModel.from_pretrained(method, weights)

    def dance(song: EvaluationSong, number: int) -> GeneratedDance:
        return model.generate(song.analysis, style=song.style, seed=number)

    return dance


def _procedural(song: EvaluationSong, seed: int) -> Motion:
    dance = procedural_dance(
        seed + _SEEDS_OF_A_SONG * song.number,
        tempo_bpm=song.tempo_bpm,
        duration_s=song.duration_s,
        first_beat_s=float(song.beats_s[0]),
        modes=STYLE_MODES[song.style],
    )
    floor = float(np.quantile(dance.keypoints[:, ANKLES, 1], 0.98))
    return Motion(joints=dance.keypoints - np.array([0.0, floor, 0.0]), fps=dance.fps)
