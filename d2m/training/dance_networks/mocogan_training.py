"""Train the Aud-MoCoGAN baseline against discriminators of poses and of sequences.

As in "Dancing to Music" (Lee et al., NeurIPS 2019, Sec. 4.3), sequences are judged on several
scales, and they grow longer during the training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.choreography.aud_mocogan import (
    SEQUENCE_STRIDES,
    AudMocogan,
    AudMocoganConfig,
    PoseDiscriminator,
    SequenceDiscriminator,
)
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.dance_networks.dance_windows import DanceWindow, DanceWindows, PairedDance
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

CURRICULUM_FRAMES = (16, 32, 64, 96)
"""Lengths of the sequences (frames at 15 fps) in equal parts of the training. Chosen by hand."""
MOCOGAN_BETAS = (0.5, 0.999)
"""Adam's betas (Tulyakov et al., CVPR 2018)."""
JUDGED_POSES = 8
"""Poses of a sequence that the discriminator of poses sees. Chosen by hand."""
MEASURED_DANCES = 64
"""Dances that a report measures."""


@dataclass(frozen=True, kw_only=True)
class MocoganTrainingConfig(TrainerConfig):
    """Settings of the training of an `d2m.choreography.aud_mocogan.AudMocogan`.

    Parameters
    ----------
    dancer
        Its sizes.
    batch
        Dances of a batch.
    learning_rate
        Adam's learning rate of all networks. Chosen by hand: twice that of MoCoGAN, because the
        training is short.
    """

    dancer: AudMocoganConfig = field(default_factory=AudMocoganConfig)
    batch: int = 16
    learning_rate: float = 4e-4

    def frames(self, share: float) -> int:
        """Return the length of the sequences (frames) at a share of the training, 0 to 1."""
        part = min(int(share * len(CURRICULUM_FRAMES)), len(CURRICULUM_FRAMES) - 1)
        return CURRICULUM_FRAMES[part]


class MocoganTask(DanceTask):
    """Train the Aud-MoCoGAN baseline on pairs of songs and dances.

    Parameters
    ----------
    dances, held_out
        Pairs to train on and to measure.
    config
        Settings of the training.
    """

    def __init__(
        self,
        dances: Sequence[PairedDance],
        held_out: Sequence[PairedDance],
        config: MocoganTrainingConfig,
    ) -> None:
        self._config = config
        self._windows, self._held_out = DanceWindows(dances), DanceWindows(held_out)
        torch.manual_seed(config.seed)
        self.dancer = AudMocogan(config.dancer)
        rng = np.random.default_rng(config.seed)
        seen = self._windows.one_of_each(CURRICULUM_FRAMES[-1], rng)
        self.dancer.normalise(seen.poses.flatten(0, 1))
        width = config.dancer.hidden
        self._poses = PoseDiscriminator(width)
        self._sequences = nn.ModuleList(SequenceDiscriminator(width, s) for s in SEQUENCE_STRIDES)
        self._judges = nn.ModuleList([self._poses, *self._sequences])
        self._optimizer, self._judge_optimizer = (
            torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=MOCOGAN_BETAS)
            for network in (self.dancer, self._judges)
        )
        stored = {
            "dancer": self.dancer,
            "judges": self._judges,
            "optimizer": self._optimizer,
            "judge_optimizer": self._judge_optimizer,
        }
        super().__init__(self.dancer, config.dancer, stored)

    def step(
        self,
        number: int,  # noqa: ARG002
        rng: np.random.Generator,
        engine: Engine,
    ) -> dict[str, Tensor]:
        """Take one step of the discriminators and one of the dancer, and return their losses."""
        config = self._config
        frames = config.frames(engine.share_done)
        drawn = self._windows.draw(config.batch * engine.world_size, frames, rng)
        share = engine.share(config.batch)
        real = DanceWindow(*(part[share].to(engine.device) for part in drawn))
        torch.manual_seed(int(rng.integers(1 << 31)))
        scores = (real.poses - self.dancer.pose_mean) / self.dancer.pose_scale
        with engine.autocast():
            fake = self.dancer(real.style, real.beats)
        judged = self._judged(scores, real), self._judged(fake.detach(), real)
        judge_loss = torch.stack(
            [functional.relu(1 - a).mean() + functional.relu(1 + b).mean()
             for a, b in zip(*judged, strict=True)]
        ).mean()  # fmt: skip
        engine.backward_and_step(judge_loss, self._judge_optimizer)
        self._judges.requires_grad_(False)
        loss = torch.stack([-values.mean() for values in self._judged(fake, real)]).mean()
        engine.backward_and_step(loss, self._optimizer, self.dancer.parameters())
        self._judges.requires_grad_(True)
        return {"discriminators": judge_loss.detach(), "loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return how much generated dances move and differ, over held-out ones (ratios)."""
        rng = np.random.default_rng(0)
        window = self._held_out.draw(MEASURED_DANCES, CURRICULUM_FRAMES[-1], rng)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            device = engine.device
            fake = self.dancer(window.style.to(device), window.beats.to(device))
        fake = fake * self.dancer.pose_scale + self.dancer.pose_mean
        real = window.poses.to(device)
        motion = fake.diff(dim=1).abs().mean() / real.diff(dim=1).abs().mean()
        spread = fake.std(dim=0).mean() / real.std(dim=0).mean()
        return {"held_out_motion": float(motion), "held_out_spread": float(spread)}

    def _judged(self, poses: Tensor, music: DanceWindow) -> list[Tensor]:
        """Return the values of all discriminators for poses (B, T, 42) as z-scores."""
        step = max(1, poses.shape[1] // JUDGED_POSES)
        found = [self._poses(poses[:, ::step], music.style)]
        found += [judge(poses, music.style, music.beats) for judge in self._sequences]
        return [values.float() for values in found]


def train_mocogan(
    dances: Sequence[PairedDance],
    held_out: Sequence[PairedDance],
    folder: Path,
    config: MocoganTrainingConfig,
) -> None:
    """Train the Aud-MoCoGAN baseline, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    dances, held_out, config
        See `MocoganTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    Trainer(folder, config).train(MocoganTask(dances, held_out, config))
