"""The compact model: from a dance to a score, codes and audio."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from d2m.audio.waveform import log_mel, mono_at
from d2m.core.levels import HOP_LEVELS, SAMPLE_RATE, STUDIO_SAMPLE_RATE, HopLevel
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.generation.compact import CompactModel
from d2m.generation.studio import StudioModel
from d2m.models.spectral_codec import CODING_FRAME
from d2m.models.vqvae import CODEBOOK_SIZE
from d2m.perception.conditioning import Conditioning
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
    return {name: CompactModel.from_pretrained(level) for name, level in HOP_LEVELS.items()}


@pytest.fixture(scope="module")
def dance() -> Conditioning:
    return replace(synthetic_conditioning(duration_s=8.0), style=STYLES["house"])


def pattern(audio: np.ndarray) -> np.ndarray:
    """Return a log-mel spectrogram up to 4 kHz without the means of its bands and frames."""
    bands = log_mel(audio[: 7 * SAMPLE_RATE], SAMPLE_RATE)[:60]
    bands = bands - bands.mean(1, keepdims=True)
    return bands - bands.mean(0, keepdims=True)


def model_of(models: dict[str, CompactModel], level: HopLevel) -> CompactModel:
    return models[level.name]


@both_levels
def test_decoding_in_chunks_equals_decoding_at_once(models, level):
    model = model_of(models, level)
    codes = np.random.default_rng(0).integers(CODEBOOK_SIZE, size=120 * model.codec.codes_per_frame)
    whole, pieces = model.decode(codes), model.decode(codes, chunk_frames=50)
    assert pieces.shape == (120 * CODING_FRAME,)
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(pieces, whole, atol=1e-4)


@both_levels
def test_codes_do_not_depend_on_the_chunks(models, level, dance):
    model = model_of(models, level)
    music = model.generate(dance, seed=3)
    assert len(music.codes) >= 8 * SAMPLE_RATE // level.hop_length
    whole, pieces = (model.encode(music.audio, chunk_frames=count) for count in (1000, 100))
    assert whole.shape == pieces.shape
    # Sums in another order may turn a code that lies between two entries.
    assert np.mean(whole == pieces) > 0.999


@both_levels
def test_encoding_gives_the_codes_of_whole_frames(models, level):
    model = model_of(models, level)
    audio = np.random.default_rng(0).normal(0, 0.1, 10 * CODING_FRAME + 70).astype(np.float32)
    codes = model.encode(audio)
    assert codes.shape == (10 * CODING_FRAME // level.hop_length,)
    assert codes.max() < CODEBOOK_SIZE


@both_levels
def test_a_pretrained_model_plays_a_dance_without_the_pipeline(models, level, dance):
    stages = []
    model = model_of(models, level)
    music = model.generate(dance, seed=3, progress=lambda *news: stages.append(news))
    assert music.audio.shape == (8 * SAMPLE_RATE,)
    assert np.sqrt(np.mean(music.audio**2)) > 0.01
    assert music.score.style == "house"
    assert music.seconds.keys() == {"compose", "play", "encode", "decode"}
    assert {stage for stage, _ in stages} == {f"Generating music ({level.name})"}
    np.testing.assert_array_equal(model.generate(dance, seed=3).audio, music.audio)


@both_levels
def test_the_music_is_like_the_studio_version_and_unlike_another_song(models, level, dance):
    studio = StudioModel.from_pretrained()
    same, other = (
        mono_at(studio.generate(dance, seed=seed).audio, STUDIO_SAMPLE_RATE) for seed in (3, 4)
    )
    music = model_of(models, level).generate(dance, seed=3).audio
    likeness = [
        float(np.corrcoef(pattern(music).ravel(), pattern(one).ravel())[0, 1])
        for one in (same, other)
    ]
    assert likeness[0] > 0.7
    assert likeness[0] > likeness[1] + 0.3


def test_settings_change_the_score(models, dance):
    model = models["high"]
    plain = model.generate(dance, seed=3).score
    silent = model.with_settings(Settings(drums=False, key="D")).generate(dance, seed=3)
    assert "drums" in {track.stem for track in plain.tracks}
    assert "drums" not in {track.stem for track in silent.score.tracks}
    assert silent.score.key.startswith("D ")


def test_another_seed_is_another_song(models, dance):
    first, second = (models["high"].generate(dance, seed=seed) for seed in (3, 4))
    assert np.mean(first.codes == second.codes) < 0.5


def test_the_shortest_clip_has_music(models):
    dance = synthetic_conditioning(duration_s=2.0)
    short = replace(dance, duration_s=0.4)
    assert models["low"].generate(short).audio.shape == (round(0.4 * SAMPLE_RATE),)
