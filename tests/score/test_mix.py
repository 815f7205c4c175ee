from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfilt, sosfiltfilt

from d2m.core.styles import STYLES
from d2m.score.instruments import CLOSED_HAT, KICK, LOW_TOM, SHAKER, SNARE
from d2m.score.mix import STEM_PEAK, mix_stems
from d2m.score.mix_presets import STYLE_MIXES, part_mix, style_mix
from d2m.score.notes import STEMS, Note, Score, Track
from d2m.score.part_mixes import OFF_DB, PART_MIXES
from d2m.score.song import PART_STEMS
from d2m.score.track_levels import active_level, drum_groups
from tests.score.plain_sound import RATE, level_db, only, plain_track
from tests.score.scores import beat, notes, small_score


def mixed(score: Score, *, brightness: float = 1.0) -> dict[str, np.ndarray]:
    """Return the stems of a score with plain sounds."""
    return mix_stems(
        score, lambda track: plain_track(track, score.duration_s), brightness=brightness
    )


def total(stems: dict[str, np.ndarray]) -> np.ndarray:
    """Return the mix."""
    return np.sum([*stems.values()], axis=0)


def busy_score(**changes: object) -> Score:
    """Return a score in which all stems play."""
    riser = Track(
        name="Effects", part="effects", stem="effects", instrument="effects", notes=notes((4, 60))
    )
    return small_score(tracks=(*small_score().tracks, riser), **changes)


def test_every_style_and_every_part_has_its_mix() -> None:
    assert set(STYLE_MIXES) == set(STYLES)
    for part, stem in PART_STEMS.items():
        for style in STYLES:
            mix = part_mix(style, part, stem)
            assert (mix.level_db is None) == (stem == "drums")
            assert mix.low_cut_hz >= (28 if part in ("kick", "bass", "busy_bass") else 40)
    for settings in STYLE_MIXES.values():
        assert set(settings.parts) <= set(PART_MIXES)
        assert 0.08 <= settings.duck_release_s <= 0.16
    deepest = {s: part_mix(s, "bass", "bass").duck_db * style_mix(s).duck for s in STYLES}
    assert max(deepest, key=lambda style: deepest[style]) == "house"
    assert max(deepest.values()) <= 8.0


@pytest.mark.parametrize("style", STYLES)
def test_stems_are_clean_and_end_in_silence(style: str) -> None:
    score = busy_score(style=style)
    stems = mixed(score)
    assert tuple(stems) == STEMS
    whole = total(stems)
    for stem in (*stems.values(), whole):
        assert stem.shape == (2, round(score.duration_s * RATE))
        assert stem.dtype == np.float32
        assert np.isfinite(stem).all()
        assert stem.any()
        assert np.abs(stem).max() <= STEM_PEAK + 1e-4
        assert np.abs(stem.mean(axis=1)).max() < 1e-3
        assert not stem[:, -1].any()
        assert np.abs(stem[:, -30:]).max() < 1e-4
    # In mono nothing is lost.
    assert level_db(whole.mean(axis=0)) > level_db(whole) - 1.5
    assert np.corrcoef(whole)[0, 1] > 0.3


def test_a_mix_is_reproducible() -> None:
    first, second = mixed(busy_score()), mixed(busy_score())
    for stem in STEMS:
        np.testing.assert_array_equal(first[stem], second[stem])


def test_the_bus_compression_moves_all_stems_alike() -> None:
    score = small_score(style="middle-hip-hop")
    loud = mixed(score)
    # The drums are silent here, but their kicks still duck.
    soft = mix_stems(score, lambda track: plain_track(track, 8.0) * (track.stem != "drums"))
    here = slice(round(beat(6.05) * RATE), round(beat(6.3) * RATE))
    changes = {
        stem: (loud[stem][:, here] * soft[stem][:, here]).sum() / (soft[stem][:, here] ** 2).sum()
        for stem in ("bass", "chords", "lead")
    }
    assert changes["bass"] == pytest.approx(changes["lead"], rel=0.02)
    assert changes["bass"] == pytest.approx(changes["chords"], rel=0.02)
    assert abs(20 * np.log10(changes["bass"])) > 0.3


@pytest.mark.parametrize("style", ["house", "ballet-jazz", "lock"])
def test_the_low_end_is_mono(style: str) -> None:
    whole = total(mixed(busy_score(style=style)))
    low = sosfiltfilt(butter(4, 110, fs=RATE, output="sos"), whole)
    middle, side = low[0] + low[1], low[0] - low[1]
    assert level_db(side) < level_db(middle) - 20


def held(part: str, stem: str, instrument: str) -> Track:
    """Return a track that holds one note for the whole piece."""
    note = Note(start_s=0.0, duration_s=7.8, pitch=50, velocity=100)
    return Track(name=part, part=part, stem=stem, instrument=instrument, notes=(note,))


@pytest.mark.parametrize(("style", "least", "most"), [("house", 4.5, 8.0), ("ballet-jazz", 0, 2)])
def test_kicks_duck_the_bass(style: str, least: float, most: float) -> None:
    kick = Track(
        name="Kick",
        part="kick",
        stem="drums",
        instrument="kit_house",
        notes=notes(*((number, KICK) for number in range(2, 12))),
    )
    score = small_score(style=style, tracks=(kick, held("bass", "bass", "synth_bass")))
    steady = np.sin(2 * np.pi * 200 * np.arange(8 * RATE) / RATE).astype(np.float32)

    def render(track: Track) -> np.ndarray:
        return np.tile(0.1 * steady * (track.stem == "bass"), (2, 1)).astype(np.float32)

    bass = mix_stems(score, render)["bass"]

    def around(number: float) -> float:
        centre = round(beat(number) * RATE) + 441
        return level_db(bass[:, centre - 441 : centre + 441])

    depths = [around(number + 0.6) - around(number) for number in range(3, 10)]
    assert np.all(np.array(depths) > least)
    assert np.all(np.array(depths) < most)


@pytest.mark.parametrize("tempo_bpm", [90.0, 125.0])
def test_echoes_follow_the_tempo(tempo_bpm: float) -> None:
    hook = Track(
        name="Hook", part="hook", stem="lead", instrument="pluck", notes=notes((0, 80), length_s=0)
    )
    score = small_score(style="pop", tracks=(hook,), tempo_bpm=tempo_bpm)
    click = np.zeros((2, 8 * RATE), dtype=np.float32)
    click[:, RATE : RATE + 200] = 0.5 * np.random.default_rng(0).standard_normal(200)
    lead = mix_stems(score, lambda track: click.copy())["lead"]  # noqa: ARG005
    beats = style_mix("pop").echo.beats
    delay = round(60 / tempo_bpm * beats * RATE)
    envelope = np.convolve((lead[0] - lead[1]) ** 2, np.ones(400), mode="same")
    for count in (1, 2):
        place = RATE + count * delay + 150
        around = envelope[place - 5000 : place + 5000]
        assert abs(int(around.argmax()) - 5000) < 700
        assert around.max() > 8 * np.median(around)


def test_brightness_tilts_the_spectrum() -> None:
    spectra = []
    for brightness in (0.0, 1.0, 2.0):
        whole = total(mixed(busy_score(), brightness=brightness))
        low = sosfilt(butter(4, [40, 120], "band", fs=RATE, output="sos"), whole)
        high = sosfilt(butter(4, 7000, "high", fs=RATE, output="sos"), whole)
        spectra.append(level_db(high) - level_db(low))
    assert spectra[1] - spectra[0] == pytest.approx(7.5, abs=1.5)
    assert spectra[2] - spectra[1] == pytest.approx(7.5, abs=1.5)


@pytest.mark.parametrize("stem", ["drums", "bass", "chords", "lead"])
def test_a_single_stem_is_mixed(stem: str) -> None:
    score = small_score()
    stems = mixed(replace(score, tracks=only(score, stem)))
    assert [name for name in STEMS if stems[name].any()] == [stem]


def test_the_final_chord_dies_away_and_the_music_before_it_does_not() -> None:
    pad = Track(
        name="Pad",
        part="pad",
        stem="chords",
        instrument="strings",
        notes=tuple(
            Note(start_s=0.0, duration_s=8.0, pitch=pitch, velocity=90) for pitch in (60, 64, 67)
        ),
    )
    score = small_score(style="ballet-jazz", tracks=(pad,))
    steady = np.sin(2 * np.pi * 300 * np.arange(8 * RATE) / RATE).astype(np.float32)
    chords = mix_stems(score, lambda track: 0.1 * np.stack([steady, steady]))["chords"]  # noqa: ARG005
    end = round(score.end_s * RATE)
    levels = [level_db(chords[:, at : at + 2000]) for at in (end - 4000, end, 8 * RATE - 20_000)]
    assert levels[1] == pytest.approx(levels[0], abs=0.3)
    assert levels[2] < levels[1] - 6
    assert not chords[:, -1].any()
    # Without time to ring out, the end is still no click.
    short = mix_stems(
        replace(score, end_s=8.0),
        lambda track: 0.1 * np.stack([steady, steady]),  # noqa: ARG005
    )["chords"]
    assert level_db(short[:, -4000:-2500]) == pytest.approx(level_db(short[:, -9000:-7000]), abs=1)
    assert not short[:, -1].any()


def test_nothing_to_play_is_silence() -> None:
    silent = mixed(small_score(tracks=()))
    assert tuple(silent) == STEMS
    assert not total(silent).any()


def test_audio_of_another_length_is_fitted() -> None:
    score = small_score()
    stems = mix_stems(score, lambda track: plain_track(track, 9.5)[:, :-3])
    np.testing.assert_array_equal(stems["bass"], mixed(score)["bass"])
    short = mix_stems(score, lambda track: plain_track(track, 3.0))
    assert short["bass"].shape == stems["bass"].shape


def test_the_level_of_a_sound_does_not_matter_but_velocity_does() -> None:
    score = small_score(style="street-jazz")
    score = replace(score, tracks=only(score, "lead"))
    soft_notes = tuple(replace(note, velocity=50) for note in score.tracks[0].notes)
    soft = replace(score, tracks=(replace(score.tracks[0], notes=soft_notes),))
    plain = mixed(score)["lead"]
    quiet = mix_stems(score, lambda track: 0.3 * plain_track(track, 8.0))["lead"]
    assert level_db(quiet) == pytest.approx(level_db(plain), abs=0.2)
    assert level_db(mixed(soft)["lead"]) == pytest.approx(level_db(plain) - 6.0, abs=0.5)


def test_drums_are_told_apart() -> None:
    pitches = (KICK, SNARE, CLOSED_HAT, KICK, SHAKER, LOW_TOM)
    played = notes(*enumerate(pitches))
    kit = Track(name="Drums", part="kick", stem="drums", instrument="kit_funk", notes=played)
    groups = {part: [n.pitch for n in track.notes] for part, track in drum_groups(kit)}
    assert groups == {
        "kick": [KICK, KICK],
        "snare": [SNARE, LOW_TOM],
        "hats": [CLOSED_HAT, SHAKER],
    }
    percussion = replace(kit, part="percussion", notes=played[4:5])
    assert [part for part, _ in drum_groups(percussion)] == ["percussion"]
    assert not [*drum_groups(replace(kit, notes=()))]


def test_the_active_level_ignores_rests() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(50 * RATE) / RATE).astype(np.float32)
    audio = np.tile(tone, (2, 1))
    assert active_level(audio[:, : 4 * RATE]) == pytest.approx(-20.0, abs=0.2)
    assert active_level(audio) == pytest.approx(-20.0, abs=0.2)
    audio[:, RATE : 20 * RATE] = 0.0
    assert active_level(audio) == pytest.approx(-20.0, abs=0.3)
    audio[1] *= -1.0
    assert active_level(0 * audio) == -70.0


def test_sends_are_off_or_on() -> None:
    sends = part_mix("lock", "hook", "lead").sends_db
    assert sends["echo"] == OFF_DB
    assert sends["reverb"] > -30
    assert part_mix("house", "kick", "drums").sends_db["spread"] == OFF_DB
