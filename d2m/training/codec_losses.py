"""How far decoded audio is from the original: the losses of codecs.

Distances of magnitudes over several window lengths (Yamamoto et al., "Parallel WaveGAN", 2020)
and of mel spectrograms, and one of the waveform at low frequencies. Audio has the shape (B, N).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from d2m.audio.mel_filters import mel_filters
from d2m.core.levels import SAMPLE_RATE

MEL_BANDS = {256: 20, 512: 40, 1024: 80, 2048: 128}
"""Mel bands for each window length (samples) that has a log-mel loss. Chosen by hand; 1,024 with
80 bands is what `d2m.metrics.codec.log_mel_l1` measures."""
TONAL_WINDOWS = (2048, 4096)
"""Window lengths (samples) of the tonal distance: 93 ms tell semitones from 200 Hz on, 186 ms
from 100 Hz."""
TONAL_TOP_HZ = 4_000.0
"""Highest frequency (Hz) of the tonal distance. Chosen by hand: the partials that make a melody."""
TONAL_FLOOR = 1e-2
"""Amount added to magnitudes before their logarithm; a full-scale sine has 512 or 1,024."""
CONVERGENCE_WINDOWS = (128, *MEL_BANDS)
"""Window lengths (samples) of the spectral convergence. The shortest is shorter than a period of
the bass, so it also counts the bass's phase."""
METRIC_WINDOWS = (128, 512, 2048)
"""Window lengths (samples) of `d2m.metrics.codec.spectral_convergence`."""
MEL_FLOOR = 1e-5
"""Smallest mel amplitude (-100 dB), that of the metric."""
PRE_EMPHASIS = 0.85
"""Coefficient of the filter 1 - c z^-1 that lifts the treble, as in speech coding."""
LOWEST_OCTAVE_HZ = 160.0
"""Largest upper end (Hz) of the lowest octave of the waveform's distance. Chosen by hand."""
QUIET_SHARE = 0.1
"""Least norm of an item's spectrum, as a share of the mean of its batch. Chosen by hand, so that
near silence does not dominate a batch."""


@dataclass(frozen=True, kw_only=True)
class SpectralLossWeights:
    """Weights of the losses.

    Parameters
    ----------
    mel
        Of the mean absolute difference of log10-mel spectrograms.
    convergence
        Of the relative distance of magnitude spectrograms.
    treble
        Of the same after pre-emphasis.
    tonal
        Of the mean absolute difference of log10 magnitudes in long windows, which tell the
        partials of chords and melodies and the gaps between them.
    low_band
        Of the relative distance of the waveforms in octaves of low frequencies.
    """

    mel: float = 10.0
    convergence: float = 7.0
    treble: float = 1.0
    tonal: float = 4.0
    low_band: float = 2.5


CODEC_WEIGHTS = {
    "high": SpectralLossWeights(),
    "low": SpectralLossWeights(mel=15.0, convergence=10.0, tonal=5.0, low_band=3.0),
}
"""Weights of a codec's losses at each level. Chosen by hand: level low has four times the codes,
which can keep the waveform, so the waveform counts more."""
CODEC_LOW_BAND_HZ = {"high": 320.0, "low": 640.0}
"""Frequency (Hz) up to which a codec's waveform counts. Codes of level high cannot keep the phase
of higher ones. Chosen by hand."""


class SpectralLoss(nn.Module):
    """Compute the distances of decoded audio from the original.

    Parameters
    ----------
    low_band_hz
        Upper end (Hz) of the octaves in `low_band_distance`.
    """

    def __init__(self, low_band_hz: float) -> None:
        super().__init__()
        self._low_band_hz = low_band_hz
        for size in {*CONVERGENCE_WINDOWS, *TONAL_WINDOWS}:
            self._buffer(f"window{size}", torch.hann_window(size))
            angle = torch.linspace(0.0, torch.pi, size // 2 + 1)
            power = 1.0 + PRE_EMPHASIS**2 - 2.0 * PRE_EMPHASIS * torch.cos(angle)
            self._buffer(f"lift{size}", power.sqrt()[:, None])
            if bands := MEL_BANDS.get(size):
                mel = mel_filters(SAMPLE_RATE, size, bands)
                self._buffer(f"mel{size}", torch.from_numpy(mel))

    def forward(self, decoded: Tensor, audio: Tensor) -> dict[str, Tensor]:
        """Return the distances by the names of `SpectralLossWeights`, each a scalar."""
        mels, convergences, trebles, tonals = [], [], [], []
        for size in sorted({*CONVERGENCE_WINDOWS, *TONAL_WINDOWS}):
            one, other = self._magnitudes(decoded, size), self._magnitudes(audio, size)
            if size in TONAL_WINDOWS:
                tonals.append(tonal_distance(one, other))
            if size not in CONVERGENCE_WINDOWS:
                continue
            lift = self.get_buffer(f"lift{size}")
            convergences.append(relative_distance(one, other))
            trebles.append(relative_distance(one * lift, other * lift))
            if size in MEL_BANDS:
                mel = self.get_buffer(f"mel{size}")
                logs = [torch.log10((mel @ x).clamp(min=MEL_FLOOR)) for x in (one, other)]
                mels.append((logs[0] - logs[1]).abs().mean())
        return {
            "mel": torch.stack(mels).mean(),
            "convergence": torch.stack(convergences).mean(),
            "treble": torch.stack(trebles).mean(),
            "tonal": torch.stack(tonals).mean(),
            "low_band": low_band_distance(decoded, audio, self._low_band_hz),
        }

    @torch.no_grad()
    def distances(self, decoded: Tensor, audio: Tensor) -> tuple[float, float]:
        """Return log-mel L1 and spectral convergence as `d2m.metrics.codec` defines them."""
        convergences = []
        for size in METRIC_WINDOWS:
            one, other = self._magnitudes(decoded, size), self._magnitudes(audio, size)
            convergences.append(float((one - other).norm() / other.norm()))
        one, other = (
            torch.log10((self.get_buffer("mel1024") @ self._magnitudes(x, 1024)).clamp(MEL_FLOOR))
            for x in (decoded, audio)
        )
        return float((one - other).abs().mean()), sum(convergences) / len(convergences)

    def _magnitudes(self, audio: Tensor, size: int) -> Tensor:
        window = self.get_buffer(f"window{size}")
        spectrum = torch.stft(audio, size, size // 4, window=window, return_complex=True)
        magnitudes: Tensor = spectrum.abs()
        return magnitudes

    def _buffer(self, name: str, values: Tensor) -> None:
        self.register_buffer(name, values, persistent=False)


def tonal_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean absolute difference of log10 magnitudes (B, bins, T) up to 4 kHz."""
    top = int(TONAL_TOP_HZ / (SAMPLE_RATE / 2) * (one.shape[1] - 1)) + 1
    logs = [torch.log10(x[:, :top] + TONAL_FLOOR) for x in (one, other)]
    return (logs[0] - logs[1]).abs().mean()


def low_band_distance(decoded: Tensor, audio: Tensor, low_band_hz: float) -> Tensor:
    """Return the relative distance of waveforms in octaves, averaged over octaves and batch.

    0 for equal audio, and 1 for silence. Each octave counts the same: over all frequencies at
    once, the bass would drown the melody.

    Parameters
    ----------
    decoded, audio : (B, N)
        Audio in [-1, 1].
    low_band_hz
        Upper end (Hz) of the highest octave. The lowest one goes down to 0 Hz and has its upper
        end at `LOWEST_OCTAVE_HZ` or less.
    """
    spectra = [torch.fft.rfft(x) for x in (decoded, audio)]
    ends = [low_band_hz]
    while ends[-1] > LOWEST_OCTAVE_HZ:
        ends.append(ends[-1] / 2.0)
    bins = [0, *(int(hz / SAMPLE_RATE * audio.shape[-1]) for hz in reversed(ends))]
    distances = []
    for low, high in pairwise(bins):
        one, other = (torch.view_as_real(x[..., low:high]) for x in spectra)
        distances.append(relative_distance(one, other))
    return torch.stack(distances).mean()


def relative_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the norm of each item's difference over that of ``other``, averaged over a batch.

    Items much quieter than the mean of the batch count less, see `QUIET_SHARE`.
    """
    difference = (one - other).flatten(1).norm(dim=1)
    norm = other.flatten(1).norm(dim=1)
    floor = 1e-3 + QUIET_SHARE * norm.mean()
    mean: Tensor = (difference / torch.maximum(norm, floor)).mean()
    return mean
