"""Dances whose beats are known, and the music that is composed for them end to end.

The joints are seen as the pose network would give them, at 30 fps with jitter; tempo, beats,
steps and style come out of them as for a clip, and the music is composed, cleaned and scored
as for a clip. Only the pose network itself is left out.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.benchmark.held_out import spread
from d2m.benchmark.metric_table import HEARD, SHUFFLED, TRUE
from d2m.benchmark.results import LevelResults
from d2m.benchmark.scoring import ScoreTable, beat_figures
from d2m.core.levels import Level
from d2m.core.metrical_grid import grid_from_beats
from d2m.core.settings import Settings
from d2m.generation.generate import compose
from d2m.media.clip import ClipInfo
from d2m.perception import dance as perceived
from d2m.perception.clip_analysis import POSE_FPS, ClipAnalysis
from d2m.perception.pose import N_LANDMARKS, PoseTrack
from d2m.perception.rhythm import Rhythm, estimate_rhythm
from d2m.perception.step_features import (
    DIRECTIONS,
    accentuate_beats,
    joint_directogram,
    movement_features,
    visual_features,
)
from d2m.perception.style_suggestion import suggest_style
from d2m.training.data.dances import AnnotatedDance, load_aist, procedural_dance, view
from d2m.training.data.motion_bank import N_PROCEDURAL

DANCE_S = 12.0
"""So much of each dance is seen (s)."""
HELD_OUT_DANCERS = tuple(seed for seed in range(N_PROCEDURAL) if seed % 8 == 7)
"""Every eighth procedural dancer: no training saw it."""
JITTER = 0.01
"""Standard deviation of each joint's place in the picture (torso lengths): a pixel or so."""
AIST_VIEWS = ("c01", "c05")
OWN_CLOCK = "clock heard, scored by that clock"
CLOCK = "the heard clock itself"


def procedural_dances(count: int | None) -> list[AnnotatedDance]:
    """Return held-out procedural dancers, as a camera sees them."""
    dances = []
    for seed in spread(HELD_OUT_DANCERS, count):
        rng = np.random.default_rng([7, seed])  # the dancer's own tempo and angle in the bank
        tempo = float(rng.uniform(66.0, 145.0))
        dance = procedural_dance(seed, tempo_bpm=tempo, duration_s=DANCE_S)
        dances.append(view(dance, float(rng.uniform(-0.7, 0.7))))
    return dances


def aist_dances(path: Path) -> dict[str, list[AnnotatedDance]]:
    """Return AIST++ dances: choreographies of training, and the last one, which is held out.

    Raises
    ------
    DataError
        If the file holds no AIST++ keypoints.
    """
    dances = [dance for dance in load_aist(path) if dance.name.split(" ")[1] in AIST_VIEWS]
    last = max(dance.name.split(" ")[0] for dance in dances)
    held_out = [dance for dance in dances if dance.name.startswith(last)]
    trained = [dance for dance in dances if not dance.name.startswith(last)]
    found = {"AIST++ held out": held_out, "AIST++ trained on": trained}
    return {name: some for name, some in found.items() if some}


def seen(dance: AnnotatedDance, *, true_clock: bool) -> perceived.Dance:
    """Return what perception makes of a dance's joints.

    Parameters
    ----------
    dance
        A 2-D dance.
    true_clock
        Whether to take the dance's own beats instead of the estimated ones.
    """
    fps = POSE_FPS
    points = _as_pose(dance, fps)
    rhythm = estimate_rhythm(points, fps)
    if true_clock:
        rhythm = _true(dance, rhythm, len(points) / fps)
    duration_s = len(points) / fps
    downbeat = float(rhythm.downbeats_s[0]) if len(rhythm.downbeats_s) else None
    grid = grid_from_beats(rhythm.beats_s, duration_s, downbeat_s=downbeat)
    features = movement_features(points, fps, grid)
    style = suggest_style(rhythm.tempo_bpm, features)
    if rhythm.tempo_bpm < perceived.SLOW_BPM:
        features = accentuate_beats(features, grid)
    blank = np.empty((0, N_LANDMARKS, 3))
    # The bundled weights read the steps alone.
    unseen = PoseTrack(
        landmarks=blank,
        world=blank,
        visibility=blank[..., 0],
        found=np.empty(0, dtype=bool),
        fps=fps,
    )
    return perceived.Dance(
        sighting=ClipAnalysis(
            clip=ClipInfo(duration_s=duration_s, fps=fps, width=640, height=640, has_audio=False),
            video=Path(),
            pose=unseen,
            directogram=np.empty((0, DIRECTIONS)),
        ),
        rhythm=rhythm,
        grid=grid,
        features=features,
        visual=visual_features(joint_directogram(points, fps), fps, grid),
        style=style,
        warnings=(),
        seconds={},
    )


def measure_dances(
    kind: str, dances: list[AnnotatedDance], level: Level, weights: Path, seed: int
) -> LevelResults:
    """Compose music for dances of a kind, and score its beats against the true ones."""
    table = ScoreTable()
    before: NDArray[np.float64] | None = None
    for dance in tqdm(dances, desc=f"{kind} {level.name}", unit="dance"):
        true_s = dance.beats_s[dance.beats_s < DANCE_S]
        for row, true_clock in ((HEARD, False), (TRUE, True)):
            shown = seen(dance, true_clock=true_clock)
            music = compose(shown, level, Settings(seed=seed), checkpoints=weights)
            table.add(row, beat_figures(music.music_beats_s, true_s))
            if not true_clock:
                heard, clock = music.music_beats_s, shown.rhythm.beats_s
                table.add(OWN_CLOCK, beat_figures(heard, clock))
                table.add(CLOCK, beat_figures(clock, true_s))
        if before is not None:
            table.add(SHUFFLED, beat_figures(before, true_s))
        before = heard
    return LevelResults(dances={kind: table.rows()})


def _as_pose(dance: AnnotatedDance, fps: float) -> NDArray[np.float64]:
    """Return the joints (F, 17, 2) of the first seconds at another rate, with jitter."""
    duration_s = min(DANCE_S, dance.duration_s)
    times = np.arange(round(duration_s * fps)) / fps
    index = np.minimum(np.round(times * dance.fps).astype(int), len(dance.keypoints) - 1)
    points = dance.keypoints[index, :, :2]
    rng = np.random.default_rng(len(points))
    return np.asarray(points + JITTER * rng.standard_normal(points.shape))


def _true(dance: AnnotatedDance, rhythm: Rhythm, duration_s: float) -> Rhythm:
    beats, downbeats = (times[times < duration_s] for times in (dance.beats_s, dance.downbeats_s))
    tempo = 60.0 / float(np.median(np.diff(beats)))
    return replace(rhythm, beats_s=beats, downbeats_s=downbeats, tempo_bpm=tempo)
