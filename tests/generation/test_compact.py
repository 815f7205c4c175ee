"""From the grid to codes and sound."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from d2m.checkpoints import load_codec
from d2m.core.levels import HIGH, LEVELS, Level
from d2m.core.metrical_grid import PHRASE_STEPS, STEPS_PER_BAR, grid_from_beats
from d2m.generation import sampling
from d2m.generation.sampling import decode_codes, generate_codes
from d2m.models.compact_generator import CompactConfig, CompactGenerator
from d2m.models.vqvae import CODEBOOK_SIZE, JukeboxVQVAE

both_levels = pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)


@pytest.fixture(scope="module")
def codecs() -> dict[str, JukeboxVQVAE]:
    return {name: load_codec(level) for name, level in LEVELS.items()}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def generator_of(level: Level, codec: JukeboxVQVAE) -> CompactGenerator:
    torch.manual_seed(2)
    sigma = float(codec.codebook(level).k.abs().max())
    config = CompactConfig(level=level.name, sigma=sigma, steps=32, width=32)
    generator = CompactGenerator(config).eval().requires_grad_(False)
    generator.head[-1].weight.mul_(10.0)
    return generator


@both_levels
def test_decoding_in_chunks_is_decoding_at_once(codecs, level, monkeypatch):
    codec = codecs[level.name]
    codes = np.random.default_rng(0).integers(CODEBOOK_SIZE, size=800)
    with torch.inference_mode():
        whole = codec.decode(torch.from_numpy(codes)[None], level)[0].numpy()
    monkeypatch.setattr(sampling, "CHUNK_SAMPLES", 300 * level.hop_length)
    pieces = decode_codes(codec, level, codes)
    assert pieces.shape == (800 * level.hop_length,)
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(pieces, whole, atol=1e-5)


@both_levels
def test_as_many_codes_as_the_piece_is_long(codecs, level):
    codec = codecs[level.name]
    grid = grid_from_beats(0.3 + np.arange(9) * 0.55, 5.2)
    rng = np.random.default_rng(1)
    codes = generate_codes(
        generator_of(level, codec),
        codec,
        level,
        song=33,
        grid=grid,
        features=rng.random((grid.n_steps, 11)),
        visual=rng.random((grid.n_steps, 8)),
    )
    assert codes.shape == (grid.n_frames * 128 // level.hop_length,)
    assert codes.min() >= 0
    assert codes.max() < CODEBOOK_SIZE
    assert len(np.unique(codes)) > 20


def test_song_and_place_in_the_phrase_choose_the_codes(codecs):
    codec = codecs["high"]
    generator = generator_of(HIGH, codec)
    grid = grid_from_beats(np.arange(9) * 0.5, 4.0)
    later = replace(grid, position=(grid.position + 2 * STEPS_PER_BAR) % PHRASE_STEPS)
    features, visual = np.zeros((grid.n_steps, 11)), np.zeros((grid.n_steps, 8))

    def codes(song, where):
        return generate_codes(
            generator, codec, HIGH, song=song, grid=where, features=features, visual=visual
        )

    assert (codes(3, grid) == codes(3, grid)).all()
    assert (codes(3, grid) != codes(4, grid)).any()
    assert (codes(3, grid) != codes(3, later)).any()
