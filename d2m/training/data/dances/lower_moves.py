"""Dance moves of hips and feet, as key poses of the lower track.

Each move is a `d2m.training.data.dances.poses.Move`: it varies with the random generator and
fills a number of beats. `d2m.training.data.dances.motion.interpolate_track` lifts the feet
when they step from one key pose to the next. Amplitudes (torso lengths, rad) were chosen by
hand.
"""

from __future__ import annotations

import numpy as np

from d2m.training.data.dances.poses import (
    EASE,
    FLOW,
    HIT,
    KeyPose,
    Move,
    lower_pose,
    mirror_pose,
    with_recoil,
)


def stand(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Stand with slightly more weight on one leg."""
    side = rng.choice([-1.0, 1.0]) * rng.uniform(0.02, 0.08)
    pose = lower_pose(hip_x=side, hip_roll=-side, rise=-0.06)
    return [KeyPose(beat=beat, pose=pose) for beat in range(0, n_beats, 2)]


def bounce(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Bend the knees on every beat."""
    depth = rng.uniform(0.12, 0.24)
    keys = []
    for beat in range(n_beats):
        keys.append(KeyPose(beat=beat, pose=lower_pose(rise=-0.08 - depth, hip_z=-0.05)))
        keys.append(KeyPose(beat=beat + 0.45, pose=lower_pose(rise=-0.05), easing=FLOW))
    return keys


def rock(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Shift the weight from one leg to the other on every beat."""
    width, dip = rng.uniform(0.18, 0.32), rng.uniform(0.08, 0.25)
    keys = []
    for beat in range(n_beats):
        side = 1.0 if beat % 2 == 0 else -1.0
        pose = lower_pose(hip_x=side * width, hip_roll=-0.18 * side, rise=-0.1 - dip,
                          left_foot_out=0.36, right_foot_out=0.36)  # fmt: skip
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def step_touch(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Step to the side on one beat and close with the other foot on the next."""
    width = rng.uniform(0.45, 0.75)
    keys = []
    for beat in range(n_beats):
        side = 1.0 if beat % 4 < 2 else -1.0
        if beat % 2 == 0:
            pose = lower_pose(hip_x=side * width * 0.55, rise=-0.2, hip_roll=-0.1 * side,
                              left_foot_out=0.2 + (side > 0) * width,
                              right_foot_out=0.2 + (side < 0) * width)  # fmt: skip
        else:
            out = {True: 0.2 + width, False: 0.2 - 0.75 * width}
            pose = lower_pose(hip_x=side * width * 0.95, rise=-0.1, hip_yaw=0.15 * side,
                              left_foot_out=out[side > 0],
                              right_foot_out=out[side < 0])  # fmt: skip
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def march(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """March in place: lift the left and the right knee on alternate beats."""
    lift = rng.uniform(0.45, 0.85)
    keys = []
    for beat in range(n_beats):
        side = "left" if beat % 2 == 0 else "right"
        sign = 1.0 if side == "left" else -1.0
        feet = {f"{side}_foot_lift": lift, f"{side}_foot_z": 0.22, f"{side}_foot_out": 0.18}
        pose = lower_pose(hip_x=-0.2 * sign, rise=-0.04, hip_roll=-0.08 * sign, **feet)
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def running_man(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Dance the running man: slide one foot back while the other lands in front."""
    stride, lift = rng.uniform(0.3, 0.5), rng.uniform(0.35, 0.6)
    keys = []
    for beat in range(n_beats):
        front, back = ("left", "right") if beat % 2 == 0 else ("right", "left")
        knee_up = lower_pose(**{f"{front}_foot_lift": lift, f"{front}_foot_z": 0.3,
                                f"{back}_foot_z": -0.05}, rise=-0.05)  # fmt: skip
        landed = lower_pose(**{f"{front}_foot_z": stride, f"{back}_foot_z": -stride}, rise=-0.25,
                            hip_z=-0.05)  # fmt: skip
        keys += [
            KeyPose(beat=beat, pose=landed),
            KeyPose(beat=beat + 0.5, pose=knee_up, easing=FLOW),
        ]
    return keys


def kick(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Kick forward or sideways on one beat and stand on the next."""
    keys = []
    height = rng.uniform(0.5, 0.95)
    aside = rng.random() < 0.4
    for beat in range(n_beats):
        if beat % 2 == 0:
            side = "left" if beat % 4 == 0 else "right"
            sign = 1.0 if side == "left" else -1.0
            foot = {f"{side}_foot_lift": height, f"{side}_foot_z": 0.25 if aside else 1.15,
                    f"{side}_foot_out": 1.15 if aside else 0.25}  # fmt: skip
            pose = lower_pose(hip_x=-0.2 * sign, hip_z=-0.08, rise=-0.06, **foot)
            keys.append(KeyPose(beat=beat, pose=pose, easing=HIT))
        else:
            keys.append(KeyPose(beat=beat, pose=lower_pose(rise=-0.22)))
    return with_recoil(keys)


def lunge(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Step into a deep lunge on one beat and return two beats later."""
    width = rng.uniform(0.55, 0.85)
    forward = rng.uniform(-0.1, 0.35)
    deep = lower_pose(left_foot_out=width, left_foot_z=forward, hip_x=0.5 * width, rise=-0.5,
                      hip_yaw=0.25, right_foot_out=0.4)  # fmt: skip
    keys = []
    for beat in range(0, n_beats, 2):
        pose = deep if beat % 4 == 0 else lower_pose(rise=-0.08)
        keys.append(KeyPose(beat=beat, pose=pose, easing=HIT if beat % 4 == 0 else EASE))
    return keys


def jump(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Crouch, jump and land on a beat with the feet apart."""
    height, wide = rng.uniform(0.2, 0.45), rng.uniform(0.25, 0.55)
    keys = []
    for beat in range(0, n_beats, 2):
        keys.append(
            KeyPose(beat=beat, pose=lower_pose(rise=-0.4, left_foot_out=wide, right_foot_out=wide))
        )
        if beat + 2 > n_beats:
            break
        air = lower_pose(rise=height, left_foot_lift=height + 0.12, right_foot_lift=height + 0.12)
        keys.append(KeyPose(beat=beat + 1, pose=lower_pose(rise=-0.38)))
        keys.append(KeyPose(beat=beat + 1.5, pose=air))
    return keys


def squat(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Squat and rise, two beats each."""
    depth = rng.uniform(0.45, 0.8)
    low = lower_pose(rise=-depth, left_foot_out=0.45, right_foot_out=0.45, hip_z=-0.2)
    high = lower_pose(rise=-0.05, left_foot_out=0.45, right_foot_out=0.45)
    return [
        KeyPose(beat=beat, pose=low if beat % 4 == 0 else high) for beat in range(0, n_beats, 2)
    ]


def twist(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Twist the hips left and right on alternate beats."""
    angle = rng.uniform(0.35, 0.7)
    keys = []
    for beat in range(n_beats):
        side = 1.0 if beat % 2 == 0 else -1.0
        pose = lower_pose(hip_yaw=side * angle, rise=-0.28, hip_x=0.08 * side,
                          left_foot_z=-0.12 * side, right_foot_z=0.12 * side)  # fmt: skip
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def grapevine(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Dance a grapevine: travel sideways for four beats with crossing steps, then back."""
    step = rng.uniform(0.28, 0.42)
    shape = [(0.5, 0.05), (0.28, -0.25), (0.55, 0.0), (0.2, 0.2)]
    keys = []
    for beat in range(n_beats):
        place = beat % 4
        out_left, out_right = shape[place]
        pose = lower_pose(centre_x=step * (place + 1), left_foot_out=out_left, hip_x=0.05,
                          right_foot_out=out_right, right_foot_z=0.22 if place == 1 else 0.0,
                          rise=-0.16 - 0.06 * (beat % 2))  # fmt: skip
        if beat // 4 % 2:
            pose = mirror_pose(pose) + 4 * step * (lower_pose(centre_x=1) - lower_pose())
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def walk(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Walk two steps towards the camera or away from it, and two steps back."""
    step = rng.uniform(0.35, 0.55) * rng.choice([-1.0, 1.0])
    keys = []
    for beat in range(n_beats):
        way = step if beat % 4 < 2 else -step
        swinging, standing = ("left", "right") if beat % 2 == 0 else ("right", "left")
        feet = {f"{swinging}_foot_z": 0.5 * way, f"{standing}_foot_z": -0.5 * way}
        sway = 0.1 if swinging == "left" else -0.1
        pose = lower_pose(centre_z=step * (1, 2, 1, 0)[beat % 4], hip_x=sway, hip_yaw=sway,
                          rise=-0.12, left_foot_out=0.2, right_foot_out=0.2, **feet)  # fmt: skip
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def full_turn(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Turn once around in small steps, by an equal angle on every beat."""
    dip = rng.uniform(0.05, 0.15)
    keys = []
    for beat in range(n_beats):
        side = "left" if beat % 2 == 0 else "right"
        pose = lower_pose(yaw=2 * np.pi * (beat + 1) / n_beats, rise=-0.08 - dip,
                          **{f"{side}_foot_z": 0.18})  # fmt: skip
        keys.append(KeyPose(beat=beat, pose=pose))
    return keys


def hip_circle(rng: np.random.Generator, n_beats: int) -> list[KeyPose]:
    """Circle the hips once in two beats, slowing down towards each beat."""
    radius = rng.uniform(0.12, 0.22)
    keys = []
    for eighth in range(n_beats * 4):
        phase = eighth / 4
        angle = np.pi * (phase - 0.12 * np.sin(2 * np.pi * phase))
        pose = lower_pose(hip_x=radius * np.cos(angle), hip_z=radius * np.sin(angle), rise=-0.2,
                          left_foot_out=0.36, right_foot_out=0.36,
                          hip_roll=-0.2 * np.cos(angle))  # fmt: skip
        keys.append(KeyPose(beat=phase, pose=pose, easing=FLOW))
    return keys


CALM_STEPS: tuple[Move, ...] = (stand, bounce, rock, step_touch)
GROOVE_STEPS: tuple[Move, ...] = (
    *(bounce, rock, step_touch, twist, hip_circle, march, grapevine, walk),
    *(step_touch, running_man),
)
STRONG_STEPS: tuple[Move, ...] = (
    *(running_man, kick, lunge, jump, squat, grapevine, full_turn, march, walk),
    *(step_touch, kick),
)
FOOTWORK: tuple[Move, ...] = (running_man, kick, march, jump, grapevine, walk, step_touch)
"""Moves of each energy; a move listed twice is twice as likely."""
