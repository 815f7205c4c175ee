"""Settings of the training of D2M-GAN, with the switches of the paper's ablations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from d2m.core.errors import SettingsError
from d2m.models.d2mgan import DATASETS, PUBLISHED_SIGMA, SEGMENT_SECONDS, NetworkVariant
from d2m.models.losses import PUBLISHED_CODE_WEIGHTS, LossWeights
from d2m.training.adversarial import CHANNEL_DIVISORS
from d2m.training.trainer import TrainerConfig

NETWORK_INPUTS = ("motion", "visual")
"""Inputs that an ablation can leave out (Zhu et al. 2022, Sec. 4)."""
LOSS_NAMES = ("adversarial", "feature-matching", "commitment", "waveform", "mel")
"""Losses that an ablation can leave out (Zhu et al. 2022, Sec. 4)."""
PAPER_WEIGHTS = LossWeights()
"""Weights of the losses in the paper."""
SCALE_CHOICES = (1, 2, 3)
"""Scales of the discriminator in the paper's ablation."""
SECONDS_CHOICES = (2, 3, 4)
"""Segment lengths (s) in the paper's ablation."""


@dataclass(frozen=True, kw_only=True)
class D2MGANConfig(TrainerConfig):
    """Settings of the training of motion encoder and generator; by default those of the paper.

    Parameters
    ----------
    dataset, level
        Data set and hop level that the networks are built for.
    batch
        Segments in the batch of each process.
    weights
        Weights of the losses.
    gradient
        Whether the audio losses have a gradient; they have none in the published code.
    motion, visual
        Whether the networks get the motion and the visual features.
    scaling
        Whether the generator's tanh is multiplied by 100.
    reshape
        Whether the discriminator reads VQ sequences reshaped to one channel.
    fine_tune
        Whether the decoder is fine-tuned too, on the codes of the real music.
    scales
        Scales of the discriminator.
    seconds
        Length of a segment (s).
    channel_divisor
        Divisor of the networks' inner channels, for a quick trial.

    Raises
    ------
    SettingsError
        If networks can't be built for a value, or if no input or no loss with a gradient is
        left.
    """

    dataset: str = "aist"
    level: str = "high"
    steps: int = 100_000
    batch: int = 16
    weights: LossWeights = PAPER_WEIGHTS
    gradient: bool = True
    motion: bool = True
    visual: bool = True
    scaling: bool = True
    reshape: bool = True
    fine_tune: bool = True
    scales: int = 3
    seconds: int = SEGMENT_SECONDS
    channel_divisor: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        if self.dataset not in DATASETS:
            raise SettingsError(
                f"Unknown data set {self.dataset!r}: choose {' or '.join(DATASETS)}."
            )
        for option, value, allowed in (
            ("--scales", self.scales, SCALE_CHOICES),
            ("--seconds", self.seconds, SECONDS_CHOICES),
            ("--channel-divisor", self.channel_divisor, CHANNEL_DIVISORS),
        ):
            if value not in allowed:
                choices = ", ".join(str(choice) for choice in allowed)
                raise SettingsError(f"{option} is {value}: choose {choices}.")
        if not (self.motion or self.visual):
            raise SettingsError(
                "Without motion and visual the networks get no dance: leave out only one of them."
            )
        audio = {"waveform", "mel"}
        left = {name for name, weight in asdict(self.weights).items() if weight > 0}
        if left <= audio and not self.gradient:
            raise SettingsError(
                "In the published code the losses waveform and mel have no gradient: "
                "keep another loss."
            )

    @property
    def variant(self) -> NetworkVariant:
        """How the networks differ from the published ones."""
        return NetworkVariant(
            seconds=self.seconds,
            sigma=PUBLISHED_SIGMA if self.scaling else 1.0,
            channel_divisor=self.channel_divisor,
        )

    def learning_rate_factor(self, number: int, share: float) -> float:
        """Return 1: the paper keeps the learning rates constant."""
        del number, share
        return 1.0

    def without(self, parts: Sequence[str]) -> D2MGANConfig:
        """Return these settings without some inputs or losses.

        Parameters
        ----------
        parts
            Names from `NETWORK_INPUTS` and `LOSS_NAMES`.

        Raises
        ------
        SettingsError
            If a name is unknown, or no input or no loss is left.
        """
        for part in parts:
            if part not in NETWORK_INPUTS + LOSS_NAMES:
                raise SettingsError(
                    f"Unknown part {part!r} to leave out: choose "
                    f"{', '.join(NETWORK_INPUTS + LOSS_NAMES)}."
                )
        losses = dict.fromkeys((p.replace("-", "_") for p in parts if p in LOSS_NAMES), 0.0)
        if "commitment" in losses:
            losses["latent"] = 0.0  # the second commitment loss, of the published code only
        weights = replace(self.weights, **losses)
        motion, visual = (getattr(self, name) and name not in parts for name in NETWORK_INPUTS)
        return replace(self, weights=weights, motion=motion, visual=visual)

    def as_published_code(self) -> D2MGANConfig:
        """Return these settings with the objective of the published code.

        The published code decodes without a gradient and does not fine-tune the decoder in
        this training.
        """
        return replace(self, weights=PUBLISHED_CODE_WEIGHTS, gradient=False, fine_tune=False)
