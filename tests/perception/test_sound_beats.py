"""The clock of a clip's own sound: which sounds have a steady beat, and where it is."""

import numpy as np
import pytest

from d2m.perception.sound_beats import SoundBeats, at_double_tempo, at_half_tempo


def beats_of(n: int, bar: int, first_downbeat: int = 0) -> SoundBeats:
    times = 0.3 + 0.5 * np.arange(n)
    return SoundBeats(
        has_beat=True,
        confidence=0.9,
        tempo_bpm=120.0,
        beats_s=times,
        downbeats_s=times[first_downbeat::bar],
    )


@pytest.mark.parametrize(("bar", "first"), [(4, 0), (4, 1), (3, 1), (4, 3)])
def test_half_tempo_keeps_every_second_beat_from_a_downbeat_on(bar, first):
    beats = beats_of(24, bar, first)
    slow = at_half_tempo(beats)
    assert slow.tempo_bpm == 60.0
    assert np.allclose(np.diff(slow.beats_s), 1.0)
    assert np.allclose(np.diff(slow.downbeats_s), bar * 1.0)
    assert slow.downbeats_s[0] == beats.downbeats_s[0]
    assert np.isin(slow.downbeats_s, slow.beats_s).all()
    assert slow.has_beat
    assert slow.confidence == beats.confidence


@pytest.mark.parametrize(("bar", "first"), [(4, 0), (4, 2), (3, 1), (4, 3)])
def test_double_tempo_adds_the_midpoints(bar, first):
    beats = beats_of(24, bar, first)
    fast = at_double_tempo(beats)
    assert fast.tempo_bpm == 240.0
    assert np.allclose(np.diff(fast.beats_s), 0.25)
    assert np.isin(beats.beats_s, fast.beats_s).all()
    assert np.isin(beats.downbeats_s, fast.downbeats_s).all()
    assert np.allclose(np.diff(fast.downbeats_s), bar * 0.25)


def test_double_tempo_follows_a_changing_tempo():
    times = np.cumsum(np.linspace(0.4, 0.6, 12))
    beats = SoundBeats(has_beat=True, tempo_bpm=120.0, beats_s=times, downbeats_s=times[::4])
    fast = at_double_tempo(beats)
    assert np.allclose(fast.beats_s[1::2], (times[1:] + times[:-1]) / 2)
    assert np.allclose(at_half_tempo(fast).beats_s, times)


@pytest.mark.parametrize("change", [at_half_tempo, at_double_tempo])
@pytest.mark.parametrize("n", [0, 1])
def test_without_two_beats_nothing_changes(change, n):
    beats = SoundBeats(beats_s=np.arange(n) * 1.0, downbeats_s=np.arange(n) * 1.0)
    assert change(beats) is beats


@pytest.mark.parametrize("change", [at_half_tempo, at_double_tempo])
def test_beats_without_downbeats_have_none_at_another_tempo(change):
    beats = SoundBeats(tempo_bpm=120.0, beats_s=np.arange(8) / 2)
    assert change(beats).downbeats_s.size == 0
