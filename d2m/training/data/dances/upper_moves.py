"""Dance moves of arms, chest and head, as key poses of the upper track.

Each move is a `d2m.training.data.dances.poses.Move`: it varies with the random generator and
fills a number of beats. Amplitudes (rad, directions) were chosen by hand.
"""

from __future__ import annotations

import numpy as np

from d2m.training.data.dances.poses import (
    EASE,
    FLOW,
    HIT,
    ArmDirections,
    KeyPose,
    Move,
    upper_pose,
    with_recoil,
)

HIT_ARMS = (
    *(("side", "side"), ("side_high", "side_low"), ("goalpost", "scarecrow"), ("up", "hip")),
    *(("goalpost", "goalpost"), ("side_high", "side_high"), ("chest", "side"), ("up", "up")),
    *(("punch", "chest"), ("cross", "cross"), ("head", "side"), ("across_up", "side_low")),
    *(("pray_high", "pray_high"), ("scarecrow", "scarecrow"), ("guard", "punch")),
)
"""Pairs of striking arm poses (left, right) for hits and freezes."""


def rest(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Let the arms hang or rest on the hips."""
    arms = ("hang", "hip", "bent")[rng.integers(3)]
    lean = rng.uniform(-0.05, 0.08)
    return [
        KeyPose(beat=beat, pose=upper_pose(arms, chest=(lean, 0, 0)))
        for beat in range(0, n_beats, 2)
    ]


def swing(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Swing the arms in opposite directions while the chest turns with them."""
    turn = rng.uniform(0.12, 0.35)
    nod = rng.uniform(0.05, 0.2)
    keys = []
    for beat in range(n_beats):
        side = 1.0 if beat % 2 == 0 else -1.0
        arms = ("swing_back", "swing_front") if side > 0 else ("swing_front", "swing_back")
        pose = upper_pose(*arms, chest=(nod, 0.05 * side, turn * side), head=(nod, 0, -turn * side))
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def sway(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Lean from side to side with open or bent arms."""
    arms = ("side_low", "bent", "hang", "roof")[rng.integers(4)]
    lean = rng.uniform(0.1, 0.22)
    keys = []
    for beat in range(n_beats):
        side = 1.0 if beat % 2 == 0 else -1.0
        pose = upper_pose(
            arms, chest=(0.05, lean * side, 0.1 * side), head=(0, 0.8 * lean * side, 0)
        )
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def hits(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Hit a pose of `HIT_ARMS` on every beat."""
    chosen = [HIT_ARMS[i] for i in rng.permutation(len(HIT_ARMS))[:2]]
    keys = []
    for beat in range(n_beats):
        left, right = chosen[(beat // 2) % 2]
        arms = (left, right) if beat % 2 == 0 else (right, left)
        side = 1.0 if beat % 2 == 0 else -1.0
        pose = upper_pose(*arms, chest=(0.05, 0.08 * side, 0.2 * side), head=(0, 0, 0.3 * side))
        keys.append(KeyPose(beat=beat, pose=pose, easing=HIT))
    return with_recoil(keys)


def punches(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Punch forward, up or sideways with alternate hands while the other hand guards."""
    out = ("punch", "up", "side", "across_up")[rng.integers(4)]
    keys = []
    for beat in range(n_beats):
        side = 1.0 if beat % 2 == 0 else -1.0
        arms = (out, "guard") if side > 0 else ("guard", out)
        pose = upper_pose(*arms, chest=(0.12, 0, -0.35 * side), head=(0, 0, 0.3 * side))
        keys.append(KeyPose(beat=beat, pose=pose, easing=HIT))
    return with_recoil(keys)


def claps(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Open the arms on one beat and clap on the next."""
    opened = ("side_low", "side", "goalpost", "side_high")[rng.integers(4)]
    return [
        KeyPose(
            beat=beat,
            pose=upper_pose("clap" if beat % 2 else opened, chest=(0.1 * (beat % 2), 0, 0)),
        )
        for beat in range(n_beats)
    ]


def roof(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Raise the roof: lower both hands on the beats and push them up between the beats."""
    nod = rng.uniform(0.05, 0.2)
    keys = []
    for beat in range(n_beats):
        keys.append(
            KeyPose(beat=beat, pose=upper_pose("roof", chest=(nod, 0, 0), head=(nod, 0, 0)))
        )
        keys.append(KeyPose(beat=beat + 0.5, pose=upper_pose("up"), easing=FLOW))
    return keys


def disco(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Point up to one side on one beat and down across the body on the next."""
    low: ArmDirections = ((-0.1, 0.9, 0.5), (-0.5, 0.85, 0.3))
    rest_arm = "hip" if rng.random() < 0.6 else "bent"
    keys = []
    for beat in range(n_beats):
        up = beat % 2 == 0
        arm: str | ArmDirections = "side_high" if up else low
        chest = (0.0, -0.1, 0.25) if up else (0.12, 0.05, -0.25)
        pose = upper_pose(arm, rest_arm, chest=chest, head=(-0.1, 0, 0.3 if up else -0.2))
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def arm_wave(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Move a wave from one hand over the shoulders to the other in two beats."""
    amplitude = rng.uniform(0.45, 0.8)
    keys = []
    for step in range(n_beats * 4):
        crest = (step % 8) / 7 * 5.0 - 0.5
        lift = [amplitude * float(np.exp(-0.8 * (crest - joint) ** 2)) for joint in range(5)]
        left: ArmDirections = (
            (1, 0.1 - lift[1], 0.1),
            (1, 0.15 + 1.2 * lift[1] - 1.3 * lift[0], 0.15),
        )
        right: ArmDirections = (
            (1, 0.1 - lift[3], 0.1),
            (1, 0.15 + 1.2 * lift[3] - 1.3 * lift[4], 0.15),
        )
        roll = 0.15 * float(np.sin(2 * np.pi * (step % 8) / 8))
        pose = upper_pose(
            left, right, chest=(0, roll, 0), head=(0, -roll, 0.3 * np.cos(step / 8 * np.pi))
        )
        keys.append(KeyPose(beat=step / 4, pose=pose, easing=FLOW))
    return keys


def arm_circles(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Circle the arms once in four or two beats, slowing down towards each beat."""
    per_beat = 2 * np.pi / (2 if rng.random() < 0.4 else 4)
    offset = 0.0 if rng.random() < 0.6 else np.pi
    keys = []
    for step in range(n_beats * 4):
        phase = step / 4
        angle = per_beat * (phase - 0.14 * np.sin(2 * np.pi * phase))
        arms = [((0.35 + np.sin(a), np.cos(a), 0.35), (0.2 + np.sin(a - 0.3), np.cos(a - 0.3), 0.4))
                for a in (angle, angle + offset)]  # fmt: skip
        pose = upper_pose(*arms, chest=(0.05, 0.1 * np.sin(angle), 0.1 * np.cos(angle)))
        keys.append(KeyPose(beat=phase, pose=pose, easing=FLOW))
    return keys


def rolls(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Roll the forearms around each other in front of the chest or above the head."""
    base = np.array([0.3, 0.75, 0.55]) if rng.random() < 0.6 else np.array([0.6, -0.65, 0.35])
    keys = []
    for step in range(n_beats * 8):
        angle = 2 * np.pi * step / 8
        arms: list[ArmDirections] = []
        for a in (angle, angle + np.pi):
            fore = np.array([-0.85, 0.5 * np.cos(a), 0.45 + 0.5 * np.sin(a)])
            arms.append((tuple(base), tuple(fore)))
        pose = upper_pose(*arms, chest=(0.1, 0.1 * np.sin(angle / 4), 0))
        keys.append(KeyPose(beat=step / 8, pose=pose, easing=FLOW))
    return keys


def body_roll(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Roll the body through head and chest in two beats."""
    arms = ("hang", "side_low", "head", "goalpost")[rng.integers(4)]
    size = rng.uniform(0.7, 1.2)
    shape = [(-0.15, 0.25), (-0.3, -0.1), (0.1, -0.3), (0.4, 0.05)]
    keys = []
    for half in range(n_beats * 2):
        chest, head = shape[half % 4]
        pose = upper_pose(arms, chest=(size * chest, 0, 0), head=(size * head, 0, 0))
        keys.append(KeyPose(beat=half / 2, pose=pose, easing=EASE if half % 2 == 0 else FLOW))
    return keys


def chest_pops(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Pop the chest out and in on alternate beats."""
    arms = ("bent", "scarecrow", "hip", "goalpost")[rng.integers(4)]
    keys = []
    for beat in range(n_beats):
        out = beat % 2 == 0
        pose = upper_pose(
            arms, chest=(-0.28 if out else 0.22, 0, 0), head=(0.15 if out else -0.1, 0, 0)
        )
        keys.append(KeyPose(beat=beat, pose=pose, easing=HIT))
    return with_recoil(keys)


CALM_ARMS: tuple[Move, ...] = (rest, sway, swing, body_roll)
GROOVE_ARMS: tuple[Move, ...] = (swing, sway, claps, roof, disco, arm_wave, body_roll, rolls)
STRONG_ARMS: tuple[Move, ...] = (
    *(hits, punches, claps, roof, disco, arm_circles, rolls, chest_pops),
    *(swing, arm_wave),
)
"""Moves of each energy."""
