"""Aud-MoCoGAN baseline: MoCoGAN that hears music (Lee et al., NeurIPS 2019, Sec. 4.3).

MoCoGAN (Tulyakov et al., CVPR 2018) turns a sequence of random vectors into a sequence of
pictures: a recurrent network makes codes of the motion, a decoder turns each of them, with the
content, into a picture. Here the random vectors come with the style and the beats of the music,
pictures are poses, and the content is one more random vector, the dancer. Shapes: ``B`` dances,
``T`` frames at 15 fps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m.choreography.joints import N_JOINTS
from d2m.choreography.kinematic_beats import UNIT_FPS
from d2m.choreography.stored_network import stored_network
from d2m.choreography.unit_vae import POSE_VALUES
from d2m.core.dance_styles import DANCE_STYLES
from d2m.models.weight_files import StoredConfig

FloatArray = NDArray[np.float64]

BEAT_WAVES = 4
"""Values that tell a frame's place between beats: cosine and sine of the phase of the beat, and
of that of two beats."""
SEQUENCE_STRIDES = (1, 2, 4)
"""Steps (frames) at which the discriminators of sequences look at a dance. Chosen by hand."""
AUD_MOCOGAN_FILE = "dance/aud_mocogan.safetensors"
"""File of the weights in a checkpoints folder."""
_NOISE, _CONTENT = 10, 16  # values of the random vectors


@dataclass(frozen=True, kw_only=True)
class AudMocoganConfig(StoredConfig):
    """Sizes of an `AudMocogan`.

    Parameters
    ----------
    hidden
        Values of the recurrent state. Chosen by hand.
    """

    hidden: int = 192


class AudMocogan(nn.Module):
    """The generator.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: AudMocoganConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("pose_mean", torch.zeros(POSE_VALUES))
        self.register_buffer("pose_scale", torch.ones(POSE_VALUES))
        width = config.hidden
        inputs = _NOISE + BEAT_WAVES + len(DANCE_STYLES) + _CONTENT
        self.motion = nn.GRU(inputs, width, batch_first=True)
        self.decoder = nn.Sequential(
            *(nn.Linear(width + _CONTENT, width), nn.LeakyReLU(0.2)),
            nn.Linear(width, POSE_VALUES),
        )

    pose_mean: Tensor
    pose_scale: Tensor

    def normalise(self, poses: Tensor) -> None:
        """Learn mean and scale of poses (N, 42)."""
        self.pose_mean.copy_(poses.mean(dim=0))
        self.pose_scale.copy_(poses.std(dim=0).clamp(min=0.05))

    def forward(self, style: Tensor, beats: Tensor) -> Tensor:
        """Return random dances.

        Parameters
        ----------
        style : (B, 12)
            Shares of the styles.
        beats : (B, T, BEAT_WAVES)
            See `beat_features`.

        Returns
        -------
        (B, T, 42)
            Poses as z-scores, see `normalise`.
        """
        batch, frames = beats.shape[:2]
        noise = torch.randn(batch, frames, _NOISE, device=beats.device)
        content = torch.randn(batch, 1, _CONTENT, device=beats.device).expand(-1, frames, -1)
        styles = style[:, None].expand(-1, frames, -1)
        states, _ = self.motion(torch.cat([noise, beats, styles, content], dim=-1))
        poses: Tensor = self.decoder(torch.cat([states, content], dim=-1))
        return poses

    @classmethod
    def from_pretrained(cls, folder: Path) -> AudMocogan:
        """Load the network of a checkpoints folder.

        Raises
        ------
        CheckpointError
            If its file is missing, damaged, or of another network.
        """
        return stored_network(cls, AudMocoganConfig, folder / AUD_MOCOGAN_FILE)

    @torch.inference_mode()
    def dance(
        self, style: NDArray[np.float32], beats_s: FloatArray, frames: int, *, seed: int
    ) -> FloatArray:
        """Return a dance to a song.

        Parameters
        ----------
        style : (12,)
            Shares of the styles.
        beats_s : (N,)
            Beats of the song (s).
        frames
            Length of the dance (frames at 15 fps).
        seed
            Seed of the random vectors.

        Returns
        -------
        (frames, 14, 3)
            Joints in torso lengths; the hips begin above the origin of the floor.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            poses = self(
                torch.as_tensor(style, dtype=torch.float32)[None],
                torch.as_tensor(beat_features(beats_s, frames))[None],
            )[0]
        joints = (poses * self.pose_scale + self.pose_mean).reshape(-1, N_JOINTS, 3)
        return np.asarray(joints.numpy(), dtype=float)


class PoseDiscriminator(nn.Module):
    """Tell real from generated poses, each on its own (D_I of MoCoGAN)."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(_normed(nn.Linear(POSE_VALUES + len(DANCE_STYLES), hidden)), nn.LeakyReLU(0.2)),
            *(_normed(nn.Linear(hidden, hidden)), nn.LeakyReLU(0.2)),
            _normed(nn.Linear(hidden, 1)),
        )

    def forward(self, poses: Tensor, style: Tensor) -> Tensor:
        """Return one value (B, N, 1) for each of the poses (B, N, 42) in a style (B, 12)."""
        styles = style[:, None].expand(-1, poses.shape[1], -1)
        values: Tensor = self.layers(torch.cat([poses, styles], dim=-1))
        return values


class SequenceDiscriminator(nn.Module):
    """Tell real from generated sequences of poses, together with their music (D_V of MoCoGAN).

    Parameters
    ----------
    hidden
        Channels.
    stride
        Step (frames) at which it looks at the dance: one of `SEQUENCE_STRIDES`.
    """

    def __init__(self, hidden: int, stride: int) -> None:
        super().__init__()
        self._stride = stride
        channels = POSE_VALUES + BEAT_WAVES + len(DANCE_STYLES)
        self.layers = nn.Sequential(
            *(_normed(nn.Conv1d(channels, hidden // 2, 3, padding=1)), nn.LeakyReLU(0.2)),
            *(_normed(nn.Conv1d(hidden // 2, hidden // 2, 4, 2, 1)), nn.LeakyReLU(0.2)),
            *(_normed(nn.Conv1d(hidden // 2, hidden // 2, 4, 2, 1)), nn.LeakyReLU(0.2)),
            _normed(nn.Conv1d(hidden // 2, 1, 3, padding=1)),
        )

    def forward(self, poses: Tensor, style: Tensor, beats: Tensor) -> Tensor:
        """Return values (B, 1, T') for poses (B, T, 42), styles (B, 12) and their beats."""
        styles = style[:, None].expand(-1, poses.shape[1], -1)
        seen = torch.cat([poses, beats, styles], dim=-1)[:, :: self._stride]
        values: Tensor = self.layers(seen.transpose(1, 2))
        return values


def beat_features(beats_s: FloatArray, frames: int) -> NDArray[np.float32]:
    """Return for each frame at 15 fps its place between beats, (frames, BEAT_WAVES).

    Before the first and after the last beat, the tempo goes on; without two beats, all is 0.
    """
    beats = np.asarray(beats_s, dtype=float)
    if len(beats) < 2:
        return np.zeros((frames, BEAT_WAVES), dtype=np.float32)
    times = np.arange(frames) / UNIT_FPS
    place = np.interp(times, beats, np.arange(len(beats)))
    before, after = beats[1] - beats[0], beats[-1] - beats[-2]
    place = np.where(times < beats[0], (times - beats[0]) / before, place)
    place = np.where(times > beats[-1], len(beats) - 1 + (times - beats[-1]) / after, place)
    phase = 2 * np.pi * place
    waves = [np.cos(phase), np.sin(phase), np.cos(phase / 2), np.sin(phase / 2)]
    return np.asarray(np.stack(waves, axis=1), dtype=np.float32)


def _normed(layer: nn.Module) -> nn.Module:
    """Return a layer with spectral normalisation, which keeps the training stable."""
    return nn.utils.parametrizations.spectral_norm(layer)
