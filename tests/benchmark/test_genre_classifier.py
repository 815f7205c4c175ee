import numpy as np
import pytest

from d2m.benchmark.genre_classifier import (
    AudioEmbedding,
    GenreClassifier,
    embedding_for,
    fitted_embedding,
    split_segments,
)
from d2m.benchmark.metric_table import GENRE_METRICS, ORIGINAL, RANDOM, SHUFFLED
from d2m.benchmark.originals import Original
from d2m.benchmark.tables import uninformative
from d2m.checkpoints import CHECKPOINTS
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import grid_from_beats
from d2m.training.data.corpus import Piece
from d2m.training.loops.loop_songs import style_of_song

SONGS = (0, 1, 20, 21, 50, 51)
BRIGHTNESS_HZ = {0: 300.0, 20: 900.0, 50: 2500.0}


def original(song: int, number: int, seconds: float = 6.0) -> Original:
    """Synthesize a chord of the genre, with a rhythm of loud bursts of the song."""
    rng = np.random.default_rng([song, number])
    time_s = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = BRIGHTNESS_HZ[song // 10 * 10] * rng.uniform(0.95, 1.05)
    audio = sum(np.sin(2 * np.pi * hertz * i * time_s) / i for i in (1, 2, 3))
    audio = audio * (0.3 + (time_s * (2 + song % 10) % 1.0 < 0.4))
    audio = audio + 0.05 * rng.standard_normal(len(time_s))
    grid = grid_from_beats(np.arange(0.0, seconds, 0.5), seconds)
    blank = np.zeros((grid.n_steps, 11), np.float32)
    piece = Piece(
        name=f"{song:02d}-{number:02d}",
        song=song,
        tempo_bpm=120.0,
        held_out=number == 0,
        grid=grid,
        features=blank,
        visual=blank[:, :8],
    )
    return Original(piece=piece, audio=(0.1 * audio).astype(np.float32))


@pytest.fixture(scope="module")
def trained() -> list[Original]:
    return [original(song, number) for song in SONGS for number in (1, 2)]


def test_the_songs_are_of_three_genres():
    assert len({style_of_song(song) for song in SONGS}) == 3
    assert style_of_song(20) == style_of_song(21)


def test_segments_are_complete():
    sound = np.arange(5 * SAMPLE_RATE, dtype=np.float32)
    first, second = split_segments(sound)
    assert len(first) == len(second) == 2 * SAMPLE_RATE
    assert second[0] == 2 * SAMPLE_RATE
    assert len(split_segments(sound[:1000])[0]) == 1000


def test_scores_are_shares_of_segments_with_the_genre_of_the_piece():
    embedding = AudioEmbedding(
        title="level",
        note="",
        embed=lambda segments: np.array([[one.mean(), 0.0] for one in segments]),
    )

    def level(song: int, *values: float) -> Original:
        audio = np.repeat(np.float32(values), 2 * SAMPLE_RATE)
        return Original(piece=original(song, 0, 2.0).piece, audio=audio)

    originals = [level(0, 0.1, 0.2), level(1, 0.6, 0.6), level(20, 0.4, 0.9), level(50, 0.8, 0.8)]
    genres = GenreClassifier(originals, embedding)
    query = level(0, 0.12, 0.41, 0.58, 0.79)
    # Nearest are 0.1, 0.4, 0.6, 0.8: songs 0, 20, 1, 50; without song 0, 0.4 is next to 0.12.
    # The mean of the piece is 0.475, and those of the songs are 0.15, 0.6, 0.65, 0.8.
    assert genres.scores(query.audio, query) == {
        "genre": 0.5,
        "genre_whole": 1.0,
        "genre_other": 0.25,
    }
    assert genres.embed_piece(query.audio) == pytest.approx([0.475, 0.0])


def test_a_fitted_embedding_recognises_the_genre_of_other_pieces(trained):
    embedding = embedding_for(trained, CHECKPOINTS)
    genres = GenreClassifier(trained, embedding)
    scores = [genres.scores(one.audio, one) for one in (original(song, 0) for song in SONGS)]
    assert np.mean([one["genre"] for one in scores]) > 0.9
    assert "not VGGish" in embedding.title
    assert "fitted to the original music of 12 training pieces" in embedding.note


def test_a_fitted_embedding_is_robust_to_noise(trained):
    genres = GenreClassifier(trained, fitted_embedding(trained))
    rng = np.random.default_rng(0)
    scores = []
    for one in (original(song, 0, 4.0) for song in SONGS):
        noise = 0.1 * one.audio.std() * rng.standard_normal(len(one.audio))
        scores.append(genres.scores((one.audio + noise).astype(np.float32), one)["genre"])
    assert np.mean(scores) > 0.8


@pytest.mark.parametrize(
    ("shuffled", "random", "marked"),
    [
        ([0.1, 0.0, 0.2, 0.1], [0.0, 0.2, 0.1, 0.1], False),
        # Mean 0.5, standard error 0.05: far above the chance of 0.1.
        ([0.1, 0.0, 0.2, 0.1], [0.4, 0.5, 0.5, 0.6], True),
        ([0.4, 0.5, 0.5, 0.6], [0.0, 0.2, 0.1, 0.1], True),
        # Mean 0.3, standard error 0.24.
        ([0.1, 0.0, 0.2, 0.1], [1.0, 0.0, 0.1, 0.1], False),
    ],
)
def test_an_embedding_that_finds_the_genre_in_any_music_is_marked(shuffled, random, marked):
    metric = GENRE_METRICS[0]
    rows = {
        row: {metric.key: np.array(values)}
        for row, values in {
            ORIGINAL: [0.9, 1.0, 0.9, 1.0],
            SHUFFLED: shuffled,
            RANDOM: random,
        }.items()
    }
    assert (uninformative([metric], rows) == [metric]) == marked
