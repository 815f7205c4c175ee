"""The published D2M-GAN networks and their discriminator, against the original outputs."""

import json

import numpy as np
import pytest
import torch

from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, LOW
from d2m.models.d2mgan import DATASETS, build_d2mgan
from d2m.models.discriminator import MultiScaleDiscriminator
from tests.models.oracle import DATA, OUTPUTS, filled_state_dict, relative_error, stored_input

SHAPES = json.loads((DATA / "published_shapes.json").read_text())
BUILDS = [("aist", HIGH), ("aist", LOW), ("tiktok", HIGH)]
ids = [f"{dataset}-{level.name}" for dataset, level in BUILDS]


@pytest.fixture(scope="module")
def oracle():
    with np.load(OUTPUTS) as arrays:
        return dict(arrays)


def filled_networks(dataset, level):
    encoder, generator = build_d2mgan(dataset, level)
    encoder.load_state_dict(filled_state_dict(f"{dataset}/mencoder"))
    generator.load_state_dict(filled_state_dict(f"{dataset}/netG_{level.name}"))
    return encoder.eval(), generator.eval()


@pytest.mark.parametrize(("dataset", "level"), BUILDS, ids=ids)
def test_names_and_shapes_are_the_published_ones(dataset, level):
    with torch.device("meta"):
        networks = build_d2mgan(dataset, level)
    for network, name in zip(networks, ("mencoder", f"netG_{level.name}"), strict=True):
        shapes = {key: list(value.shape) for key, value in network.state_dict().items()}
        assert shapes == SHAPES[f"{dataset}/{name}"]


@torch.inference_mode()
@pytest.mark.parametrize(("level", "dances"), [(HIGH, 2), (LOW, 1)], ids=["high", "low"])
def test_outputs_are_those_of_the_original(oracle, level, dances):
    encoder, generator = filled_networks("aist", level)
    code = encoder(stored_input("aist_motion", (2, 120, 219)))
    assert relative_error(code, oracle["aist_motion_code"]) < 1e-4
    visual, genre = stored_input("visual", (2, 1, 2048)), torch.tensor([3, 7])
    # The low level takes four times as long, so it makes one dance's music.
    latents = generator(code[:dances], visual[:dances], genre[:dances])
    assert latents.shape == (dances, 64, level.segment_codes)
    assert relative_error(latents[:, :, ::4], oracle[f"aist_{level.name}"][:dances]) < 1e-4


@torch.inference_mode()
def test_tiktok_networks_run():
    encoder, generator = filled_networks("tiktok", HIGH)
    code = encoder(stored_input("tiktok_motion", (2, 60, 75)))
    latents = generator(code, stored_input("visual", (2, 1, 2048)))
    assert latents.shape == (2, 64, HIGH.segment_codes)
    assert latents.abs().max() <= 100
    assert (latents[0] - latents[1]).abs().max() > 0.05


@torch.inference_mode()
def test_discriminator_outputs_are_those_of_the_original(oracle):
    network = MultiScaleDiscriminator()
    network.load_state_dict(filled_state_dict("aist/netD"))
    features = network(stored_input("code", (2, 1, 64 * 344)))
    assert [len(scale) for scale in features] == [7, 7, 7]
    for scale, layer in ((s, i) for s in (0, 1) for i in range(7)):
        output = features[scale][layer][:, :8, :64]
        assert relative_error(output, oracle[f"disc_{scale}_{layer}"]) < 1e-4


def test_published_tiktok_low_is_refused():
    with pytest.raises(CheckpointError, match="cannot run: its input layer is missing"):
        build_d2mgan("tiktok", LOW)


def test_unknown_data_set_is_refused():
    with pytest.raises(SettingsError, match="choose aist or tiktok"):
        build_d2mgan("youtube", HIGH)


def test_a_genre_is_needed_by_networks_that_read_it():
    with torch.device("meta"):
        _, generator = build_d2mgan("aist", HIGH)
        with pytest.raises(SettingsError, match="need a genre"):
            generator(torch.zeros(1, 1, 1024), torch.zeros(1, 1, 2048))


def test_layouts_are_two_seconds():
    assert all(layout.frames / layout.fps == 2.0 for layout in DATASETS.values())
