"""A song is arranged for a dance: what plays, when, and how it answers the dancer."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning, condition, known_rhythm
from d2m.score.arrangement import arrange
from d2m.score.dance_accents import MAX_BEND_S
from d2m.score.instruments import (
    DOWNLIFTER,
    IMPACT,
    KICK,
    NOISE_SWELL,
    OPEN_HAT,
    RIM,
    RISER,
    SHAKER,
    SNARE,
    SUB_DROP,
)
from d2m.score.notes import Note, Score, Track
from d2m.score.options import ScoreOptions
from d2m.training.data.dances import procedural_dance, view
from tests.score.plain_dance import plain_dance
from tests.score.plain_song import plain_song

BEAT_S = 0.5
BAR_S = 2.0


def arranged(dance: Conditioning, **options: object) -> Score:
    """Arrange the plain song for a dance."""
    return arrange(plain_song(), dance, ScoreOptions(**options))  # type: ignore[arg-type]


def onsets(score: Score, part: str, pitch: int | None = None) -> np.ndarray:
    """Return the onsets (s) of a part's track, of one pitch or all."""
    return np.array(
        [
            note.start_s
            for track in score.tracks
            if track.part == part
            for note in track.notes
            if pitch in (None, note.pitch)
        ]
    )


def all_notes(score: Score) -> list[tuple[Track, Note]]:
    """Return each note with its track."""
    return [(track, note) for track in score.tracks for note in track.notes]


def moving(seed: int, tempo_bpm: float, duration_s: float, first_s: float = 0.0) -> Conditioning:
    """Return a procedural dance with known beats."""
    dance = view(
        procedural_dance(seed, tempo_bpm=tempo_bpm, duration_s=duration_s, first_beat_s=first_s),
        0.2,
    )
    beats = first_s + np.arange(max(2, int((duration_s - first_s) * tempo_bpm / 60))) * (
        60.0 / tempo_bpm
    )
    return condition(
        dance.keypoints[::2, :, :2],
        30.0,
        rhythm=known_rhythm(beats, beats[::4]),
        settings=Settings(),
    )


@pytest.mark.parametrize("tempo_bpm", [30.0, 58.0, 75.0, 120.0, 200.0, 300.0])
@pytest.mark.parametrize("duration_s", [1.0, 3.0, 10.0, 40.0])
def test_pieces_of_any_length_and_tempo_begin_and_end(tempo_bpm: float, duration_s: float) -> None:
    dance = moving(int(tempo_bpm), tempo_bpm, duration_s, first_s=0.1)
    score = arranged(dance)
    notes = all_notes(score)
    first, last = (f(note.start_s for _, note in notes) for f in (min, max))
    assert first == pytest.approx(score.beats_s[0], abs=0.03)
    assert score.beats_s[0] == pytest.approx(0.1, abs=0.01)
    assert score.end_s - 0.03 <= last <= score.end_s + 0.03
    assert min(0.8, 0.3 * duration_s) <= score.duration_s - score.end_s < 0.6 * duration_s + 1.0
    assert score.duration_s == dance.duration_s
    for track, note in notes:
        assert note.duration_s > 0
        assert track.stem == "drums" or note.start_s + note.duration_s <= score.duration_s
    assert score.sections[0].start_s == score.beats_s[0]
    assert score.sections[-1].end_s == score.duration_s
    for before, after in pairwise(score.sections):
        assert before.end_s == after.start_s
        assert np.abs(score.downbeats_s - after.start_s).min() < 1e-6


@pytest.mark.parametrize("tempo_bpm", [45.0, 90.0, 128.0, 240.0])
def test_a_drum_marks_each_beat(tempo_bpm: float) -> None:
    score = arranged(moving(3, tempo_bpm, 30.0))
    drums = np.array([n.start_s for t, n in all_notes(score) if t.stem == "drums"])
    distance = np.abs(score.beats_s[:, None] - drums[None, :]).min(axis=1)
    assert distance.max() < 0.03
    assert len(score.beats_s) >= 0.8 * 30 * tempo_bpm / 60


def test_beats_that_drift_carry_the_groove_along() -> None:
    beats = np.cumsum(np.linspace(0.45, 0.62, 40))
    dance = moving(5, 110.0, 23.0)
    drifting = condition(
        view(procedural_dance(5, tempo_bpm=110.0, duration_s=23.0), 0.2).keypoints[::2, :, :2],
        30.0,
        rhythm=known_rhythm(beats, beats[::4]),
        settings=Settings(),
    )
    score = arranged(drifting)
    kick = onsets(score, "kick", KICK)
    near = np.abs(score.beats_s[:, None] - kick[None, :]).min(axis=1)
    assert np.median(near) < 0.006
    assert np.ptp(np.diff(score.beats_s)) > 0.1
    assert arranged(dance).tempo_bpm == pytest.approx(110.0, abs=0.5)


def test_the_same_arguments_give_the_same_score_and_another_seed_another() -> None:
    dance = moving(2, 112.0, 20.0)
    first, again = arranged(dance), arranged(dance)
    assert first.tracks == again.tracks
    assert first.sections == again.sections
    other = arranged(dance, arrangement=1)
    assert other.arrangement == 1
    assert other.tracks != first.tracks


def test_energy_of_the_dance_adds_parts_and_notes() -> None:
    calm, wild = (arranged(plain_dance([energy] * 8), intro="full") for energy in (0.1, 0.9))
    assert len(all_notes(wild)) > 1.2 * len(all_notes(calm))
    assert len(onsets(wild, "percussion", SHAKER)) > len(onsets(calm, "percussion", SHAKER))


def test_legs_add_kicks_and_arms_add_hats() -> None:
    still = {"upper": 0.1, "lower": 0.1}
    base, legs, arms = (
        arranged(plain_dance([0.4] * 8, features=still | more), intro="full")
        for more in ({}, {"lower": 0.95}, {"upper": 0.95})
    )
    assert len(onsets(legs, "kick", KICK)) > len(onsets(base, "kick", KICK))
    assert len(onsets(arms, "kick", OPEN_HAT)) > len(onsets(base, "kick", OPEN_HAT))
    assert len(onsets(arms, "kick", KICK)) == len(onsets(base, "kick", KICK))


def test_raised_hands_lift_the_melody_by_an_octave() -> None:
    up = BodyEvents(raised_s=np.array([[0.0, 40.0]]))
    low, high = (
        arranged(plain_dance([0.5] * 8, events=events), intro="full")
        for events in (BodyEvents(), up)
    )
    pitches = [
        [n.pitch for t, n in all_notes(score) if t.part == "hook" and n.start_s < score.end_s]
        for score in (low, high)
    ]
    assert [p + 12 for p in pitches[0]] == pitches[1]
    assert pitches[0]


@pytest.mark.parametrize("late_s", [-0.024, 0.0, 0.02, 0.05])
def test_a_hit_between_beats_gets_a_stab_bent_towards_it(late_s: float) -> None:
    step_s = 5 * BAR_S + 1.5 * BEAT_S
    hit = BodyEvents(hits_s=np.array([step_s + late_s]), hit_strengths=np.array([1.0]))
    score = arranged(plain_dance([0.6] * 10, events=hit), intro="full")
    bend = float(np.clip(late_s, -MAX_BEND_S, MAX_BEND_S))
    assert score.hits_s == pytest.approx([step_s + bend])
    stab = onsets(score, "stab")
    stab = stab[stab < score.end_s - 0.1]
    assert len(stab) == 4
    assert np.abs(stab - score.hits_s[0]).max() < 0.012
    comping = onsets(score, "chords")
    assert np.abs(comping - score.hits_s[0]).min() > 0.05


def test_a_hit_beside_a_beat_leaves_kick_and_snare_on_the_beat() -> None:
    beat_s = 5 * BAR_S + BEAT_S
    hit = BodyEvents(hits_s=np.array([beat_s + 0.03]), hit_strengths=np.array([1.0]))
    score = arranged(plain_dance([0.6] * 10, events=hit), intro="full")
    assert score.hits_s == pytest.approx([beat_s])
    for part, pitch in (("kick", KICK), ("kick", SNARE)):
        struck = onsets(score, part, pitch)
        assert np.abs(struck - beat_s).min() < 0.008


def test_weak_hits_are_answered_too_and_in_slow_music_beside_the_beat() -> None:
    beat_s = 12.0
    hits_s = np.array([beat_s + 0.09, beat_s + 0.375])
    weak = BodyEvents(hits_s=hits_s, hit_strengths=np.array([0.31, 0.3]))
    score = arranged(plain_dance([0.6] * 10, tempo_bpm=80.0, events=weak), intro="full")
    assert len(score.hits_s) == 2
    assert np.abs(score.hits_s - hits_s).max() < 0.03


def test_beats_around_an_answer_between_beats_get_a_kick() -> None:
    step_s = 5 * BAR_S + 1.5 * BEAT_S
    hit = BodyEvents(hits_s=np.array([step_s]), hit_strengths=np.array([0.4]))
    kicks = onsets(arranged(plain_dance([0.6] * 10, events=hit), intro="full"), "kick", KICK)
    for beat_s in (5 * BAR_S + BEAT_S, 5 * BAR_S + 2 * BEAT_S):
        assert np.abs(kicks - beat_s).min() < 0.02


def test_the_last_hit_before_a_stop_is_bent_to_the_freeze() -> None:
    start_s, end_s = 5 * BAR_S + 0.25 + 0.015, 5 * BAR_S + 4 * BEAT_S
    freeze = BodyEvents(freezes_s=np.array([[start_s, end_s]]))
    score = arranged(plain_dance([0.6] * 10, events=freeze), intro="full")
    stab = onsets(score, "stab")
    assert np.abs(stab - start_s).min() < 0.006


def test_a_freeze_stops_the_music_but_not_the_beat() -> None:
    start_s, end_s = 5 * BAR_S, 5 * BAR_S + 4 * BEAT_S
    freeze = BodyEvents(freezes_s=np.array([[start_s, end_s]]))
    score = arranged(plain_dance([0.6] * 10, events=freeze), intro="full")
    inside = [
        (track, note)
        for track, note in all_notes(score)
        if start_s + 0.3 < note.start_s < end_s - 0.3 and track.stem != "effects"
    ]
    assert {note.pitch for _, note in inside} == {RIM}
    assert len(inside) == 3
    assert np.abs(onsets(score, "stab") - start_s).min() < 0.02
    assert np.abs(onsets(score, "kick", KICK) - end_s).min() < 0.02
    assert len([n for t, n in all_notes(score) if t.stem == "bass" and n.start_s > end_s]) > 3


def test_a_jump_gets_a_swell_that_ends_with_the_landing() -> None:
    land_s = 5 * BAR_S + 0.01
    jump = BodyEvents(jumps_s=np.array([[land_s - 0.4, land_s]]), jump_strengths=np.array([0.9]))
    score = arranged(plain_dance([0.6] * 10, events=jump), intro="full")
    near = [
        n
        for t, n in all_notes(score)
        if t.part == "effects"
        and min(abs(n.start_s + n.duration_s - land_s), abs(n.start_s - land_s)) < 0.02
    ]
    effects = {n.pitch: n for n in near}
    swell = effects[NOISE_SWELL]
    assert swell.start_s + swell.duration_s == pytest.approx(land_s, abs=0.003)
    assert effects[IMPACT].start_s == pytest.approx(land_s, abs=0.003)


def test_a_drop_of_the_body_gets_falling_effects() -> None:
    low_s = 5 * BAR_S + 2 * BEAT_S
    fall = BodyEvents(drops_s=np.array([[low_s - 0.4, low_s]]), drop_strengths=np.array([0.9]))
    score = arranged(plain_dance([0.6] * 10, events=fall), intro="full")
    pitches = {n.pitch for t, n in all_notes(score) if t.part == "effects"
               if low_s - 0.5 <= n.start_s <= low_s + 0.01}  # fmt: skip
    assert {DOWNLIFTER, SUB_DROP} <= pitches


def test_a_riser_ends_where_the_strong_section_begins() -> None:
    score = arranged(plain_dance([0.2] * 8 + [0.95] * 8))
    change_s = 8 * BAR_S
    assert score.sections[1].start_s == pytest.approx(change_s)
    risers = [n for t, n in all_notes(score) if t.part == "effects" and n.pitch == RISER]
    assert any(n.start_s + n.duration_s == pytest.approx(change_s) for n in risers)
    kick = onsets(score, "kick", KICK)
    assert not np.any((kick > change_s - BAR_S + 0.05) & (kick < change_s - 0.05))
    assert np.abs(kick - change_s).min() < 0.01


@pytest.mark.parametrize("stem", ["drums", "bass", "chords", "lead"])
def test_a_stem_can_be_switched_off_and_the_rest_still_begins_and_ends(stem: str) -> None:
    dance = moving(6, 105.0, 15.0)
    score = arranged(dance, **{stem: False})
    stems = {track.stem for track in score.tracks}
    assert stem not in stems
    assert len(stems) >= 3
    last = max(note.start_s for _, note in all_notes(score))
    assert last == pytest.approx(score.end_s, abs=0.03)


def test_options_change_density_energy_and_intro() -> None:
    dance = moving(8, 118.0, 30.0)
    counts = [len(all_notes(arranged(dance, density=d))) for d in (0.0, 1.0, 2.0)]
    assert counts[0] < counts[1] < counts[2]
    counts = [len(all_notes(arranged(dance, energy=e))) for e in (0.0, 2.0)]
    assert counts[0] < counts[1]
    assert arranged(dance, intro="build").sections[0].name == "intro"


def test_four_bars_are_never_followed_by_the_same_four_bars() -> None:
    score = arranged(plain_dance([0.6] * 24), intro="full")
    bars = [
        {
            (track.part, round((note.start_s - k * BAR_S) / 0.125), note.pitch)
            for track, note in all_notes(score)
            if k * BAR_S - 0.06 <= note.start_s < (k + 1) * BAR_S - 0.06
        }
        for k in range(24)
    ]
    groups = [bars[k : k + 4] for k in range(0, 24, 4)]
    assert all(a != b for a, b in pairwise(groups))


def test_room_before_the_first_beat_holds_a_pick_up() -> None:
    early, late = (plain_dance([0.6] * 4, first_beat_s=first) for first in (0.1, 0.45))
    assert min(n.start_s for _, n in all_notes(arranged(early))) >= 0.1 - 0.02
    first = min(n.start_s for _, n in all_notes(arranged(late)))
    assert 0.0 <= first < 0.4


@pytest.mark.parametrize(
    "wrong",
    [
        {"energy": 2.1},
        {"density": -0.1},
        {"intro": "long"},
        {"ending": "fade"},
        {"swing_percent": 80.0},
        {"arrangement": -1},
        {"drums": False, "bass": False, "chords": False, "lead": False},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        ScoreOptions(**wrong)  # type: ignore[arg-type]


def test_a_song_of_few_parts_is_arranged() -> None:
    song = plain_song()
    few = {part: song.instruments[part] for part in ("kick", "bass", "hook")}
    score = arrange(replace(song, instruments=few), moving(1, 120.0, 12.0), ScoreOptions())
    assert {track.part for track in score.tracks} <= {"kick", "bass", "hook", "effects"}
