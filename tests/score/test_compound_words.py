"""Scores as compound words and back."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.settings import Settings
from d2m.models.compound_transformer import FIELD_NAMES, CompoundTransformerConfig
from d2m.score.compound_words import (
    BAR,
    BAR_WORD,
    BEAT_WORD,
    DURATION,
    GROUP,
    GROUPS,
    MAX_STRENGTH,
    NOTE_WORD,
    PITCH,
    TICK,
    WORD_FIELDS,
    IntegerTable,
    decode_words,
    encode_words,
    played_tracks,
    quantised_notes,
    simu_note_strengths,
)
from d2m.score.dance_score import score_of
from d2m.score.instruments import INSTRUMENTS
from d2m.training.data.composed_pieces import ComposedPiece


@pytest.fixture(scope="module")
def notes() -> IntegerTable:
    return quantised_notes(score_of(ComposedPiece(number=4).dance(), Settings(), seed=3))


def test_words_hold_all_notes(notes: IntegerTable) -> None:
    n_bars = int(notes[:, BAR].max()) + 1
    words = encode_words(notes, n_bars)
    assert len(notes) > 100
    assert np.array_equal(decode_words(words), notes)
    assert words.min() >= 0
    assert (words.max(axis=0) < list(WORD_FIELDS.values())).all()


def test_words_count_what_still_follows(notes: IntegerTable) -> None:
    n_bars = int(notes[:, BAR].max()) + 1
    words, strengths = encode_words(notes, n_bars), simu_note_strengths(notes, n_bars)
    kind, _, density, strength = words[:, :4].T
    assert np.array_equal(density[kind == BAR_WORD], (strengths > 0).sum(axis=1))
    assert np.array_equal(strength[kind == BEAT_WORD], strengths[strengths > 0])
    followed_by = np.append(kind[1:], BAR_WORD)
    assert np.array_equal(strength[kind == NOTE_WORD] > 0, followed_by[kind == NOTE_WORD] == 2)


def test_a_score_is_moved_to_c(notes: IntegerTable) -> None:
    pitched = notes[notes[:, GROUP] != GROUPS.index("drums")]
    bass = notes[notes[:, GROUP] == GROUPS.index("bass")]
    assert np.bincount(bass[:, PITCH] % 12).argmax() == 0
    share = np.isin(pitched[:, PITCH] % 12, [0, 7]).mean()
    assert share > 0.3  # key note and fifth of C
    assert notes[:, TICK].max() < 16
    assert notes[:, DURATION].min() >= 1


def test_tracks_are_played_at_the_tempo_and_end_with_the_clip(notes: IntegerTable) -> None:
    tracks = played_tracks(notes, tempo_bpm=90.0, duration_s=6.0, transposition=7)
    assert {track.name.lower() for track in tracks} <= set(GROUPS)
    for track in tracks:
        own = notes[notes[:, GROUP] == GROUPS.index(track.name.lower())]
        starts = (own[:, BAR] * 16 + own[:, TICK]) * 60 / 90 / 4
        assert np.allclose([note.start_s for note in track.notes], starts[starts < 6.0])
        assert all(note.start_s + note.duration_s <= 6.0 + 1e-9 for note in track.notes)
        info = INSTRUMENTS[track.instrument]
        assert all(info.lowest <= note.pitch <= info.highest for note in track.notes)


def test_a_tick_keeps_at_most_fifteen_notes_and_no_doubles() -> None:
    crowd = np.array([[0, 3, 3, 40 + n % 20, 2] for n in range(40)])
    kept = decode_words(
        np.array([[BAR_WORD, *[0] * 6], *([NOTE_WORD, 4, 0, 0, *row[2:]] for row in crowd)])
    )
    assert len(kept) == MAX_STRENGTH
    assert len(np.unique(kept[:, PITCH])) == MAX_STRENGTH


def test_the_network_has_a_value_for_each_value_of_a_word() -> None:
    assert CompoundTransformerConfig().field_sizes == WORD_FIELDS
    assert tuple(WORD_FIELDS) == FIELD_NAMES
