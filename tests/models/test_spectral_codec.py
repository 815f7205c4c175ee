"""The spectral codec: shapes, alignment in time, files, and the speed-relevant sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS
from d2m.models.istft_decoder import TONE_HZ, ConvNeXtStack, ISTFTDecoder
from d2m.models.spectral_codec import FRAME_SAMPLES, SpectralCodec, SpectralCodecConfig

SMALL = {"width": 32, "hidden": 48, "encoder_blocks": 1, "decoder_blocks": 1, "n_fft": 256}


def small_codec(level: str = "high") -> SpectralCodec:
    torch.manual_seed(0)
    codec = SpectralCodec(SpectralCodecConfig(level=level, **SMALL)).eval()
    codec.codebook.k.normal_()
    return codec.requires_grad_(False)


@pytest.mark.parametrize("level", ["high", "low"])
def test_a_code_stands_for_a_hop_of_the_level(level):
    codec = small_codec(level)
    audio = 0.1 * torch.randn(2, 20 * FRAME_SAMPLES)
    codes = codec.encode(audio)
    assert codes.shape == (2, 20 * FRAME_SAMPLES // HOP_LEVELS[level].hop_length)
    assert codec.decode(codes).shape == audio.shape


def test_an_incomplete_frame_at_the_end_has_no_code():
    codec = small_codec()
    assert codec.encode(torch.zeros(1, 5 * FRAME_SAMPLES + 127)).shape == (1, 5)


def test_latents_and_decoding_agree_on_the_order_of_the_codes_in_a_frame():
    codec = small_codec("low")
    frames = torch.arange(4 * 64 * 3, dtype=torch.float32).reshape(1, 256, 3)
    codec.encoder.forward = lambda _: frames  # type: ignore[method-assign]
    seen = []
    codec.decoder.forward = lambda x, **_: seen.append(x) or x  # type: ignore[method-assign]
    codec.decode_latents(codec.latents(torch.zeros(1, 3 * FRAME_SAMPLES)))
    assert torch.equal(seen[0], frames)


def test_a_change_of_the_audio_changes_only_latents_near_it():
    codec = small_codec()
    audio = 0.1 * torch.randn(1, 80 * FRAME_SAMPLES)
    other = audio.clone()
    other[:, 40 * FRAME_SAMPLES] += 0.5
    change = (codec.latents(audio) - codec.latents(other)).abs().amax(dim=(0, 1))
    changed = torch.nonzero(change > 1e-5).flatten()
    # Eight frames of the long window's half, and four of the convolutions.
    assert changed.min() >= 40 - 12
    assert changed.max() <= 40 + 12
    assert 38 <= int(change.argmax()) <= 42


def test_a_change_of_a_code_changes_only_audio_near_it():
    codec = small_codec()
    codes = torch.randint(2048, (1, 60))
    other = codes.clone()
    other[0, 30] = (other[0, 30] + 1) % 2048
    change = (codec.decode(codes) - codec.decode(other)).abs()[0]
    changed = torch.nonzero(change > 1e-6).flatten()
    assert changed.min() >= (30 - 8) * FRAME_SAMPLES
    assert changed.max() < (30 + 9) * FRAME_SAMPLES


def test_the_decoder_inverts_a_spectrum():
    """A network that outputs the true spectrum gives the true waveform."""
    decoder = ISTFTDecoder(64, hop=128, n_fft=512, width=8, hidden=8, blocks=1)
    audio = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 0.5, (1, 24 * 128))).float()
    window = torch.hann_window(512)
    spectrum = torch.stft(audio, 512, 128, window=window, return_complex=True)[..., :-1]
    silent = torch.full((1, 2 * len(TONE_HZ), 24), -30.0)
    true = torch.cat([spectrum.abs().clamp(min=1e-9).log(), spectrum.angle(), silent], dim=1)
    decoder.stack.forward = lambda _: true  # type: ignore[method-assign]
    decoded = decoder(torch.zeros(1, 64, 24))
    inner = slice(256, -512)
    assert torch.allclose(decoded[:, inner], audio[:, inner], atol=1e-4)


def test_steady_outputs_of_the_network_give_a_steady_tone_at_any_place_in_a_piece():
    decoder = ISTFTDecoder(64, hop=128, n_fft=512, width=8, hidden=8, blocks=1)
    key, count, first = TONE_HZ.index(440.0), 60, 77
    outputs = torch.full((1, 2 * 257 + 2 * len(TONE_HZ), count), -30.0)
    outputs[:, 2 * 257 + key] = np.log(0.25)
    outputs[:, 2 * 257 + len(TONE_HZ) :] = 0.3  # the phase at the start of the piece
    decoder.stack.forward = lambda _: outputs  # type: ignore[method-assign]
    decoded = decoder(torch.zeros(1, 64, count), first_frame=first)[0]
    time = (np.arange(count * 128) + first * 128) / 22050
    tone = torch.from_numpy(0.25 * np.cos(2 * np.pi * 440 * time + 0.3)).float()
    assert torch.allclose(decoded[256:-512], tone[256:-512], atol=1e-5)


def test_a_stack_outputs_float32_in_mixed_precision():
    stack = ConvNeXtStack(4, 6, width=8, hidden=12, blocks=2, kernel=3)
    with torch.autocast("cpu", torch.bfloat16):
        out = stack(torch.randn(2, 4, 10))
    assert out.shape == (2, 6, 10)
    assert out.dtype == torch.float32


def test_a_file_gives_the_same_codec(tmp_path):
    codec = small_codec("low")
    path = tmp_path / "codec.safetensors"
    half = {name: tensor.half() for name, tensor in codec.state_dict().items()}
    save_file(half, path, metadata=codec.config.metadata())
    loaded = SpectralCodec.from_pretrained(path)
    assert loaded.config == codec.config
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    codec.load_state_dict({name: tensor.float() for name, tensor in half.items()})
    audio = 0.1 * torch.randn(1, 10 * FRAME_SAMPLES)
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


@pytest.mark.parametrize("level", ["high", "low"])
def test_the_default_size_fits_the_bundle(level):
    codec = SpectralCodec(SpectralCodecConfig(level=level))
    assert 4e6 < sum(tensor.numel() for tensor in codec.state_dict().values()) < 5.5e6
