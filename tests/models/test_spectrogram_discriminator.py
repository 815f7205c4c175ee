"""The discriminator of spectrograms: shapes, and that it can tell two sounds apart."""

from __future__ import annotations

import torch

from d2m.models.losses import discriminator_hinge_loss
from d2m.models.spectrogram_discriminator import SPECTROGRAM_WINDOWS, SpectrogramDiscriminator


def test_each_resolution_scores_parts_of_the_spectrogram():
    features = SpectrogramDiscriminator(channels=4)(0.1 * torch.randn(2, 1, 8192))
    assert len(features) == len(SPECTROGRAM_WINDOWS)
    for scale, window in zip(features, SPECTROGRAM_WINDOWS, strict=True):
        assert len(scale) == 5
        batch, channels, _, frames = scale[-1].shape
        assert (batch, channels, frames) == (2, 1, 8192 * 4 // window + 1)
        assert all(layer.shape[1] == 4 for layer in scale[:-1])


def test_silence_and_noise_have_finite_scores_and_gradients():
    discriminator = SpectrogramDiscriminator(channels=4)
    audio = torch.zeros(1, 1, 4096, requires_grad=True)
    sum(scale[-1].sum() for scale in discriminator(audio)).backward()
    assert audio.grad is not None
    assert torch.isfinite(audio.grad).all()


def test_it_learns_to_tell_noise_from_a_tone():
    torch.manual_seed(0)
    discriminator = SpectrogramDiscriminator(channels=4)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=3e-3)
    tone = 0.3 * torch.sin(torch.arange(4096) * 0.1).expand(2, 1, -1)
    losses = []
    for _ in range(20):
        noise = 0.1 * torch.randn(2, 1, 4096)
        loss = discriminator_hinge_loss(discriminator(tone), discriminator(noise))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
