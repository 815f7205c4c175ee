"""Procedural dances: known dance moves on known beats, in phrases of changing energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.training.data.dances import body, lower_moves, motion, upper_moves
from d2m.training.data.dances.annotated_dance import AnnotatedDance
from d2m.training.data.dances.movement_modes import MODES, MovementMode
from d2m.training.data.dances.poses import (
    HIT,
    TRAVEL_CHANNELS,
    KeyPose,
    Move,
    lower_pose,
    mirror_pose,
    upper_pose,
)
from d2m.training.data.dances.traits import sample_traits

PROCEDURAL_FPS = 60.0
"""Frame rate of procedural dances (Hz), equal to that of AIST++."""
UNIT_BEATS = 2 * BEATS_PER_BAR
"""Beats of a two-bar unit, which phrases repeat and mirror."""
PHRASE_FORMS = ("AaAB", "AaBb", "ABaC", "AABC", "ABab", "AaBC")
"""Sequences of units in an 8-bar phrase; a lower-case letter is the mirrored unit."""
TRAVELLING_MOVES = (lower_moves.full_turn, lower_moves.grapevine, lower_moves.walk)
"""Moves that are never scaled, because their steps fit their travel only at full size."""
ACCENT_PATTERNS = (
    *((0, 3, 6), (0, 6, 12), (0, 3, 8, 11), (4, 12), (0, 7, 10), (0, 4, 6, 12)),
    *((2, 6, 8), (0, 10, 12, 14), (8, 11, 14)),
)
"""Patterns of hits in a bar, in 16th steps. Chosen by hand."""
MIN_TURN_S = 1.2
"""Shortest duration of a full turn (s). Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class TwoBarUnit:
    """Key poses of two bars.

    Parameters
    ----------
    lower, upper
        Key poses of the two tracks, with beats counted from the start of the unit.
    """

    lower: tuple[KeyPose, ...]
    upper: tuple[KeyPose, ...]

    def mirror(self) -> TwoBarUnit:
        """Return the unit with left and right swapped."""
        return TwoBarUnit(
            lower=tuple(key.mirror() for key in self.lower),
            upper=tuple(key.mirror() for key in self.upper),
        )


def procedural_dance(
    seed: int,
    *,
    tempo_bpm: float,
    duration_s: float,
    first_beat_s: float = 0.0,
    modes: Mapping[str, MovementMode] = MODES,
) -> AnnotatedDance:
    """Generate a 3-D dance to a steady beat.

    Moves of hips and feet and moves of arms and chest fill two-bar units, which are repeated
    and mirrored in 8-bar phrases. Units are calm or strong, use only arms or only legs, are
    in half-time or double-time, contain hits on 16th steps, or end in a freeze. As in real
    dances, movement stops on the beats, except for the dancer's delay and jitter (tens of
    ms).

    Parameters
    ----------
    seed
        Seed of the dancer's traits and of the choreography.
    tempo_bpm
        Tempo (BPM).
    duration_s
        Length of the dance (s).
    first_beat_s
        Time of the first beat (s), which is a downbeat. The dancer stands still before it.
    modes
        Modes to choose from.

    Returns
    -------
    AnnotatedDance
        60 frames per second, with the hips' median position at the origin.

    Raises
    ------
    ValueError
        If tempo or duration are not positive.
    """
    if tempo_bpm <= 0 or duration_s <= 0:
        raise ValueError("the tempo and the duration of a dance must be positive")
    rng = np.random.default_rng(seed)
    period = 60.0 / tempo_bpm
    n_units = int(np.ceil((duration_s - first_beat_s) / period / UNIT_BEATS)) + 1
    traits = sample_traits(rng)
    units = _choreography(rng, max(1, n_units), period, modes)

    times = np.arange(round(duration_s * PROCEDURAL_FPS)) / PROCEDURAL_FPS - first_beat_s
    tracks = [
        motion.interpolate_track(_keys(units, part), times, period, traits, rng)
        for part in ("lower", "upper")
    ]
    channels = np.concatenate(tracks, axis=1)
    channels = motion.add_beat_pulse(channels, times, period, PROCEDURAL_FPS, traits)
    keypoints = body.joint_positions(
        motion.add_human_variation(channels, PROCEDURAL_FPS, traits, rng), traits.proportions
    )
    keypoints = keypoints - np.median(keypoints[:, 11:13].mean(axis=1), axis=0)
    beats = np.arange(first_beat_s, duration_s, period)
    return AnnotatedDance(
        name=f"procedural {seed}",
        source="procedural",
        keypoints=keypoints,
        fps=PROCEDURAL_FPS,
        beats_s=beats,
        downbeats_s=beats[::BEATS_PER_BAR],
    )


def _keys(units: list[TwoBarUnit], part: str) -> list[list[KeyPose]]:
    """Return a track's key poses of each unit, with beats counted from the start of the dance."""
    return [
        [key.at(key.beat + UNIT_BEATS * index) for key in getattr(unit, part)]
        for index, unit in enumerate(units)
    ]


def _choreography(
    rng: np.random.Generator, n_units: int, period: float, modes: Mapping[str, MovementMode]
) -> list[TwoBarUnit]:
    """Choose the two-bar units of a dance, in 8-bar phrases that repeat and mirror them."""
    names = list(modes)
    weights = np.array([mode.weight for mode in modes.values()]) * rng.gamma(1.5, size=len(modes))
    units: list[TwoBarUnit] = []
    while len(units) < n_units:
        chosen = rng.choice(len(names), size=3, p=weights / weights.sum())
        motifs = [_unit(rng, names[mode], modes, period) for mode in chosen]
        phrase = []
        for letter in PHRASE_FORMS[rng.integers(len(PHRASE_FORMS))]:
            motif = motifs["ABC".index(letter.upper())]
            phrase.append(motif.mirror() if letter.islower() else motif)
        if rng.random() < 0.5:
            phrase[-1] = _with_freeze(rng, phrase[-1])
        units += phrase
    return units[:n_units]


def _unit(
    rng: np.random.Generator, name: str, modes: Mapping[str, MovementMode], period: float
) -> TwoBarUnit:
    """Choose the key poses of two bars in a mode."""
    mode = modes[name]
    lower_keys = _fill_track(
        rng, mode.lower, mode.lower_stretch, mode.lower_size, lower_pose(), period
    )
    upper_keys = _fill_track(
        rng, mode.upper, mode.upper_stretch, mode.upper_size, upper_pose(), period
    )
    if name == "accents":
        lower_keys, upper_keys = _accent_tracks(rng, lower_keys)
    unit = TwoBarUnit(lower=tuple(lower_keys), upper=tuple(upper_keys))
    return _with_freeze(rng, unit) if rng.random() < 0.15 else unit


def _fill_track(
    rng: np.random.Generator,
    moves: tuple[Move, ...],
    stretch: float,
    size: float,
    neutral: NDArray[np.float64],
    period: float,
) -> list[KeyPose]:
    """Fill two bars of a track with one or two alternating moves."""
    beats = round(UNIT_BEATS / stretch)
    length = int(rng.choice([4, 4, 8])) if beats >= 8 else 4
    pair = [moves[i] for i in rng.integers(len(moves), size=2)]
    seeds = rng.integers(1 << 31, size=2)
    is_lower = len(neutral) == len(lower_pose())
    travelled = np.zeros_like(neutral)
    keys: list[KeyPose] = []
    for index, start in enumerate(range(0, beats, length)):
        move = pair[index % 2]
        too_fast = move is lower_moves.full_turn and length * stretch * period < MIN_TURN_S
        if too_fast or (move is lower_moves.jump and stretch != 1):
            move = lower_moves.step_touch
        scale = 1.0 if move in TRAVELLING_MOVES else size
        for key in move(np.random.default_rng(seeds[index % 2]), length):
            # Two moves in four are mirrored, so that travelling steps return.
            side = key.mirror() if index % 4 in (1, 2) else key
            pose = neutral + scale * (side.pose - neutral) + travelled
            keys.append(KeyPose(beat=(start + key.beat) * stretch, pose=pose, easing=key.easing))
        if is_lower:
            travelled[TRAVEL_CHANNELS] = keys[-1].pose[TRAVEL_CHANNELS]
    return keys


def _accent_tracks(
    rng: np.random.Generator, lower_keys: list[KeyPose]
) -> tuple[list[KeyPose], list[KeyPose]]:
    """Return key poses of two bars with hits of the arms, and often the legs, on 16th steps."""
    pattern = ACCENT_PATTERNS[rng.integers(len(ACCENT_PATTERNS))]
    second = ACCENT_PATTERNS[rng.integers(len(ACCENT_PATTERNS))] if rng.random() < 0.5 else pattern
    legs_hit = rng.random() < 0.7
    steps = [*pattern, *(step + STEPS_PER_BAR for step in second)]
    lower_hits, upper_hits = [], []
    for step in steps:
        left, right = upper_moves.HIT_ARMS[rng.integers(len(upper_moves.HIT_ARMS))]
        side = rng.choice([-1.0, 1.0])
        chest = (rng.uniform(-0.1, 0.2), 0.1 * side, 0.3 * side)
        pose = upper_pose(left, right, chest=chest, head=(0, 0, -0.3 * side))
        pose = pose if side > 0 else mirror_pose(pose)
        upper_hits.append(KeyPose(beat=step / STEPS_PER_BEAT, pose=pose, easing=HIT))
        stance = lower_pose(hip_x=0.12 * side, rise=rng.uniform(-0.4, -0.1), hip_yaw=0.2 * side,
                            left_foot_out=rng.uniform(0.25, 0.6))  # fmt: skip
        stance = stance if side > 0 else mirror_pose(stance)
        lower_hits.append(KeyPose(beat=step / STEPS_PER_BEAT, pose=stance, easing=HIT))
    return (lower_hits if legs_hit else lower_keys), upper_hits


def _with_freeze(rng: np.random.Generator, unit: TwoBarUnit) -> TwoBarUnit:
    """Return the unit with a freeze in its last half bar to two bars."""
    start = UNIT_BEATS - int(rng.choice([2, 4, 4, 8]))
    left, right = upper_moves.HIT_ARMS[rng.integers(len(upper_moves.HIT_ARMS))]
    pitch, roll, yaw = rng.uniform(-0.15, 0.25, size=3)
    legs = tuple(key for key in unit.lower if key.beat < start)
    arms = tuple(key for key in unit.upper if key.beat < start)
    stance = lower_pose(
        rise=rng.uniform(-0.35, -0.08),
        hip_x=rng.uniform(-0.15, 0.15),
        left_foot_out=rng.uniform(0.2, 0.6),
        left_foot_z=rng.uniform(-0.1, 0.3),
    )
    if legs:
        stance[TRAVEL_CHANNELS] = legs[-1].pose[TRAVEL_CHANNELS]
    pose = upper_pose(left, right, chest=(pitch, roll, yaw))
    return TwoBarUnit(
        lower=(*legs, KeyPose(beat=start, pose=stance, easing=HIT)),
        upper=(*arms, KeyPose(beat=start, pose=pose, easing=HIT)),
    )
