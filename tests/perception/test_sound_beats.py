"""The clock of a clip's own sound: which sounds have a steady beat, and where it is."""

from dataclasses import replace

import numpy as np
import pytest

from d2m.audio.waveform import mono_at
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.styles import style_named
from d2m.generation.studio import StudioModel
from d2m.perception.beat_tracking import SECOND_STARTS_S, on_stronger_halves
from d2m.perception.sound_beats import (
    ALMOST_SILENT,
    NO_STEADY_BEAT,
    TOO_SHORT,
    SoundBeats,
    at_double_tempo,
    at_half_tempo,
    track_sound_beats,
)
from tests.synthetic import synthetic_conditioning
from tools.beat_figures.degrade import by_phone, in_a_room, mixed
from tools.beat_figures.pieces import KnownPiece
from tools.beat_figures.scores import score_beats
from tools.beat_figures.sounds import NO_MUSIC, RATE, crowd


def rng(*seeds: int) -> np.random.Generator:
    return np.random.default_rng([41, *seeds])


@pytest.fixture(scope="module")
def piece() -> KnownPiece:
    """Return a piece in the style house of nine seconds."""
    dance = synthetic_conditioning(5, tempo_bpm=121.0, duration_s=9.0)
    dance = replace(dance, style=style_named("house"))
    music = StudioModel.from_pretrained().generate(dance, seed=2)
    assert music.score is not None
    return KnownPiece(
        name="house",
        seed=2,
        sound=mono_at(np.asarray(music.audio, np.float32), STUDIO_SAMPLE_RATE, RATE),
        beats_s=music.score.beats_s,
        end_s=music.score.end_s,
    )


def test_the_beats_of_music_are_found(piece):
    found = track_sound_beats(piece.sound, RATE)
    scores = score_beats(found.beats_s, piece.beats_s, piece.end_s)
    assert found.has_beat
    assert found.reason == ""
    assert found.confidence > 0.8
    assert scores.f > 0.93
    assert abs(scores.bias_s) < 0.012
    assert found.tempo_bpm == pytest.approx(60 / np.median(np.diff(piece.beats_s)), rel=0.01)
    assert np.isin(found.downbeats_s, found.beats_s).all()
    assert np.median(np.diff(found.downbeats_s)) == pytest.approx(240 / found.tempo_bpm, rel=0.02)


def test_a_second_tracker_that_loses_its_place_once_is_not_believed(piece, monkeypatch):
    track = load_librosa().beat.beat_track

    def confidence(lost: int) -> float:
        """Return the confidence if so many of the tracker's answers are a third of a beat off."""
        answers = []

        def shifted(onset_envelope, **options):
            tempo, frames = track(onset_envelope=onset_envelope, **options)
            answers.append(frames)
            return tempo, frames + round(np.median(np.diff(frames)) / 3) * (len(answers) <= lost)

        monkeypatch.setattr(load_librosa().beat, "beat_track", shifted)
        found = track_sound_beats(piece.sound, RATE).confidence
        assert len(answers) == len(SECOND_STARTS_S)
        return found

    assert confidence(lost=1) == pytest.approx(confidence(lost=0), abs=0.01)
    assert confidence(lost=2) < confidence(lost=0) - 0.01


def at_48_khz(sound):
    return mono_at(sound, RATE, 48_000), 48_000


def at_a_party(sound):
    people = crowd(rng(1), len(sound) / RATE)
    return by_phone(mixed(in_a_room(rng(2), sound), people, 10)), RATE


@pytest.mark.parametrize(
    "recorded",
    [at_48_khz, lambda sound: (0.01 * sound, RATE), at_a_party],
    ids=["48 kHz", "quiet", "party by phone"],
)
def test_music_is_found_however_it_was_recorded(piece, recorded):
    found = track_sound_beats(*recorded(piece.sound))
    assert found.has_beat
    assert score_beats(found.beats_s, piece.beats_s, piece.end_s).octave_f > 0.9


def test_beats_begin_where_the_sound_begins(piece):
    late = np.concatenate((np.zeros(3 * RATE, np.float32), piece.sound))
    found = track_sound_beats(late, RATE)
    assert found.has_beat
    assert found.beats_s[0] > 2.9
    assert score_beats(found.beats_s - 3, piece.beats_s, piece.end_s).octave_f > 0.9


@pytest.mark.parametrize("tempo_bpm", [92.0, 127.3])
@pytest.mark.parametrize("kind", ["sine", "noise"])
def test_a_click_is_where_it_sounds(tempo_bpm, kind):
    true_s = np.arange(0.4, 7.8, 60 / tempo_bpm)
    audio = 1e-4 * rng(3).standard_normal(8 * RATE).astype(np.float32)
    time = np.arange(600) / RATE
    body = np.sin(2000 * np.pi * time) if kind == "sine" else rng(4).standard_normal(600)
    for at_s in true_s:
        audio[round(at_s * RATE) :][:600] += 0.5 * body * np.exp(-time / 0.006)
    found = track_sound_beats(audio, RATE)
    scores = score_beats(found.beats_s, true_s)
    assert scores.octave_f > 0.9
    assert abs(scores.bias_s) < 0.005


@pytest.mark.parametrize("kind", sorted(NO_MUSIC))
def test_sounds_that_are_no_music_are_no_clock(kind):
    found = track_sound_beats(NO_MUSIC[kind](rng(7), 7.0), RATE)
    assert not found.has_beat
    assert found.confidence < 0.6
    assert found.reason in (NO_STEADY_BEAT, ALMOST_SILENT)


@pytest.mark.parametrize(
    ("seconds_of_sound", "reason"),
    [(0.0, ALMOST_SILENT), (0.5, TOO_SHORT), (1.0, TOO_SHORT)],
)
def test_a_silent_or_nearly_silent_clip_says_why(piece, seconds_of_sound, reason):
    audio = np.zeros(5 * RATE, dtype=np.float32)
    audio[RATE:][: round(seconds_of_sound * RATE)] = piece.sound[: round(seconds_of_sound * RATE)]
    found = track_sound_beats(audio, RATE)
    assert not found.has_beat
    assert found.reason == reason
    assert not len(found.beats_s)


@pytest.mark.parametrize("samples", [0, 1, RATE])
def test_a_short_clip_says_why(samples):
    assert track_sound_beats(np.ones(samples, dtype=np.float32), RATE).reason == TOO_SHORT


def test_tracking_twice_gives_the_same(piece):
    first, second = (track_sound_beats(piece.sound, RATE) for _ in range(2))
    assert np.array_equal(first.beats_s, second.beats_s)
    assert first.confidence == second.confidence


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


def test_half_tempo_keeps_the_stronger_beats():
    strengths = np.tile([1.0, 3.0], 12)
    beats = replace(beats_of(24, 4, 0), strengths=strengths)
    slow = at_half_tempo(beats)
    assert np.array_equal(slow.beats_s, beats.beats_s[1::2])
    assert np.array_equal(slow.strengths, np.full(12, 3.0))
    assert slow.downbeats_s.size == 0  # the downbeats were among the others
    other = at_half_tempo(replace(beats, strengths=strengths[::-1].copy()))
    assert np.array_equal(other.beats_s, beats.beats_s[::2])
    assert np.allclose(np.diff(other.downbeats_s), 4.0)


def test_beats_move_to_stronger_halves():
    beats = np.arange(0.25, 6, 0.7)

    def strengths_at(times_s):
        return np.cos(2 * np.pi * (times_s - 0.6) / 0.7)

    moved = on_stronger_halves(beats, strengths_at)
    assert np.allclose(moved, beats + 0.35)
    assert np.array_equal(on_stronger_halves(moved, strengths_at), moved)
    assert np.array_equal(on_stronger_halves(beats[:1], strengths_at), beats[:1])


def test_beats_of_fast_music_stay():
    beats = np.arange(0.25, 6, 0.5)
    stayed = on_stronger_halves(beats, lambda times_s: np.cos(2 * np.pi * (times_s - 0.5) / 0.5))
    assert np.array_equal(stayed, beats)


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
