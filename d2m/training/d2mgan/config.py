"""How the paper's networks are trained, and the switches of its ablations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from d2m.core.errors import SettingsError
from d2m.models.d2mgan import DATASETS, PUBLISHED_SIGMA, SEGMENT_SECONDS, NetworkVariant
from d2m.models.losses import PUBLISHED_CODE_WEIGHTS, LossWeights
from d2m.training.adversarial import NARROW
from d2m.training.trainer import RunConfig

INPUTS = ("motion", "visual")
LOSSES = ("adversarial", "feature-matching", "commitment", "waveform", "mel")
PAPER = LossWeights()
SCALES = (1, 2, 3)
LENGTHS = (2, 3, 4)
"""Segment lengths (s) of the paper's ablation."""


@dataclass(frozen=True, kw_only=True)
class D2MGANConfig(RunConfig):
    """How motion encoder and generator are trained; by default as in the paper.

    Parameters
    ----------
    dataset, level
        What the networks are made for.
    batch
        Segments in a batch of each process.
    weights
        Of the losses.
    gradient
        Whether the audio losses reach the generator: not in the published code.
    motion, visual
        Whether the networks see them.
    scaling
        Whether the generator's tanh is multiplied by 100.
    reshape
        Whether the discriminator reads VQ sequences as one channel.
    fine_tune
        Whether the synthesizer's decoder learns besides, on the codes of the real music.
    scales
        Scales of the discriminator.
    seconds
        Length of a segment (s).
    narrow
        What the networks' inner channels are divided by, to try a training quickly.

    Raises
    ------
    SettingsError
        If a value is none that the networks can be built for, or nothing is left to hear or
        to see.
    """

    dataset: str = "aist"
    level: str = "high"
    steps: int = 100_000
    batch: int = 16
    weights: LossWeights = PAPER
    gradient: bool = True
    motion: bool = True
    visual: bool = True
    scaling: bool = True
    reshape: bool = True
    fine_tune: bool = True
    scales: int = 3
    seconds: int = SEGMENT_SECONDS
    narrow: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        if self.dataset not in DATASETS:
            raise SettingsError(
                f"Unknown data set {self.dataset!r}: choose {' or '.join(DATASETS)}."
            )
        for name, allowed in (("scales", SCALES), ("seconds", LENGTHS), ("narrow", NARROW)):
            if (value := getattr(self, name)) not in allowed:
                choices = ", ".join(str(choice) for choice in allowed)
                raise SettingsError(f"--{name} is {value}: choose {choices}.")
        if not (self.motion or self.visual):
            raise SettingsError(
                "Without motion and visual the networks see no dance: leave one of the two."
            )
        audio = {"waveform", "mel"}
        left = {name for name, weight in asdict(self.weights).items() if weight > 0}
        if left <= audio and not self.gradient:
            raise SettingsError(
                "In the published code the losses waveform and mel teach nothing: leave another."
            )

    @property
    def variant(self) -> NetworkVariant:
        """How the networks differ from the published ones."""
        sigma = PUBLISHED_SIGMA if self.scaling else 1.0
        return NetworkVariant(seconds=self.seconds, sigma=sigma, narrow=self.narrow)

    def rate(self, number: int) -> float:
        """Return 1: the paper's learning rates are constant."""
        del number
        return 1.0

    def without(self, parts: Sequence[str]) -> D2MGANConfig:
        """Return this training without inputs or losses, named as on the command line.

        Raises
        ------
        SettingsError
            If a part is unknown, or none of its kind is left.
        """
        for part in parts:
            if part not in INPUTS + LOSSES:
                raise SettingsError(
                    f"Unknown part {part!r} to leave out: choose {', '.join(INPUTS + LOSSES)}."
                )
        losses = dict.fromkeys((p.replace("-", "_") for p in parts if p in LOSSES), 0.0)
        if "commitment" in losses:
            losses["latent"] = 0.0  # the published code's second commitment
        weights = replace(self.weights, **losses)
        motion, visual = (getattr(self, name) and name not in parts for name in INPUTS)
        return replace(self, weights=weights, motion=motion, visual=visual)

    def as_published_code(self) -> D2MGANConfig:
        """Return this training with the objective of the published code.

        It rounds without a gradient, and fine-tunes no synthesizer in this training.
        """
        return replace(self, weights=PUBLISHED_CODE_WEIGHTS, gradient=False, fine_tune=False)
