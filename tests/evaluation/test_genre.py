import numpy as np
import pytest

from d2m.errors import AudioError, DataError
from d2m.evaluation.genre import (
    N_MELS,
    RHYTHM_BANDS,
    RHYTHM_LAGS,
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


def test_an_embedding_has_its_parts_and_ignores_gain():
    sound = tone(440.0)
    embedding = timbre_embedding(sound)
    assert embedding.shape == (3 * N_MELS + RHYTHM_BANDS * RHYTHM_LAGS,)
    assert np.allclose(timbre_embedding(0.25 * sound), embedding, atol=1e-3)


def test_an_embedding_places_a_tone_in_its_band():
    low, high = (timbre_embedding(tone(hertz))[:N_MELS].argmax() for hertz in (220.0, 4000.0))
    assert low < 10 < 40 < high


def test_silence_is_at_the_floor():
    embedding = timbre_embedding(np.zeros(2 * RATE))
    assert np.allclose(embedding[:N_MELS], -5.0)
    assert not embedding[N_MELS:].any()


def test_the_rhythm_repeats_with_the_beat():
    rng = np.random.default_rng(0)
    audio = 1e-3 * rng.standard_normal(10 * RATE)
    burst = rng.standard_normal(1500) * np.exp(-np.arange(1500) / 250)
    for time_s in np.arange(0.2, 9.5, 0.5):  # 120 BPM
        start = int(time_s * RATE)
        audio[start : start + 1500] += 0.3 * burst
    rhythm = timbre_embedding(audio)[3 * N_MELS :].reshape(RHYTHM_BANDS, RHYTHM_LAGS)
    # Further beats are off the grid: librosa hears 117 BPM.
    assert (rhythm.argmax(axis=1) == 3).all()
    assert rhythm[:, 3].min() > 0.3 > np.delete(rhythm, 3, axis=1).max()


def test_empty_audio_is_refused():
    with pytest.raises(AudioError):
        timbre_embedding(np.empty(0))
