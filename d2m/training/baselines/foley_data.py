"""Dances with piano music to train the baseline Foley Music on, and windows of them.

The dances are the project's procedural ones and the music is the score that the project composes
for each (`d2m.training.data.composed_pieces.ComposedPiece`). A piece's melodies and chords become
the part of one piano, as the paper plays one instrument (Gan et al., ECCV 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from d2m.core.errors import DataError
from d2m.core.settings import Settings
from d2m.generation.baselines.dancer_poses import poses_at
from d2m.models.piano_events import EVENT_KINDS, PADDING, events_from_notes
from d2m.models.pose_windows import (
    POSE_WINDOW_S,
    WINDOW_POSE_RATE,
    WINDOW_POSES,
    pose_window,
)
from d2m.score.dance_score import score_of
from d2m.score.notes import Score
from d2m.training.data.composed_pieces import ComposedPiece

FloatArray = NDArray[np.float64]

PIANO_PARTS = ("hook", "response", "chords", "stab")
"""Parts of a score that the piano takes over: melody, answer, comping chords, and the chords that
meet the dancer's hits. Bass, riff, pad and drums are left out: two hands can't play them too."""
LONGEST_SEQUENCE = 384
"""Events of a window that are learned; denser windows are cut. One in a hundred is."""
FEWEST_EVENTS = 16
"""Events of a window below which it is too empty to learn from."""
MIRRORED17 = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
"""Index of each COCO-17 joint's counterpart on the other side of the body."""
LENGTH_GROUPS = 4
"""Groups by length from which a batch is drawn."""
PIANO_TRANSPOSITIONS = (-5, 6)
"""Lowest and highest transposition of a window (semitones)."""
_SCALES, _WIDTHS = (0.9, 1.1), (0.8, 1.05)
_NOISE = 0.03  # largest standard deviation of the camera's noise (torso lengths)


class PianoPiece(NamedTuple):
    """A dance and the piano's part of its score.

    Parameters
    ----------
    poses : (F, 17, 2)
        Joints at `d2m.models.pose_windows.WINDOW_POSE_RATE`, in torso lengths.
    notes : (N, 4)
        Start (s), length (s), MIDI pitch and velocity.
    """

    poses: FloatArray
    notes: FloatArray


class PianoBatch(NamedTuple):
    """A batch of windows: poses (B, 90, 17, 2) and events (B, T), padded."""

    poses: Tensor
    events: Tensor


def piano_part(score: Score) -> FloatArray:
    """Return the notes (N, 4) of the `PIANO_PARTS` of a score, sorted by onset."""
    rows = [
        (note.start_s, note.duration_s, note.pitch, note.velocity)
        for track in score.tracks
        if track.part in PIANO_PARTS
        for note in track.notes
    ]
    return np.array(sorted(rows), dtype=float).reshape(-1, 4)


def build_piano_pieces(folder: Path, numbers: Sequence[int], *, held_out: bool) -> list[PianoPiece]:
    """Compose pieces and write them to a folder; those already there are only read.

    Parameters
    ----------
    folder
        Corpus folder; created if it does not exist.
    numbers
        Numbers of the pieces.
    held_out
        Whether they are the pieces that are only measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    label = "held-out pieces" if held_out else "pieces"
    pieces = []
    for number in tqdm(numbers, desc=label, unit="piece", disable=None):
        piece = ComposedPiece(number=number, held_out=held_out)
        path = folder / f"{'held_out' if held_out else 'train'}-{number:05d}.npz"
        if not path.is_file():
            _write_piece(path, piece)
        pieces.append(_read_piece(path))
    return pieces


class PianoWindows:
    """Draw windows of pieces.

    Parameters
    ----------
    pieces
        Dances with their piano parts.

    Raises
    ------
    DataError
        If no piece is as long as a window.
    """

    def __init__(self, pieces: Sequence[PianoPiece]) -> None:
        self._pieces = [piece for piece in pieces if len(piece.poses) > WINDOW_POSES]
        if not self._pieces:
            raise DataError(f"There are no pieces of {POSE_WINDOW_S:g} s or more: compose some.")

    def draw(self, count: int, rng: np.random.Generator) -> PianoBatch:
        """Return random windows, mirrored, scaled, shaken and transposed at random.

        They are a random quarter of four times as many windows in order of length, so windows of
        one batch are about as long as each other and little padding is computed.
        """
        drawn = sorted(
            (self._random_window(rng) for _ in range(LENGTH_GROUPS * count)),
            key=lambda window: len(window[1]),
        )
        group = int(rng.integers(LENGTH_GROUPS))
        chosen = drawn[group * count : (group + 1) * count]
        return _stack([(_augment(poses, rng), events) for poses, events in chosen])

    def _random_window(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return poses and events of a window that is not nearly silent."""
        while True:
            piece = self._pieces[int(rng.integers(len(self._pieces)))]
            first = int(rng.integers(len(piece.poses) - WINDOW_POSES + 1))
            semitones = float(rng.integers(*PIANO_TRANSPOSITIONS, endpoint=True))
            events = _window_events(piece.notes + np.array([0.0, 0.0, semitones, 0.0]), first)
            if len(events) >= FEWEST_EVENTS:
                return pose_window(piece.poses, first), events

    def all_windows(self) -> PianoBatch:
        """Return the windows that follow each other in each piece, as they are."""
        chosen = [
            (pose_window(piece.poses, first), events)
            for piece in self._pieces
            for first in range(0, len(piece.poses) - WINDOW_POSES + 1, WINDOW_POSES)
            if len(events := _window_events(piece.notes, first)) >= FEWEST_EVENTS
        ]
        if not chosen:
            raise DataError("All windows of these pieces are nearly silent: compose more.")
        return _stack(chosen)

    def event_counts(self) -> NDArray[np.int64]:
        """Return how often each event (243,) comes in `all_windows`, without beginnings."""
        events = self.all_windows().events[:, 1:]
        counts = torch.bincount(events[events != PADDING], minlength=EVENT_KINDS)
        return np.asarray(counts.numpy())


def _write_piece(path: Path, piece: ComposedPiece) -> None:
    dance = piece.dance()
    score = score_of(dance, Settings(), piece.seed)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez(
            file,
            poses=poses_at(dance, WINDOW_POSE_RATE, "Foley Music").astype(np.float16),
            notes=piano_part(score).astype(np.float32),
        )
    part.replace(path)


def _read_piece(path: Path) -> PianoPiece:
    try:
        with np.load(path) as stored:
            return PianoPiece(stored["poses"].astype(float), stored["notes"].astype(float))
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path.name} holds no piano piece: delete it to make it again.") from error


def _window_events(notes: FloatArray, first: int) -> NDArray[np.int64]:
    moved = notes - np.array([first / WINDOW_POSE_RATE, 0.0, 0.0, 0.0])
    return events_from_notes(moved, POSE_WINDOW_S)[:LONGEST_SEQUENCE]


def _augment(poses: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Mirror, scale and shake poses (F, 17, 2)."""
    changed = poses
    if rng.random() < 0.5:
        changed = changed[:, MIRRORED17] * np.array([-1.0, 1.0], dtype=np.float32)
    scale = rng.uniform(*_SCALES)
    factors = np.array([scale * rng.uniform(*_WIDTHS), scale])
    noise = rng.normal(size=poses.shape) * rng.uniform(0, _NOISE)
    return np.asarray(changed * factors + noise, dtype=np.float32)


def _stack(windows: Sequence[tuple[NDArray[np.float32], NDArray[np.int64]]]) -> PianoBatch:
    events = np.full((len(windows), max(len(each) for _, each in windows)), PADDING)
    for row, (_, each) in zip(events, windows, strict=True):
        row[: len(each)] = each
    poses = torch.as_tensor(np.stack([each for each, _ in windows]))
    return PianoBatch(poses, torch.as_tensor(events))
