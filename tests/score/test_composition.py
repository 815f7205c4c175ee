"""Composition: songs of all styles, the same for the same arguments, all different else."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from d2m.core.errors import SettingsError
from d2m.core.metrical_grid import BEATS_PER_BAR, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.core.styles import STYLES
from d2m.score.composition import compose
from d2m.score.drum_fills import N_FILLS
from d2m.score.harmony import SCALES, parse_chord
from d2m.score.instruments import INSTRUMENTS, KICK, KIT_DRUMS, KITS
from d2m.score.song import PART_STEMS, PHRASE_NAMES, Song, StepNote
from d2m.score.sub_genres.by_style import SUB_GENRES

SEEDS, MANY_SEEDS = range(20), range(50)
"""Seeds of the songs of a style in every test run, and in the slow tests."""
DRUM_PARTS = [part for part, stem in PART_STEMS.items() if stem == "drums"]


@cache
def songs_of_style(style: str, seeds: range) -> tuple[Song, ...]:
    return tuple(compose(style, seed) for seed in seeds)


def some_songs(style: str) -> tuple[Song, ...]:
    return songs_of_style(style, SEEDS)[:15]


def melody_of(notes: tuple[StepNote, ...]) -> list[StepNote]:
    """Return the louder voice of a melody that may be doubled in octaves."""
    loudest: dict[float, StepNote] = {}
    for note in notes:
        if note.step not in loudest or loudest[note.step].velocity < note.velocity:
            loudest[note.step] = note
    return [loudest[step] for step in sorted(loudest)]


def sounding(notes: tuple[StepNote, ...], step: float) -> set[int]:
    return {n.pitch for n in notes if n.step <= step < n.step + n.length}


@pytest.mark.parametrize("style", STYLES)
def test_songs_are_complete(style: str) -> None:
    names = set()
    for song in some_songs(style):
        names.add(song.sub_genre)
        assert song.style == style
        assert song.mode in SCALES
        assert set(song.phrases) == set(PHRASE_NAMES)
        assert 0.5 <= song.full_energy <= 0.8
        assert 50.0 <= song.groove.swing_percent <= 67.0
        assert {song.instruments[part] for part in DRUM_PARTS} <= set(KITS)
        for phrase in song.phrases.values():
            assert set(phrase.parts) <= set(song.instruments)
            assert {"bass", "chords", "hook", "stab", "hats"} <= set(phrase.parts) | {"hats"}
        assert {"kick", "bass", "chords", "hook", "stab"} <= set(song.ending)
        assert all(note.step == 0 for notes in song.ending.values() for note in notes)
    assert names == {sub_genre.name for sub_genre in SUB_GENRES[style]}


@pytest.mark.parametrize("style", STYLES)
def test_notes_are_sorted_in_range_and_not_flat(style: str) -> None:
    for song in some_songs(style):
        for phrase in song.phrases.values():
            for part, notes in phrase.parts.items():
                info = INSTRUMENTS[song.instruments[part]]
                assert [n.step for n in notes] == sorted(n.step for n in notes)
                assert all(0 <= n.step < PHRASE_STEPS and n.length > 0 for n in notes)
                assert all(info.lowest <= n.pitch <= info.highest for n in notes), part
                assert all(1 <= n.velocity <= 127 for n in notes)
                if part in DRUM_PARTS:
                    assert {n.pitch for n in notes} <= set(KIT_DRUMS)
        drop = song.phrases["drop"].parts
        for part in ("hats", "bass", "hook"):
            assert len({n.velocity for n in drop[part]}) >= 4, (song.seed, part)


@pytest.mark.parametrize("style", STYLES)
def test_the_same_arguments_give_the_same_song(style: str) -> None:
    assert compose(style, 7) == compose(style, 7)
    assert compose(style, 7, key=3, mode="minor") == compose(style, 7, key=3, mode="minor")


@pytest.mark.parametrize("seeds", [SEEDS, pytest.param(MANY_SEEDS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("style", STYLES)
def test_all_songs_differ(style: str, seeds: range) -> None:
    songs = songs_of_style(style, seeds)
    for name in ("groove", "drop"):
        rhythms, basses, hooks = set(), set(), set()
        for song in songs:
            parts = song.phrases[name].parts
            drums = [parts.get(p, ()) for p in ("kick", "snare", "ghosts", "hats")]
            rhythms.add(tuple((n.step, n.pitch) for notes in drums for n in notes))
            basses.add(tuple((n.step, (n.pitch - song.key) % 12) for n in parts["bass"]))
            hooks.add(tuple((n.step, n.pitch - song.key) for n in parts["hook"]))
        assert len(rhythms) >= len(songs) - 2
        assert len(basses) >= len(songs) - 3
        assert len(hooks) == len(songs)


@pytest.mark.parametrize("style", STYLES)
def test_a_key_moves_the_song_only(style: str) -> None:
    own = compose(style, 11)
    other = compose(style, 11, key=(own.key + 5) % 12)
    assert other.mode == own.mode
    assert other.instruments == own.instruments
    assert other.fills == own.fills
    for name, phrase in own.phrases.items():
        assert phrase.parts.keys() == other.phrases[name].parts.keys()
        for part in ("hook", "response", "bass"):
            before, after = (p.parts.get(part, ()) for p in (phrase, other.phrases[name]))
            assert {n.step for n in before} == {n.step for n in after}
        ours, theirs = (melody_of(p.parts["hook"]) for p in (phrase, other.phrases[name]))
        moved = {(b.pitch - a.pitch) % 12 for a, b in zip(ours, theirs, strict=True)}
        assert moved == {5}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_mode_keeps_the_rhythms(style: str, mode: str) -> None:
    own = compose(style, 5)
    other = compose(style, 5, mode=mode)
    assert other.mode == mode
    assert other.key == own.key
    for name, phrase in own.phrases.items():
        for part in (*DRUM_PARTS, "hook", "bass"):
            before, after = (p.parts.get(part, ()) for p in (phrase, other.phrases[name]))
            assert {n.step for n in before} == {n.step for n in after}, part
    third = parse_chord("1", other.key, mode).tones[1]
    final = {n.pitch % 12 for n in other.ending["chords"]}
    has_third = {n.pitch % 12 for n in own.ending["chords"]} != {own.key, (own.key + 7) % 12}
    if has_third and "maj" not in SUB_GENRES[style][5 % 3].final:
        assert third in final


@pytest.mark.parametrize("style", STYLES)
def test_every_beat_is_marked(style: str) -> None:
    beats = range(0, PHRASE_STEPS, STEPS_PER_BEAT)
    for song in some_songs(style):
        for name in ("groove", "drop"):
            parts = song.phrases[name].parts
            loud = {
                n.step
                for part in ("kick", "snare", "hats")
                for n in parts.get(part, ())
                if n.velocity >= 55
            }
            assert set(beats) <= loud, (song.seed, name)
            downbeats = {n.step for n in parts["kick"] if n.step % STEPS_PER_BAR == 0}
            assert len(downbeats) == PHRASE_STEPS // STEPS_PER_BAR
        light = song.phrases["break"].parts
        kept = {n.step for part in DRUM_PARTS for n in light.get(part, ())}
        assert len(kept & set(beats)) >= len(beats) // 2


@pytest.mark.parametrize("style", STYLES)
def test_hooks_fit_their_chords_and_can_be_sung(style: str) -> None:
    strong, in_chord, intervals, ranges = 0, 0, [], []
    for song in some_songs(style):
        for name in ("groove", "drop"):
            parts = song.phrases[name].parts
            hook = melody_of(parts["hook"])
            moves = [abs(b.pitch - a.pitch) for a, b in pairwise(hook)]
            intervals += moves
            pitches = [n.pitch for n in hook]
            ranges.append(max(pitches) - min(pitches))
            for note in hook:
                if note.step % (STEPS_PER_BAR // 2):
                    continue
                named = [sounding(parts.get(p, ()), note.step) for p in ("stab", "pad", "bass")]
                chord = set().union(*named, {p + 7 for p in named[-1]})
                strong += 1
                in_chord += note.pitch % 12 in {p % 12 for p in chord}
                for part in ("chords", "pad", "riff"):
                    around = sounding(parts.get(part, ()), note.step)
                    assert not any(abs(note.pitch - p) in (1, 13) for p in around), part
    assert in_chord / strong >= 0.97
    assert np.mean(np.array(intervals) <= 4) >= 0.6
    assert np.mean(np.array(intervals) == 0) <= 0.35
    assert np.median(ranges) <= 17
    assert max(ranges) <= 24


@pytest.mark.parametrize("style", STYLES)
def test_answers_come_in_the_rests(style: str) -> None:
    answered = 0
    for song in some_songs(style):
        for phrase in song.phrases.values():
            hook, answers = phrase.parts["hook"], phrase.parts.get("response", ())
            answered += bool(answers)
            assert not any(sounding(hook, n.step) for n in answers)
            slow = melody_of(hook)
            assert all(b.step >= a.step + a.length - 0.01 for a, b in pairwise(slow))
    assert answered >= 15


@pytest.mark.parametrize("style", STYLES)
def test_the_bass_plays_the_root_on_the_first_beat(style: str) -> None:
    for song in some_songs(style):
        for name in ("groove", "drop"):
            bass = song.phrases[name].parts["bass"]
            first = [n for n in bass if n.step == 0]
            assert len({n.step for n in bass}) == len(bass), "one note at a time"
            assert len(bass) >= 8
            assert all(n.pitch <= 55 for n in first)


@pytest.mark.parametrize("style", STYLES)
def test_fills_end_at_the_bar_line(style: str) -> None:
    for song in some_songs(style):
        assert 5 <= len(song.fills) <= 8
        assert len(song.fills) <= N_FILLS
        assert min(n.step for n in song.fills[0]) >= STEPS_PER_BAR // 2
        for fill in (*song.fills, song.roll):
            assert all(0 <= n.step < STEPS_PER_BAR for n in fill)
            assert max(n.step for n in fill) >= STEPS_PER_BAR - STEPS_PER_BEAT
        counts = [len(fill) for fill in song.fills]
        assert counts[-1] > counts[0]
        steps = sorted({n.step for n in song.roll})
        loudness = [max(n.velocity for n in song.roll if n.step == s) for s in steps]
        assert np.mean(loudness[: len(steps) // 2]) + 10 < np.mean(loudness[len(steps) // 2 :])


def drum_features(song: Song) -> np.ndarray:
    """Return where the drums and the bass play within a bar, swing and density."""
    parts = song.phrases["groove"].parts
    curves = []
    for names in (("kick",), ("snare",), ("hats", "percussion"), ("bass",)):
        count = Counter(
            int(n.step) % STEPS_PER_BAR for p in names for n in parts.get(p, ()) if n.velocity > 50
        )
        curves.append([count[s] / 8 for s in range(STEPS_PER_BAR)])
    kit = [float(song.instruments["kick"] == name) * 2 for name in KITS]
    swing = (song.groove.swing_percent - 50.0) / 5.0 * song.groove.swing_steps
    return np.array([*np.concatenate(curves), *kit, swing])


def test_styles_differ_in_their_drums() -> None:
    features = {s: np.array([drum_features(x) for x in songs_of_style(s, SEEDS)]) for s in STYLES}
    centroids = {
        name: [rows[index : len(rows) // 2 : 3].mean(axis=0) for index in range(3)]
        for name, rows in features.items()
    }
    right = total = 0
    for name, rows in features.items():
        for row in rows[len(rows) // 2 :]:
            nearest = min(
                STYLES, key=lambda s: min(float(np.sum((row - c) ** 2)) for c in centroids[s])
            )
            right += nearest == name
            total += 1
    assert right / total >= 0.8


def test_dance_music_is_in_four() -> None:
    song = compose("house", 0)
    kicks = {n.step for n in song.phrases["drop"].parts["kick"] if n.pitch == KICK}
    assert {float(s) for s in range(0, PHRASE_STEPS, STEPS_PER_BAR // BEATS_PER_BAR)} <= kicks


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"style": "polka", "seed": 0}, "Unknown style"),
        ({"style": "house", "seed": -1}, "seed"),
        ({"style": "house", "seed": 0, "key": 12}, "key"),
        ({"style": "house", "seed": 0, "mode": "locrian"}, "mode"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        compose(**arguments)  # type: ignore[arg-type]
