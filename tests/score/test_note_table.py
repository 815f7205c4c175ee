"""A score as arrays: notes, which frames read them, and each frame's place in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from d2m.core.styles import STYLES
from d2m.score.instruments import CRASH, KICK
from d2m.score.note_table import (
    BEFORE_NOTE_S,
    DRUM_TAIL_S,
    EFFECT_TAIL_S,
    LONG_TAILS_S,
    NAMES,
    PARTS,
    PIECE_FEATURES,
    PITCHED_TAIL_S,
    TIME_FEATURES,
    note_table,
    sounding_notes,
    time_features,
)
from d2m.score.notes import Note, Score, Track
from tests.score.scores import BEAT_S, FIRST_BEAT_S, small_score

FRAME_S = 0.05


def track(part: str, stem: str, instrument: str, *rows: tuple[float, float, int, int]) -> Track:
    notes = tuple(Note(start_s=s, duration_s=d, pitch=p, velocity=v) for s, d, p, v in rows)
    return Track(name=part, part=part, stem=stem, instrument=instrument, notes=notes)


def score_of(*tracks: Track, **changes: object) -> Score:
    return small_score(tracks=tracks, **changes)


BASS = track("bass", "bass", "finger_bass", (1.0, 0.5, 38, 100), (0.5, 0.25, 40, 80))
DRUMS = track("kick", "drums", "kit_funk", (0.7, 0.1, KICK, 120), (2.0, 0.1, CRASH, 90))


def test_notes_are_sorted_by_onset_with_numbers_for_instrument_and_part():
    table = note_table(score_of(BASS, DRUMS))
    assert table.start_s.tolist() == [0.5, 0.7, 1.0, 2.0]
    assert table.end_s.tolist() == pytest.approx([0.75, 0.8, 1.5, 2.1])
    assert table.pitch.tolist() == [40, KICK, 38, CRASH]
    assert table.velocity.tolist() == [80, 120, 100, 90]
    names = [NAMES[number] for number in table.instrument]
    assert names == ["finger_bass", "kit_funk", "finger_bass", "kit_funk"]
    assert [PARTS[number] for number in table.part] == ["bass", "kick", "bass", "kick"]


def test_drums_ring_from_their_onset_and_other_notes_from_their_end():
    riser = track("stab", "effects", "effects", (3.0, 1.0, 60, 90))
    table = note_table(score_of(BASS, DRUMS, riser))
    tails = dict(zip(table.start_s.tolist(), table.tail_s.tolist(), strict=True))
    assert tails == pytest.approx(
        {
            0.5: 0.75 + PITCHED_TAIL_S,
            0.7: 0.7 + DRUM_TAIL_S,
            1.0: 1.5 + PITCHED_TAIL_S,
            2.0: 2.0 + LONG_TAILS_S[CRASH],
            3.0: 4.0 + EFFECT_TAIL_S,
        }
    )


def test_a_score_without_notes_has_an_empty_table():
    table = note_table(score_of())
    assert len(table.start_s) == len(table.tail_s) == 0
    notes, frames = sounding_notes(table, FRAME_S, 20)
    assert len(notes) == len(frames) == 0
    assert np.isfinite(table.piece).all()


def test_the_frames_from_just_before_a_note_to_its_tail_read_it():
    table = note_table(score_of(BASS, DRUMS))
    count = 100
    notes, frames = sounding_notes(table, FRAME_S, count)
    assert (np.diff(frames) >= 0).all()
    for row, (start_s, tail_s) in enumerate(zip(table.start_s, table.tail_s, strict=True)):
        read = frames[notes == row]
        assert read[0] * FRAME_S <= start_s - BEFORE_NOTE_S + 1e-9 < (read[0] + 1) * FRAME_S + 1e-9
        assert read[-1] * FRAME_S < tail_s <= (read[-1] + 1) * FRAME_S + 1e-9
        assert (np.diff(read) == 1).all()


def test_notes_outside_the_frames_are_cut():
    notes, frames = sounding_notes(note_table(score_of(BASS)), FRAME_S, 12)
    assert set(notes.tolist()) == {0}
    assert frames.max() == 11


def test_the_piece_is_described_by_its_style_parts_brightness_and_tempo():
    score = score_of(BASS, DRUMS)
    piece = note_table(score, brightness=1.4).piece
    assert piece.shape == (PIECE_FEATURES,)
    style, rest = piece[: len(STYLES)], piece[len(STYLES) :]
    assert style.sum() == 1.0
    assert style[list(STYLES).index(score.style)] == 1.0
    assert rest[-2:].tolist() == pytest.approx([0.4, score.tempo_bpm / 120.0 - 1.0])
    count, time, loud = rest[:-2].reshape(3, len(PARTS))
    bass, kick = PARTS.index("bass"), PARTS.index("kick")
    assert count[[bass, kick]].tolist() == pytest.approx([2 / len(score.beats_s) / 4.0] * 2)
    assert time[bass] == pytest.approx(0.75 / score.duration_s / 4.0)
    assert loud[bass] == pytest.approx(90 / 127)
    assert count.sum() == pytest.approx(count[bass] + count[kick])


def test_phases_turn_once_a_beat_and_once_a_bar():
    score = small_score()
    frame_s = BEAT_S / 10
    features = time_features(score, frame_s, 120)
    assert features.shape == (120, TIME_FEATURES)
    assert features.dtype == np.float32
    middles = (np.arange(120) + 0.5) * frame_s
    phase = 2 * np.pi * (middles - FIRST_BEAT_S) / BEAT_S
    assert np.allclose(features[:, 0], np.cos(phase), atol=1e-4)
    assert np.allclose(features[:, 1], np.sin(phase), atol=1e-4)
    bar = 2 * np.pi * (middles - score.downbeats_s[0]) / (4 * BEAT_S)
    assert np.allclose(features[:, 2], np.cos(bar), atol=1e-4)
    assert np.allclose(features[:, 3], np.sin(bar), atol=1e-4)


def test_frames_know_how_near_start_and_end_are():
    score = small_score()
    count = int(score.duration_s / FRAME_S)
    near = time_features(score, FRAME_S, count)[:, 4:]
    assert near[0, 0] > 0.7
    assert (np.diff(near[:, 0]) <= 0).all()
    assert (np.diff(near[:, 1:], axis=0) >= 0).all()
    assert (near[-1, 1:] > 0.5).all()
    assert near[0, 1] < 1e-6


def test_a_score_with_a_single_beat_has_no_phase():
    score = replace(small_score(), beats_s=np.array([0.5]), downbeats_s=np.array([0.5]))
    features = time_features(score, FRAME_S, 10)
    assert np.array_equal(features[:, :4], np.tile([1.0, 0.0, 1.0, 0.0], (10, 1)))
