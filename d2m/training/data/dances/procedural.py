"""A dancer made by rule: real moves over known beats, in phrases of changing energy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.training.data.dances import body, lower_moves, motion, upper_moves
from d2m.training.data.dances.dance import AnnotatedDance
from d2m.training.data.dances.poses import HIT, TRAVEL, Key, lower, mirrored, upper

FPS = 60.0
UNIT_BEATS = 2 * BEATS_PER_BAR
"""Beats of the two-bar unit that phrases repeat and mirror."""
FORMS = ("AaAB", "AaBb", "ABaC", "AABC", "ABab", "AaBC")
"""Units of an 8-bar phrase; a small letter is the mirrored unit."""
TRAVELLERS = (lower_moves.turn, lower_moves.grapevine, lower_moves.walk)
"""Moves whose steps fit their travel only at the size they were written."""
ACCENTS = (
    *((0, 3, 6), (0, 6, 12), (0, 3, 8, 11), (4, 12), (0, 7, 10), (0, 4, 6, 12)),
    *((2, 6, 8), (0, 10, 12, 14), (8, 11, 14)),
)
"""Patterns of hits in a bar, in 16th steps."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """What a two-bar unit is made of.

    Parameters
    ----------
    lower, upper
        Moves to choose from.
    lower_size, upper_size
        How far the moves go from the neutral pose, 1 as they were written.
    lower_stretch, upper_stretch
        Beats of music in a beat of the moves: 2 is half-time, 0.5 double-time.
    weight
        How often the mode comes.
    """

    lower: tuple[lower_moves.Move, ...] = lower_moves.GROOVE
    upper: tuple[upper_moves.Move, ...] = upper_moves.GROOVE
    lower_size: float = 1.0
    upper_size: float = 1.0
    lower_stretch: float = 1.0
    upper_stretch: float = 1.0
    weight: float = 1.0


MODES = {
    "calm": Mode(lower=lower_moves.CALM, upper=upper_moves.CALM, lower_size=0.6, upper_size=0.6),
    "groove": Mode(lower_size=0.9, upper_size=0.9, weight=2.0),
    "strong": Mode(lower=lower_moves.STRONG, upper=upper_moves.STRONG, weight=2.0),
    "arms": Mode(lower=(lower_moves.stand,), upper=upper_moves.STRONG, lower_size=0.6),
    "legs": Mode(lower=lower_moves.FOOTWORK, upper=(upper_moves.rest,), weight=1.3),
    "half": Mode(lower_stretch=2.0, upper_stretch=2.0, lower=lower_moves.STRONG, weight=0.7),
    "double": Mode(
        lower_stretch=0.5, upper_stretch=0.5, lower=lower_moves.FOOTWORK, upper=upper_moves.STRONG
    ),
    "footwork": Mode(lower_stretch=0.5, lower=lower_moves.FOOTWORK, weight=1.5),
    "accents": Mode(lower=(lower_moves.stand,), upper=(upper_moves.rest,), weight=1.2),
}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Key poses of two bars, beats counted from their start."""

    lower: tuple[Key, ...]
    upper: tuple[Key, ...]

    def mirror(self) -> Unit:
        """Return the unit danced to the other side."""
        return Unit(
            lower=tuple(key.mirror() for key in self.lower),
            upper=tuple(key.mirror() for key in self.upper),
        )


def procedural_dance(
    seed: int, *, tempo_bpm: float, duration_s: float, first_beat_s: float = 0.0
) -> AnnotatedDance:
    """Make a 3-D dance to a steady beat.

    Two-bar units of hip-and-feet moves and of arm-and-chest moves are repeated and
    mirrored in 8-bar phrases: calm, strong, only arms, only legs, half-time, double-time,
    hits on 16th steps, freezes. Movement stops on the beats, as it does in real dances, up
    to the dancer's own lag and jitter (tens of ms).

    Parameters
    ----------
    seed
        Chooses the dancer and the choreography.
    tempo_bpm, duration_s
        Beats a minute, and length of the dance (s).
    first_beat_s
        Time (s) of the first beat, which is a downbeat; the dancer waits until then.

    Raises
    ------
    ValueError
        If tempo or duration are not positive.
    """
    if tempo_bpm <= 0 or duration_s <= 0:
        raise ValueError("a dance needs a positive tempo and duration")
    rng = np.random.default_rng(seed)
    period = 60.0 / tempo_bpm
    n_units = int(np.ceil((duration_s - first_beat_s) / period / UNIT_BEATS)) + 1
    character = motion.draw_character(rng)
    units = _choreography(rng, max(1, n_units), period)

    times = np.arange(round(duration_s * FPS)) / FPS - first_beat_s
    tracks = [
        motion.track(_keys(units, part), times, period, character, rng)
        for part in ("lower", "upper")
    ]
    channels = np.concatenate(tracks, axis=1)
    channels = motion.pulsing(channels, times, period, FPS, character)
    keypoints = body.joints(motion.humanised(channels, FPS, character, rng), character.proportions)
    keypoints = keypoints - np.median(keypoints[:, 11:13].mean(axis=1), axis=0)
    beats = np.arange(first_beat_s, duration_s, period)
    return AnnotatedDance(
        name=f"procedural {seed}",
        source="procedural",
        keypoints=keypoints,
        fps=FPS,
        beats_s=beats,
        downbeats_s=beats[::BEATS_PER_BAR],
    )


def _keys(units: list[Unit], part: str) -> list[list[Key]]:
    """Return a track's key poses unit by unit, with beats counted from the first."""
    return [
        [key.at(key.beat + UNIT_BEATS * index) for key in getattr(unit, part)]
        for index, unit in enumerate(units)
    ]


def _choreography(rng: np.random.Generator, n_units: int, period: float) -> list[Unit]:
    """Return two-bar units in 8-bar phrases that repeat, mirror and contrast them."""
    names = list(MODES)
    taste = np.array([mode.weight for mode in MODES.values()]) * rng.gamma(1.5, size=len(MODES))
    units: list[Unit] = []
    while len(units) < n_units:
        chosen = rng.choice(len(names), size=3, p=taste / taste.sum())
        motifs = [_unit(rng, names[mode], period) for mode in chosen]
        phrase = []
        for letter in FORMS[rng.integers(len(FORMS))]:
            motif = motifs["ABC".index(letter.upper())]
            phrase.append(motif.mirror() if letter.islower() else motif)
        if rng.random() < 0.5:
            phrase[-1] = _frozen(rng, phrase[-1])
        units += phrase
    return units[:n_units]


def _unit(rng: np.random.Generator, name: str, period: float) -> Unit:
    """Return two bars of a mode."""
    mode = MODES[name]
    lower_keys = _filled(rng, mode.lower, mode.lower_stretch, mode.lower_size, lower(), period)
    upper_keys = _filled(rng, mode.upper, mode.upper_stretch, mode.upper_size, upper(), period)
    if name == "accents":
        lower_keys, upper_keys = _accented(rng, lower_keys)
    unit = Unit(lower=tuple(lower_keys), upper=tuple(upper_keys))
    return _frozen(rng, unit) if rng.random() < 0.15 else unit


def _filled(
    rng: np.random.Generator,
    moves: tuple[lower_moves.Move, ...],
    stretch: float,
    size: float,
    neutral: NDArray[np.float64],
    period: float,
) -> list[Key]:
    """Fill two bars with one or two moves in turns."""
    beats = round(UNIT_BEATS / stretch)
    length = int(rng.choice([4, 4, 8])) if beats >= 8 else 4
    pair = [moves[i] for i in rng.integers(len(moves), size=2)]
    seeds = rng.integers(1 << 31, size=2)
    is_lower = len(neutral) == len(lower())
    gone = np.zeros_like(neutral)
    keys: list[Key] = []
    for index, start in enumerate(range(0, beats, length)):
        move = pair[index % 2]
        too_fast = move is lower_moves.turn and length * stretch * period < 1.2
        if too_fast or (move is lower_moves.jump and stretch != 1):
            move = lower_moves.step_touch
        scale = 1.0 if move in TRAVELLERS else size
        for key in move(np.random.default_rng(seeds[index % 2]), length):
            # Every second pair of moves goes to the other side, so that steps come back.
            side = key.mirror() if index % 4 in (1, 2) else key
            pose = neutral + scale * (side.pose - neutral) + gone
            keys.append(Key(beat=(start + key.beat) * stretch, pose=pose, how=key.how))
        if is_lower:
            gone[TRAVEL] = keys[-1].pose[TRAVEL]
    return keys


def _accented(rng: np.random.Generator, lower_keys: list[Key]) -> tuple[list[Key], list[Key]]:
    """Return two bars of stillness with sharp hits of arms, and often legs, on 16th steps."""
    pattern = ACCENTS[rng.integers(len(ACCENTS))]
    answer = ACCENTS[rng.integers(len(ACCENTS))] if rng.random() < 0.5 else pattern
    legs = rng.random() < 0.7
    steps = [*pattern, *(step + 16 for step in answer)]
    lower_hits, upper_hits = [], []
    for step in steps:
        left, right = upper_moves.STATEMENTS[rng.integers(len(upper_moves.STATEMENTS))]
        side = rng.choice([-1.0, 1.0])
        chest = (rng.uniform(-0.1, 0.2), 0.1 * side, 0.3 * side)
        pose = upper(left, right, chest=chest, head=(0, 0, -0.3 * side))
        upper_hits.append(Key(beat=step / 4, pose=pose if side > 0 else mirrored(pose), how=HIT))
        stance = lower(hip_x=0.12 * side, rise=rng.uniform(-0.4, -0.1), hip_yaw=0.2 * side,
                       left_foot_out=rng.uniform(0.25, 0.6))  # fmt: skip
        stance = stance if side > 0 else mirrored(stance)
        lower_hits.append(Key(beat=step / 4, pose=stance, how=HIT))
    return (lower_hits if legs else lower_keys), upper_hits


def _frozen(rng: np.random.Generator, unit: Unit) -> Unit:
    """Return the unit ending in a freeze of half a bar to two bars."""
    start = UNIT_BEATS - int(rng.choice([2, 4, 4, 8]))
    left, right = upper_moves.STATEMENTS[rng.integers(len(upper_moves.STATEMENTS))]
    pitch, roll, yaw = rng.uniform(-0.15, 0.25, size=3)
    legs = tuple(key for key in unit.lower if key.beat < start)
    arms = tuple(key for key in unit.upper if key.beat < start)
    stance = lower(
        rise=rng.uniform(-0.35, -0.08),
        hip_x=rng.uniform(-0.15, 0.15),
        left_foot_out=rng.uniform(0.2, 0.6),
        left_foot_z=rng.uniform(-0.1, 0.3),
    )
    if legs:
        stance[TRAVEL] = legs[-1].pose[TRAVEL]
    pose = upper(left, right, chest=(pitch, roll, yaw))
    return Unit(
        lower=(*legs, Key(beat=start, pose=stance, how=HIT)),
        upper=(*arms, Key(beat=start, pose=pose, how=HIT)),
    )
