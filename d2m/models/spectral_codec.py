"""A codec with JukeBox's bottleneck between a spectral encoder and an iSTFT decoder.

A code is, as in JukeBox (see `d2m.models.vqvae`), the index of one of 2,048 entries of 64 values
and stands for 128 samples at level high and for 32 at level low. Encoder and decoder work in
coding frames of 512 samples (23 ms): the 4 or 16 codes of a frame are encoded and decoded
together, so that each can tell something else about it. Shapes: ``N`` audio samples, ``F``
coding frames, ``T`` codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.models.convnext import FrameLinear, convnext_blocks
from d2m.models.istft_decoder import ISTFTDecoder
from d2m.models.vqvae import LATENT_CHANNELS, Codebook
from d2m.models.weight_files import StoredConfig, read_weights

CODING_FRAME = 512
"""Samples of a coding frame: 4 codes of level high, 16 of level low."""
SPECTRUM_HOP = 128
"""Samples from one spectrum to the next, in encoder and decoder: the hop of level high."""
LONG_WINDOW = 2048
"""Window (samples, 93 ms) of the spectrum that tells the pitches of melody and chords."""
LONG_BINS = 256
"""Bins of the long spectrum that the encoder reads: up to 2.75 kHz."""
SHORT_WINDOW = 512
"""Window (samples, 23 ms) of the spectrum that tells attacks and timbre, and of the waveform."""
_LOG_FLOOR = 1e-3  # added to magnitudes before the logarithm
_RMS_FLOOR = 1e-2  # added to the level that a window of the waveform is divided by
_SPECTRA = CODING_FRAME // SPECTRUM_HOP


@dataclass(frozen=True, kw_only=True)
class SpectralCodecConfig(StoredConfig):
    """Level and sizes of a spectral codec.

    Parameters
    ----------
    level
        Name of the hop level.
    width, fine_width
        Channels of the coding frames, and of the spectra.
    encoder_blocks, fine_encoder_blocks, decoder_blocks, fine_decoder_blocks
        ConvNeXt blocks of encoder and decoder, at the rate of the coding frames and of the
        spectra.
    n_fft
        Samples of the window of the decoder's inverse transform.
    """

    level: str = "high"
    width: int = 384
    fine_width: int = 256
    encoder_blocks: int = 3
    fine_encoder_blocks: int = 2
    decoder_blocks: int = 4
    fine_decoder_blocks: int = 4
    n_fft: int = 512


class SpectralEncoder(nn.Module):
    """Encode waveforms as coding frames of latents.

    For each spectrum of the decoder, the network reads the log magnitudes of a long and a short
    window, and the samples of the short window divided by their level. The samples tell the
    phase of the bass, without which the decoder could not place its periods.

    Parameters
    ----------
    outputs
        Values of a coding frame of latents.
    config
        Sizes of the network.
    """

    long_window: Tensor
    short_window: Tensor

    def __init__(self, outputs: int, config: SpectralCodecConfig) -> None:
        super().__init__()
        bins, fine = LONG_BINS + SHORT_WINDOW // 2 + 1, config.fine_width
        self.waveform = nn.Linear(SHORT_WINDOW, fine // 2)
        self.first = nn.Conv1d(bins + fine // 2, fine, 3, padding=1)
        self.fine = convnext_blocks(fine, config.fine_encoder_blocks)
        self.join = FrameLinear(_SPECTRA * fine, config.width)
        self.coarse = convnext_blocks(config.width, config.encoder_blocks)
        self.last = FrameLinear(config.width, outputs)
        self.register_buffer("long_window", torch.hann_window(LONG_WINDOW), persistent=False)
        self.register_buffer("short_window", torch.hann_window(SHORT_WINDOW), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Map audio (B, N) to coding frames of latents (B, outputs, F)."""
        audio = audio[..., : audio.shape[-1] // CODING_FRAME * CODING_FRAME]
        spectra = self.fine(self.first(self._features(audio)))
        batch, channels, count = spectra.shape
        joined = spectra.reshape(batch, channels, count // _SPECTRA, _SPECTRA)
        joined = joined.transpose(2, 3).flatten(1, 2)
        latents: Tensor = self.last(self.coarse(self.join(joined)))
        return latents

    def _features(self, audio: Tensor) -> Tensor:
        """Return what the network reads of each spectrum, (B, C, 4 F)."""
        with torch.autocast(audio.device.type, enabled=False):
            long, short = _windows(audio, LONG_WINDOW), _windows(audio, SHORT_WINDOW)
            spectra = torch.cat(
                [
                    torch.fft.rfft(long * self.long_window)[..., :LONG_BINS].abs(),
                    torch.fft.rfft(short * self.short_window).abs(),
                ],
                dim=-1,
            )
            logarithms = (torch.log(spectra + _LOG_FLOOR) + 2.0) / 3.0  # about unit variance
            level = short.square().mean(-1, keepdim=True).sqrt()
            samples = self.waveform(short / (level + _RMS_FLOOR))
            return torch.cat([logarithms, samples], dim=-1).transpose(1, 2)


class SpectralCodec(nn.Module):
    """Encode waveforms as codes and decode codes to waveforms.

    Parameters
    ----------
    config
        Level and sizes.

    Examples
    --------
    >>> codec = SpectralCodec.from_pretrained("codec_high.safetensors")
    >>> copy = codec.decode(codec.encode(audio))
    """

    def __init__(self, config: SpectralCodecConfig) -> None:
        super().__init__()
        self.config = config
        self.level: HopLevel = HOP_LEVELS[config.level]
        self.codes_per_frame = CODING_FRAME // self.level.hop_length
        channels = self.codes_per_frame * LATENT_CHANNELS
        self.encoder = SpectralEncoder(channels, config)
        self.codebook = Codebook()
        self.decoder = ISTFTDecoder(
            channels,
            hop=SPECTRUM_HOP,
            n_fft=config.n_fft,
            spectra=_SPECTRA,
            width=config.width,
            blocks=config.decoder_blocks,
            fine_width=config.fine_width,
            fine_blocks=config.fine_decoder_blocks,
        )

    @classmethod
    def from_pretrained(cls, path: str | Path) -> SpectralCodec:
        """Load a codec from a safetensors file that its training wrote.

        Returns
        -------
        SpectralCodec
            On the CPU, in float32 and evaluation mode, without gradients.

        Raises
        ------
        CheckpointError
            If the file is missing, damaged, or holds other weights.
        """
        path = Path(path)
        tensors, metadata = read_weights(path)
        try:
            config = SpectralCodecConfig.from_metadata(metadata)
            codec = cls(config)
            codec.load_state_dict(tensors)
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path.name} holds no spectral codec: expected a file written by "
                "`python -m d2m train codec`."
            ) from error
        return codec.eval().requires_grad_(False)

    def latents(self, audio: Tensor) -> Tensor:
        """Encode audio (B, N) in [-1, 1] as latents (B, 64, T), before rounding.

        ``T`` is the number of codes of the whole coding frames in the audio.
        """
        return self.split(self.encoder(audio))

    def encode(self, audio: Tensor) -> Tensor:
        """Encode audio (B, N) in [-1, 1] as codes (B, T)."""
        return self.codebook.nearest(self.latents(audio))

    def decode(self, codes: Tensor) -> Tensor:
        """Decode codes (B, T) to audio (B, T * hop); ``T`` is a multiple of those of a frame."""
        return self.decode_latents(self.codebook.entries(codes))

    def decode_latents(self, latents: Tensor) -> Tensor:
        """Decode latents (B, 64, T) to audio (B, T * hop), like codes."""
        audio: Tensor = self.decoder(self.join(latents))
        return audio

    def split(self, frames: Tensor) -> Tensor:
        """Return coding frames (B, C, F) as the latents (B, 64, T) of their codes."""
        batch, _, count = frames.shape
        split = frames.reshape(batch, LATENT_CHANNELS, self.codes_per_frame, count)
        return split.transpose(2, 3).flatten(2)

    def join(self, latents: Tensor) -> Tensor:
        """Return latents (B, 64, T) as coding frames (B, C, F); the inverse of `split`."""
        batch, channels, _ = latents.shape
        split = latents.reshape(batch, channels, -1, self.codes_per_frame)
        return split.transpose(2, 3).flatten(1, 2)


def _windows(audio: Tensor, size: int) -> Tensor:
    """Return the windows (B, F, size) centred on the spectra of audio (B, N)."""
    before = (size - SPECTRUM_HOP) // 2
    padded = functional.pad(audio, (before, size - SPECTRUM_HOP - before))
    return padded.unfold(-1, size, SPECTRUM_HOP)
