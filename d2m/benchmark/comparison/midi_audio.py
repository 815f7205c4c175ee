"""Play a MIDI file by the project's sampled instruments, so that it can be heard and scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import AudioError
from d2m.generation.baselines.play_tracks import play_tracks
from d2m.media.clip_limits import display_name
from d2m.score.instruments import INSTRUMENTS, KITS
from d2m.score.notes import Note, Track
from d2m.score.sound_bank import SoundBank

MIDI_DRUM_CHANNEL = 9
"""Channel of drums in General MIDI, counted from 0: "channel 10" for people."""
MAX_MIDI_BYTES = 5_000_000
"""Largest MIDI file (bytes). Chosen by hand."""
MAX_MIDI_NOTES = 50_000
"""Most notes of a MIDI file. Chosen by hand: 80 a second for ten minutes."""
MAX_MIDI_S = 600.0
"""Longest MIDI file (s): what comes later is not read. Chosen by hand, as for songs."""
SHORTEST_NOTE_S = 0.03
"""Length (s) that shorter notes get. Chosen by hand: drums are often written as instants."""
_DRUM_KIT = "kit_funk"
_BASS_PROGRAMS = range(32, 40)


@dataclass
class _Reading:
    """The notes that were read so far, and those that still sound, by channel and pitch."""

    programs: dict[int, int] = field(default_factory=dict)
    sounding: dict[tuple[int, int], list[tuple[float, int]]] = field(default_factory=dict)
    notes: dict[str, list[Note]] = field(default_factory=dict)
    started: int = 0

    def read(self, message: Any, now_s: float) -> None:
        """Read one message at a time (s)."""
        if message.type == "program_change":
            self.programs[message.channel] = message.program
        elif message.type in ("note_on", "note_off"):
            key = message.channel, message.note
            if message.type == "note_on" and message.velocity:
                self.sounding.setdefault(key, []).append((now_s, message.velocity))
                self.started += 1
            elif self.sounding.get(key):
                self.end(key, now_s)

    def end(self, key: tuple[int, int], now_s: float) -> None:
        """End the oldest note of a channel and pitch at a time (s)."""
        channel, pitch = key
        start_s, velocity = self.sounding[key].pop(0)
        instrument = (
            _DRUM_KIT
            if channel == MIDI_DRUM_CHANNEL
            else nearest_instrument(self.programs.get(channel, 0))
        )
        length_s = max(SHORTEST_NOTE_S, now_s - start_s)
        note = Note(start_s=start_s, duration_s=length_s, pitch=pitch, velocity=velocity)
        self.notes.setdefault(instrument, []).append(note)


def midi_tracks(path: Path) -> tuple[tuple[Track, ...], float]:
    """Read the notes of a MIDI file, by instrument.

    Each General MIDI program is played by the sampled instrument of the same or else the
    nearest program (`nearest_instrument`), and channel 10 by a drum kit.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    tracks
        One for each instrument.
    end_s
        Time of the last event (s).

    Raises
    ------
    AudioError
        If the file can't be read, is too large, or has no notes.
    """
    import mido

    name, reading, now_s = display_name(path), _Reading(), 0.0
    try:
        if path.stat().st_size > MAX_MIDI_BYTES:
            raise AudioError(f"The MIDI file {name} is too large: expected at most 5 MB.")
        for message in mido.MidiFile(path, clip=True):
            if now_s + message.time > MAX_MIDI_S or reading.started > MAX_MIDI_NOTES:
                break
            now_s += message.time
            reading.read(message, now_s)
    except AudioError:
        raise
    except Exception as error:  # mido raises many kinds for damaged files
        raise AudioError(f"The file {name} can't be read as MIDI: export it again.") from error
    if reading.started > MAX_MIDI_NOTES:
        raise AudioError(
            f"The MIDI file {name} has more than {MAX_MIDI_NOTES:,} notes: expected fewer."
        )
    for key, started in reading.sounding.items():
        for _ in range(len(started)):
            reading.end(key, now_s)
    if not reading.notes:
        raise AudioError(f"The MIDI file {name} has no notes: export it again.")
    tracks = (_track(instrument, notes) for instrument, notes in reading.notes.items())
    return tuple(tracks), now_s


def play_midi(path: Path, bank: SoundBank, longest_s: float) -> tuple[NDArray[np.float32], float]:
    """Play a MIDI file; see `midi_tracks`.

    Parameters
    ----------
    path
        The file.
    bank
        The sampled instruments.
    longest_s
        What is later than this (s) is left out.

    Returns
    -------
    audio : (2, N)
        Stereo at 44.1 kHz.
    end_s
        Length of the music in the file (s).

    Raises
    ------
    AudioError
        As `midi_tracks`.
    """
    tracks, end_s = midi_tracks(path)
    return play_tracks(bank, tracks, min(end_s, longest_s)).audio, end_s


def nearest_instrument(program: int) -> str:
    """Return the instrument whose General MIDI program (0 to 127) is nearest to a program.

    Of equally near ones the first is taken. Basses stand for basses only, and effects for none.
    """
    is_bass = program in _BASS_PROGRAMS
    known = {
        name: one.program
        for name, one in INSTRUMENTS.items()
        if name not in (*KITS, "effects") and (one.program in _BASS_PROGRAMS) == is_bass
    }
    return min(known, key=lambda name: abs(known[name] - program))


def _track(instrument: str, notes: list[Note]) -> Track:
    stem = "drums" if instrument in KITS else "lead"
    return Track(
        name=INSTRUMENTS[instrument].label,
        part="kick" if instrument in KITS else "hook",
        stem=stem,
        instrument=instrument,
        notes=tuple(sorted(notes, key=lambda note: note.start_s)),
    )
