"""The form follows the dance: sections on bar lines, where it changes, and a timely end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.core.settings import Settings
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning, condition, known_rhythm
from d2m.score.form import MAX_SECTION_BARS, MIN_SECTION_BARS, Form, form_of
from d2m.score.movement import dance_changes, movement_along
from d2m.score.notes import SECTION_NAMES
from d2m.score.options import ScoreOptions
from d2m.score.timeline import timeline_of
from d2m.training.data.dances import procedural_dance, view
from tests.score.plain_dance import plain_dance


def form(dance: Conditioning, *, seed: int = 0, **options: object) -> Form:
    """Return the form of a dance."""
    timeline = timeline_of(dance)
    return form_of(
        dance,
        movement_along(dance, timeline),
        timeline,
        ScoreOptions(**options),  # type: ignore[arg-type]
        np.random.default_rng(seed),
    )


def starts(found: Form) -> list[float]:
    """Return the bars at which sections begin, without the first and the outro's last hit."""
    return [s.start / STEPS_PER_BAR for s in found.sections[1:] if s.start < found.end]


def test_a_section_begins_where_the_energy_changes() -> None:
    found = form(plain_dance([0.2] * 4 + [0.9] * 8 + [0.3] * 4))
    assert starts(found) == [4.0, 12.0]
    assert [s.name for s in found.sections[1:2]] == ["drop"]
    assert [s.energy for s in found.sections[:2]] == pytest.approx([0.2, 0.9], abs=0.02)


@pytest.mark.parametrize("bars", [1, 2, 5, 16, 33, 60])
def test_sections_of_an_even_dance_are_groups_of_bars(bars: int) -> None:
    found = form(plain_dance([0.5] * bars))
    lengths = np.diff([0.0, *starts(found), found.end / STEPS_PER_BAR])
    assert np.all(lengths <= MAX_SECTION_BARS)
    assert bars < 2 * MIN_SECTION_BARS or np.all(lengths >= MIN_SECTION_BARS)
    assert np.sum(lengths[:-1] % 4 != 0) <= 1
    assert {s.name for s in found.sections} <= set(SECTION_NAMES)


def test_bars_begin_on_the_beat_that_suits_the_changes() -> None:
    dance = plain_dance([0.2] * 4 + [0.9] * 8)
    late = np.roll(dance.features, 2 * STEPS_PER_BEAT, axis=0)
    late[: 2 * STEPS_PER_BEAT] = late[2 * STEPS_PER_BEAT]
    shifted = Conditioning(**(vars(dance) | {"features": late}))
    change = 4 * STEPS_PER_BAR + 2 * STEPS_PER_BEAT
    free, fixed = form(shifted), form(shifted, fixed_bars=True)
    assert abs(free.sections[1].start - change) <= STEPS_PER_BEAT
    assert all(line % STEPS_PER_BAR == 0 for line in fixed.bars[: fixed.bars.index(64)])


def test_an_incomplete_first_bar_is_shorter_than_a_bar() -> None:
    dance = plain_dance([0.2] * 4 + [0.9] * 8)
    late = np.roll(dance.features, 2 * STEPS_PER_BEAT, axis=0)
    bars = form(Conditioning(**(vars(dance) | {"features": late}))).bars
    assert 0 < bars[1] - bars[0] <= STEPS_PER_BAR
    assert all(b - a in (8, 16) for a, b in pairwise(bars[1:]))


@pytest.mark.parametrize(("ending", "tail_s"), [("hit", 0.5), ("auto", 0.8), ("ring", 1.7)])
@pytest.mark.parametrize("duration_s", [5.0, 9.3, 20.0, 47.7])
def test_the_last_hit_leaves_time_for_its_tail(
    ending: str, tail_s: float, duration_s: float
) -> None:
    dance = plain_dance([0.5] * 30, duration_s=duration_s)
    end_s = timeline_of(dance).time_s(form(dance, ending=ending).end)
    assert min(tail_s, 0.3 * duration_s) <= duration_s - end_s <= tail_s + 2.0


def test_the_piece_ends_on_the_pose_that_is_held_at_the_end() -> None:
    held = BodyEvents(freezes_s=np.array([[13.5, 16.0]]))
    dance = plain_dance([0.6] * 8, events=held, duration_s=16.0)
    assert timeline_of(dance).time_s(form(dance).end) == pytest.approx(13.5)


def test_the_intro_is_as_asked() -> None:
    dance = plain_dance([0.2] * 4 + [0.9] * 8 + [0.3] * 4)
    assert form(dance, intro="build").sections[0].name == "intro"
    assert all(form(dance, intro="full", seed=s).sections[0].name != "intro" for s in range(8))


def test_other_arrangements_have_other_forms() -> None:
    dance = plain_dance([0.5, 0.6] * 15)
    names = {tuple(s.name for s in form(dance, seed=seed).sections) for seed in range(12)}
    assert len(names) > 1


def procedural() -> Iterator[Conditioning]:
    """Yield procedural dances of 15 s to a minute and a half."""
    for seed, duration_s in enumerate((15, 30, 45, 60, 90)):
        tempo_bpm = (112, 96, 128, 104, 120)[seed]
        dance = procedural_dance(800 + seed, tempo_bpm=tempo_bpm, duration_s=duration_s)
        seen = view(dance, 0.2)
        yield condition(
            seen.keypoints[::2, :, :2],
            30.0,
            rhythm=known_rhythm(seen.beats_s, seen.downbeats_s),
            settings=Settings(),
        )


def test_sections_of_moving_dancers_begin_within_a_beat_of_their_changes() -> None:
    near_dance = near_music = n_sections = 0
    for dance in procedural():
        timeline = timeline_of(dance)
        found = form(dance)
        beats, strengths = dance_changes(movement_along(dance, timeline), timeline)
        music = np.array(starts(found)) * STEPS_PER_BAR / STEPS_PER_BEAT
        last = found.end / STEPS_PER_BEAT
        inside = (beats >= 6) & (beats <= last - 6)
        strongest = beats[inside][np.argsort(-strengths[inside])][: len(music)]
        near_dance += sum(bool((np.abs(beats - m) <= 1).any()) for m in music)
        near_music += sum(bool((np.abs(music - b) <= 1).any()) for b in strongest)
        n_sections += len(music)
    assert n_sections > 12
    assert near_dance >= 0.9 * n_sections
    assert near_music >= 0.8 * n_sections
