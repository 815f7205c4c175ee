"""MIDI files are played by the sampled instruments."""

from pathlib import Path

import mido
import numpy as np
import pytest

from d2m.audio.waveform import mono_at
from d2m.benchmark.comparison.midi_audio import (
    MIDI_DRUM_CHANNEL,
    midi_tracks,
    nearest_instrument,
    play_midi,
)
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.metrics.hits import prominent_onsets
from d2m.score.sound_bank import SOUNDS, SoundBank


def write_midi(path: Path, *tracks: tuple[int, int, list[tuple[float, int]]]) -> Path:
    """Write notes (start in s, pitch) of 0.25 s by channel and program at 120 BPM."""
    file = mido.MidiFile(ticks_per_beat=480)
    for channel, program, notes in tracks:
        events = [(0.0, mido.Message("program_change", channel=channel, program=program))]
        for start, pitch in notes:
            on = mido.Message("note_on", channel=channel, note=pitch, velocity=90)
            off = mido.Message("note_on", channel=channel, note=pitch, velocity=0)
            events += [(start, on), (start + 0.25, off)]
        track, before = mido.MidiTrack(), 0
        for time, message in sorted(events, key=lambda event: event[0]):
            tick = round(time * 960)
            track.append(message.copy(time=tick - before))
            before = tick
        file.tracks.append(track)
    file.save(path)
    return path


def test_notes_go_to_the_instrument_of_their_program(tmp_path: Path) -> None:
    path = write_midi(
        tmp_path / "a.mid",
        (0, 0, [(0.5, 60), (1.0, 64)]),
        (1, 33, [(0.5, 40)]),
        (MIDI_DRUM_CHANNEL, 0, [(0.5, 36), (1.5, 38)]),
    )
    tracks, end_s = midi_tracks(path)
    found = {one.instrument: [(n.start_s, n.pitch) for n in one.notes] for one in tracks}
    assert found["grand_piano"] == [(pytest.approx(0.5), 60), (pytest.approx(1.0), 64)]
    assert found["finger_bass"] == [(pytest.approx(0.5), 40)]
    assert [pitch for _, pitch in found["kit_funk"]] == [36, 38]
    assert end_s == pytest.approx(1.75)


def test_the_sound_has_onsets_where_the_notes_begin(tmp_path: Path) -> None:
    starts = [0.5, 1.25, 2.0, 2.5]
    path = write_midi(tmp_path / "a.mid", (0, 0, [(start, 60) for start in starts]))
    audio, end_s = play_midi(path, SoundBank.from_folder(SOUNDS), 10.0)
    assert audio.shape == (2, round(end_s * STUDIO_SAMPLE_RATE))
    onsets = prominent_onsets(mono_at(audio, STUDIO_SAMPLE_RATE, SAMPLE_RATE))
    distances = np.abs(np.array(starts)[:, None] - onsets).min(axis=1)
    assert distances.max() < 0.03


def test_unknown_programs_are_played_by_a_neighbour() -> None:
    assert nearest_instrument(1) == "grand_piano"
    assert nearest_instrument(35) in ("slap_bass", "finger_bass")
    assert nearest_instrument(31) == "distorted_guitar"
    assert nearest_instrument(127) == "kalimba"


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0x"]
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"can't be read as MIDI|has no notes"):
        midi_tracks(path)


def test_files_without_notes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="has no notes"):
        midi_tracks(write_midi(tmp_path / "a.mid", (0, 0, [])))
