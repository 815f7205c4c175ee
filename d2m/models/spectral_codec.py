"""A codec with JukeBox's bottleneck between a spectral encoder and an iSTFT decoder.

A code is, as in JukeBox (see `d2m.models.vqvae`), the index of one of 2,048 entries of 64 values
and stands for 128 samples at level high and for 32 at level low. Encoder and decoder work in
frames of 128 samples at both levels: at level low, the four codes of a frame are encoded and
decoded together. Shapes: ``N`` audio samples, ``F`` frames, ``T`` codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.models.istft_decoder import ConvNeXtStack, ISTFTDecoder
from d2m.models.vqvae import LATENT_CHANNELS, Codebook

FRAME_SAMPLES = 128
"""Samples per frame of encoder and decoder: the hop of level high."""
LONG_WINDOW = 2048
"""Window (samples, 93 ms) of the spectrum that tells the pitches of melody and chords."""
LONG_BINS = 256
"""Bins of the long spectrum that the encoder reads: up to 2.75 kHz."""
SHORT_WINDOW = 512
"""Window (samples, 23 ms) of the spectrum that tells attacks and timbre, and of the waveform."""
_LOG_FLOOR = 1e-3  # added to magnitudes before the logarithm
_RMS_FLOOR = 1e-2  # added to the level that a window of the waveform is divided by


@dataclass(frozen=True, kw_only=True)
class SpectralCodecConfig:
    """Sizes of a spectral codec.

    Parameters
    ----------
    level
        Name of the hop level.
    width, hidden
        Channels of the frames, and of the perceptrons in the ConvNeXt blocks.
    encoder_blocks, decoder_blocks
        ConvNeXt blocks of encoder and decoder.
    n_fft
        Samples of the window of the decoder's inverse transform.
    """

    level: str = "high"
    width: int = 256
    hidden: int = 768
    encoder_blocks: int = 4
    decoder_blocks: int = 7
    n_fft: int = 512

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> SpectralCodecConfig:
        """Return the configuration from the strings of a file's header.

        Raises
        ------
        KeyError, ValueError
            If a value is missing or no number.
        """
        sizes = {name: int(metadata[name]) for name in asdict(cls()) if name != "level"}
        return cls(level=metadata["level"], **sizes)

    def metadata(self) -> dict[str, str]:
        """Return the configuration as strings for a file's header."""
        return {name: str(value) for name, value in asdict(self).items()}


class SpectralEncoder(nn.Module):
    """Encode waveforms as frames of latents.

    In each frame, the network reads the log magnitudes of two spectra, of a long and a short
    window, and the samples of the short window divided by their level. The samples tell the
    phase of the bass, without which the decoder could not place its periods.

    Parameters
    ----------
    outputs
        Values of a frame of latents.
    config
        Sizes of the network.
    """

    long_window: Tensor
    short_window: Tensor

    def __init__(self, outputs: int, config: SpectralCodecConfig) -> None:
        super().__init__()
        bins = LONG_BINS + SHORT_WINDOW // 2 + 1
        self.stack = ConvNeXtStack(
            bins + config.width // 2,
            outputs,
            width=config.width,
            hidden=config.hidden,
            blocks=config.encoder_blocks,
            kernel=3,
        )
        self.waveform = nn.Linear(SHORT_WINDOW, config.width // 2)
        self.register_buffer("long_window", torch.hann_window(LONG_WINDOW), persistent=False)
        self.register_buffer("short_window", torch.hann_window(SHORT_WINDOW), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Map audio (B, N) to frames of latents (B, outputs, F)."""
        with torch.autocast(audio.device.type, enabled=False):
            long = _windows(audio, LONG_WINDOW)
            short = _windows(audio, SHORT_WINDOW)
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
            features = torch.cat([logarithms, samples], dim=-1).transpose(1, 2)
        latents: Tensor = self.stack(features)
        return latents


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
        self.codes_per_frame = FRAME_SAMPLES // self.level.hop_length
        channels = self.codes_per_frame * LATENT_CHANNELS
        self.encoder = SpectralEncoder(channels, config)
        self.codebook = Codebook()
        self.decoder = ISTFTDecoder(
            channels,
            hop=FRAME_SAMPLES,
            n_fft=config.n_fft,
            width=config.width,
            hidden=config.hidden,
            blocks=config.decoder_blocks,
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
        from safetensors import SafetensorError, safe_open

        path = Path(path)
        try:
            with safe_open(path, framework="pt") as file:
                config = SpectralCodecConfig.from_metadata(file.metadata() or {})
                tensors = {n: file.get_tensor(n).float() for n in file.keys()}  # noqa: SIM118
            codec = cls(config)
            codec.load_state_dict(tensors)
        except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path.name} holds no spectral codec: train one, or choose another file."
            ) from error
        return codec.eval().requires_grad_(False)

    def latents(self, audio: Tensor) -> Tensor:
        """Encode audio (B, N) in [-1, 1] as latents (B, 64, T), before rounding.

        ``T`` is the number of codes of the whole frames in the audio.
        """
        frames: Tensor = self.encoder(audio)
        batch, _, count = frames.shape
        split = frames.reshape(batch, LATENT_CHANNELS, self.codes_per_frame, count)
        return split.transpose(2, 3).flatten(2)

    def encode(self, audio: Tensor) -> Tensor:
        """Encode audio (B, N) in [-1, 1] as codes (B, T)."""
        return self.codebook.nearest(self.latents(audio))

    def decode(self, codes: Tensor, *, first_frame: int = 0) -> Tensor:
        """Decode codes (B, T) to audio (B, T * hop).

        ``T`` is a multiple of the codes per frame. ``first_frame`` is the number of the first
        frame in the piece, see `d2m.models.istft_decoder.ISTFTDecoder.forward`.
        """
        return self.decode_latents(self.codebook.entries(codes), first_frame=first_frame)

    def decode_latents(self, latents: Tensor, *, first_frame: int = 0) -> Tensor:
        """Decode latents (B, 64, T) to audio (B, T * hop), like codes."""
        return self.decoder(self.frames(latents), first_frame=first_frame)  # type: ignore[no-any-return]

    def frames(self, latents: Tensor) -> Tensor:
        """Return latents (B, 64, T) as the frames (B, C, F) that the decoder reads."""
        batch, channels, _ = latents.shape
        split = latents.reshape(batch, channels, -1, self.codes_per_frame)
        return split.transpose(2, 3).flatten(1, 2)


def _windows(audio: Tensor, size: int) -> Tensor:
    """Return the windows (B, F, size) centred on the frames of audio (B, N)."""
    before = (size - FRAME_SAMPLES) // 2
    padded = functional.pad(audio, (before, size - FRAME_SAMPLES - before))
    return padded.unfold(-1, size, FRAME_SAMPLES)
