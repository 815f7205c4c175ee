import numpy as np
import pytest

from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.accents import CURVE_S, HOP_LENGTH, accent_ratio, onset_curve

STEPS_S = np.arange(0.5, 7.5, 0.25)


def clicks(times_s, strength, duration_s=8.0) -> np.ndarray:
    """Noise bursts at given times, each with its own gain."""
    rng = np.random.default_rng(1)
    audio = 1e-4 * rng.standard_normal(int(duration_s * SAMPLE_RATE))
    burst = rng.standard_normal(1500) * np.exp(-np.arange(1500) / 250)
    for time_s, gain in zip(times_s, strength, strict=True):
        start = int(time_s * SAMPLE_RATE)
        audio[start : start + 1500] += 0.3 * gain * burst
    return audio.astype(np.float32)


def test_music_with_onsets_only_at_accents():
    accents = STEPS_S[::4]
    others = np.setdiff1d(STEPS_S, accents)
    audio = clicks(accents, np.ones(len(accents)))
    assert accent_ratio(audio, accents, others) > 5
    assert accent_ratio(audio, others, accents) < 0.2


def test_music_with_an_onset_on_every_step_scores_one():
    audio = clicks(STEPS_S, np.ones(len(STEPS_S)))
    assert accent_ratio(audio, STEPS_S[1::2], STEPS_S[2::2]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("late_s", "counts"), [(-0.05, True), (0.05, True), (0.12, False)])
def test_an_onset_counts_within_the_tolerance(late_s, counts):
    accents = STEPS_S[::4]
    audio = clicks(accents + late_s, np.ones(len(accents)))
    others = accents + 0.5
    assert (accent_ratio(audio, accents, others) > 3) == counts


def test_without_accents_or_other_steps_the_ratio_is_nan():
    audio = clicks([1.0], [1.0])
    assert np.isnan(accent_ratio(audio, np.empty(0), STEPS_S))
    assert np.isnan(accent_ratio(audio, STEPS_S, np.empty(0)))


def test_silence_scores_zero():
    silence = np.zeros(3 * SAMPLE_RATE, dtype=np.float32)
    assert accent_ratio(silence, np.array([1.0]), np.array([2.0])) == 0.0
    assert not onset_curve(silence, np.array([1.0])).any()


def test_an_onset_curve_peaks_at_the_onsets():
    times_s = STEPS_S[::4]
    curve = onset_curve(clicks(times_s + 0.1, np.ones(len(times_s))), times_s)
    reach = round(CURVE_S * SAMPLE_RATE / HOP_LENGTH)
    assert curve.shape == (2 * reach + 1,)
    peak_s = (int(np.argmax(curve)) - reach) * HOP_LENGTH / SAMPLE_RATE
    assert peak_s == pytest.approx(0.1, abs=0.03)
    assert curve.max() > 5
    assert not onset_curve(clicks([1.0], [1.0]), np.empty(0)).any()
