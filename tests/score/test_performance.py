"""Swing, human timing, strums and note lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from d2m.score.draft import Draft
from d2m.score.notes import Note, Track
from d2m.score.options import ScoreOptions
from d2m.score.performance import MAX_BEAT_SHIFT_S, perform, swung_steps
from d2m.score.song import Song
from d2m.score.timeline import timeline_of
from tests.score.plain_dance import plain_dance
from tests.score.plain_song import plain_song

END = 64
STEP_S = 0.125


def performed(draft: Draft, song: Song | None = None, **options: object) -> dict[str, Track]:
    """Perform a draft at 120 BPM, and return its tracks by part."""
    timeline = timeline_of(plain_dance([0.5] * 4, duration_s=10.0))
    tracks = perform(draft, song or plain_song(), timeline, END, ScoreOptions(**options))  # type: ignore[arg-type]
    return {track.part: track for track in tracks}


def onsets(notes: tuple[Note, ...]) -> np.ndarray:
    """Return the onsets (s) of notes."""
    return np.array([note.start_s for note in notes])


def test_swing_delays_the_second_of_two() -> None:
    steps = np.array([0, 1, 2, 3, 4.5, 0.5])
    np.testing.assert_allclose(swung_steps(steps, 50.0, 1), steps)
    swung = swung_steps(steps, 66.0, 1)
    np.testing.assert_allclose(swung[:4], [0, 1.32, 2, 3.32])
    np.testing.assert_allclose(swung_steps(np.array([2.0, 4.0, 6.0]), 60.0, 2), [2.4, 4.0, 6.4])
    assert np.all(np.diff(swung_steps(np.arange(0, 8, 0.5), 70.0, 2)) > 0)


def test_triplets_do_not_swing() -> None:
    triplets = np.array([1 / 3, 4 / 3, 8 / 3])
    np.testing.assert_allclose(swung_steps(triplets, 70.0, 1), triplets)


def test_notes_are_human_but_the_beats_stay() -> None:
    draft = Draft()
    for step in range(END):
        draft.add("kick", step, 1, 36, 110)
        draft.add("snare", step, 1, 38, 100)
    song = plain_song(looseness_ms=14.0)
    track = performed(draft, song)["kick"]
    for pitch in (36, 38):
        off = onsets(tuple(n for n in track.notes if n.pitch == pitch)) - STEP_S * np.arange(END)
        assert off.std() > 0.002
        assert np.abs(off[::4]).max() <= MAX_BEAT_SHIFT_S + 1e-9
    kick = onsets(tuple(n for n in track.notes if n.pitch == 36)) - STEP_S * np.arange(END)
    assert kick.std() < off.std()
    assert {n.velocity for n in track.notes if n.pitch == 36} > {110}


def test_the_last_hit_and_answers_to_the_dancer_are_exact() -> None:
    draft = Draft()
    draft.bends_s = {7: 0.02}
    draft.add("snare", 7, 1, 38, 100)
    draft.add("snare", END, 1, 38, 100)
    first, last = performed(draft, plain_song(looseness_ms=20.0, swing_percent=66.0))["kick"].notes
    assert first.start_s == pytest.approx(7 * STEP_S + 0.02, abs=0.006)
    assert last.start_s == END * STEP_S


def test_a_pitch_is_released_before_it_is_struck_again() -> None:
    draft = Draft()
    for step in range(0, 32, 2):
        draft.add("pad", step, 8, 64, 80)
    notes = performed(draft)["pad"].notes
    ends = onsets(notes) + np.array([n.duration_s for n in notes])
    assert len(notes) == 16
    assert np.all(ends[:-1] < onsets(notes)[1:])


def test_a_bass_plays_one_note_at_a_time() -> None:
    draft = Draft()
    for step in range(0, 32, 4):
        draft.add("bass", step, 8, 36, 100)
        draft.add("busy_bass", step + 1, 4, 48, 100)
    notes = performed(draft)["bass"].notes
    ends = onsets(notes) + np.array([n.duration_s for n in notes])
    assert {n.pitch for n in notes} == {36, 48}
    assert np.all(ends[:-1] < onsets(notes)[1:])


def test_guitars_are_strummed_and_pianos_rolled_less() -> None:
    spreads = {}
    for part in ("riff", "chords", "pad"):
        draft = Draft()
        for pitch in (60, 64, 67, 72):
            draft.add(part, 8, 4, pitch, 90)
        (track,) = performed(draft).values()
        spreads[track.instrument] = float(np.ptp(onsets(track.notes)))
    assert 0.01 <= spreads["clean_guitar"] <= 0.025
    assert 0.0 < spreads["electric_piano"] < 0.01
    assert spreads["synth_pad"] == 0.0


def test_of_two_equal_notes_the_louder_is_played() -> None:
    draft = Draft()
    draft.add("kick", 4, 1, 36, 60)
    draft.add("kick", 4, 1, 36, 120)
    (note,) = performed(draft)["kick"].notes
    assert note.velocity > 105


def test_drums_of_one_kit_are_one_track_and_names_are_unique() -> None:
    draft = Draft()
    for part in draft.notes:
        draft.add(part, 4, 1, 60, 90)
    tracks = performed(draft)
    assert {"kick", "percussion", "bass"} <= set(tracks)
    assert not {"snare", "hats", "busy_bass"} & set(tracks)
    assert tracks["kick"].name == "Drums"
    assert len({track.name for track in tracks.values()}) == len(tracks)


def test_the_options_swing_instead_of_the_song() -> None:
    draft = Draft()
    draft.add("hats", 1, 1, 42, 90)
    song = replace(plain_song(looseness_ms=0.0), instruments={"hats": "kit_house"})
    (straight,) = performed(draft, song)["kick"].notes
    (swung,) = performed(draft, song, swing_percent=66.0)["kick"].notes
    assert straight.start_s == pytest.approx(STEP_S)
    assert swung.start_s == pytest.approx(1.32 * STEP_S)
