"""When the last hit of a piece may be, so that it rings out within the clip."""

from __future__ import annotations

import numpy as np

from d2m.score.movement import Movement
from d2m.score.options import ScoreOptions
from d2m.score.timeline import Timeline

# Least and best time (s) from the last hit to the end of the clip, by ending, and the part of
# the clip that the least may take.
_TAIL_S = {"auto": (0.9, 1.4), "hit": (0.7, 0.9), "ring": (1.8, 2.8)}
_TAIL_SHARE = 0.34
_FEW_BEATS, _FEW_BEATS_COST = 4, 0.5  # a piece of fewer beats loses this for each
_TAIL_COST = 0.5  # of a second away from the best tail
_ACCENT_END, _POSE_END = 0.5, 1.3  # worth of ending on a hit, or on the start of a last freeze
_SAME_MOMENT_S = 0.09


def final_hit_worth(
    movement: Movement, timeline: Timeline, options: ScoreOptions
) -> dict[int, float]:
    """Return what each beat is worth as the last hit, apart from the bars.

    A tail of suitable length, a hit of the dancer and the start of a last freeze are worth
    something.

    Parameters
    ----------
    movement, timeline
        The dance and the beats.
    options
        Their ending is used.

    Returns
    -------
    dict
        Worth by the index of the beat, in the unit of a section change.
    """
    duration_s = timeline.duration_s
    least, best = _TAIL_S[options.ending]
    if options.ending == "auto":
        best = float(np.clip(1.0 + 0.02 * duration_s, 1.0, 1.8))
    least = min(least, _TAIL_SHARE * duration_s)
    tails = duration_s - timeline.beats_s
    possible = np.flatnonzero(tails >= least)
    if not len(possible):
        return {0: 0.0}
    # A bar and a half before the latest is early enough.
    possible = possible[-6:]
    events = movement.events
    worth = {}
    for beat in possible:
        at = timeline.beats_s[beat]
        near = np.abs(events.hits_s - at) < _SAME_MOMENT_S
        accent = float(events.hit_strengths[near].max()) if near.any() else 0.0
        last_pose = events.freezes_s[-1:, 0]
        posed = len(last_pose) and events.freezes_s[-1, 1] > duration_s - best - 0.5
        pose = bool(posed and abs(last_pose[0] - at) < timeline.beat_length_s / 2)
        early = _TAIL_COST * abs(tails[beat] - best)
        few = _FEW_BEATS_COST * max(0, _FEW_BEATS - int(beat))
        worth[int(beat)] = _ACCENT_END * accent + _POSE_END * pose - early - few
    return worth
