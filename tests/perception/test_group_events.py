"""Merging the events of several dancers, and the rhythm of a group."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import condition
from d2m.perception.group_events import merge_events
from d2m.training.data.dances import procedural_dance, view


def hits(*times: float, strength: float = 0.8) -> BodyEvents:
    return BodyEvents(hits_s=np.array(times), hit_strengths=np.full(len(times), strength))


def test_a_hit_counts_by_how_many_dancers_do_it_together() -> None:
    merged = merge_events([hits(1.0, 2.0), hits(1.05), hits(0.95, 3.0)], 4.0)
    strengths = dict(zip(np.round(merged.hits_s), merged.hit_strengths, strict=True))
    assert strengths[1.0] == pytest.approx(0.8)
    assert strengths[2.0] == pytest.approx(0.8 / 3)
    assert list(np.diff(merged.hits_s) > 0.2) == [True, True]


def test_hands_are_up_and_bodies_freeze_where_half_of_the_dancers_do() -> None:
    one = BodyEvents(raised_s=np.array([[1.0, 2.0]]), freezes_s=np.array([[3.0, 3.5]]))
    other = BodyEvents(raised_s=np.array([[1.5, 2.5]]))
    merged = merge_events([one, other, BodyEvents()], 4.0)
    np.testing.assert_allclose(merged.raised_s, [[1.5, 2.0]], atol=0.02)
    assert len(merged.freezes_s) == 0


def test_jumps_count_that_half_of_the_dancers_do_together() -> None:
    def jump(start: float) -> BodyEvents:
        return BodyEvents(jumps_s=np.array([[start, start + 0.4]]), jump_strengths=np.ones(1))

    merged = merge_events([jump(1.0), jump(1.1), jump(3.0)], 4.0)
    np.testing.assert_allclose(merged.jumps_s, [[1.0, 1.4]])


def test_a_soloist_keeps_all_events() -> None:
    assert merge_events([hits(1.0)], 4.0).hits_s[0] == 1.0


def test_the_rhythm_of_a_group_is_that_of_most_of_its_dancers() -> None:
    def dancer(seed: int, tempo_bpm: float) -> np.ndarray:
        dance = view(procedural_dance(seed, tempo_bpm=tempo_bpm, duration_s=8.0), 0.2)
        return np.asarray(dance.keypoints[::2, :, :2])

    group = [dancer(seed, 112.0) for seed in (2, 3, 4)]
    stray = dancer(5, 96.0)
    alone = condition(stray, 30.0)
    together = condition(stray, 30.0, companions=group)
    assert alone.rhythm.tempo_bpm == pytest.approx(96.0, rel=0.03)
    assert together.rhythm.tempo_bpm == pytest.approx(112.0, rel=0.03)
    assert together.features.shape[1] == alone.features.shape[1]
