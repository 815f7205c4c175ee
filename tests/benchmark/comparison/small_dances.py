"""Short dances with known beats, and results as if music for them had been measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.benchmark.comparison.clip_comparison import ComparedPiece
from d2m.benchmark.comparison.compared_dance import ANNOTATED, ComparedDance
from d2m.benchmark.comparison.comparing import Comparison, ComparisonConfig
from d2m.benchmark.comparison.dance_files import DanceFile, write_dance_file
from d2m.benchmark.comparison.music_scores import MeasuredMusic
from d2m.benchmark.comparison.trivial_music import CLICKS_IN_PHASE, OWN_MUSIC, TRIVIAL_ROWS
from d2m.benchmark.real_beats import TrueBeats
from d2m.benchmark.real_music import click_audio
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import write_wav
from d2m.training.data.dances import procedural_dance, view

LENGTH_S = 6.0
BPM = 120.0


def write_small_dance(path: Path, seed: int, genre: str, *, with_beats: bool = True) -> DanceFile:
    """Write a procedural dance of six seconds at 120 BPM."""
    seen = view(procedural_dance(seed, tempo_bpm=BPM, duration_s=LENGTH_S), 0.3)
    none = np.zeros(0)
    dance = DanceFile(
        keypoints=seen.keypoints * 100 + 300,
        fps=seen.fps,
        beats_s=seen.beats_s if with_beats else none,
        downbeats_s=seen.downbeats_s if with_beats else none,
        genre=genre,
    )
    write_dance_file(path, dance)
    return dance


def write_clicks(path: Path, beats_s: np.ndarray, length_s: float = LENGTH_S) -> None:
    """Write clicks at some times (s)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, click_audio(beats_s, round(length_s * SAMPLE_RATE)))


def measured_comparison(out: Path, clips: int) -> Comparison:
    """Return a comparison of two systems whose scores are made up: ``good & new`` is better."""
    names = [f"clip{number}" for number in range(clips)]
    beats_s = np.arange(0.0, LENGTH_S, 60.0 / BPM)
    dances = {
        name: ComparedDance(
            name=name,
            duration_s=LENGTH_S,
            truth=TrueBeats(title=name, tempo_bpm=BPM, beats_s=beats_s),
            beats_origin=ANNOTATED,
            hits_s=np.zeros(0),
            kinematic_s=np.zeros(0),
            accents_s=np.zeros(0),
            other_steps_s=np.zeros(0),
            genre=("house", "krump")[number % 2],
        )
        for number, name in enumerate(names)
    }
    systems = {"good & new": out / "good", "bad_<old>": out / "bad"}
    means = dict.fromkeys(TRIVIAL_ROWS, 0.5)
    means |= {"good & new": 0.8, "bad_<old>": 0.3, CLICKS_IN_PHASE: 0.9, OWN_MUSIC: 0.95}
    pieces = [
        piece(name, row, means[row], number)
        for number, name in enumerate(names)
        for row in (*systems, *TRIVIAL_ROWS)
    ]
    config = ComparisonConfig(clips=out, systems=systems, out=out)
    return Comparison(config=config, dances=dances, pieces=tuple(pieces))


def piece(clip: str, row: str, mean: float, number: int) -> ComparedPiece:
    """Return a piece whose scores vary a little around a mean."""
    value = mean + 0.02 * (number % 3 - 1)
    scores = {"beat_f_network": value, "beat_f_librosa": 0.5 + 0.1 * (number % 2)}
    rng = np.random.default_rng([number, len(row)])
    return ComparedPiece(
        clip=clip,
        system=row,
        file="" if row in TRIVIAL_ROWS else f"{clip}.wav",
        music=MeasuredMusic(scores=scores, phases=np.linspace(-0.1, 0.1, 9)),
        embedding=np.eye(2)[number % 2] + 0.01 * rng.standard_normal(2),
        player=f"{clip}.m4a",
        cpu_s=1.0,
    )
