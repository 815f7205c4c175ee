"""The losses of D2M-GAN: values, gradients and weights."""

import numpy as np
import pytest
import torch
from torch import nn

from d2m.core.errors import SettingsError
from d2m.core.levels import HIGH, SAMPLE_RATE
from d2m.models.discriminator import MultiScaleDiscriminator
from d2m.models.losses import (
    PUBLISHED_CODE_WEIGHTS,
    LogMel,
    LossWeights,
    commitment_loss,
    discriminator_hinge_loss,
    feature_matching_loss,
    generator_hinge_loss,
    mel_loss,
    reshape_sequence,
    straight_through,
    waveform_loss,
    weighted_loss,
)
from d2m.models.vqvae import Codebook, JukeboxVQVAE
from tests.models.oracle import OUTPUTS, filled_state_dict, noise, stored_input

FRAMES = 16


def values(*numbers):
    return torch.tensor(numbers, dtype=torch.float32).view(1, 1, -1)


@pytest.fixture(scope="module")
def log_mel():
    return LogMel()


@pytest.fixture
def codebook():
    book = Codebook()
    book.k[0] = 1.0
    book.k[1] = -2.0
    book.k[2:] = 1e4
    return book


class Networks:
    """A small generator and discriminator, with a codec of full size."""

    def __init__(self):
        torch.manual_seed(0)
        self.generator = nn.Conv1d(3, 64, 3, padding=1)
        self.discriminator = MultiScaleDiscriminator(scales=2, strided=(128, 256))
        self.codec = JukeboxVQVAE([HIGH])
        self.codec.codebook(HIGH).k.normal_()
        self.codec.requires_grad_(False)
        self.latents = self.generator(torch.randn(2, 3, FRAMES))
        self.real = torch.randn(2, 64, FRAMES)
        self.real_audio = 0.1 * torch.randn(2, FRAMES * HIGH.hop_length)

    def score(self, latents):
        return self.discriminator(reshape_sequence(latents))

    def decoded(self, *, gradient):
        rounded = straight_through(self.latents, self.codec.codebook(HIGH), gradient=gradient)
        return self.codec.decode_latents(rounded, HIGH)


def has_gradient(network):
    grads = [parameter.grad for parameter in network.parameters()]
    return any(grad is not None and grad.abs().sum() > 0 for grad in grads)


def discriminator_step(n, _):
    return discriminator_hinge_loss(n.score(n.real), n.score(n.latents.detach()))


REACHES = {
    "discriminator": (discriminator_step, False, True),
    "adversarial": (lambda n, _: generator_hinge_loss(n.score(n.latents)), True, True),
    "feature_matching": (
        lambda n, _: feature_matching_loss(n.score(n.real), n.score(n.latents)),
        True,
        True,
    ),
    "commitment": (lambda n, _: commitment_loss(n.latents, n.real), True, False),
    "waveform": (lambda n, _: waveform_loss(n.decoded(gradient=True), n.real_audio), True, False),
    "mel": (lambda n, m: mel_loss(n.decoded(gradient=True), n.real_audio, m), True, False),
}


@pytest.mark.parametrize("loss", REACHES)
def test_which_networks_a_loss_reaches(loss, log_mel):
    networks = Networks()
    compute, generator, discriminator = REACHES[loss]
    compute(networks, log_mel).backward()
    assert has_gradient(networks.generator) == generator
    assert has_gradient(networks.discriminator) == discriminator
    assert all(p.grad is None for p in networks.codec.parameters())


@pytest.mark.parametrize("loss", ["waveform", "mel"])
def test_audio_losses_without_gradient_do_not_train(loss, log_mel):
    networks = Networks()
    audio, real = networks.decoded(gradient=False), networks.real_audio
    value = waveform_loss(audio, real) if loss == "waveform" else mel_loss(audio, real, log_mel)
    assert value > 0
    assert not value.requires_grad


def test_latents_are_rounded_and_pass_the_gradient(codebook):
    latents = torch.full((1, 64, 2), 0.9)
    latents[:, :, 1] = -1.7
    latents.requires_grad_()
    codebook.k.requires_grad_()
    rounded = straight_through(latents, codebook)
    expected = torch.tensor([1.0, -2.0]).expand(1, 64, 2)
    assert torch.equal(rounded, expected)
    upstream = torch.arange(128.0).view(1, 64, 2)
    rounded.backward(upstream)
    assert torch.equal(latents.grad, upstream)
    assert codebook.k.grad is None


def test_rounding_is_exact_for_far_latents():
    book = Codebook()
    book.k.normal_(generator=torch.Generator().manual_seed(1))
    latents = 100 * torch.randn(2, 64, 5, generator=torch.Generator().manual_seed(2))
    rounded = straight_through(latents.requires_grad_(), book)
    assert torch.equal(rounded, book.entries(book.nearest(latents)))


def test_the_channels_of_a_sequence_are_concatenated():
    latents = torch.arange(2 * 64 * 3).view(2, 64, 3)
    sequence = reshape_sequence(latents)
    assert sequence.shape == (2, 1, 192)
    assert sequence[0, 0, :4].tolist() == [0, 1, 2, 3]
    assert torch.equal(sequence[1, 0, 3:6], latents[1, 1])


@torch.inference_mode()
def test_reshaped_latents_get_the_scores_of_the_original():
    network = MultiScaleDiscriminator()
    network.load_state_dict(filled_state_dict("aist/netD"))
    latents = stored_input("code", (2, 1, 64 * HIGH.segment_codes)).view(2, 64, -1)
    scores = network(reshape_sequence(latents))[0][-1]
    with np.load(OUTPUTS) as arrays:
        expected = torch.from_numpy(arrays["disc_0_6"])
    torch.testing.assert_close(scores[:, :, :64], expected, rtol=1e-3, atol=1e-4)


def test_discriminator_hinge_sums_both_sides_and_all_scales():
    real = [[values(9, 9), values(2.0, 0.5)], [values(9), values(-2.0)]]
    generated = [[values(9, 9), values(-3.0, 0.0)], [values(9), values(1.0)]]
    expected = (0 + 0.5) / 2 + 3.0 + (0 + 1.0) / 2 + 2.0
    assert discriminator_hinge_loss(real, generated).item() == pytest.approx(expected)


def test_generator_hinge_sums_the_scales():
    generated = [[values(9, 9), values(-3.0, 1.0)], [values(9), values(5.0)]]
    assert generator_hinge_loss(generated).item() == pytest.approx(1.0 - 5.0)


def test_feature_matching_weights_layers_equally_and_omits_scores():
    real = [[values(1, 1, 1, 1), values(0, 2), values(7)], [values(3), values(7)]]
    generated = [[values(2, 1, 1, 1), values(1, 0), values(0)], [values(-1), values(0)]]
    expected = 1 / 4 + 3 / 2 + 4
    assert feature_matching_loss(real, generated).item() == pytest.approx(expected)


def test_feature_matching_gives_real_features_no_gradient():
    real, generated = values(1.0, 2.0).requires_grad_(), values(0.0, 5.0).requires_grad_()
    feature_matching_loss([[real, values(0)]], [[generated, values(0)]]).backward()
    assert real.grad is None
    assert generated.grad.flatten().tolist() == [-0.5, 0.5]


def test_feature_matching_needs_features_of_one_network():
    with pytest.raises(ValueError, match="zip"):
        feature_matching_loss([[values(1), values(1)]], [])


def test_commitment_gives_only_generated_features_a_gradient():
    generated, real = values(1.0, 2.0, 0.0).requires_grad_(), values(4.0, 1.0, 0.0).requires_grad_()
    loss = commitment_loss(generated, real)
    loss.backward()
    assert loss.item() == pytest.approx((3 + 1 + 0) / 3)
    assert real.grad is None
    np.testing.assert_allclose(generated.grad.flatten(), [-1 / 3, 1 / 3, 0])


def test_waveform_distances():
    generated, real = torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, -0.1]])
    assert waveform_loss(generated, real).item() == pytest.approx(0.3)
    assert waveform_loss(generated, real, squared=True).item() == pytest.approx((0.25 + 0.01) / 2)


def test_log_mel_equals_that_of_librosa(log_mel):
    from d2m.core.librosa_loader import load_librosa

    audio = 0.1 * noise("sound", (8192,)).astype(np.float32)
    padded = np.pad(audio, 384, mode="reflect")
    amplitude = load_librosa().feature.melspectrogram(
        y=padded, sr=SAMPLE_RATE, n_fft=1024, hop_length=256, n_mels=128, power=1, center=False
    )
    spectrogram = log_mel(torch.from_numpy(audio)[None])
    assert spectrogram.shape == (1, 128, 32)
    np.testing.assert_allclose(spectrogram[0], np.log10(np.maximum(amplitude, 1e-5)), atol=2e-4)


def test_noise_ten_times_louder_has_distance_one(log_mel):
    hiss = 0.05 * torch.from_numpy(noise("hiss", (2, 4096)).astype(np.float32))
    assert mel_loss(10 * hiss, hiss, log_mel).item() == pytest.approx(1.0, abs=1e-3)


def test_mel_of_silence_has_a_gradient_without_nan(log_mel):
    silence = torch.zeros(1, 2048, requires_grad=True)
    loss = mel_loss(silence, 0.1 * torch.ones(1, 2048).cumsum(1).sin(), log_mel)
    loss.backward()
    assert loss > 1
    assert torch.isfinite(silence.grad).all()


def test_log_mel_adds_nothing_to_a_state_dict(log_mel):
    assert not log_mel.state_dict()


def test_default_weights_are_those_of_the_paper():
    weights = LossWeights()
    numbers = (weights.feature_matching, weights.commitment, weights.waveform, weights.mel)
    assert numbers == (3, 15, 40, 15)
    assert (weights.adversarial, weights.latent) == (1, 0)
    assert PUBLISHED_CODE_WEIGHTS.feature_matching == pytest.approx(3 * 4 / 5 / 3)


def test_weighted_loss_is_the_weighted_sum():
    weights = LossWeights(
        adversarial=1, feature_matching=2, commitment=3, latent=4, waveform=5, mel=6
    )
    losses = {
        "adversarial": lambda: torch.tensor(-1.0),
        "feature_matching": lambda: torch.tensor(0.5),
        "commitment": lambda: torch.tensor(0.25),
        "latent": lambda: torch.tensor(2.0),
        "waveform": lambda: torch.tensor(0.1),
        "mel": lambda: torch.tensor(1.5),
    }
    total, figures = weighted_loss(weights, losses)
    assert total.item() == pytest.approx(-1 + 1 + 0.75 + 8 + 0.5 + 9)
    assert figures["mel"].item() == 1.5


@pytest.mark.parametrize("off", ["adversarial", "feature_matching", "commitment", "mel"])
def test_a_loss_of_weight_zero_is_not_computed(off):
    parameter = torch.tensor(1.0, requires_grad=True)
    names = ("adversarial", "feature_matching", "commitment", "waveform", "mel")
    losses = {name: lambda: 2 * parameter for name in names if name != off}
    total, figures = weighted_loss(LossWeights(**{off: 0.0}), losses)
    total.backward()
    assert off not in figures
    assert parameter.grad.item() == 2 * (1 + 3 + 15 + 40 + 15 - getattr(LossWeights(), off))


def test_audio_is_decoded_only_for_audio_losses():
    assert LossWeights(waveform=0).needs_audio
    assert LossWeights(mel=0).needs_audio
    assert not LossWeights(waveform=0, mel=0).needs_audio


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_impossible_weights_are_refused(weight):
    with pytest.raises(SettingsError, match=r"weight of the loss mel is .*expected 0"):
        LossWeights(mel=weight)


def test_all_losses_off_is_refused():
    names = ("adversarial", "feature_matching", "commitment", "waveform", "mel")
    with pytest.raises(SettingsError, match="switched off"):
        LossWeights(**dict.fromkeys(names, 0.0))
