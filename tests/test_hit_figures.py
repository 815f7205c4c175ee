"""The command that measures whether hits are met."""

import numpy as np
import pytest

from tests.synthetic import synthetic_conditioning
from tools.hit_figures import Half, chosen_half, moved_beats
from tools.score_figures.dances import MeasuredDance


def test_halves_take_every_second_dance_of_each_kind():
    kinds = ["clip", "procedural", "clip", "procedural", "clip"]
    dances = [
        MeasuredDance(name=str(n), kind=kind, conditioning=synthetic_conditioning())
        for n, kind in enumerate(kinds)
    ]
    chosen = {dance.name for dance in chosen_half(dances, Half.CHOSEN)}
    other = {dance.name for dance in chosen_half(dances, Half.OTHER)}
    assert chosen == {"0", "1", "4"}
    assert other == {"2", "3"}
    assert chosen_half(dances, Half.ALL) == dances


def test_moved_beats_keep_their_tempo_and_the_length_of_the_dance():
    dance = synthetic_conditioning()
    moved = moved_beats(dance, 0.4)
    period_s = 60.0 / dance.rhythm.tempo_bpm
    assert moved.rhythm.beats_s[0] - dance.rhythm.beats_s[0] == pytest.approx(0.4 * period_s)
    assert np.diff(moved.rhythm.beats_s) == pytest.approx(period_s, abs=0.01)
    assert moved.grid.n_frames == dance.grid.n_frames
    assert len(moved.features) == moved.grid.n_steps
