"""Songs: their composition, their arrangement for a dance and their rendering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.core.metrical_grid import FRAME, PHRASE_STEPS, STEPS_PER_BAR, StepGrid, grid_from_beats
from d2m.core.styles import STYLES, songs_of
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.training.loops.loop_arrangement import NoteEvent, active_layers, arrange_loop
from d2m.training.loops.loop_songs import KICK, N_SONGS, RIM, UNSEEN_SONGS, compose_loop
from d2m.training.loops.loop_synthesizer import SOUNDFONT, SoundfontSynthesizer, normalisation_gain

needs_soundfont = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")
SONGS = [compose_loop(index) for index in range(N_SONGS)]
UNSEEN = [compose_loop(index) for index in UNSEEN_SONGS]
MELODIC = ("bass", "chord", "lead", "stab")


def phrase(tempo_bpm: float, bars: int = 8) -> StepGrid:
    beats = np.arange(4 * bars + 1) * 60.0 / tempo_bpm
    return grid_from_beats(beats, float(beats[-1])).window(0, bars * STEPS_PER_BAR)


def movement(n_steps: int, **values: float) -> np.ndarray:
    features = np.zeros((n_steps, len(MOVEMENT_FEATURES)))
    for name, value in values.items():
        features[:, MOVEMENT_FEATURES.index(name)] = value
    return features


def groove(n_steps: int) -> np.ndarray:
    return movement(n_steps, bar_energy=0.6, bar_upper=0.5, bar_lower=0.5, bar_reach=0.3)


@pytest.fixture(scope="module")
def synthesizer() -> Iterator[SoundfontSynthesizer]:
    with SoundfontSynthesizer() as opened:
        yield opened


class TestCompose:
    def test_the_same_index_gives_the_same_song(self):
        assert SONGS[::7] == [compose_loop(index) for index in range(0, N_SONGS, 7)]

    def test_all_sixty_songs_differ(self):
        assert len(SONGS) == 60
        assert len({repr(song.layers) for song in SONGS}) == 60
        melodies = {repr(song.layers["lead"]) for song in SONGS}
        assert len(melodies) == 60

    def test_unseen_songs_are_new_songs_of_each_style(self):
        assert [song.style for song in UNSEEN] == list(STYLES)
        known = {repr(song.layers["lead"]) for song in SONGS}
        assert not known & {repr(song.layers["lead"]) for song in UNSEEN}

    def test_songs_are_ordered_by_style(self):
        for style in STYLES.values():
            assert {SONGS[index].style for index in songs_of(style)} == {style.name}

    @pytest.mark.parametrize("index", range(0, N_SONGS, 5))
    def test_notes_are_within_the_phrase_and_the_midi_range(self, index):
        song = SONGS[index]
        for name, notes in song.layers.items():
            assert notes or name.startswith("busy_"), name
            for note in notes:
                assert 0 <= note.step < PHRASE_STEPS
                assert 1 <= note.length <= STEPS_PER_BAR
                assert 20 <= note.pitch <= 108
                assert 1 <= note.velocity <= 127
        assert {note.step for note in song.layers["stab"]} == set(range(0, 128, STEPS_PER_BAR))

    @pytest.mark.parametrize("song", SONGS)
    def test_kick_and_snare_mark_every_beat(self, song):
        marked = {note.step for layer in ("kick", "snare") for note in song.layers[layer]}
        assert marked >= set(range(0, PHRASE_STEPS, 4))


class TestArrange:
    grid = phrase(110.0)

    def notes(self, features: np.ndarray, index: int = 8) -> list[NoteEvent]:
        return arrange_loop(SONGS[index], self.grid, features)

    def frames(self, steps) -> set[int]:
        return {int(self.grid.starts[step]) for step in steps}

    def test_a_freeze_pauses_the_rhythm_section_for_its_steps_only(self):
        features = groove(self.grid.n_steps)
        features[32:48, MOVEMENT_FEATURES.index("freeze")] = 1.0
        for name, plays in active_layers(features).items():
            assert plays[32:48].all() if name == "chords" else not plays[32:48].any()
            assert (plays[:32] == active_layers(groove(128))[name][:32]).all()
        swing = SONGS[8].swing
        first, last = self.grid.starts[32], self.grid.starts[48]
        in_freeze = [event for event in self.notes(features) if first <= event.start < last]
        assert {event.channel for event in in_freeze} <= {"drums", "chord"}
        clicks = [event for event in in_freeze if event.channel == "drums"]
        assert {event.pitch for event in clicks} == {RIM}
        assert {event.start for event in clicks} == self.frames(range(32, 48, 4))
        outside = [e for e in self.notes(features) if not first <= e.start < last + swing]
        usual = [e for e in self.notes(groove(128)) if not first <= e.start < last + swing]
        assert Counter(outside) == Counter(usual)

    def test_only_hits_get_stabs(self):
        features, hits = groove(self.grid.n_steps), [0, 22, 70, 101]
        features[hits, MOVEMENT_FEATURES.index("accent")] = 0.9
        features[50, MOVEMENT_FEATURES.index("accent")] = 0.3
        stabs = [event for event in self.notes(features) if event.channel == "stab"]
        delay = SONGS[8].swing
        expected = {int(self.grid.starts[hit]) + (delay if hit % 2 else 0) for hit in hits}
        assert {event.start for event in stabs} == expected
        for bar, hit in ((1, 22), (4, 70)):
            first = bar * STEPS_PER_BAR
            chord = {note.pitch for note in SONGS[8].layers["stab"] if note.step == first}
            assert {e.pitch for e in stabs if e.start == self.grid.starts[hit]} == chord
        assert not [event for event in self.notes(groove(128)) if event.channel == "stab"]

    def test_a_freeze_gets_no_stab(self):
        features = groove(self.grid.n_steps)
        features[:, [MOVEMENT_FEATURES.index("accent"), MOVEMENT_FEATURES.index("freeze")]] = 1.0
        assert not [event for event in self.notes(features) if event.channel == "stab"]

    def test_more_energy_adds_layers(self):
        energies = (0.2, 0.6, 0.9)
        active = [
            {
                name
                for name, plays in active_layers(movement(16, bar_energy=energy)).items()
                if plays[0]
            }
            for energy in energies
        ]
        assert active[0] < active[1] < active[2]
        counts = [len(self.notes(movement(128, bar_energy=energy))) for energy in energies]
        assert counts[0] < counts[1] < counts[2]

    def test_little_movement_gives_half_time_drums_but_not_at_slow_tempi(self):
        calm = movement(128, bar_energy=0.2)

        def onsets(grid, pitch: int) -> set[int]:
            events = arrange_loop(SONGS[8], grid, calm)
            starts = {e.start for e in events if e.channel == "drums" and e.pitch == pitch}
            return {int(np.searchsorted(grid.starts, start)) for start in starts}

        snare = SONGS[8].layers["snare"][0].pitch
        assert onsets(self.grid, KICK) == set(range(0, 128, STEPS_PER_BAR))
        assert onsets(self.grid, snare) == set(range(8, 128, STEPS_PER_BAR))
        slow = phrase(90.0)
        written = {note.step for note in SONGS[8].layers["kick"]}
        assert onsets(slow, KICK) == written > set(range(0, 128, STEPS_PER_BAR))

    def test_legs_add_kick_and_bass_and_arms_add_percussion(self):
        def added(**values: float) -> set[str]:
            plain, more = active_layers(movement(16, bar_energy=0.6)), movement(16, bar_energy=0.6)
            for name, value in values.items():
                more[:, MOVEMENT_FEATURES.index(name)] = value
            return {
                name for name, plays in active_layers(more).items() if (plays > plain[name]).any()
            }

        assert added(bar_lower=0.9) == {"extra_kick", "busy_bass"}
        assert added(bar_upper=0.9) == {"percussion", "busy_hats"}

    def test_raised_hands_transpose_only_the_melody_by_an_octave(self):
        low = self.notes(groove(128))
        high = self.notes(groove(128) + movement(128, bar_reach=0.5))
        lead = [event for event in low if event.channel == "lead"]
        transposed = [replace(event, pitch=event.pitch + 12) for event in lead]
        assert lead
        assert Counter(event for event in high if event.channel == "lead") == Counter(transposed)
        rest = [event for event in low if event.channel != "lead"]
        assert Counter(event for event in high if event.channel != "lead") == Counter(rest)

    def test_events_are_sorted_and_on_the_grid(self):
        features = np.random.default_rng(3).random((128, len(MOVEMENT_FEATURES)))
        for index in (0, 20, 58):
            events = self.notes(features, index)
            starts = [event.start for event in events]
            assert starts == sorted(starts)
            delay = SONGS[index].swing
            assert set(starts) <= {int(f) + s for f in self.grid.starts for s in (0, delay)}
            assert all(event.start < event.end <= self.grid.starts[-1] for event in events)


@needs_soundfont
class TestRender:
    def test_a_note_starts_on_its_frame(self, synthesizer):
        for channel, pitch in (("drums", KICK), ("bass", 40), ("chord", 60), ("stab", 60)):
            event = NoteEvent(start=40, end=60, channel=channel, pitch=pitch, velocity=110)
            audio = synthesizer.render(SONGS[9], [event], 120)
            assert audio.shape == (120 * FRAME,)
            onset = 40 * FRAME
            assert np.abs(audio[:onset]).max() < 2e-4
            assert np.abs(audio[onset : onset + 12 * FRAME]).max() > 1e-2, channel

    def test_notes_of_the_previous_rendering_do_not_ring_on(self, synthesizer):
        grid = phrase(120.0, bars=1)
        features = movement(grid.n_steps, bar_energy=1, bar_upper=1, bar_lower=1, accent=1)
        synthesizer.render(SONGS[45], arrange_loop(SONGS[45], grid, features), grid.n_frames)
        assert np.abs(synthesizer.render(SONGS[45], [], 40)).max() < 2e-4

    def test_the_same_note_gives_the_same_audio_at_every_tempo(self, synthesizer):
        song = SONGS[13]
        kick = tuple(note for note in song.layers["kick"] if note.step == STEPS_PER_BAR)
        solo = replace(song, layers={"kick": kick})
        audios = []
        # The first note with an instrument may differ in its first milliseconds, so the first
        # rendering is not compared.
        for tempo in (100.0, 81.7, 127.1):
            grid = phrase(tempo)
            audio = synthesizer.render(solo, arrange_loop(solo, grid, groove(128)), grid.n_frames)
            first = int(grid.starts[STEPS_PER_BAR]) * FRAME
            audios.append(audio[first : first + 18 * FRAME])  # up to its release
        assert np.abs(audios[1]).max() > 1e-2
        np.testing.assert_allclose(audios[1], audios[2], atol=1e-4)

    @pytest.mark.parametrize("index", [3, 31, 45])
    def test_the_full_arrangement_does_not_clip(self, synthesizer, index):
        grid = phrase(120.0, bars=4)
        features = movement(grid.n_steps, bar_energy=1, bar_upper=1, bar_lower=1, bar_reach=1)
        features[::8, MOVEMENT_FEATURES.index("accent")] = 1.0
        audio = synthesizer.render(
            SONGS[index], arrange_loop(SONGS[index], grid, features), grid.n_frames
        )
        assert 0.05 < np.abs(audio).max() < 0.999
        gain = normalisation_gain(audio)
        level = np.sqrt(np.mean(np.square(gain * audio)))
        assert np.abs(gain * audio).max() <= 0.951
        assert level <= 0.1151
        assert level > 0.1149 or np.abs(gain * audio).max() > 0.949

    @pytest.mark.parametrize(
        ("index", "tempo"), [(0, 112.0), (8, 100.0), (17, 108.0), (34, 124.0), (50, 104.0)]
    )
    def test_a_beat_tracker_finds_the_beats(self, synthesizer, index, tempo):
        grid = phrase(tempo)
        events = arrange_loop(SONGS[index], grid, groove(grid.n_steps))
        audio = synthesizer.render(SONGS[index], events, grid.n_frames)
        _, beats = music_beats(normalisation_gain(audio) * audio)
        assert beat_f_measure(beats, grid.beats_s) >= 0.8


def test_the_message_of_a_missing_soundfont_names_the_file_without_its_folder(tmp_path: Path):
    with pytest.raises(DataError) as refusal:
        SoundfontSynthesizer(tmp_path / "grand.sf2")
    assert str(refusal.value).startswith("The soundfont grand.sf2 is missing: ")
    assert str(tmp_path) not in str(refusal.value)
