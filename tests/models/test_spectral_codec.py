"""The spectral codec: shapes, alignment in time, its inverse transform, and files."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS
from d2m.models.convnext import FrameLinear, convnext_blocks
from d2m.models.istft_decoder import ISTFTDecoder
from d2m.models.spectral_codec import CODING_FRAME, SpectralCodec, SpectralCodecConfig

SMALL = {
    "width": 32,
    "fine_width": 16,
    "encoder_blocks": 1,
    "fine_encoder_blocks": 1,
    "decoder_blocks": 1,
    "fine_decoder_blocks": 1,
}
LEVELS = pytest.mark.parametrize("level", ["high", "low"])


def small_codec(level: str = "high") -> SpectralCodec:
    torch.manual_seed(0)
    codec = SpectralCodec(SpectralCodecConfig(level=level, **SMALL)).eval()
    codec.codebook.k.normal_()
    return codec.requires_grad_(False)


def noise(frames: int, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(-0.1, 0.1, (1, frames * CODING_FRAME))).float()


@LEVELS
def test_a_code_stands_for_a_hop_of_the_level(level):
    codec = small_codec(level)
    audio = noise(20).repeat(2, 1)
    codes = codec.encode(audio)
    assert codes.shape == (2, 20 * CODING_FRAME // HOP_LEVELS[level].hop_length)
    assert codec.decode(codes).shape == audio.shape


@LEVELS
def test_an_incomplete_frame_at_the_end_has_no_code(level):
    codec = small_codec(level)
    audio = torch.nn.functional.pad(noise(5), (0, CODING_FRAME - 1))
    assert codec.encode(audio).shape == (1, 5 * codec.codes_per_frame)


@LEVELS
def test_joining_latents_is_the_inverse_of_splitting_frames(level):
    codec = small_codec(level)
    channels = 64 * codec.codes_per_frame
    frames = torch.arange(2 * channels * 3, dtype=torch.float32).reshape(2, channels, 3)
    latents = codec.split(frames)
    assert latents.shape == (2, 64, 3 * codec.codes_per_frame)
    assert torch.equal(codec.join(latents), frames)
    # The codes of a frame follow each other.
    per_frame = latents.unflatten(2, (3, codec.codes_per_frame))
    assert torch.equal(per_frame[:, :, 1].reshape(2, -1), frames[:, :, 1])


@LEVELS
def test_a_change_of_the_audio_changes_only_latents_near_it(level):
    codec = small_codec(level)
    audio = noise(60)
    other = audio.clone()
    other[:, 30 * CODING_FRAME] += 0.5
    change = (codec.latents(audio) - codec.latents(other)).abs().amax(dim=(0, 1))
    changed = torch.nonzero(change > 1e-5).flatten() // codec.codes_per_frame
    # Two frames of the long window's half, one of the fine and three of the coarse convolutions.
    assert changed.min() >= 30 - 7
    assert changed.max() <= 30 + 7
    assert changed.min() < 30 < changed.max()


@LEVELS
def test_parts_are_encoded_and_decoded_as_in_the_whole_given_enough_context(level):
    codec = small_codec(level)
    audio = noise(60)
    per_frame = codec.codes_per_frame
    part = slice(10 * CODING_FRAME, 50 * CODING_FRAME)
    whole, inner = codec.latents(audio), codec.latents(audio[:, part])
    kept = slice(20 * per_frame, 40 * per_frame)
    assert torch.allclose(whole[..., kept], inner[..., 10 * per_frame : 30 * per_frame], atol=1e-5)
    codes = codec.encode(audio)
    decoded, again = codec.decode(codes), codec.decode(codes[:, 10 * per_frame : 50 * per_frame])
    kept = slice(20 * CODING_FRAME, 40 * CODING_FRAME)
    shifted = slice(10 * CODING_FRAME, 30 * CODING_FRAME)
    assert torch.allclose(decoded[:, kept], again[:, shifted], atol=1e-6)
    assert decoded[:, kept].abs().max() > 1e-3


def decoder_that_outputs(outputs: torch.Tensor, n_fft: int = 512) -> ISTFTDecoder:
    """Return a decoder whose network has given outputs (1, n_fft + 2, T)."""
    decoder = ISTFTDecoder(
        64, hop=128, n_fft=n_fft, spectra=4, width=8, blocks=1, fine_width=8, fine_blocks=1
    )
    decoder.last.forward = lambda _: outputs  # type: ignore[method-assign]
    return decoder.eval()


@pytest.mark.parametrize("n_fft", [256, 512])
def test_the_inverse_transform_is_that_of_torch(n_fft):
    rng = np.random.default_rng(0)
    log_magnitude = torch.from_numpy(rng.normal(-2.0, 1.0, (1, n_fft // 2 + 1, 24))).float()
    phase = torch.from_numpy(rng.uniform(-9.0, 9.0, (1, n_fft // 2 + 1, 24))).float()
    decoder = decoder_that_outputs(torch.cat([log_magnitude, phase], dim=1), n_fft)
    spectrum = torch.polar(log_magnitude.exp(), phase)
    spectrum = torch.cat([spectrum, spectrum[..., -1:]], dim=-1)
    expected = torch.istft(spectrum, n_fft, 128, window=torch.hann_window(n_fft), length=24 * 128)
    with torch.no_grad():
        assert torch.allclose(decoder(torch.zeros(1, 64, 6)), expected, atol=1e-5)


def test_the_decoder_inverts_a_spectrum():
    """A network that outputs the true spectrum gives the true waveform."""
    audio = noise(6)
    spectrum = torch.stft(audio, 512, 128, window=torch.hann_window(512), return_complex=True)[
        ..., :-1
    ]
    true = torch.cat([spectrum.abs().clamp(min=1e-9).log(), spectrum.angle()], dim=1)
    with torch.no_grad():
        decoded = decoder_that_outputs(true)(torch.zeros(1, 64, 6))
    inner = slice(256, -512)
    assert torch.allclose(decoded[:, inner], audio[:, inner], atol=1e-5)


def test_magnitudes_are_limited():
    loud = torch.cat([torch.full((1, 257, 24), 50.0), torch.zeros(1, 257, 24)], dim=1)
    with torch.no_grad():
        assert torch.isfinite(decoder_that_outputs(loud)(torch.zeros(1, 64, 6))).all()


def test_blocks_keep_the_shape_and_linear_layers_output_float32_in_mixed_precision():
    x = torch.randn(2, 8, 10)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        out = FrameLinear(8, 6)(convnext_blocks(8, 2)(x))
    assert out.shape == (2, 6, 10)
    assert out.dtype == torch.float32


def test_a_file_gives_the_same_codec(tmp_path):
    codec = small_codec("low")
    path = tmp_path / "codec.safetensors"
    save_file(codec.state_dict(), path, metadata=codec.config.metadata())
    loaded = SpectralCodec.from_pretrained(path)
    assert loaded.config == codec.config
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    audio = noise(10)
    assert torch.equal(loaded.decode(loaded.encode(audio)), codec.decode(codec.encode(audio)))


def test_a_wrong_file_is_refused(tmp_path):
    other = tmp_path / "other.safetensors"
    save_file({"k": torch.zeros(3)}, other)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"not weights")
    foreign = tmp_path / "foreign.safetensors"
    save_file({"k": torch.zeros(3)}, foreign, metadata=SpectralCodecConfig().metadata())
    for path in (other, damaged, foreign, tmp_path / "missing.safetensors"):
        with pytest.raises(CheckpointError, match=path.name):
            SpectralCodec.from_pretrained(path)


@LEVELS
def test_the_default_size_fits_the_bundle(level):
    with torch.device("meta"):
        codec = SpectralCodec(SpectralCodecConfig(level=level))
    assert 10e6 < sum(tensor.numel() for tensor in codec.state_dict().values()) < 13e6
