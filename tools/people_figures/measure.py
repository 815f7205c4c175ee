"""Measure how well the people of a drawn clip are counted and told apart."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.common_settings import ALL_DANCERS
from d2m.perception.dancers import GLANCE_FPS, LEAST_GLANCES, Dancers, follow_people, glance
from d2m.perception.pose import PoseTrack
from d2m.perception.skeleton import MEDIAPIPE_TORSO
from tools.people_figures.composites import Composite
from tools.render_examples import FPS

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]

NEAR = 0.6
"""Mean distance of shoulders and hips (torso lengths) up to which a pose lies on a person."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What came out of a drawn clip.

    Parameters
    ----------
    count, found
        True and found number of people.
    main_identity, identity
        Share (0 to 1) of the frames with a pose in which it lies on the right person, for
        number 1 and for everybody. The right one is who has most of the frames.
    seen
        Share of the frames in which the right person is there, that have a right pose.
    cpu_s
        Processor time (s), without drawing.
    is_tracked
        Whether everybody was tracked, as in clips with several people.
    """

    count: int
    found: int
    main_identity: float = 1.0
    identity: float = 1.0
    seen: float = 1.0
    cpu_s: float
    is_tracked: bool = False


def measure(clip: Composite) -> Figures:
    """Count and follow the people of a drawn clip, as the analysis of a clip does."""
    count = len(clip.truth)
    step = round(min(FPS / GLANCE_FPS, count / LEAST_GLANCES))
    glances = [(n / FPS, clip.frame(n)) for n in range(step // 2, count, step)]
    start = time.process_time()
    seen = glance(glances)
    cpu_s = time.process_time() - start
    if seen < 2:
        return Figures(count=clip.count, found=seen, cpu_s=cpu_s)
    frames = [(n / FPS, clip.frame(n)) for n in range(count)]
    start = time.process_time()
    dancers = follow_people(
        iter(frames), FPS, aspect=clip.size[0] / clip.size[1], dancer=ALL_DANCERS
    )
    cpu_s += time.process_time() - start
    return _judge(clip, dancers, cpu_s)


def _judge(clip: Composite, dancers: Dancers | None, cpu_s: float) -> Figures:
    if dancers is None:
        return Figures(count=clip.count, found=0, identity=0.0, cpu_s=cpu_s)
    right = all_found = there = 0
    main_identity = 0.0
    for number, track in enumerate(dancers.tracks):
        owners = list(_owners(track, clip.truth))
        owner = Counter(one for one in owners if one is not None).most_common(1)
        on_right = sum(one == owner[0][0] for one in owners) if owner else 0
        if number == 0:
            main_identity = on_right / max(1, len(owners))
        right += on_right
        all_found += len(owners)
        there += int(np.isfinite(clip.truth[:, owner[0][0], 0, 0]).sum()) if owner else 0
    return Figures(
        count=clip.count,
        found=dancers.people.count,
        main_identity=main_identity,
        identity=right / max(1, all_found),
        seen=right / max(1, there),
        cpu_s=cpu_s,
        is_tracked=True,
    )


def _owners(track: PoseTrack, truth: FloatArray) -> Iterator[int | None]:
    """Yield for each frame with a pose the person on whom it lies, or None."""
    for frame in np.flatnonzero(track.found):
        torso = track.landmarks[frame, list(MEDIAPIPE_TORSO), :2]
        people = truth[frame]
        spine = people[:, :2].mean(axis=1) - people[:, 2:].mean(axis=1)
        gaps = np.linalg.norm(people - torso, axis=2).mean(axis=1) / np.linalg.norm(spine, axis=1)
        if not np.isfinite(gaps).any() or np.nanmin(gaps) > NEAR:
            yield None
        else:
            yield int(np.nanargmin(gaps))
