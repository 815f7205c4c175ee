"""Notes that are heard: from the network's output to what two recordings share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from d2m.benchmark.transcription import (
    TRANSCRIBER_HOP,
    HeardNotes,
    Transcriber,
    note_f_measure,
    notes_from,
    pitch_correlation,
    windows_of,
)
from d2m.core.levels import SAMPLE_RATE


def heard(starts_s: list[float], pitches: list[int]) -> HeardNotes:
    starts = np.array(starts_s, dtype=float)
    sounding = np.zeros((40, 88), dtype=np.float32)
    for start, pitch in zip((starts * 4).astype(int), pitches, strict=True):
        sounding[start : start + 4, pitch - 21] = 1.0
    return HeardNotes(
        starts_s=starts, ends_s=starts + 0.2, pitches=np.array(pitches), sounding=sounding
    )


def test_notes_begin_at_onsets_and_end_where_they_are_faint() -> None:
    frames, onsets = np.zeros((100, 88)), np.zeros((100, 88))
    frames[10:40, 39] = 0.9  # pitch 60
    frames[60:64, 51] = 0.9  # too short
    onsets[10, 39] = onsets[60, 51] = 0.8
    notes = notes_from(frames, onsets)
    assert notes.pitches.tolist() == [60]
    assert notes.starts_s == pytest.approx([10 * TRANSCRIBER_HOP / SAMPLE_RATE])
    assert notes.ends_s == pytest.approx([40 * TRANSCRIBER_HOP / SAMPLE_RATE])


def test_a_repeated_note_ends_the_note_before_and_silences_its_neighbours() -> None:
    frames, onsets = np.zeros((100, 88)), np.zeros((100, 88))
    frames[10:80, 39] = frames[10:80, 40] = 0.9
    onsets[10, 39] = onsets[45, 39] = 0.9
    onsets[10, 40] = 0.6
    notes = notes_from(frames, onsets)
    starts = np.round(notes.starts_s * SAMPLE_RATE / TRANSCRIBER_HOP).astype(int)
    # The neighbour comes first at the same onset, and takes what is left there.
    assert list(zip(starts.tolist(), notes.pitches.tolist(), strict=True)) == [(10, 61), (45, 60)]


def test_notes_are_shared_within_50_ms_at_the_same_pitch() -> None:
    times, pitches = [0.0, 1.0, 2.0, 3.0, 4.0], [60, 62, 64, 65, 67]
    reference = heard(times, pitches)
    assert note_f_measure(heard([t + 0.04 for t in times], pitches), reference) == 1.0
    assert note_f_measure(heard([t + 0.06 for t in times], pitches), reference) == 0.0
    assert note_f_measure(heard(times, [p + 1 for p in pitches]), reference) == 0.0
    assert note_f_measure(heard(times[:3], pitches[:3]), reference) == pytest.approx(0.75)
    assert note_f_measure(heard([], []), reference) == 0.0
    assert np.isnan(note_f_measure(reference, heard([0.0], [60])))


def test_pitches_correlate_with_themselves_only() -> None:
    one, other = heard([0.0, 2.0], [60, 64]), heard([1.0, 3.0], [70, 74])
    assert pitch_correlation(one, one) == pytest.approx(1.0)
    assert pitch_correlation(one, other) < 0.05
    assert np.isnan(pitch_correlation(one, heard([], [])))


def test_windows_continue_each_other_without_gaps() -> None:
    audio = np.arange(100_000, dtype=np.float32)
    windows, n_frames = windows_of(audio)
    assert windows.shape[1:] == (43_844, 1)
    assert n_frames == 100_000 // TRANSCRIBER_HOP
    kept = [one[15 * TRANSCRIBER_HOP : 157 * TRANSCRIBER_HOP, 0] for one in windows]
    assert np.array_equal(np.concatenate(kept)[:100_000], audio)


def test_a_transcriber_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="basic-pitch"):
        Transcriber(tmp_path)
