"""The MIDI file: tracks, programs, tempo map, markers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest

from d2m.score.midi import DRUM_CHANNEL, TICKS_PER_BEAT, midi_file, tempo_map, write_midi
from d2m.score.notes import Note, Score, Track
from tests.score.scores import N_BEATS, beat, small_score


def timed_messages(file: mido.MidiFile, track: int | None = None) -> list[tuple[float, Any]]:
    """Return messages with their times (s), read with the file's own tempo map."""
    tempi, now = [], 0
    for message in file.tracks[0]:
        now += message.time
        if message.type == "set_tempo":
            tempi.append((now, message.tempo))
    ticks = np.array([tick for tick, _ in tempi])
    lengths = np.array([tempo for _, tempo in tempi]) / 1e6 / file.ticks_per_beat
    starts = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * lengths[:-1])])

    def seconds(tick: int) -> float:
        index = int(np.searchsorted(ticks, tick, side="right")) - 1
        return float(starts[index] + (tick - ticks[index]) * lengths[index])

    found, now = [], 0
    for message in file.tracks[track or 0]:
        now += message.time
        found.append((seconds(now), message))
    return found


@pytest.fixture
def saved(tmp_path: Path) -> mido.MidiFile:
    write_midi(tmp_path / "piece.mid", small_score())
    assert [path.name for path in tmp_path.iterdir()] == ["piece.mid"]
    return mido.MidiFile(str(tmp_path / "piece.mid"))


def test_each_instrument_is_a_named_track_with_its_program(saved: mido.MidiFile) -> None:
    assert saved.type == 1
    names = [track.name for track in saved.tracks]
    assert names[1:] == ["Drums", "Fingered bass", "Electric piano", "Trumpet"]
    assert "lock" in names[0]
    programs = {
        track.name: (message.channel, message.program)
        for track in saved.tracks
        for message in track
        if message.type == "program_change"
    }
    assert programs["Drums"][0] == DRUM_CHANNEL
    assert programs["Fingered bass"][1] == 33
    assert programs["Trumpet"][1] == 56
    channels = [channel for channel, _ in programs.values()]
    assert len(set(channels)) == len(channels)


def test_notes_are_at_their_times(saved: mido.MidiFile) -> None:
    score = small_score()
    for index, track in enumerate(score.tracks, start=1):
        played = [
            (time_s, message.note)
            for time_s, message in timed_messages(saved, index)
            if message.type == "note_on"
        ]
        assert [pitch for _, pitch in played] == [note.pitch for note in track.notes]
        expected = [note.start_s for note in track.notes]
        assert [time_s for time_s, _ in played] == pytest.approx(expected, abs=0.001)
        ends = [m for _, m in timed_messages(saved, index) if m.type == "note_off"]
        assert len(ends) == len(track.notes)


@pytest.mark.parametrize("drift", [0.0, 0.03])
@pytest.mark.parametrize("first_s", [0.0, 0.3, 1.9])
def test_every_beat_is_a_whole_beat_of_the_file(drift: float, first_s: float) -> None:
    beats = first_s + np.cumsum(0.5 + drift * np.sin(np.arange(N_BEATS)))
    beats += first_s - beats[0]
    positions = tempo_map(small_score(beats_s=beats, downbeats_s=beats[2::4]))
    ticks = np.array([positions.tick(time_s) for time_s in beats])
    assert set(ticks % TICKS_PER_BEAT) == {0}
    assert set(np.diff(ticks)) == {TICKS_PER_BEAT}
    assert (ticks[2] // TICKS_PER_BEAT - positions.pickup_beats) % 4 == 0


def test_bars_begin_on_the_downbeats(saved: mido.MidiFile) -> None:
    signatures = [(t, m) for t, m in timed_messages(saved) if m.type == "time_signature"]
    assert [(m.numerator, m.denominator) for _, m in signatures] == [(3, 4), (4, 4)]
    assert signatures[1][0] == pytest.approx(beat(2), abs=0.001)


def test_markers_name_sections_and_hits(saved: mido.MidiFile) -> None:
    markers = [(m.text, t) for t, m in timed_messages(saved) if m.type == "marker"]
    assert [text for text, _ in markers] == ["intro", "groove", "hit", "outro"]
    assert [time_s for _, time_s in markers] == pytest.approx(
        [beat(0), beat(2), beat(6), beat(10)], abs=0.001
    )


@pytest.mark.parametrize(
    ("key", "signature"),
    [("D minor", "Dm"), ("Bb major", "Bb"), ("A dorian", None), ("G# major", None)],
)
def test_keys_of_major_and_minor_are_written(key: str, signature: str | None) -> None:
    found = [m.key for m in midi_file(small_score(key=key)).tracks[0] if m.type == "key_signature"]
    assert found == ([signature] if signature else [])


def with_track(*notes: Note) -> Score:
    track = Track(name="A", part="bass", stem="bass", instrument="finger_bass", notes=notes)
    return small_score(tracks=(track,))


def test_a_pitch_that_is_struck_again_ends_first() -> None:
    first = Note(start_s=1.3, duration_s=0.5, pitch=40, velocity=90)
    again = Note(start_s=1.8, duration_s=0.5, pitch=40, velocity=90)
    kinds = [m.type for m in midi_file(with_track(first, again)).tracks[1]][2:]
    assert kinds[:4] == ["note_on", "note_off", "note_on", "note_off"]


@pytest.mark.parametrize("beats", [[], [0.4], [0.4, 0.9]])
def test_the_shortest_scores_are_written(beats: list[float], tmp_path: Path) -> None:
    note = Note(start_s=0.4, duration_s=0.2, pitch=40, velocity=90)
    times = np.array(beats)
    track = with_track(note).tracks
    score = small_score(tracks=track, sections=(), beats_s=times, downbeats_s=times[:1])
    write_midi(tmp_path / "short.mid", score)
    saved = mido.MidiFile(str(tmp_path / "short.mid"))
    played = [t for t, m in timed_messages(saved, 1) if m.type == "note_on"]
    assert played == pytest.approx([0.4], abs=0.001)
