"""Individual traits of procedural dancers: body proportions and manner of moving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.choreography.body_shape import BodyProportions


@dataclass(frozen=True, kw_only=True)
class DancerTraits:
    """Traits that distinguish the movement of one procedural dancer.

    Parameters
    ----------
    size, leg_size
        Amplitude of the movement of the upper and the lower body, as a factor.
    pulse
        How far (torso lengths) the body sinks on every beat while the dancer moves.
    hit_s
        Duration (s) of the movement to a hit.
    ease
        Share of the time between two key poses spent moving; the dancer rests in between.
    lag_s, jitter_s
        Constant delay behind the beat, and standard deviation of the delay of each pose (s).
    sway
        Amplitude of involuntary movement (rad or torso lengths).
    smooth_s
        Standard deviation (s) of the Gaussian that smooths all channels.
    top_speed
        Highest speed of hands and feet (torso lengths per second).
    proportions
        Bone lengths.
    """

    size: float
    leg_size: float
    pulse: float
    hit_s: float
    ease: float
    lag_s: float
    jitter_s: float
    sway: float
    smooth_s: float
    top_speed: float
    proportions: BodyProportions


def sample_traits(rng: np.random.Generator) -> DancerTraits:
    """Choose the traits of a dancer at random, from ranges chosen by hand."""
    usual = BodyProportions()
    scale = {name: value * rng.uniform(0.94, 1.06) for name, value in vars(usual).items()}
    return DancerTraits(
        size=rng.uniform(0.9, 1.2),
        leg_size=rng.uniform(0.95, 1.35),
        pulse=rng.uniform(0.03, 0.14),
        hit_s=rng.uniform(0.12, 0.24),
        ease=rng.uniform(0.65, 1.0),
        lag_s=float(np.clip(rng.normal(0.01, 0.02), -0.03, 0.06)),
        jitter_s=rng.uniform(0.003, 0.018),
        sway=rng.uniform(0.006, 0.02),
        smooth_s=rng.uniform(0.015, 0.03),
        top_speed=rng.uniform(12, 18),
        proportions=BodyProportions(**scale),
    )
