"""The compact model: from a dance to codes and audio."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from d2m.checkpoints import load_codec
from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE, HopLevel
from d2m.core.metrical_grid import PHRASE_STEPS, STEPS_PER_BAR, grid_from_beats
from d2m.core.styles import STYLES, songs_of
from d2m.generation.compact import CompactModel, choose_song
from d2m.models.compact_generator import CompactConfig, CompactGenerator
from d2m.models.vqvae import CODEBOOK_SIZE
from tests.synthetic import synthetic_conditioning

both_levels = pytest.mark.parametrize("level", HOP_LEVELS.values(), ids=HOP_LEVELS)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def models() -> dict[str, CompactModel]:
    """Return a model of each level with the bundled codec and a small random generator."""
    return {name: small_model(level) for name, level in HOP_LEVELS.items()}


def small_model(level: HopLevel) -> CompactModel:
    codec = load_codec(level)
    torch.manual_seed(2)
    sigma = float(codec.codebook(level).k.abs().max())
    config = CompactConfig(level=level.name, sigma=sigma, steps=32, width=32)
    generator = CompactGenerator(config).eval().requires_grad_(False)
    generator.head[-1].weight.mul_(10.0)
    return CompactModel(level, codec, generator)


@both_levels
def test_decoding_in_chunks_equals_decoding_at_once(models, level):
    codes = np.random.default_rng(0).integers(CODEBOOK_SIZE, size=800)
    whole = models[level.name].decode(codes)
    pieces = models[level.name].decode(codes, chunk_samples=300 * level.hop_length)
    assert pieces.shape == (800 * level.hop_length,)
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(pieces, whole, atol=1e-5)


@both_levels
def test_encoding_gives_a_code_for_each_hop(models, level):
    audio = np.random.default_rng(0).normal(0, 0.1, 100 * level.hop_length).astype(np.float32)
    codes = models[level.name].encode(audio)
    assert codes.shape == (100,)
    assert codes.max() < CODEBOOK_SIZE


@both_levels
def test_there_are_as_many_codes_as_the_piece_is_long(models, level):
    grid = grid_from_beats(0.3 + np.arange(9) * 0.55, 5.2)
    rng = np.random.default_rng(1)
    codes = models[level.name].generate_codes(
        song=33,
        grid=grid,
        features=rng.random((grid.n_steps, 11)),
        visual=rng.random((grid.n_steps, 8)),
    )
    assert codes.shape == (grid.n_frames * 128 // level.hop_length,)
    assert codes.min() >= 0
    assert codes.max() < CODEBOOK_SIZE
    assert len(np.unique(codes)) > 20


def test_song_and_place_in_the_phrase_choose_the_codes(models):
    grid = grid_from_beats(np.arange(9) * 0.5, 4.0)
    later = replace(grid, position=(grid.position + 2 * STEPS_PER_BAR) % PHRASE_STEPS)
    features, visual = np.zeros((grid.n_steps, 11)), np.zeros((grid.n_steps, 8))

    def codes(song, where):
        return models["high"].generate_codes(
            song=song, grid=where, features=features, visual=visual
        )

    assert (codes(3, grid) == codes(3, grid)).all()
    assert (codes(3, grid) != codes(4, grid)).any()
    assert (codes(3, grid) != codes(3, later)).any()


@both_levels
def test_a_pretrained_model_plays_a_dance_without_the_pipeline(level):
    conditioning = replace(synthetic_conditioning(), style=STYLES["house"])
    stages = []
    model = CompactModel.from_pretrained(level)
    music = model.generate(conditioning, seed=3, progress=lambda *news: stages.append(news))
    assert music.audio.shape == (4 * SAMPLE_RATE,)
    assert np.sqrt(np.mean(music.audio**2)) > 0.01
    assert music.song in songs_of(STYLES["house"])
    assert music.seconds.keys() == {"generate", "decode"}
    assert {stage for stage, _ in stages} == {f"Generating music ({level.name})"}
    np.testing.assert_array_equal(model.generate(conditioning, seed=3).audio, music.audio)


def test_a_seed_chooses_among_all_songs_and_starts_of_a_style():
    style = STYLES["waack"]
    choices = {choose_song(style, seed) for seed in range(300)}
    assert {song for song, _ in choices} == set(songs_of(style))
    assert {bar for _, bar in choices} == {0, 2, 4, 6}
    assert len(choices) == 24
    assert choose_song(style, 7) == choose_song(style, 7)
