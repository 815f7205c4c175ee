"""Stops of the music where the dancer stands still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BEAT
from d2m.score.dance_accents import MAX_BEND_S, add_stab
from d2m.score.draft import DRUM_PARTS, PITCHED_PARTS
from d2m.score.form import Form
from d2m.score.instruments import CRASH, KICK, RIM, SNARE
from d2m.score.movement import Movement
from d2m.score.transitions import Place

_MIN_STOP_BEATS, _MAX_STOP_BEATS = 1.5, 4  # of the silence in a freeze
_MAX_FREEZE_BEATS = 16  # who stands still for longer does not freeze
_STOP_GAP_BEATS = 4.0  # music between two stops
_STOP_SHARE = 0.3  # of the piece that may be stopped
_CLICK = 64  # velocity of the clicks that keep the beat


@dataclass(frozen=True, kw_only=True)
class Stop:
    """What the music does during a freeze.

    Parameters
    ----------
    start, end
        First and last step of the silence; the last hit is shortly before.
    resume
        Step at which the dancer moves again. In between, only chords and cymbals play.
    bend_s
        Time (s) from the step of that hit to the moment at which the dancer stops, at most
        `MAX_BEND_S`.
    """

    start: int
    end: int
    resume: int
    bend_s: float = 0.0


def choose_stops(place: Place, movement: Movement, form: Form) -> list[Stop]:
    """Choose the freezes that stop the music: the longest, with music between them."""
    timeline = place.timeline
    spans = timeline.steps(movement.events.freezes_s.ravel()).reshape(-1, 2)
    stops: list[Stop] = []
    stopped = 0
    for start, end in sorted(spans.tolist(), key=lambda s: s[0] - s[1]):
        first = max(0, round(start))
        # The music goes on with the beat on which the dancer moves again.
        last = round(end / STEPS_PER_BEAT) * STEPS_PER_BEAT
        last = min(last, first + _MAX_FREEZE_BEATS * STEPS_PER_BEAT)
        silent = (first // STEPS_PER_BEAT + _MAX_STOP_BEATS) * STEPS_PER_BEAT
        silent = silent if last - silent >= 2 * STEPS_PER_BEAT else last
        gap = _STOP_GAP_BEATS * STEPS_PER_BEAT
        clash = any(first < s.resume + gap and s.start - gap < last for s in stops)
        long = last - first >= _MIN_STOP_BEATS * STEPS_PER_BEAT
        too_much = stopped + last - first > _STOP_SHARE * form.end
        # A freeze at the start is an intro, and one at the end is the ending.
        inside = first >= 2 * STEPS_PER_BEAT and last <= form.end - STEPS_PER_BEAT
        if long and inside and not clash and not too_much:
            late_s = timeline.time_s(start) - timeline.time_s(first)
            bend_s = float(np.clip(late_s, -MAX_BEND_S, MAX_BEND_S))
            bend_s = bend_s if first % STEPS_PER_BEAT else 0.0
            stops.append(Stop(start=first + 2, end=silent, resume=last, bend_s=bend_s))
            stopped += last - first
    return sorted(stops, key=lambda stop: stop.start)


def add_stops(place: Place, stops: list[Stop]) -> None:
    """Write the stops: a last hit, clicks on the beats, and a crash when the music goes on."""
    draft = place.draft
    for stop in stops:
        add_stab(place, stop.start - 2, 3)
        draft.bends_s.setdefault(stop.start - 2, stop.bend_s)
        draft.clear(DRUM_PARTS, stop.start, stop.end)
        draft.clear(PITCHED_PARTS, stop.start, stop.end, resume=True)
        moving = ("kick", "extra_kick", "snare", "ghosts", "bass", "busy_bass", "hook", "response")
        draft.clear(moving, stop.end, stop.resume, resume=True)
        if not place.has_drums:
            continue
        first_beat = -(-stop.start // STEPS_PER_BEAT) * STEPS_PER_BEAT
        for step in range(first_beat, stop.end, STEPS_PER_BEAT):
            draft.add("percussion", step, 1, RIM, _CLICK)
        if stop.resume - stop.start >= 2 * STEPS_PER_BEAT:
            for step, velocity in ((-2, 82), (-1, 92)):
                draft.add("snare", stop.resume + step, 1, SNARE, velocity)
        draft.add("hats", stop.resume, 1, CRASH, 100)
        draft.add("kick", stop.resume, 1, KICK, 110)
