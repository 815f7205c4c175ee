"""Score the beats of music generated for dances with known beats.

The joints get the frame rate and the jitter of the pose network. Tempo, beats, features and
style are estimated from them as for a clip, and the music is generated, post-processed and
scored as for a clip. Only the pose network itself is left out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.benchmark.metric_table import (
    AGAINST_ESTIMATE,
    ESTIMATE_ALONE,
    ESTIMATED_BEATS,
    SHUFFLED,
    TRUE_BEATS,
)
from d2m.benchmark.originals import evenly_spaced
from d2m.benchmark.results import LevelResults
from d2m.benchmark.scoring import ScoreTable, beat_tracking_scores
from d2m.core.settings import Settings
from d2m.generation.compact import CompactModel
from d2m.generation.generate import generate_soundtrack
from d2m.perception.clip_analysis import POSE_FPS
from d2m.perception.conditioning import Conditioning, condition, known_rhythm
from d2m.training.data.dances import AnnotatedDance, load_aist, procedural_dance, view
from d2m.training.data.motion_bank import N_PROCEDURAL

DANCE_S = 12.0
"""Length of each dance that is used (s): that of the AIST++ choreographies."""
HELD_OUT_DANCERS = tuple(seed for seed in range(N_PROCEDURAL) if seed % 8 == 7)
"""Every eighth procedural dancer, which training never uses."""
JITTER = 0.01
"""Standard deviation of the noise on joint positions (torso lengths), about a pixel. Chosen by
hand."""
AIST_VIEWS = ("c01", "c05")
"""Two of the nine camera views of AIST++. Chosen by hand."""


def procedural_dances(count: int | None) -> list[AnnotatedDance]:
    """Create held-out procedural dances in 2-D; a smaller number of them is evenly spaced."""
    dances = []
    for seed in evenly_spaced(HELD_OUT_DANCERS, count):
        rng = np.random.default_rng([7, seed])  # the dancer's own tempo and angle in the bank
        tempo = float(rng.uniform(66.0, 145.0))
        dance = procedural_dance(seed, tempo_bpm=tempo, duration_s=DANCE_S)
        dances.append(view(dance, float(rng.uniform(-0.7, 0.7))))
    return dances


def aist_dances(path: Path) -> dict[str, list[AnnotatedDance]]:
    """Load AIST++ dances: the held-out choreography and those of the training data.

    Raises
    ------
    DataError
        If the file holds no AIST++ keypoints.
    """
    dances = [dance for dance in load_aist(path) if dance.name.split(" ")[1] in AIST_VIEWS]
    last = max(dance.name.split(" ")[0] for dance in dances)
    held_out = [dance for dance in dances if dance.name.startswith(last)]
    trained = [dance for dance in dances if not dance.name.startswith(last)]
    found = {"held-out AIST++ dances": held_out, "AIST++ training dances": trained}
    return {name: some for name, some in found.items() if some}


def dance_conditioning(dance: AnnotatedDance, *, true_beats: bool) -> Conditioning:
    """Compute the conditioning of a dance from its joints, as for joints tracked in a clip.

    Parameters
    ----------
    dance
        A 2-D dance.
    true_beats
        Whether to use the known beats instead of the estimated ones.
    """
    points = _as_tracked(dance, POSE_FPS)
    duration_s = len(points) / POSE_FPS
    rhythm = None
    if true_beats:
        known = (dance.beats_s, dance.downbeats_s)
        rhythm = known_rhythm(*(times[times < duration_s] for times in known))
    return condition(points, POSE_FPS, rhythm=rhythm, settings=Settings())


def measure_dances(
    kind: str, dances: list[AnnotatedDance], model: CompactModel, seed: int
) -> LevelResults:
    """Generate music for dances of a kind, and score its beats against the known beats."""
    table = ScoreTable()
    previous: NDArray[np.float64] | None = None
    for dance in tqdm(dances, desc=f"{kind} {model.level.name}", unit="dance"):
        true_s = dance.beats_s[dance.beats_s < DANCE_S]
        for row, true_beats in ((ESTIMATED_BEATS, False), (TRUE_BEATS, True)):
            conditioning = dance_conditioning(dance, true_beats=true_beats)
            music = generate_soundtrack(model, conditioning, Settings(seed=seed))
            table.add(row, beat_tracking_scores(music.music_beats_s, true_s))
            if not true_beats:
                generated, estimated = music.music_beats_s, conditioning.rhythm.beats_s
                table.add(AGAINST_ESTIMATE, beat_tracking_scores(generated, estimated))
                table.add(ESTIMATE_ALONE, beat_tracking_scores(estimated, true_s))
        if previous is not None:
            table.add(SHUFFLED, beat_tracking_scores(previous, true_s))
        previous = generated
    return LevelResults(dances={kind: table.rows()})


def _as_tracked(dance: AnnotatedDance, fps: float) -> NDArray[np.float64]:
    """Return the joints (F, 17, 2) of the first seconds at another rate, with jitter."""
    duration_s = min(DANCE_S, dance.duration_s)
    times = np.arange(round(duration_s * fps)) / fps
    index = np.minimum(np.round(times * dance.fps).astype(int), len(dance.keypoints) - 1)
    points = dance.keypoints[index, :, :2]
    rng = np.random.default_rng(len(points))
    return np.asarray(points + JITTER * rng.standard_normal(points.shape))
