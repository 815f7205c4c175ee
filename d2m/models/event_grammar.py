"""Which piano event may follow others, so that a sampled sequence can be played.

At each moment, notes end first, then a velocity may come, then notes begin, both from the lowest
to the highest, as `d2m.models.piano_events.events_from_notes` writes them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.models.piano_events import (
    BEGINNING,
    EVENT_KINDS,
    EVENT_STEP_S,
    KEYS_OF_PIANO,
    NOTE_OFF,
    PADDING,
    TIME_SHIFT,
    TIME_SHIFTS,
    VELOCITY,
    time_shifts,
)

LONGEST_REST_S = 2.0
"""Longest time from one onset to the next (s), so that the music has no gaps. Chosen by hand."""
_LONGEST_REST = round(LONGEST_REST_S / EVENT_STEP_S)
_KEYS = np.arange(KEYS_OF_PIANO)


class EventGrammar:
    """The events so far, and which may follow.

    Attributes
    ----------
    step
        Time after the last event, in steps of `d2m.models.piano_events.EVENT_STEP_S`.
    """

    def __init__(self) -> None:
        self.step = 0
        self._history: list[tuple[int, int]] = []
        self._is_sounding = np.zeros(KEYS_OF_PIANO, dtype=bool)
        self._last_onset = 0
        self._begin_moment()

    def allowed(self) -> NDArray[np.bool_]:
        """Return whether each event (243,) may follow."""
        allowed = np.zeros(EVENT_KINDS, dtype=bool)
        allowed[:NOTE_OFF] = ~self._is_sounding & (self._last_on < _KEYS)
        if self._last_on < 0 and not self._has_velocity:
            allowed[NOTE_OFF:TIME_SHIFT] = self._is_sounding & (self._last_off < _KEYS)
            allowed[VELOCITY:PADDING] = True
        if self._last_on >= 0 or not self._has_velocity:
            rest = self._last_onset + _LONGEST_REST - self.step
            allowed[TIME_SHIFT : TIME_SHIFT + min(TIME_SHIFTS, max(0, rest))] = True
        return allowed

    def take(self, event: int) -> None:
        """Add an event."""
        if TIME_SHIFT <= event < VELOCITY:
            self.step += event - TIME_SHIFT + 1
            self._begin_moment()
            return
        self._history.append((self.step, event))
        if event < NOTE_OFF:
            self._is_sounding[event] = True
            self._last_on, self._last_onset = event, self.step
        elif event < TIME_SHIFT:
            self._last_off = event - NOTE_OFF
            self._is_sounding[self._last_off] = False
        else:
            self._has_velocity = True

    def begin_window(self, first: int) -> list[int]:
        """Return the events so far as those of a window, and forget notes from before it.

        Parameters
        ----------
        first
            Step at which the window begins.

        Returns
        -------
        list of int
            From `d2m.models.piano_events.BEGINNING` on. The first onset has its velocity, and
            notes that began before the window don't end in it.
        """
        events, now, velocity, is_known = [BEGINNING], first, -1, False
        self._is_sounding[:] = False
        for step, event in self._history:
            if event >= VELOCITY:
                velocity = event
            if step < first or (
                NOTE_OFF <= event < TIME_SHIFT and not self._is_sounding[event - NOTE_OFF]
            ):
                continue
            events += time_shifts(step - now)
            now = step
            if event >= VELOCITY:
                is_known = True
            elif event < NOTE_OFF:
                if not is_known and velocity >= 0:
                    events.append(velocity)
                    is_known = True
                self._is_sounding[event] = True
            else:
                self._is_sounding[event - NOTE_OFF] = False
            events.append(event)
        return events + time_shifts(max(0, self.step - now))

    def events(self) -> NDArray[np.int64]:
        """Return all events (T,) so far, with time shifts."""
        found, now = [], 0
        for step, event in self._history:
            found += [*time_shifts(step - now), event]
            now = step
        return np.array(found, dtype=np.int64)

    def _begin_moment(self) -> None:
        self._last_on = self._last_off = -1
        self._has_velocity = False
