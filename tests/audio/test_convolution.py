import numpy as np
import pytest

from d2m.audio.convolution import convolved_blocks


@pytest.mark.parametrize(("length", "taps"), [(50_000, 700), (3_000, 4_000), (40_000, 1), (5, 9)])
@pytest.mark.parametrize("advance", [0, 300])
def test_blocks_join_to_the_convolution(length: int, taps: int, advance: int) -> None:
    rng = np.random.default_rng(length + taps)
    signal = rng.standard_normal(length).astype(np.float32)
    response = rng.standard_normal((2, taps)).astype(np.float32)
    joined = np.zeros((2, length), dtype=np.float32)
    for part, block in convolved_blocks(signal, response, advance=advance):
        joined[:, part] += block
    whole = np.stack([np.convolve(signal, channel) for channel in response])
    wanted = np.zeros((2, length))
    kept = whole[:, advance : advance + length]
    wanted[:, : kept.shape[1]] = kept
    np.testing.assert_allclose(joined, wanted, atol=2e-3)


def test_what_rings_in_silence_is_kept() -> None:
    signal = np.zeros(200_000, dtype=np.float32)
    signal[10] = 1.0
    response = np.linspace(1.0, 0.5, 30_000, dtype=np.float32)[None]
    joined = np.zeros((1, len(signal)), dtype=np.float32)
    for part, block in convolved_blocks(signal, response):
        joined[:, part] += block
    np.testing.assert_allclose(joined[0, 10:30_010], response[0], atol=1e-4)
    assert np.abs(joined[0, 90_000:]).max() < 1e-6
