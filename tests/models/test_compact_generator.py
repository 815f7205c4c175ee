"""The compact generator: shapes, range, dependence on its inputs, metadata."""

import pytest
import torch

from d2m.core.levels import HOP_LEVELS
from d2m.core.metrical_grid import PHRASE_STEPS
from d2m.models.compact_generator import CompactConfig, CompactGenerator
from d2m.models.vqvae import LATENT_CHANNELS

SIZES = {"table": 24, "motion": 16, "visual": 8, "steps": 32, "width": 16}


def generator_of(level: str, **sizes: int) -> CompactGenerator:
    torch.manual_seed(5)
    config = CompactConfig(level=level, sigma=3.5, **{**SIZES, **sizes})
    generator = CompactGenerator(config).eval().requires_grad_(False)
    generator.head[-1].weight.mul_(200.0)  # large, so that tanh is near saturation
    return generator


def inputs(n_frames: int, *, step_frames: int = 20, items: int = 2) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    frames = torch.arange(n_frames).expand(items, -1)
    n_steps = -(-n_frames // step_frames)
    position = torch.arange(n_steps).expand(items, -1) % PHRASE_STEPS
    return {
        "song": torch.tensor([4, 17])[:items],
        "position": position,
        "movement": torch.rand(items, n_steps, 11),
        "visual": torch.rand(items, n_steps, 8),
        "step": frames // step_frames,
        "offset_in_step": frames % step_frames,
        "offset_in_beat": frames % (4 * step_frames),
    }


@pytest.mark.parametrize("level", HOP_LEVELS)
@pytest.mark.parametrize("n_frames", [1, 7, 344, 1378])
def test_codes_of_any_number_of_frames_within_sigma(level, n_frames):
    features = generator_of(level)(**inputs(n_frames))
    codes_per_frame = {"high": 1, "low": 4}[level]
    assert features.shape == (2, LATENT_CHANNELS, codes_per_frame * n_frames)
    assert features.abs().max() <= 3.5
    assert features.abs().max() > 3.0


@pytest.mark.parametrize("changed", ["song", "position", "movement", "visual"])
def test_output_depends_on_every_input(changed):
    generator, original = generator_of("high"), inputs(200)
    other = dict(original)
    if changed in ("movement", "visual"):
        other[changed] = 1.0 - original[changed]
    else:
        other[changed] = (original[changed] + 1) % 60
    assert (generator(**original) - generator(**other)).abs().max() > 1e-3


def test_movement_changes_the_output_only_nearby():
    generator, original = generator_of("high", width=16), inputs(2000)
    other = original | {"movement": original["movement"].clone()}
    other["movement"][:, 50] = 1.0 - original["movement"][:, 50]
    difference = (generator(**original) - generator(**other)).abs().amax(dim=(0, 1))
    assert difference[50 * 20 : 51 * 20].max() > 1e-4
    assert difference[: 20 * 20].max() == 0
    assert difference[80 * 20 :].max() == 0


def test_identical_moments_give_identical_features():
    generator, original = generator_of("high"), inputs(2 * PHRASE_STEPS * 20, items=1)
    original["movement"][:] = original["movement"][:, :1]
    original["visual"][:] = original["visual"][:, :1]
    features = generator(**original)
    middle = slice(40 * 20, 80 * 20)
    phrase = PHRASE_STEPS * 20
    again = slice(middle.start + phrase, middle.stop + phrase)
    torch.testing.assert_close(features[..., middle], features[..., again], atol=1e-4, rtol=1e-4)


def test_very_slow_beats_work():
    original = inputs(3000, step_frames=700)
    assert torch.isfinite(generator_of("high")(**original)).all()


def test_metadata_round_trip():
    config = CompactConfig(level="low", sigma=2.71828182845904, table=7, dilations=(1, 2))
    metadata = config.to_metadata()
    assert all(isinstance(value, str) for value in metadata.values())
    assert CompactConfig.from_metadata(metadata | {"trained_steps": "9"}) == config


@pytest.mark.parametrize("metadata", [{}, {"level": "'high'"}, {"level": "high", "sigma": "os.x"}])
def test_other_metadata_is_refused(metadata):
    with pytest.raises((TypeError, ValueError, SyntaxError)):
        CompactConfig.from_metadata(metadata)
