"""Write a score as a MIDI file: named tracks, a tempo map through the beats, and markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.media.atomic_write import atomic_write
from d2m.media.file_tags import AI_GENERATED, TOOL
from d2m.score.instruments import INSTRUMENTS
from d2m.score.notes import Note, Score, Track
from d2m.score.song_titles import song_title

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

TICKS_PER_BEAT = 480
"""Resolution of the file (ticks per quarter note), a common one: 1 ms at 120 BPM."""
DRUM_CHANNEL = 9
"""MIDI channel of drums, counted from 0, by General MIDI."""
_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]
_MAX_TEMPO = 2**24 - 1  # largest length of a beat (microseconds) in a Standard MIDI File
# Suffix of the key note in mido's spelling of a key signature, by mode.
_MODE_SUFFIX = {"major": "", "minor": "m"}


@dataclass(frozen=True, kw_only=True)
class TempoMap:
    """The ticks of the beats.

    Parameters
    ----------
    times_s : (K,)
        Ascending times (s) from 0, where the tempo may change.
    ticks : (K,)
        Ticks at these times.
    pickup_beats
        Beats before the first whole bar, 0 to 3.
    """

    times_s: NDArray[np.float64]
    ticks: NDArray[np.int64]
    pickup_beats: int

    def tick(self, time_s: float) -> int:
        """Return the tick at a time (s); the last tempo goes on after the last beat."""
        if time_s <= self.times_s[-1]:
            return round(float(np.interp(time_s, self.times_s, self.ticks)))
        slope = TICKS_PER_BEAT / (self.times_s[-1] - self.times_s[-2])
        return round(float(self.ticks[-1] + slope * (time_s - self.times_s[-1])))


def tempo_map(score: Score) -> TempoMap:
    """Lay ticks through the beats of a score, so that every beat falls on a whole beat."""
    beats = np.asarray(score.beats_s, dtype=float)
    period = float(np.median(np.diff(beats))) if len(beats) > 1 else 60.0 / score.tempo_bpm
    if not len(beats):
        beats = np.array([0.0])
    if len(beats) == 1:
        beats = np.append(beats, beats[0] + period)
    # Ticks count from the start of the clip, so time before the first beat gets its own beats.
    lead = max(1, round(beats[0] / period)) if beats[0] > 1e-3 else 0
    times = np.concatenate([[0.0], beats]) if lead else np.concatenate([[0.0], beats[1:]])
    numbers = np.concatenate([[0], lead + np.arange(len(beats))]) if lead else np.arange(len(beats))
    first_bar = score.downbeats_s[0] if len(score.downbeats_s) else beats[0]
    before = lead + int(np.argmin(np.abs(beats - first_bar)))
    return TempoMap(
        times_s=times,
        ticks=(numbers * TICKS_PER_BEAT).astype(np.int64),
        pickup_beats=before % BEATS_PER_BAR,
    )


def write_midi(path: Path, score: Score) -> None:
    """Write a score as a Standard MIDI File of type 1, atomically.

    The first track holds the tempo of every beat, the time and key signatures, and a marker
    for each section and each hit that the music meets. Every other track is one instrument.

    Parameters
    ----------
    path
        The MIDI file.
    score
        The score.
    """
    with atomic_write(path) as temporary:
        midi_file(score).save(str(temporary))


def midi_file(score: Score) -> MidiFile:
    """Return a score as a `mido` file, see `write_midi`."""
    import mido

    positions = tempo_map(score)
    whole = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    whole.tracks.append(_conductor(score, positions))
    whole.tracks += _instruments(score.tracks, positions)
    return whole


def write_tracks_midi(path: Path, tracks: Sequence[Track], title: str) -> None:
    """Write tracks without a score as a Standard MIDI File of type 1, atomically.

    The notes have no metre, so the tempo is MIDI's default of 120 BPM, and only the times in
    seconds count.

    Parameters
    ----------
    path
        The MIDI file.
    tracks
        Notes and instruments.
    title
        Title of the music.
    """
    import mido

    beat_s = 0.5
    steady = TempoMap(
        times_s=np.array([0.0, beat_s]), ticks=np.array([0, TICKS_PER_BEAT]), pickup_beats=0
    )
    whole = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    tempo = mido.MetaMessage("set_tempo", tempo=round(1e6 * beat_s))
    whole.tracks.append(_track([*_tags(title), (0, tempo)]))
    whole.tracks += _instruments(tracks, steady)
    with atomic_write(path) as temporary:
        whole.save(str(temporary))


def _tags(title: str) -> list[tuple[int, Any]]:
    """Return what a file says about itself: its title, the tool, and that it is AI-generated."""
    from mido import MetaMessage

    texts = [MetaMessage("text", text=text) for text in (TOOL, AI_GENERATED)]
    return [(0, one) for one in (MetaMessage("track_name", name=title), *texts)]


def _instruments(tracks: Sequence[Track], positions: TempoMap) -> Iterator[MidiTrack]:
    """Yield one MIDI track for each track, on a channel of its own while there are any."""
    free = iter(_CHANNELS)
    for track in tracks:
        is_drum = track.instrument.startswith("kit_")
        channel = DRUM_CHANNEL if is_drum else next(free, _CHANNELS[-1])
        yield _instrument(track, positions, channel)


def _conductor(score: Score, positions: TempoMap) -> MidiTrack:
    """Return the track of tempi, signatures and markers."""
    from mido import MetaMessage, bpm2tempo

    title = f"{song_title(score.style, score.seed)} ({score.style}, {score.sub_genre})"
    events = _tags(title)
    if signature := _key_signature(score.key):
        events.append((0, MetaMessage("key_signature", key=signature)))
    beats = positions.pickup_beats
    if beats:
        events.append((0, MetaMessage("time_signature", numerator=beats, denominator=4)))
    events.append((beats * TICKS_PER_BEAT, MetaMessage("time_signature", numerator=4)))
    lengths_s = np.diff(positions.times_s)
    ticks = np.diff(positions.ticks)
    for tick, length_s, width in zip(positions.ticks, lengths_s, ticks, strict=False):
        tempo = min(_MAX_TEMPO, round(1e6 * length_s * TICKS_PER_BEAT / width))
        events.append((int(tick), MetaMessage("set_tempo", tempo=tempo)))
    if not len(lengths_s):
        events.append((0, MetaMessage("set_tempo", tempo=bpm2tempo(score.tempo_bpm))))
    events += [
        (positions.tick(section.start_s), MetaMessage("marker", text=section.name))
        for section in score.sections
    ]
    events += [
        (positions.tick(float(hit_s)), MetaMessage("marker", text="hit")) for hit_s in score.hits_s
    ]
    return _track(events)


def _instrument(track: Track, positions: TempoMap, channel: int) -> MidiTrack:
    """Return the notes of one instrument."""
    from mido import Message, MetaMessage

    program = INSTRUMENTS[track.instrument].program
    events: list[tuple[int, Any]] = [
        (0, MetaMessage("track_name", name=track.name)),
        (0, Message("program_change", channel=channel, program=program)),
    ]
    for note in track.notes:
        start, end = _ticks(note, positions)
        pitch, velocity = note.pitch, note.velocity
        events.append((start, Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        events.append((end, Message("note_off", channel=channel, note=pitch)))
    return _track(events)


def _ticks(note: Note, positions: TempoMap) -> tuple[int, int]:
    start = max(0, positions.tick(note.start_s))
    return start, max(start + 1, positions.tick(note.start_s + note.duration_s))


def _track(events: list[tuple[int, Any]]) -> MidiTrack:
    """Return a track of messages at absolute ticks; at one tick, notes end before others begin."""
    from mido import MidiTrack

    events.sort(key=lambda event: (event[0], event[1].type != "note_off"))
    track, now = MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def _key_signature(key: str) -> str:
    """Return a key such as ``"D minor"`` in mido's spelling, or nothing for other modes."""
    from mido.midifiles.meta import MetaMessage

    note, _, mode = key.partition(" ")
    if mode not in _MODE_SUFFIX:
        return ""
    spelled = f"{note}{_MODE_SUFFIX[mode]}"
    try:
        MetaMessage("key_signature", key=spelled)
    except ValueError:  # a spelling without a key signature, such as D# major
        return ""
    return spelled
