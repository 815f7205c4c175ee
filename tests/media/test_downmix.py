"""Levels of sounds that are mixed down to two channels and to one."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.media.audio_file import read_audio
from d2m.media.downmix import StereoResampler, mono_mix, within_full_scale
from tests.clips import ffmpeg

RATE = 48_000
SINE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
HALF = np.sqrt(0.5)


def mixed(layout: str, *channels: float) -> np.ndarray:
    """Return the gains (left, right) with which a sine in these channels comes out."""
    resampler = StereoResampler(RATE)
    samples = np.stack([gain * SINE for gain in channels], axis=1).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples.astype(np.float32), "flt", layout)
    frame.sample_rate, frame.pts = RATE, 0
    parts = [part for _, part in (*resampler.convert(frame), *resampler.convert(None))]
    return np.concatenate(parts, axis=1) @ SINE / (SINE @ SINE)


@pytest.mark.parametrize(
    ("layout", "channels", "gains"),
    [
        ("mono", (1,), (1, 1)),
        ("stereo", (1, 0), (1, 0)),
        ("3.0", (0, 0, 1), (HALF, HALF)),
        ("5.1", (1, 0, 0, 0, 0, 0), (1, 0)),
        ("5.1", (0, 0, 1, 0, 0, 0), (HALF, HALF)),
        ("5.1", (0, 0, 0, 1, 0, 0), (0, 0)),
        ("5.1", (0, 0, 0, 0, 1, 0), (HALF, 0)),
        ("5.1(side)", (0, 0, 0, 0, 0, 1), (0, HALF)),
        ("7.1", (0, 0, 1, 0, 0, 0, 0, 0), (HALF, HALF)),
        ("7.1", (0, 0, 0, 0, 0, 0, 1, 0), (HALF, 0)),
        ("4 channels", (1, 0.5, 0.2, 0.1), (1, 0.5)),
        ("9 channels", (1, 0.5, *(0.1,) * 7), (1, 0.5)),
        ("ambisonic 1", (1, 0.5, 0.2, 0.1), (1, 1)),
    ],
)
def test_channels_have_their_standard_gains(
    layout: str, channels: tuple[float, ...], gains: tuple[float, float]
) -> None:
    assert mixed(layout, *channels) == pytest.approx(gains, abs=2e-3)


def test_a_downmix_that_is_too_loud_becomes_quieter_as_a_whole() -> None:
    loud = np.stack([2 * SINE, SINE])  # just full scale
    assert within_full_scale(loud.copy(), is_surround=True) == pytest.approx(loud, abs=1e-3)
    assert within_full_scale(2 * loud, is_surround=True) == pytest.approx(loud, abs=1e-3)
    assert np.abs(within_full_scale(2 * loud, is_surround=False)[1]).max() == 1.0
    assert within_full_scale(np.full((2, 3), np.nan, np.float32), is_surround=True).max() == 0.0
    # A broken packet must not silence the rest.
    spike = np.stack([SINE, SINE])
    spike[0, 0] = 1e6
    assert np.abs(within_full_scale(spike, is_surround=True)[1]).max() > 0.2


@pytest.mark.parametrize("gain", [1.0, 0.9, 0.7])
def test_inverse_channels_do_not_cancel(gain: float) -> None:
    for stereo in (np.stack([SINE, -gain * SINE]), np.stack([-gain * SINE, SINE])):
        assert np.abs(mono_mix(stereo)).max() == pytest.approx(0.5, abs=1e-3)
    assert np.array_equal(mono_mix(np.stack([SINE, -SINE * np.float32(0.9)])), SINE)


def test_ordinary_stereo_is_mixed_evenly() -> None:
    other = np.roll(SINE, 27)
    assert mono_mix(np.stack([SINE, SINE])) == pytest.approx(SINE)
    assert mono_mix(np.stack([SINE, other])) == pytest.approx((SINE + other) / 2)
    assert mono_mix(np.stack([SINE, 0 * SINE])) == pytest.approx(SINE / 2)
    assert mono_mix(np.zeros((2, 0), np.float32)).shape == (0,)


def test_the_decision_is_that_of_the_whole_track() -> None:
    # A short inverse part of a song must not make the sound jump to one channel.
    left = np.tile(SINE, 10)
    right = left.copy()
    right[:RATE] *= -1
    assert np.abs(mono_mix(np.stack([left, right]))[RATE:]).max() == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_a_file_with_inverse_channels_is_heard(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "clip.mov"
    ffmpeg(
        *("-f", "lavfi", "-i", "sine=duration=1", "-af", "volume=4,pan=stereo|c0=c0|c1=-1*c0"),
        *("-c:a", codec, path),
    )
    assert np.sqrt(np.mean(read_audio(path, RATE)[4000:-4000] ** 2)) == pytest.approx(
        0.35, abs=0.03
    )


def test_the_centre_of_a_film_is_as_loud_as_players_make_it(tmp_path: Path) -> None:
    path = tmp_path / "clip.ac3.mkv"
    centre = "pan=5.1|FL=0*c0|FR=0*c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-af", f"volume=4,{centre}", "-c:a", "ac3", path)
    level = np.sqrt(np.mean(read_audio(path, RATE)[4000:-4000] ** 2))
    assert level == pytest.approx(0.354 * HALF, rel=0.05)
