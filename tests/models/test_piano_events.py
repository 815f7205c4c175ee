"""Events of a piano: notes survive the round trip, and the grammar only writes playable ones."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.models.event_grammar import LONGEST_REST_S, EventGrammar
from d2m.models.piano_events import (
    BEGINNING,
    END,
    EVENT_KINDS,
    EVENT_STEP_S,
    KEYS_OF_PIANO,
    LOWEST_KEY,
    NOTE_OFF,
    PADDING,
    TIME_SHIFT,
    VELOCITY,
    events_from_notes,
    notes_from_events,
)


def random_notes(seed: int, count: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    start, length = np.sort(rng.uniform(0, 6, count)), rng.uniform(0.05, 2.5, count)
    pitch = rng.integers(LOWEST_KEY, LOWEST_KEY + KEYS_OF_PIANO, count)
    return np.stack([start, length, pitch, rng.integers(1, 128, count)], axis=1)


def test_the_vocabulary_has_the_size_of_the_papers() -> None:
    assert PADDING == 240
    assert EVENT_KINDS == 243


@pytest.mark.parametrize("seed", range(5))
def test_notes_come_back_within_the_resolution(seed: int) -> None:
    notes = random_notes(seed)
    notes = notes[np.append(True, np.diff(notes[:, 0]) > 0.04)]  # no chords, which are joined
    back = notes_from_events(events_from_notes(notes, 6.0), 6.0)
    assert len(back) == len(notes)
    assert np.abs(back[:, 0] - notes[:, 0]).max() <= EVENT_STEP_S / 2 + 1e-6
    assert np.array_equal(back[:, 2], notes[:, 2])
    assert np.abs(back[:, 3] - notes[:, 3]).max() <= 4
    free = [not np.any((notes[:, 2] == p) & (notes[:, 0] > s)) for s, _, p, _ in notes]
    ends, meant = (back[:, 0] + back[:, 1])[free], np.minimum(6, notes[:, 0] + notes[:, 1])[free]
    assert np.abs(ends - meant).max() <= 0.06 + 2 * EVENT_STEP_S


def test_notes_of_a_chord_begin_together_with_one_velocity() -> None:
    chord = np.array([[1.0, 0.5, 60, 90], [1.012, 0.5, 64, 94], [1.02, 0.5, 67, 98]])
    events = events_from_notes(chord, 6.0)
    assert events[0] == BEGINNING
    assert events[-1] == END
    assert np.sum((events >= VELOCITY) & (events < PADDING)) == 1
    back = notes_from_events(events, 6.0)
    assert np.allclose(back[:, 0], 1.0)
    assert np.allclose(back[:, 1], 0.5, atol=0.021)
    assert back[:, 2].tolist() == [60, 64, 67]


def test_notes_that_a_piano_lacks_move_by_octaves_and_others_are_left_out() -> None:
    notes = np.array([[0.0, 1, 12, 80], [1.0, 1, 120, 80], [-0.5, 3, 60, 80], [6.5, 1, 60, 80]])
    back = notes_from_events(events_from_notes(notes, 6.0), 6.0)
    assert back[:, 2].tolist() == [24, 108]


def test_the_grammar_only_allows_what_the_encoding_writes() -> None:
    for seed in range(5):
        grammar = EventGrammar()
        notes = random_notes(seed, 60)
        notes[0, 0] = 0.0
        for event in events_from_notes(notes, 6.0)[1:-1].tolist():
            assert grammar.allowed()[event]
            grammar.take(event)


def test_random_events_of_the_grammar_are_notes_without_gaps() -> None:
    rng, grammar = np.random.default_rng(3), EventGrammar()
    while grammar.step * EVENT_STEP_S < 20:
        grammar.take(int(rng.choice(np.flatnonzero(grammar.allowed()))))
    notes = notes_from_events(grammar.events(), 20.0)
    assert np.diff(np.unique(notes[:, 0]), prepend=0).max() <= LONGEST_REST_S + 1e-6
    assert (notes[:, 1] > 0).all()


def test_a_new_window_continues_the_notes_of_the_one_before() -> None:
    notes = random_notes(1, 60)
    notes[0, 0] = 0.0
    grammar = EventGrammar()
    for event in events_from_notes(notes, 6.0)[1:-1].tolist():
        grammar.take(event)
    window = grammar.begin_window(round(3 / EVENT_STEP_S))
    seen = notes_from_events(np.array(window), 3.0)
    whole = notes_from_events(grammar.events(), 6.0)
    late = whole[whole[:, 0] >= 3.0 - 1e-6]
    assert np.allclose(seen[:, 0] + 3.0, late[:, 0])
    assert np.array_equal(seen[:, 2:], late[:, 2:])
    first = next(event for event in window[1:] if not TIME_SHIFT <= event < VELOCITY)
    assert VELOCITY <= first < PADDING
    started: set[int] = set()
    for event in window:
        if event < NOTE_OFF:
            started.add(event)
        elif event < TIME_SHIFT:
            assert event - NOTE_OFF in started
