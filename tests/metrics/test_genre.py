import numpy as np
import pytest

from d2m.core.errors import AudioError, DataError
from d2m.metrics.genre import (
    N_CEPSTRA,
    N_MELS,
    SWING_BANDS,
    SWINGS_HZ,
    genre_accuracy,
    leave_one_out_accuracy,
    nearest_genres,
    standardised,
    timbre_embedding,
)

RATE = 22_050
ORIGINALS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
GENRES = np.array(["break", "pop", "krump"])


def tone(hertz: float, seconds: float = 3.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


def test_the_nearest_original_gives_its_genre():
    # (1, 1) is 1.41, 3.16 and 2.24 away; (3, 1) is 3.16, 1.41 and 3.61; (1, 2) 2.24, 3.61, 1.41.
    found = nearest_genres(np.array([[1.0, 1.0], [3.0, 1.0], [1.0, 2.0]]), ORIGINALS, GENRES)
    assert list(found) == ["break", "pop", "krump"]


def test_excluded_originals_are_passed_over():
    excluded = np.array([[True, False, False]])
    assert list(nearest_genres(np.array([[1.0, 1.0]]), ORIGINALS, GENRES, excluded)) == ["krump"]


def test_of_equally_near_ones_the_first_counts():
    assert list(nearest_genres(np.array([[2.0, 0.0]]), ORIGINALS, GENRES)) == ["break"]


def test_accuracy_is_the_share_that_is_right():
    generated = np.array([[1.0, 1.0], [3.0, 1.0], [1.0, 2.0], [9.0, 9.0]])
    wanted = np.array(["break", "pop", "break", "krump"])
    # (9, 9) is 12.7, 10.3 and 10.8 away: pop, not krump.
    assert genre_accuracy(generated, wanted, ORIGINALS, GENRES) == 0.5
    assert genre_accuracy(np.empty((0, 2)), np.empty(0), ORIGINALS, GENRES) == 0.0


def test_leave_one_out_matches_no_group_with_itself():
    embeddings = np.array([[0.0], [0.1], [5.0], [5.1]])
    genres = np.array(["a", "a", "b", "b"])
    assert leave_one_out_accuracy(embeddings, genres) == 1.0
    # Now 0 and 0.1 are of one song, so their nearest is 5; and 5.1's is 5 still.
    assert leave_one_out_accuracy(embeddings, genres, np.array([0, 0, 1, 2])) == 0.5
    assert leave_one_out_accuracy(np.empty((0, 1)), np.empty(0)) == 0.0


def test_standard_scores_are_of_the_originals():
    originals = np.array([[1.0, 7.0], [3.0, 7.0]])
    # Mean 2, deviation 1; the second never varies.
    assert standardised(np.array([[4.0, 9.0]]), originals).tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize(
    ("generated", "originals", "genres", "excluded"),
    [
        (np.zeros((1, 3)), ORIGINALS, GENRES, None),
        (np.zeros((1, 2)), ORIGINALS, GENRES[:2], None),
        (np.zeros((1, 2)), ORIGINALS, GENRES, np.ones((1, 3), bool)),
        (np.array([[np.nan, 0.0]]), ORIGINALS, GENRES, None),
        (np.zeros((1, 2)), np.empty((0, 2)), np.empty(0), None),
    ],
)
def test_what_does_not_fit_is_refused(generated, originals, genres, excluded):
    with pytest.raises(DataError):
        nearest_genres(generated, originals, genres, excluded)


def parts(audio: np.ndarray) -> dict[str, np.ndarray]:
    sizes = [N_MELS] * 4 + [SWING_BANDS * (len(SWINGS_HZ) - 1)]
    names = ("mean", "deviation", "change", "skewness", "swings", "correlations")
    split = np.split(timbre_embedding(audio), np.cumsum(sizes))
    return dict(zip(names, split, strict=True))


def pulsed(noise: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    seconds = np.arange(len(noise)) / RATE
    since = seconds[:, None] - times_s
    return noise * np.where(since >= 0, np.exp(-np.maximum(since, 0) / 0.03), 0).sum(axis=1)


def test_an_embedding_has_its_parts_and_ignores_gain():
    sound = tone(440.0)
    found = parts(sound)
    assert len(found["correlations"]) == N_CEPSTRA * (N_CEPSTRA - 1) / 2
    assert sum(map(len, found.values())) == 660
    assert np.allclose(timbre_embedding(0.25 * sound), timbre_embedding(sound), atol=1e-3)


def test_an_embedding_places_a_tone_in_its_band():
    low, high = (parts(tone(hertz))["mean"].argmax() for hertz in (220.0, 4000.0))
    assert low < 10 < 40 < high


def test_faint_noise_under_the_music_changes_little():
    rng = np.random.default_rng(0)
    sound = tone(440.0)
    hiss = 0.02 * rng.standard_normal(len(sound)) * np.sqrt(np.mean(sound**2))
    clean, hissing = (parts(audio)["mean"] for audio in (sound, sound + hiss))
    assert np.abs(clean - hissing).max() < 0.1 < np.ptp(clean)


def test_silence_is_at_the_floor():
    found = parts(np.zeros(2 * RATE))
    assert np.allclose(found["mean"], np.log10(0.3), atol=1e-4)
    assert np.allclose(found["swings"], -4.0)
    for name in ("deviation", "change", "skewness", "correlations"):
        assert np.allclose(found[name], 0.0, atol=1e-6)


def test_swings_tell_how_fast_a_sound_pulses():
    noise = np.random.default_rng(0).standard_normal(2 * RATE)
    for hertz, column in ((2.0, 2), (4.5, 4), (12.0, 6)):
        swings = parts(pulsed(noise, np.arange(0.05, 2.0, 1 / hertz)))["swings"]
        by_speed = swings.reshape(SWING_BANDS, -1).mean(axis=0)
        assert by_speed.argmax() == column


def test_skewness_tells_short_hits_from_short_gaps():
    sound = tone(440.0, 2.0)
    band = parts(sound)["mean"].argmax()
    middle = np.abs((np.arange(2 * RATE) / RATE) % 1.0 - 0.5) < 0.05
    assert parts(sound * middle)["skewness"][band] > 1.0
    assert parts(sound * ~middle)["skewness"][band] < -1.0


def test_correlations_tell_what_sounds_together():
    rng = np.random.default_rng(0)
    low, high = tone(200.0, 2.0), tone(3000.0, 2.0)
    first, second = (np.repeat(rng.uniform(0, 1, 20), RATE // 10) for _ in range(2))
    together = parts(first * low + first * high)["correlations"]
    apart = parts(first * low + second * high)["correlations"]
    # How loud it is and how bright it is: alike only where both tones follow one hand.
    assert np.abs(together).mean() > np.abs(apart).mean() + 0.1


def test_empty_audio_is_refused():
    with pytest.raises(AudioError):
        timbre_embedding(np.empty(0))
