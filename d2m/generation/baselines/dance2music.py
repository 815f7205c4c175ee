"""Dance2Music, offline: notes that are as alike as the poses at which they sound.

Aggarwal & Parikh, "Dance2Music: Automatic Dance-driven Music Generation" (2021). The dance is
the matrix of the cosine similarities of all pairs of its frames, the music that of the
similarities of all pairs of its notes. A beam search finds the notes whose matrix correlates
with the dance's. Theirs are the 30 frames per second, a note every 6 frames, the five pitches,
both similarities, the beam of 50, and the correlation of the last 10 notes only. Ours: joints
are seen from the middle of the hips, so that travelling and the place in the picture don't
count (the cosine already leaves out the size); notes begin with their frames, not 0.2 s later;
the last note rings to the end of the clip; and the seed decides between equal scores and
moves the key, so that neighbouring seeds never give the same piece.

Shapes: ``F`` frames, ``N`` notes, ``K`` melodies.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import BASELINES
from d2m.core.progress import Progress, silent, timed
from d2m.generation.baselines.dancer_poses import poses_at
from d2m.generation.baselines.play_tracks import play_tracks
from d2m.generation.soundtrack import Music
from d2m.perception.conditioning import Conditioning
from d2m.perception.skeleton import HIPS
from d2m.score.notes import Note, Track
from d2m.score.sound_bank import SoundBank

POSE_RATE = 30.0
"""Frames per second (Hz) of the poses, of the paper."""
POSES_PER_NOTE = 6
"""Frames from one note to the next (0.2 s), of the paper."""
MELODY_PITCHES = (60, 62, 64, 67, 69)
"""MIDI notes that a melody consists of, of the paper: C, D, E, G and A."""
BEAM_WIDTH = 50
"""Melodies that are kept after each note, of the paper."""
COMPARED_NOTES = 10
"""Latest notes whose similarities are compared with those of the dance, of the paper."""
_FIFTH, _OCTAVE = 7, 12  # semitones
MELODY_VELOCITY = 100
"""MIDI velocity of all notes, of the paper."""
_LEAST_VARIANCE = 1e-12  # of similarities; less comes from rounding
_DIGITS = 9  # of scores, after which they count as equal


class Dance2MusicModel:
    """A search for the melody that repeats where the movement repeats.

    Parameters
    ----------
    bank
        The sampled instruments; the piano plays.
    """

    level = BASELINES["dance2music"]

    def __init__(self, bank: SoundBank) -> None:
        self.bank = bank

    def generate(
        self, conditioning: Conditioning, /, *, seed: int = 0, progress: Progress = silent
    ) -> Music:
        """Find a melody for a dance and play it.

        Parameters
        ----------
        conditioning
            The dance; only its key points are read.
        seed
            Decides between melodies of equal scores, and the key, see `melody_key`.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            Stereo at 44.1 kHz with its track, as long as the dance. Its score
            ``movement_similarity`` is that of the whole dance, see `movement_similarity`.

        Raises
        ------
        DataError
            If the dance has no key points.
        """
        stage, seconds = f"Generating music ({self.level.name})", dict[str, float]()
        with timed(seconds, "compose"):
            progress(stage, 0.1)
            poses = pose_directions(conditioning)
            melody = search_melody(poses, seed)
        with timed(seconds, "play"):
            progress(stage, 0.5)
            track = Track(
                name="Piano",
                part="hook",
                stem="lead",
                instrument="grand_piano",
                notes=held_notes(melody, conditioning.duration_s, key=melody_key(seed)),
            )
            music = play_tracks(self.bank, [track], conditioning.duration_s)
        scores = {"movement_similarity": movement_similarity(melody, poses)}
        return replace(music, scores=scores, seconds=seconds)


def pose_directions(conditioning: Conditioning) -> NDArray[np.float64]:
    """Return the poses of a dance as vectors of length 1, whose products are cosines.

    Parameters
    ----------
    conditioning
        A dance with key points.

    Returns
    -------
    (F, 34)
        The joints seen from the middle of the hips, `POSE_RATE` frames a second; ``F`` is a
        multiple of `POSES_PER_NOTE`. The frames after the last whole note are left out.

    Raises
    ------
    DataError
        If the dance has no key points.
    """
    joints = poses_at(conditioning, POSE_RATE, "Dance2Music")
    if len(joints) < POSES_PER_NOTE:
        joints = np.pad(joints, ((0, POSES_PER_NOTE - len(joints)), (0, 0), (0, 0)), mode="edge")
    joints = joints[: len(joints) // POSES_PER_NOTE * POSES_PER_NOTE]
    seen = joints - joints[:, list(HIPS)].mean(axis=1, keepdims=True)
    vectors = seen.reshape(len(seen), -1)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def search_melody(poses: NDArray[np.float64], seed: int = 0) -> NDArray[np.int64]:
    """Find a melody by beam search, note by note.

    Each melody of the beam is continued by all pitches. Those stay whose last notes correlate
    best with the last poses; a melody that repeats one note scores 0.

    Parameters
    ----------
    poses : (F, 34)
        From `pose_directions`.
    seed
        Decides between equal scores.

    Returns
    -------
    (N,)
        One index into `MELODY_PITCHES` for `POSES_PER_NOTE` poses each; the first is the middle.
    """
    rng = np.random.default_rng(seed)
    pitches = len(MELODY_PITCHES)
    sums = poses.reshape(-1, POSES_PER_NOTE, poses.shape[1]).sum(axis=1)
    beam = np.full((1, len(sums)), pitches // 2)
    for number in range(1, len(sums)):
        first = max(0, number + 1 - COMPARED_NOTES)
        block = poses[first * POSES_PER_NOTE : (number + 1) * POSES_PER_NOTE]
        parents = np.repeat(np.arange(len(beam)), pitches)
        latest = beam[parents, first : number + 1]
        latest[:, -1] = np.tile(np.arange(pitches), len(beam))
        scores = _correlations(latest, sums[first : number + 1], block)
        best = np.lexsort((rng.random(len(scores)), -scores.round(_DIGITS)))[:BEAM_WIDTH]
        beam = beam[parents[best]]
        beam[:, number] = latest[best, -1]
    return np.asarray(beam[0], dtype=np.int64)


def movement_similarity(melody: NDArray[np.int64], poses: NDArray[np.float64]) -> float:
    """Return how much a melody repeats where the movement repeats.

    Parameters
    ----------
    melody : (N,)
        A melody.
    poses : (F, 34)
        From `pose_directions`, `POSES_PER_NOTE` for each note.

    Returns
    -------
    float
        Pearson correlation, -1 to 1, of the similarities of all pairs of notes with those of
        all pairs of poses; 0 if either are all the same.

    Notes
    -----
    The matrix of a long dance would fill gigabytes. But the notes have five pitches, so what
    the correlation sums up follows from the sum of the poses at each pitch, and the squares of
    all cosines from the products of their coordinates.
    """
    pitches = len(MELODY_PITCHES)
    played = np.repeat(melody, POSES_PER_NOTE)
    counts = np.bincount(played, minlength=pitches) / len(poses)
    sums = np.stack([poses[played == pitch].sum(axis=0) for pitch in range(pitches)]) / len(poses)
    alike = _alike(np.arange(pitches))
    mean, square = counts @ alike @ counts, counts @ alike**2 @ counts
    pose_mean = float(np.square(sums.sum(axis=0)).sum())
    pose_square = float(np.square(poses.T @ poses / len(poses)).sum())
    product = float((alike * (sums @ sums.T)).sum())
    variance, pose_variance = square - mean**2, pose_square - pose_mean**2
    if min(variance, pose_variance) < _LEAST_VARIANCE:
        return 0.0
    return float((product - mean * pose_mean) / np.sqrt(variance * pose_variance))


def melody_key(seed: int) -> int:
    """Return how far a melody is moved (semitones, -6 to 5).

    Twelve seeds in a row go through all keys by fifths; 0 is in C, the key of the paper.
    """
    return (_FIFTH * seed + _OCTAVE // 2) % _OCTAVE - _OCTAVE // 2


def held_notes(melody: NDArray[np.int64], duration_s: float, *, key: int = 0) -> tuple[Note, ...]:
    """Return the notes of a melody, equal neighbours as one held note.

    Parameters
    ----------
    melody : (N,)
        A melody.
    duration_s
        Where the last note ends (s); notes after it are left out.
    key
        How far the notes are moved (semitones), from C.
    """
    step_s = POSES_PER_NOTE / POSE_RATE
    notes, number = [], 0
    for index, group in groupby(melody.tolist()):
        start, number = number, number + len(list(group))
        end_s = duration_s if number == len(melody) else min(number * step_s, duration_s)
        if start * step_s < duration_s:
            notes.append(
                Note(
                    start_s=start * step_s,
                    duration_s=end_s - start * step_s,
                    pitch=MELODY_PITCHES[index] + key,
                    velocity=MELODY_VELOCITY,
                )
            )
    return tuple(notes)


def _alike(melodies: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the similarities (..., N, N) of all pairs of notes, 0 to 1."""
    steps = np.abs(melodies[..., :, None] - melodies[..., None, :])
    return np.asarray(1.0 - steps / (len(MELODY_PITCHES) - 1))


def _correlations(
    latest: NDArray[np.int64], sums: NDArray[np.float64], poses: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the correlations (K,) of notes (K, N) with the poses of each note.

    A note's row of the matrix is as high as its poses, so only their sums (N, 34) are needed.
    """
    cosines = poses @ poses.T
    alike = _alike(latest)
    means, variances = alike.mean(axis=(1, 2)), alike.var(axis=(1, 2))
    products = (alike * (sums @ sums.T)).mean(axis=(1, 2)) / POSES_PER_NOTE**2
    variances = variances * cosines.var()
    is_flat = (variances < _LEAST_VARIANCE**2) | (cosines.var() < _LEAST_VARIANCE)
    scale = np.sqrt(np.where(is_flat, 1.0, variances))
    return np.where(is_flat, 0.0, (products - means * cosines.mean()) / scale)
