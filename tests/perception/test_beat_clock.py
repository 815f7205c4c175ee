"""Which clock the music follows: the clip's own sound or the dance."""

from dataclasses import replace

import numpy as np
import pytest

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings
from d2m.perception.beat_clock import NO_SOUND, choose_clock
from d2m.perception.rhythm import BeatCandidate, Rhythm
from d2m.perception.sound_beats import SoundBeats

DURATION_S = 12.0


@pytest.fixture
def movement() -> Rhythm:
    beats = np.arange(0.1, DURATION_S, 0.5)
    return Rhythm(
        tempo_bpm=120.0,
        beats_s=beats,
        downbeats_s=beats[::4],
        confidence=0.97,
        envelope=np.ones(720),
        envelope_rate=60.0,
        unsure=False,
        candidates=(BeatCandidate(tempo_bpm=120.0, shift_beats=0.0, probability=0.5),),
    )


def sound_at(tempo_bpm: float, first_s: float = 0.3, last_s: float = DURATION_S) -> SoundBeats:
    beats = np.arange(first_s, last_s, 60.0 / tempo_bpm)
    return SoundBeats(
        has_beat=True,
        confidence=0.9,
        tempo_bpm=tempo_bpm,
        beats_s=beats,
        downbeats_s=beats[1::4],
    )


def test_a_sound_with_a_steady_beat_is_the_clock(movement):
    sound = sound_at(118.0)
    rhythm = choose_clock(movement, sound, Settings(), DURATION_S)
    assert rhythm.clock == "sound"
    assert rhythm.clock_reason == ""
    assert rhythm.tempo_bpm == 118.0
    np.testing.assert_allclose(rhythm.beats_s, sound.beats_s)
    assert rhythm.downbeats_s[0] == pytest.approx(sound.downbeats_s[0])
    assert rhythm.confidence == 0.9
    assert rhythm.candidates == ()


def test_dance_mode_does_not_use_the_sound(movement):
    rhythm = choose_clock(movement, sound_at(118.0), Settings(beats="dance"), DURATION_S)
    assert rhythm.clock == "dance"
    np.testing.assert_array_equal(rhythm.beats_s, movement.beats_s)


def test_without_sound_the_dance_is_the_clock_and_says_why(movement):
    rhythm = choose_clock(movement, SoundBeats(reason=NO_SOUND), Settings(), DURATION_S)
    assert rhythm.clock == "dance"
    assert rhythm.clock_reason == NO_SOUND


def test_asking_for_the_beats_of_a_sound_without_any_is_an_error(movement):
    with pytest.raises(SettingsError, match="because the clip has no sound: take the beats from"):
        choose_clock(movement, SoundBeats(reason=NO_SOUND), Settings(beats="sound"), DURATION_S)


def test_an_unsteady_sound_is_a_clock_only_when_asked_for(movement):
    sound = replace(sound_at(118.0), has_beat=False, reason="the clip's sound has no steady beat")
    assert choose_clock(movement, sound, Settings(), DURATION_S).clock == "dance"
    forced = choose_clock(movement, sound, Settings(beats="sound"), DURATION_S)
    assert forced.clock == "sound"
    assert forced.unsure


@pytest.mark.parametrize(
    ("sound_bpm", "dance_bpm", "music_bpm"),
    [(180.0, 90.0, 90.0), (75.0, 150.0, 150.0), (120.0, 90.0, 120.0), (124.0, 123.0, 124.0)],
)
def test_the_octave_of_the_tempo_follows_the_dancer(movement, sound_bpm, dance_bpm, music_bpm):
    dance = replace(movement, tempo_bpm=dance_bpm)
    rhythm = choose_clock(dance, sound_at(sound_bpm), Settings(), DURATION_S)
    assert rhythm.clock == "sound"
    assert rhythm.tempo_bpm == pytest.approx(music_bpm)
    assert np.median(np.diff(rhythm.beats_s)) == pytest.approx(60 / music_bpm)


@pytest.mark.parametrize(
    ("sound_bpm", "dance_bpm", "music_bpm"),
    [
        (190.0, 80.0, 95.0),  # unrelated: the usual range
        (48.0, 80.0, 96.0),
        (90.0, 130.0, 90.0),
        (66.0, 130.0, 132.0),  # a hint of the movement and the usual range agree
        (75.0, 148.0, 75.0),  # a hint of the movement alone is not enough
    ],
)
def test_an_unclear_movement_is_only_a_hint_at_the_octave(
    movement, sound_bpm, dance_bpm, music_bpm
):
    unsure = replace(movement, tempo_bpm=dance_bpm, unsure=True)
    rhythm = choose_clock(unsure, sound_at(sound_bpm), Settings(), DURATION_S)
    assert rhythm.tempo_bpm == pytest.approx(music_bpm)
    assert not rhythm.unsure


def test_the_sound_of_another_take_is_not_the_clock(movement):
    rhythm = choose_clock(movement, sound_at(101.0), Settings(), DURATION_S)
    assert rhythm.clock == "dance"
    assert "another tempo" in rhythm.clock_reason
    unclear = replace(movement, confidence=0.9)
    assert choose_clock(unclear, sound_at(101.0), Settings(), DURATION_S).clock == "sound"


def test_a_given_tempo_takes_the_octave_of_the_sound_or_the_dance(movement):
    half = choose_clock(movement, sound_at(140.0), Settings(tempo_bpm=70.0), DURATION_S)
    assert (half.clock, half.tempo_bpm) == ("sound", 70.0)
    other = choose_clock(movement, sound_at(140.0), Settings(tempo_bpm=100.0), DURATION_S)
    assert other.clock == "dance"
    assert "140 BPM" in other.clock_reason


def test_beats_of_a_sound_that_starts_late_and_ends_early_cover_the_clip(movement):
    sound = sound_at(120.0, first_s=4.3, last_s=9.0)
    rhythm = choose_clock(movement, sound, Settings(), DURATION_S)
    np.testing.assert_allclose(rhythm.beats_s, np.arange(0.3, DURATION_S, 0.5))
    assert sound.downbeats_s[0] in rhythm.downbeats_s
