import numpy as np
import pytest

from d2m.audio.dynamics import (
    GAIN_STEP,
    Compression,
    apply_gain_curve,
    compression_curve,
    duck_curve,
    gain_nodes,
    level_curve,
)

RATE = 44_100


@pytest.mark.parametrize("length", [1, GAIN_STEP, 5000, 70_001])
def test_a_gain_curve_is_interpolated(length: int) -> None:
    nodes = np.random.default_rng(0).uniform(0, 1, gain_nodes(length)).astype(np.float32)
    audio = np.ones((2, length), dtype=np.float32)
    apply_gain_curve(audio, nodes)
    wanted = np.interp(np.arange(length) / GAIN_STEP, np.arange(len(nodes)), nodes)
    np.testing.assert_allclose(audio[0], wanted, atol=1e-5)


def test_ducking_is_full_at_onsets_and_over_after_its_release() -> None:
    curve = duck_curve(np.array([0.5, 0.52, 1.0]), np.array([1.0, 0.2, 0.5]), 2 * RATE)
    rate = RATE / GAIN_STEP
    assert curve[round(0.5 * rate)] == 1.0
    assert curve[round(1.0 * rate)] == pytest.approx(0.5)
    assert curve[round(0.49 * rate)] == 0.0
    assert curve[round(0.67 * rate)] == 0.0
    assert 0.2 < curve[round(0.58 * rate)] < 0.8
    assert np.abs(np.diff(curve)).max() < 0.4


def test_ducking_may_reach_over_the_edges() -> None:
    curve = duck_curve(np.array([0.0, 0.099, 5.0]), np.ones(3), round(0.1 * RATE))
    assert curve[0] == 1.0
    assert curve.max() == 1.0


def test_a_compressor_lowers_what_is_loud() -> None:
    times = np.arange(4 * RATE) / RATE
    tone = (np.sin(2 * np.pi * 500 * times) * np.where(times < 2, 0.1, 0.4)).astype(np.float32)
    audio = np.tile(tone, (2, 1))
    compression = Compression(threshold_db=-6.0, ratio=2.0, limit_db=8.0)
    curve = compression_curve(level_curve([audio]), compression)
    soft, loud = (20 * np.log10(curve[round(t * RATE / GAIN_STEP)]) for t in (1.9, 3.8))
    assert soft == pytest.approx(0.0, abs=0.5)
    # The loud half is 3 dB above the mean power, hence 9 dB above the threshold.
    assert loud == pytest.approx(-4.3, abs=0.6)
    np.testing.assert_allclose(
        curve, compression_curve(level_curve([audio / 8, audio / 8]), compression), atol=0.01
    )


def test_a_compressor_leaves_silence() -> None:
    silent = np.zeros((2, 1000), dtype=np.float32)
    assert np.all(compression_curve(level_curve([silent]), Compression()) == 1.0)
