"""Modes of dancing: which moves a procedural dancer chooses, and how large and fast they are."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.training.data.dances import lower_moves, upper_moves
from d2m.training.data.dances.lower_moves import (
    bounce,
    full_turn,
    grapevine,
    hip_circle,
    jump,
    kick,
    lunge,
    march,
    rock,
    running_man,
    squat,
    stand,
    step_touch,
    twist,
    walk,
)
from d2m.training.data.dances.poses import Move
from d2m.training.data.dances.upper_moves import (
    arm_circles,
    arm_wave,
    body_roll,
    chest_pops,
    claps,
    disco,
    hits,
    punches,
    rest,
    rolls,
    roof,
    sway,
    swing,
)


@dataclass(frozen=True, kw_only=True)
class MovementMode:
    """A mode of dancing: the moves of a two-bar unit, their size and their speed.

    Parameters
    ----------
    lower, upper
        Moves of the two tracks to choose from.
    lower_size, upper_size
        Factors of the distance from the neutral pose.
    lower_stretch, upper_stretch
        Beats of music per beat of the moves: 2 is half-time, 0.5 double-time.
    weight
        Relative frequency of the mode.
    """

    lower: tuple[Move, ...] = lower_moves.GROOVE_STEPS
    upper: tuple[Move, ...] = upper_moves.GROOVE_ARMS
    lower_size: float = 1.0
    upper_size: float = 1.0
    lower_stretch: float = 1.0
    upper_stretch: float = 1.0
    weight: float = 1.0


MODES = {
    "calm": MovementMode(
        lower=lower_moves.CALM_STEPS, upper=upper_moves.CALM_ARMS, lower_size=0.6, upper_size=0.6
    ),
    "groove": MovementMode(lower_size=0.9, upper_size=0.9, weight=2.0),
    "strong": MovementMode(
        lower=lower_moves.STRONG_STEPS, upper=upper_moves.STRONG_ARMS, weight=2.0
    ),
    "arms": MovementMode(lower=(lower_moves.stand,), upper=upper_moves.STRONG_ARMS, lower_size=0.6),
    "legs": MovementMode(lower=lower_moves.FOOTWORK, upper=(upper_moves.rest,), weight=1.3),
    "half": MovementMode(
        lower_stretch=2.0, upper_stretch=2.0, lower=lower_moves.STRONG_STEPS, weight=0.7
    ),
    "double": MovementMode(
        lower_stretch=0.5,
        upper_stretch=0.5,
        lower=lower_moves.FOOTWORK,
        upper=upper_moves.STRONG_ARMS,
    ),
    "footwork": MovementMode(lower_stretch=0.5, lower=lower_moves.FOOTWORK, weight=1.5),
    "accents": MovementMode(lower=(lower_moves.stand,), upper=(upper_moves.rest,), weight=1.2),
}
"""Modes by name. In ``accents``, hits replace the moves of the arms and often of the legs.
Chosen by hand."""

STYLE_MODES: dict[str, dict[str, MovementMode]] = {
    "break": {
        "toprock": MovementMode(
            lower=(kick, step_touch, running_man, march), upper=(swing, rest, hits),
            lower_size=1.2,
        ),
        "footwork": MovementMode(
            lower=(running_man, kick, jump, squat), upper=(rest, swing), lower_stretch=0.5,
        ),
        "drops": MovementMode(lower=(squat, lunge, jump), upper=(punches, swing), lower_size=1.3),
    },
    "pop": {
        "pops": MovementMode(lower=(stand, bounce, rock), upper=(chest_pops, arm_wave, hits)),
        "accents": MovementMode(lower=(stand,), upper=(rest,), weight=1.5),
        "waves": MovementMode(lower=(rock, twist), upper=(arm_wave, body_roll), lower_size=0.7),
    },
    "lock": {
        "locks": MovementMode(lower=(lunge, squat, step_touch), upper=(punches, rolls, claps)),
        "points": MovementMode(lower=(kick, step_touch, rock), upper=(hits, disco, punches)),
        "accents": MovementMode(lower=(stand,), upper=(rest,), weight=0.7),
    },
    "middle-hip-hop": {
        "groove": MovementMode(
            lower=(bounce, rock, march, running_man), upper=(swing, body_roll, sway), weight=2.0,
        ),
        "steps": MovementMode(lower=(running_man, step_touch, twist), upper=(rolls, swing)),
        "half": MovementMode(
            lower=(lunge, rock), upper=(body_roll, roof), lower_stretch=2.0, upper_stretch=2.0,
        ),
    },
    "la-hip-hop": {
        "groove": MovementMode(
            lower=(step_touch, rock, twist, lunge), upper=(body_roll, roof, chest_pops),
        ),
        "hits": MovementMode(lower=(bounce, lunge, step_touch), upper=(hits, punches, roof)),
        "accents": MovementMode(lower=(stand,), upper=(rest,), weight=0.7),
    },
    "house": {
        "footwork": MovementMode(
            lower=(running_man, kick, march, grapevine), upper=(rest, swing), lower_stretch=0.5,
            weight=1.3,
        ),
        "steps": MovementMode(
            lower=(running_man, walk, grapevine, step_touch), upper=(swing, sway), weight=1.5,
        ),
    },
    "waack": {
        "arms": MovementMode(
            lower=(stand, step_touch, hip_circle), upper=(arm_circles, disco, rolls), weight=2.0,
            upper_size=1.2,
        ),
        "poses": MovementMode(lower=(step_touch, lunge, twist), upper=(hits, arm_circles)),
    },
    "krump": {
        "stomps": MovementMode(
            lower=(squat, lunge, march, jump), upper=(punches, chest_pops), lower_size=1.2,
            upper_size=1.2,
        ),
        "swings": MovementMode(
            lower=(squat, lunge), upper=(swing, hits, arm_circles), upper_size=1.2,
        ),
    },
    "street-jazz": {
        "lines": MovementMode(lower=(kick, grapevine, hip_circle), upper=(roof, arm_circles, hits)),
        "walks": MovementMode(lower=(walk, twist, step_touch), upper=(claps, sway, roof)),
        "turns": MovementMode(lower=(full_turn, lunge, step_touch), upper=(arm_circles, roof)),
    },
    "ballet-jazz": {
        "arms": MovementMode(
            lower=(rock, walk, step_touch), upper=(arm_circles, arm_wave, sway),
            lower_stretch=2.0, upper_stretch=2.0, weight=1.5,
        ),
        "turns": MovementMode(
            lower=(full_turn, grapevine, kick), upper=(arm_circles, sway), upper_stretch=2.0,
        ),
    },
}  # fmt: skip
"""Modes of a procedural dancer of each genre of `d2m.core.styles.STYLES`, by name. Chosen by hand
after descriptions of the genres: they differ as the genres do, but no dancer of them was seen."""
