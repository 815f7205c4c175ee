"""The first and the last moment of a piece."""

from __future__ import annotations

import numpy as np

from d2m.score.draft import DRUM_PARTS, PITCHED_PARTS
from d2m.score.instruments import CLOSED_HAT, CRASH, IMPACT, KICK, SNARE
from d2m.score.song import PART_STEMS
from d2m.score.transitions import Place, add_effect

_MIN_PICKUP_S = 0.3  # room before the first beat that a pick-up needs
_SAFE_S = 0.03  # a note may start this long after the clip does
_LONG_TAIL_S = 1.3  # tail from which the last chord rings by itself
# Share of the tail that the last chord takes, by ending; the rest is for release and room.
_RING = {"hit": 0.3, "ring": 0.8, "short": 0.5, "long": 0.72}
_LEAST_LAST = 100  # velocity of the last kick and crash


def add_ending(place: Place, end: int, ending: str) -> None:
    """Write the last hit, after which nothing begins.

    Parameters
    ----------
    place
        The piece.
    end
        Step of the last hit.
    ending
        One of `d2m.score.options.ENDINGS`.
    """
    draft, timeline = place.draft, place.timeline
    draft.clear((*DRUM_PARTS, *PITCHED_PARTS), end, np.inf)
    end_s = timeline.time_s(end)
    tail_s = max(0.1, timeline.duration_s - end_s)
    kind = ending if ending != "auto" else "long" if tail_s >= _LONG_TAIL_S else "short"
    length = timeline.step(end_s + _RING[kind] * tail_s) - end
    for part, notes in place.song.ending.items():
        stem = PART_STEMS[part]
        if part not in place.song.instruments or stem not in place.stems:
            continue
        for note in notes:
            of_song = length if stem != "drums" else note.length
            draft.add(part, end, of_song, note.pitch, note.velocity)
    if place.has_drums:
        for pitch in (KICK, CRASH):
            if not any(
                n.pitch == pitch and n.step == end for p in DRUM_PARTS for n in draft.notes[p]
            ):
                draft.add("kick", end, 1, pitch, _LEAST_LAST)
        add_effect(place, end_s, end_s + 0.8 * tail_s, IMPACT, 84)


def add_pickup(place: Place) -> None:
    """Lead into the first beat with snare and hats if there is room before it."""
    timeline = place.timeline
    first_s = float(timeline.beats_s[0])
    if first_s < _MIN_PICKUP_S or not place.has_drums:
        return
    for step, velocity in ((-4, 62), (-2, 78), (-1, 90)):
        if timeline.time_s(step) >= _SAFE_S:
            place.draft.add("snare", step, 1, SNARE if step > -4 else CLOSED_HAT, velocity)
