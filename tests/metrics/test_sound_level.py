"""Loudness and silence, of sounds whose level is known."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.errors import AudioError
from d2m.metrics.sound_level import QUIETEST_LUFS, SoundLevel, sound_level

RATE = 44_100
# ITU-R BS.1770-4: a sine of 997 Hz with a peak of 0 dB of full scale on one channel has -3.01 LUFS.
FULL_SCALE_LUFS = -3.01


def sine(amplitude: float, duration_s: float = 2.0) -> np.ndarray:
    time = np.arange(round(duration_s * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * 997 * time)).astype(np.float32)


@pytest.mark.parametrize("level_db", [0, -20, -40])
def test_a_sine_has_the_loudness_of_the_standard(level_db: float) -> None:
    level = sound_level(sine(10 ** (level_db / 20)), RATE)
    assert level.loudness_lufs == pytest.approx(FULL_SCALE_LUFS + level_db, abs=0.05)
    assert level.silent_share == 0.0


def test_two_equal_channels_are_three_decibels_louder() -> None:
    mono = sine(0.1)
    stereo = sound_level(np.stack([mono, mono]), RATE)
    assert stereo.loudness_lufs - sound_level(mono, RATE).loudness_lufs == pytest.approx(
        3.01, abs=0.01
    )


@pytest.mark.parametrize("audio", [np.zeros(RATE), np.zeros(10), np.full(RATE, 1e-7)])
def test_silence_is_defined(audio: np.ndarray) -> None:
    assert sound_level(audio, RATE) == SoundLevel(loudness_lufs=QUIETEST_LUFS, silent_share=1.0)


def test_half_a_piece_is_silent_and_the_gate_leaves_it_out() -> None:
    level = sound_level(np.concatenate([sine(0.1), np.zeros(2 * RATE)]), RATE)
    assert level.silent_share == pytest.approx(0.5, abs=0.03)
    assert level.loudness_lufs == pytest.approx(FULL_SCALE_LUFS - 20, abs=0.5)


def test_a_faint_sound_is_silent_time_but_has_its_loudness() -> None:
    level = sound_level(sine(10 ** (-61 / 20)), RATE)
    assert level.silent_share == 1.0
    assert level.loudness_lufs == pytest.approx(FULL_SCALE_LUFS - 61, abs=0.05)


@pytest.mark.parametrize("audio", [np.zeros(0), np.zeros((3, 9)), np.array([np.nan])])
def test_what_is_no_audio_is_refused(audio: np.ndarray) -> None:
    with pytest.raises(AudioError):
        sound_level(audio, RATE)
