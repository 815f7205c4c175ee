"""The sampler plays every instrument in tune, in time and without clicks."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.core.levels import STUDIO_SAMPLE_RATE as RATE
from d2m.score import instruments as gm
from d2m.score.notes import Note, Track
from d2m.score.sampler import render_track
from d2m.score.sound_bank import SoundBank

PITCHED = [name for name in gm.INSTRUMENTS if name not in gm.KITS and name != "effects"]
START_S = 0.2


@pytest.fixture(scope="module")
def bank() -> SoundBank:
    return SoundBank.from_folder()


def track_of(instrument: str, *notes: tuple[float, float, int, int]) -> Track:
    played = tuple(
        Note(start_s=start, duration_s=length, pitch=pitch, velocity=velocity)
        for start, length, pitch, velocity in notes
    )
    return Track(name=instrument, part="hook", stem="lead", instrument=instrument, notes=played)


def one(bank: SoundBank, name: str, pitch: int, length_s: float = 1.2, velocity: int = 100):
    track = track_of(name, (START_S, length_s, pitch, velocity))
    return render_track(bank, track, START_S + length_s + 1.0)


def level(audio: NDArray, window: int = 88) -> NDArray:
    """Return the RMS over the last ``window`` frames."""
    total = np.concatenate([np.zeros(window), np.cumsum(np.mean(audio**2, axis=0, dtype=float))])
    return np.sqrt(np.maximum(total[window:] - total[:-window], 0) / window)


def cents_off(audio: NDArray, pitch: int) -> float:
    """Return the mean deviation (cents) of the first three partials from a pitch."""
    wave = audio.mean(axis=0)[round((START_S + 0.1) * RATE) : round((START_S + 1.0) * RATE)]
    size = 1 << 17
    spectrum = np.fft.fft(wave * np.hanning(len(wave)), size)
    hz = np.maximum(np.fft.fftfreq(size, 1 / RATE), 1e-3)
    off, weights = 0.0, 0.0
    for number in (1, 2, 3):
        wanted = number * 440 * 2 ** ((pitch - 69) / 12)
        near = np.abs(np.log2(hz / wanted)) < 1 / 12
        partial = np.fft.ifft(np.where(near, spectrum, 0))[: len(wave)]
        turn = np.sum(partial[1:] * np.conj(partial[:-1]))
        off += abs(turn) * 1200 * np.log2(np.angle(turn) * RATE / (2 * np.pi) / wanted)
        weights += abs(turn)
    return off / weights


def pitches_of(name: str) -> tuple[int, int, int]:
    info = gm.INSTRUMENTS[name]
    return info.lowest, (info.lowest + info.highest) // 2, info.highest


@pytest.mark.parametrize("name", PITCHED)
def test_plays_in_tune_in_time_and_cleanly(bank: SoundBank, name: str) -> None:
    for pitch in pitches_of(name):
        audio = one(bank, name, pitch)
        assert audio.dtype == np.float32
        assert np.isfinite(audio).all()
        assert np.abs(audio.mean(axis=1)).max() < 1e-3, "DC"
        assert abs(cents_off(audio, pitch)) < 15, pitch
        heard = level(audio)
        attack = heard[: round((START_S + 0.25) * RATE)].max()
        assert attack > 0.03, "too soft"
        start_s = np.argmax(heard > 0.25 * attack) / RATE - START_S
        assert -0.045 <= start_s < 0.03, pitch
        # No step at the end: what is left after the release is silence.
        released = audio[:, round((START_S + 1.2 + 0.95) * RATE) :]
        assert np.abs(released).max() < 1e-3


@pytest.mark.parametrize("name", [n for n in PITCHED if n not in ("choir", "strings", "violin")])
def test_attack_is_heard_at_the_onset(bank: SoundBank, name: str) -> None:
    """Half of the attack's level is reached within 10 ms for most, 30 ms for slow attacks."""
    slow = ("synth_pad", "brass", "flute", "cello")
    for pitch in pitches_of(name):
        heard = level(one(bank, name, pitch))
        peak = heard[: round((START_S + 0.08) * RATE)].max()
        half_s = np.argmax(heard > 0.5 * peak) / RATE - START_S
        assert half_s < (0.03 if name in slow else 0.013), pitch


@pytest.mark.parametrize("name", list(gm.KITS))
def test_kits_have_all_drums_at_their_onset(bank: SoundBank, name: str) -> None:
    for drum in gm.KIT_DRUMS:
        audio = one(bank, name, drum, 0.1)
        heard = level(audio, 44)
        assert heard.max() > 0.01, drum
        peak = heard[: round((START_S + 0.03) * RATE)].max()
        half_s = np.argmax(heard > 0.5 * peak) / RATE - START_S
        assert -0.02 < half_s < 0.013, drum
        assert np.abs(audio.mean(axis=1)).max() < 2e-3, drum


def test_kick_and_snare_stand_before_the_hats(bank: SoundBank) -> None:
    for name in gm.KITS:
        kick, snare, hat = (
            level(one(bank, name, drum, 0.1), 2205).max()
            for drum in (gm.KICK, gm.SNARE, gm.CLOSED_HAT)
        )
        assert min(kick, snare) > 2.5 * hat, name


def test_louder_is_louder_and_brighter(bank: SoundBank) -> None:
    for name in ("grand_piano", "strings", "kit_funk", "pluck"):
        pitch = gm.SNARE if name in gm.KITS else 60
        loud, soft = (one(bank, name, pitch, 1.0, v).mean(axis=0) for v in (120, 40))
        assert np.std(loud) > 2 * np.std(soft), name
        bright, dark = (
            np.sum(np.abs(np.diff(x)) ** 2) / np.sum(np.abs(x) ** 2) for x in (loud, soft)
        )
        assert bright > dark, name


def test_notes_start_on_their_frame(bank: SoundBank) -> None:
    """The same note later is the same sound, moved by exactly that many frames."""
    moved = 1234
    first = one(bank, "square_lead", 72)
    track = track_of("square_lead", (START_S + moved / RATE, 1.2, 72, 100))
    second = render_track(bank, track, 3.0)
    n = first.shape[1]
    np.testing.assert_array_equal(first, second[:, moved : moved + n])


def test_a_note_at_the_start_of_the_piece_does_not_click(bank: SoundBank) -> None:
    audio = render_track(bank, track_of("strings", (0.0, 1.0, 64, 100)), 1.5)
    assert np.abs(audio[:, :4]).max() < 0.01
    assert np.abs(audio).max() > 0.05


def test_long_notes_loop_evenly(bank: SoundBank) -> None:
    for name in ("strings", "organ", "super_saw", "alto_sax", "synth_bass"):
        pitch = pitches_of(name)[1]
        audio = one(bank, name, pitch, 8.0)
        heard = level(audio, 11025)
        steady = heard[round(1.5 * RATE) : round(8.0 * RATE)]
        assert steady.min() > 0.3 * steady.max(), name


def test_closed_hat_cuts_the_open_one(bank: SoundBank) -> None:
    ringing = render_track(bank, track_of("kit_house", (0.1, 0.1, gm.OPEN_HAT, 100)), 1.0)
    cut = render_track(
        bank,
        track_of("kit_house", (0.1, 0.1, gm.OPEN_HAT, 100), (0.2, 0.1, gm.CLOSED_HAT, 1)),
        1.0,
    )
    after = slice(round(0.23 * RATE), round(0.35 * RATE))
    assert np.std(cut[:, after]) < 0.1 * np.std(ringing[:, after])


def test_a_bass_plays_one_note_at_a_time(bank: SoundBank) -> None:
    both = render_track(
        bank, track_of("reese_bass", (0.1, 2.0, 36, 100), (0.6, 0.05, 43, 100)), 2.5
    )
    assert np.std(both[:, round(0.9 * RATE) :]) < 1e-3
    jump = np.abs(np.diff(both.mean(axis=0)))[round(0.59 * RATE) : round(0.63 * RATE)].max()
    assert jump < 0.15


def test_repeated_hats_differ(bank: SoundBank) -> None:
    notes = tuple((0.1 + 0.5 * i, 0.1, gm.CLOSED_HAT, 90) for i in range(3))
    audio = render_track(bank, track_of("kit_funk", *notes), 2.0)
    n = round(0.2 * RATE)
    first, second = (audio[:, round(at * RATE) :][:, :n] for at in (0.1, 0.6))
    assert np.std(first - second) > 0.05 * np.std(first)


def test_risers_end_with_their_note(bank: SoundBank) -> None:
    for pitch in (gm.RISER, gm.NOISE_SWELL, gm.REVERSE_CYMBAL):
        for length in (1.0, 2.0, 4.0):
            audio = render_track(bank, track_of("effects", (0.5, length, pitch, 100)), length + 2)
            heard = level(audio, 441)
            end_s = np.nonzero(heard > 0.3 * heard.max())[0][-1] / RATE
            assert end_s == pytest.approx(0.5 + length, abs=0.03), (pitch, length)


def test_kits_sound_different(bank: SoundBank) -> None:
    """The spectra of kick, snare and hat tell any two kits apart."""
    prints = {}
    for name in gm.KITS:
        bands = []
        for drum in (gm.KICK, gm.SNARE, gm.CLOSED_HAT, gm.OPEN_HAT, gm.CLAP):
            wave = one(bank, name, drum, 0.1).mean(axis=0)
            power = np.abs(np.fft.rfft(wave)) ** 2
            hz = np.fft.rfftfreq(len(wave), 1 / RATE)
            edges = np.geomspace(30, 18_000, 19)
            shares = [power[(hz >= a) & (hz < b)].sum() for a, b in pairwise(edges)]
            bands.append(10 * np.log10(np.array(shares) / power.sum() + 1e-4))
            bands.append([3 * np.log2(np.sum(level(wave[None], 441) > 0.1 * wave.std()) / RATE)])
        prints[name] = np.concatenate(bands)
    for first, second in combinations(prints, 2):
        assert np.sqrt(np.mean((prints[first] - prints[second]) ** 2)) > 2.5, (first, second)


def test_same_track_same_sound(bank: SoundBank) -> None:
    track = track_of("grand_piano", (0.1, 0.5, 60, 90), (0.4, 0.5, 64, 80), (0.8, 0.5, 60, 90))
    again = SoundBank.from_folder()
    np.testing.assert_array_equal(render_track(bank, track, 2.0), render_track(again, track, 2.0))


def test_notes_beyond_the_piece_are_cut(bank: SoundBank) -> None:
    track = track_of("organ", (-0.5, 0.2, 60, 90), (0.9, 5.0, 60, 90), (7.0, 1.0, 60, 90))
    audio = render_track(bank, track, 1.0)
    assert audio.shape == (2, RATE)
    assert np.abs(audio[:, -1000:]).max() > 0.01
    assert np.abs(audio[:, : RATE // 2]).max() == 0.0


def test_needs_no_system_synthesiser() -> None:
    code = (
        "import sys, d2m.score.sampler; "
        "print([name for name in sys.modules if 'fluidsynth' in name or name == 'scipy'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
