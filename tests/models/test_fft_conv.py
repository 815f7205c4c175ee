"""Faster networks for inference give the same results."""

import numpy as np
import pytest
import torch
from torch import nn

from d2m.core.levels import HIGH, LOW
from d2m.generation.segments import BATCH, SegmentNetworks
from d2m.models.d2mgan import build_d2mgan
from d2m.models.fft_conv import FFTConv1d, optimise_for_inference
from d2m.models.layers import ResidualBlock, WeightNormConv1d
from d2m.models.vqvae import JukeboxVQVAE
from tests.models.oracle import filled_state_dict


def relative(actual, expected):
    return float((actual - expected).abs().max() / expected.abs().max())


@torch.inference_mode()
@pytest.mark.parametrize("kernel", [16, 40, 41])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("length", [41, 96, 500])
def test_fft_convolution_equals_direct_convolution(kernel, padding, length):
    conv = nn.Conv1d(64, 96, kernel, padding=padding)
    x = torch.randn(3, 64, length, generator=torch.Generator().manual_seed(0))
    assert relative(FFTConv1d(conv)(x), conv(x)) < 1e-5


@torch.inference_mode()
def test_other_convolutions_are_not_replaced():
    layers = [
        nn.Conv1d(64, 64, 40, stride=2),
        nn.Conv1d(64, 64, 20, dilation=2),
        nn.Conv1d(64, 64, 40, groups=2),
        nn.Conv1d(64, 64, 4),
        nn.Conv1d(1, 64, 40),
    ]
    assert list(optimise_for_inference(nn.Sequential(*layers))) == layers


@torch.inference_mode()
def test_a_folded_block_gives_the_same_output():
    block = ResidualBlock(32, dilation=3)
    for name, parameter in block.named_parameters():
        if name.endswith("weight_g"):
            parameter.uniform_(0.5, 2.0)
    x = torch.randn(2, 32, 50)
    expected = block(x)
    assert relative(optimise_for_inference(block)(x), expected) < 1e-5
    assert not any(isinstance(layer, WeightNormConv1d) for layer in block.modules())


def test_weight_norm_starts_as_the_plain_convolution_and_trains_its_norm():
    conv = WeightNormConv1d(4, 6, 3, stride=2, padding=1, groups=2)
    plain = nn.functional.conv1d(torch.ones(1, 4, 9), conv.weight_v, conv.bias, 2, 1, 1, 2)
    assert torch.allclose(conv(torch.ones(1, 4, 9)), plain, atol=1e-6)
    conv.weight_g.data *= 3
    assert torch.allclose(conv.weight, 3 * conv.weight_v, atol=1e-6)
    conv(torch.ones(1, 4, 9)).sum().backward()
    assert conv.weight_g.grad.abs().sum() > 0


@pytest.mark.slow
@torch.inference_mode()
@pytest.mark.parametrize(
    ("dataset", "level"),
    [
        ("aist", HIGH),
        pytest.param("aist", LOW, marks=pytest.mark.slow),
        pytest.param("tiktok", HIGH, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_batches_of_optimised_networks_equal_single_segments(dataset, level):
    encoder, generator = build_d2mgan(dataset, level)
    encoder.load_state_dict(filled_state_dict(f"{dataset}/mencoder"))
    generator.load_state_dict(filled_state_dict(f"{dataset}/netG_{level.name}"))
    codec = JukeboxVQVAE([level])
    codec.load_published_state(filled_state_dict("vqvae"))
    n = BATCH + 1
    rng = np.random.default_rng(0)
    shape = (n, 120, 219) if dataset == "aist" else (n, 60, 75)
    motion = rng.standard_normal(shape).astype(np.float32)
    visual = rng.standard_normal((n, 2048)).astype(np.float32)
    genre = 4 if dataset == "aist" else None
    genres = None if genre is None else torch.tensor([genre])
    expected = torch.cat(
        [
            generator(encoder(torch.from_numpy(m[None])), torch.from_numpy(v[None, None]), genres)
            for m, v in zip(motion, visual, strict=True)
        ]
    )
    networks = SegmentNetworks.prepare(encoder, generator, codec, level, device="cpu")
    code = networks.encoder(torch.from_numpy(motion))
    batch_genres = None if genre is None else torch.full((n,), genre)
    latents = networks.generator(code, torch.from_numpy(visual)[:, None], batch_genres)
    assert relative(latents, expected) < 1e-4

    shares = []
    codes, audio = networks.generate(motion, visual, genre, shares.append)
    assert codes.shape == (n, level.segment_codes)
    assert audio.shape == (n, level.segment_codes * level.hop_length)
    # Between two entries at almost the same distance, rounding errors decide.
    agreement = (codes == codec.codebook(level).nearest(expected).numpy()).mean()
    assert agreement > 0.995
    assert shares == [BATCH / n, 1.0]
