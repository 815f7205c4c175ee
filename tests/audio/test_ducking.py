"""Music makes way for what stands out in another sound, and for nothing else."""

import numpy as np
import pytest

from d2m.audio.ducking import DUCK_ATTACK_S, DUCK_HOLD_S, DUCK_RELEASE_S, DUCKING_DB, ducking_curve
from d2m.audio.dynamics import GAIN_STEP

RATE = 48_000


def gain_db(sound: np.ndarray, time_s: float) -> float:
    curve = ducking_curve(np.stack([sound, sound]).astype(np.float32), RATE)
    return float(20 * np.log10(np.interp(time_s, np.arange(len(curve)) * GAIN_STEP / RATE, curve)))


def room_with_a_voice(level: float = 0.2) -> np.ndarray:
    """Return 6 s of soft noise with a tone of 220 Hz from 2 s to 3 s."""
    times = np.arange(6 * RATE) / RATE
    voice = level * np.sin(2 * np.pi * 220 * times) * ((times > 2) & (times < 3))
    return 1e-3 * np.random.default_rng(0).standard_normal(len(times)) + voice


@pytest.mark.parametrize("level", [0.05, 0.2, 0.8])
def test_the_music_is_down_while_a_voice_is_heard(level: float) -> None:
    sound = room_with_a_voice(level)
    for time_s in (2.0, 2.5, 3.0):
        assert gain_db(sound, time_s) == pytest.approx(-DUCKING_DB, abs=0.5)


def test_it_falls_just_before_and_comes_back_soon() -> None:
    sound = room_with_a_voice()
    assert gain_db(sound, 2.0 - 2.5 * DUCK_ATTACK_S) == pytest.approx(0.0, abs=0.1)
    assert gain_db(sound, 3.0 + DUCK_HOLD_S / 2) < -DUCKING_DB + 1.0
    assert -DUCKING_DB + 1.0 < gain_db(sound, 3.0 + DUCK_HOLD_S + DUCK_RELEASE_S / 2) < -1.0
    assert gain_db(sound, 3.2 + DUCK_HOLD_S + DUCK_RELEASE_S) == pytest.approx(0.0, abs=0.1)


def test_the_gain_moves_without_clicks() -> None:
    sound = np.stack([room_with_a_voice()] * 2).astype(np.float32)
    steps = np.abs(np.diff(20 * np.log10(ducking_curve(sound, RATE))))
    assert steps.max() < 0.35  # dB in 0.7 ms


@pytest.mark.parametrize("level", [0.0, 0.003, 0.3])
def test_silence_and_sound_that_goes_on_do_not_hold_it_down(level: float) -> None:
    noise = level * np.random.default_rng(1).standard_normal(4 * RATE)
    assert gain_db(noise, 2.0) == 0.0
