import numpy as np
import pytest

from d2m.audio.limiter import CEILING_DBTP
from d2m.audio.loudness import measure_loudness, true_peak_db
from d2m.core.styles import STYLES
from d2m.score.mastering import MAX_GAIN_DB, limited_gain, master
from d2m.score.mix import mix_stems
from tests.score.plain_sound import RATE, level_db, plain_track
from tests.score.scores import small_score


def beats(seconds: float, tone: float, crest: float, seed: int = 0) -> np.ndarray:
    """Return noise bursts at 120 BPM over a tone and soft noise."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    bursts = rng.standard_normal((2, len(times))) * np.exp(-crest * (times % 0.5))
    audio = 0.2 * bursts + tone * np.sin(2 * np.pi * 55 * times)
    audio += 0.01 * rng.standard_normal(audio.shape)
    audio[:, -2000:] *= np.linspace(1, 0, 2000)
    return audio.astype(np.float32)


@pytest.mark.parametrize("style", ["house", "ballet-jazz"])
@pytest.mark.parametrize(
    ("seconds", "tone", "crest", "gain"),
    [
        (3.0, 0.1, 10.0, 1.0),
        (3.0, 0.0, 4.0, 0.1),
        (12.0, 0.3, 12.0, 0.3),
        (30.0, 0.0, 12.0, 1.0),
        (10.0, 0.02, 1.0, 4.0),
    ],
)
def test_loudness_and_true_peak(
    style: str, seconds: float, tone: float, crest: float, gain: float
) -> None:
    audio = gain * beats(seconds, tone, crest)
    mastered = master({"drums": 0.5 * audio, "bass": 0.5 * audio}, style=style)
    assert measure_loudness(mastered, RATE) == pytest.approx(-14.0, abs=0.5)
    assert true_peak_db(mastered, RATE) <= -1.0
    assert mastered.dtype == np.float32
    assert np.isfinite(mastered).all()
    assert not mastered[:, -1].any()


@pytest.mark.parametrize("style", STYLES)
def test_a_mixed_score_is_hardly_limited(style: str) -> None:
    score = small_score(style=style)
    stems = mix_stems(score, lambda track: plain_track(track, score.duration_s))
    before = {name: stem.copy() for name, stem in stems.items()}
    mastered = master(stems, style=style)
    assert measure_loudness(mastered, RATE) == pytest.approx(-14.0, abs=0.5)
    assert true_peak_db(mastered, RATE) <= -1.0
    gain = limited_gain(np.sum([*stems.values()], axis=0))
    assert gain.max() - gain.min() < 8.0
    assert np.mean(gain < gain.max() - 1.0) < 0.15
    for name, stem in stems.items():
        np.testing.assert_array_equal(stem, before[name])


def test_silence_stays_silence() -> None:
    silent = np.zeros((2, RATE), dtype=np.float32)
    assert not master({"drums": silent, "lead": silent}, style="pop").any()
    assert not master({"drums": silent[:, :0]}, style="pop").any()


def test_the_gain_is_bounded() -> None:
    noise = beats(5.0, 0.01, 6.0)
    faint = noise * np.float32(1e-4)
    rise = level_db(master({"lead": faint}, style="pop")) - level_db(faint)
    assert rise <= MAX_GAIN_DB + 0.1


def test_a_single_hit_is_not_crushed() -> None:
    hit = np.zeros((2, 6 * RATE), dtype=np.float32)
    times = np.arange(RATE // 4) / RATE
    hit[:, RATE : RATE + len(times)] = 0.8 * np.exp(-80 * times) * np.cos(400 * times)
    mastered = master({"drums": hit}, style="lock")
    assert true_peak_db(mastered, RATE) <= CEILING_DBTP + 0.1
    gain = limited_gain(hit)
    assert gain.max() - gain.min() <= 10.5
    assert measure_loudness(mastered, RATE) <= -13.5


@pytest.mark.parametrize("length", [1, 40, 3000, 14_000])
def test_very_short_audio(length: int) -> None:
    audio = beats(1.0, 0.1, 5.0)[:, :length]
    mastered = master({"drums": audio}, style="house")
    assert mastered.shape == audio.shape
    assert np.isfinite(mastered).all()
    assert true_peak_db(mastered, RATE) <= -1.0


def test_a_master_is_reproducible() -> None:
    audio = beats(3.0, 0.1, 10.0)
    first = master({"drums": audio}, style="krump")
    np.testing.assert_array_equal(first, master({"drums": audio.copy()}, style="krump"))
