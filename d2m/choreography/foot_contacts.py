"""Feet that stand where they stand: contacts with the floor are found, and the feet are held there.

All functions take COCO-17 joints ``(F, 17, 3)`` in torso lengths, y down, with the floor at y = 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.body_shape import STANDARD_BODY, STRAIGHT_LEG, bend_legs
from d2m.choreography.joints import coco_hip_middle
from d2m.perception.skeleton import ANKLES, HIPS, KNEES, WRISTS
from d2m.rendering.dancer_camera import ANKLE_HEIGHT

FloatArray = NDArray[np.float64]

STANDING_HEIGHT, LANDING_HEIGHT = 0.12, 0.06
"""Greatest height of an ankle over that of a standing foot while it stays on the floor, and when it
comes down (torso lengths). Chosen by hand."""
STANDING_SPEED, LANDING_SPEED = 0.8, 0.4
"""Greatest speed of a foot while it stays on the floor, and when it comes to rest (torso lengths a
second). Chosen by hand, above the noise of generated joints."""
LEAST_CONTACT_S = 0.1
"""Shorter contacts are left alone (s). Chosen by hand."""
RELEASE_S = 0.1
"""Time in which a foot comes to rest and gets going (s). Chosen by hand."""
STEP_HEIGHT, STEP_SLOPE = 0.1, 0.25
"""Least height of a step, and its share of the step's length (torso lengths). Chosen by hand."""
LONGEST_JUMP_S = 0.7
"""A dancer who touches the floor less often than this (s) is brought down to it. Chosen by hand."""
STAGE = np.array([1.2, 1.0, 0.8])
"""Half the size of the stage (torso lengths; the height has no effect). Chosen by hand."""
WANDERING_S = 2.5
"""Standard deviation of the time over which a dancer's way across the stage is averaged (s). Chosen
by hand: steps of one bar stay."""
REST_HEIGHTS = {WRISTS: 0.06, KNEES: 0.1, HIPS: 0.2, ANKLES: ANKLE_HEIGHT}
"""Height of joints that lie on the floor (torso lengths). Chosen by hand."""


def put_on_floor(joints: FloatArray, fps: float) -> FloatArray:
    """Return a dance moved up or down, slowly, so that it stands on the floor at y = 0."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d

    lowest = np.max(
        [(joints[:, part, 1] + rest).max(axis=1) for part, rest in REST_HEIGHTS.items()], axis=0
    )
    window = 2 * int(LONGEST_JUMP_S * fps / 2) + 1
    floor = maximum_filter1d(lowest, window, mode="nearest")
    floor = gaussian_filter1d(floor, window / 2, mode="nearest")
    return np.asarray(joints - floor[:, None, None] * np.array([0.0, 1.0, 0.0]))


def stay_on_stage(joints: FloatArray, fps: float) -> FloatArray:
    """Return a dance that does not wander off: its way across the floor is softly bounded."""
    from scipy.ndimage import gaussian_filter1d

    middle = coco_hip_middle(joints) * [1.0, 0.0, 1.0]
    wandered = gaussian_filter1d(middle, WANDERING_S * fps, axis=0, mode="nearest")
    near = gaussian_filter1d(middle - wandered, 0.3 * fps, axis=0, mode="nearest")
    kept = near / (1 + (near / STAGE) ** 4) ** 0.25
    return np.asarray(joints + (kept - near - wandered)[:, None])


def find_contacts(ankles: FloatArray, fps: float) -> NDArray[np.bool_]:
    """Return where feet stand on the floor.

    A foot that is low and slow stands, until it is neither (hysteresis).

    Parameters
    ----------
    ankles : (F, 2, 3)
        Left and right ankle, above a floor at y = 0.
    fps
        Frame rate (Hz).

    Returns
    -------
    (F, 2)
    """
    from scipy.ndimage import find_objects, label

    height = -ankles[..., 1] - ANKLE_HEIGHT
    speed = np.linalg.norm(np.gradient(ankles, axis=0), axis=-1) * fps
    weak = (height < STANDING_HEIGHT) & (speed < STANDING_SPEED)
    strong = (height < LANDING_HEIGHT) & (speed < LANDING_SPEED)
    contacts = np.zeros_like(weak)
    for foot in range(2):
        for (run,) in find_objects(label(weak[:, foot])[0]):
            is_long = run.stop - run.start >= LEAST_CONTACT_S * fps
            contacts[run, foot] = is_long and strong[run, foot].any()
    return np.asarray(contacts)


def plant_feet(joints: FloatArray, contacts: NDArray[np.bool_], fps: float) -> FloatArray:
    """Return a dance whose feet neither slide where they stand nor sink.

    Feet are held where they stand on average, and lifted a little on their way from one place to
    the next. The pelvis comes down where a standing foot would not be reached, and the legs follow.

    Parameters
    ----------
    joints : (F, 17, 3)
        A dance with the bones of the standard body.
    contacts : (F, 2)
        Where the feet stand, from `find_contacts`.
    fps
        Frame rate (Hz).
    """
    out = joints.copy()
    for foot, ankle in enumerate(ANKLES):
        out[:, ankle] = _planted(joints[:, ankle], contacts[:, foot], fps)
    out[:, : ANKLES[0]] += _drop(out, fps)[:, None, None] * np.array([0.0, 1.0, 0.0])
    return bend_legs(out)


def _planted(ankle: FloatArray, contact: NDArray[np.bool_], fps: float) -> FloatArray:
    """Return the path ``(F, 3)`` of an ankle that is held during its contacts."""
    standing = np.array([1.0, 0.0, 1.0])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], contact, [False]]).astype(int)))
    starts, ends = edges[::2], edges[1::2] - 1
    path = ankle.copy()
    places = [
        ankle[a : b + 1].mean(axis=0) * standing - [0, ANKLE_HEIGHT, 0]
        for a, b in zip(starts, ends, strict=True)
    ]
    for place, a, b in zip(places, starts, ends, strict=True):
        path[a : b + 1] = place
    # Between contacts: from the end of one (or the start of the dance) to the start of the next.
    for index in range(len(places) + 1):
        a = ends[index - 1] if index else -1
        b = starts[index] if index < len(places) else len(ankle)
        before = places[index - 1] if index else None
        after = places[index] if index < len(places) else None
        path[a + 1 : b] = _step(ankle, a, b, before, after, fps)
    path[:, 1] = np.minimum(path[:, 1], -ANKLE_HEIGHT)
    return path


def _step(
    ankle: FloatArray,
    a: int,
    b: int,
    before: FloatArray | None,
    after: FloatArray | None,
    fps: float,
) -> FloatArray:
    """Return the path of an ankle between the frames a and b, where it stands at two places."""
    frames = np.arange(a + 1, b)
    path = ankle[a + 1 : b].copy()
    if not len(frames):
        return path
    share = _smooth((frames - a) / (b - a))[:, None]
    from_before = 0.0 if before is None else before - ankle[a]
    from_after = 0.0 if after is None else after - ankle[b]
    if before is None or after is None:
        share = np.full_like(share, 1.0 if before is None else 0.0)
    path = path + (1 - share) * from_before + share * from_after
    release = max(1.0, min(RELEASE_S * fps, (b - a) / 2))
    if before is not None:
        path = before + _smooth((frames - a) / release)[:, None] * (path - before)
    if after is not None:
        path = after + _smooth((b - frames) / release)[:, None] * (path - after)
    if before is not None and after is not None:
        lift = min(STEP_HEIGHT, STEP_SLOPE * float(np.linalg.norm(after - before)))
        lowest = -ANKLE_HEIGHT - lift * np.sin(np.pi * (frames - a) / (b - a)) ** 2
        path[:, 1] = np.minimum(path[:, 1], lowest)
    return path


def _drop(joints: FloatArray, fps: float) -> FloatArray:
    """Return how far the body must come down for the legs to reach the feet (F,)."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d

    leg = 0.995 * STRAIGHT_LEG * (STANDARD_BODY.thigh + STANDARD_BODY.shin)
    away = joints[:, ANKLES] - joints[:, HIPS]
    aside = np.linalg.norm(away[..., [0, 2]], axis=-1)
    reach = np.sqrt(np.maximum(leg**2 - aside**2, 0.09))
    missing = np.maximum(away[..., 1] - reach, 0).max(axis=1)
    window = 2 * int(0.08 * fps) + 1
    return np.asarray(
        gaussian_filter1d(maximum_filter1d(missing, window), window / 3, mode="nearest")
    )


def _smooth(share: FloatArray) -> FloatArray:
    """Return a share of 0 to 1 that starts and ends smoothly."""
    share = np.clip(share, 0, 1)
    return np.asarray(share**2 * (3 - 2 * share))
