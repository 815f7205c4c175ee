"""What the trainings of the dance networks have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from d2m.models.weight_files import StoredConfig
from d2m.training.distributed import Engine
from d2m.training.trainer import AudioExamples, Weights


class DanceTask:
    """The part of a `d2m.training.trainer.Task` that names what a run stores.

    Parameters
    ----------
    network
        The network whose weights are written.
    sizes
        Its sizes, for the header of the file.
    stored
        All that a checkpoint holds, by name: what has a state dict.
    """

    def __init__(
        self,
        network: nn.Module,
        sizes: StoredConfig,
        stored: Mapping[str, Any],
    ) -> None:
        self._network, self._sizes, self._stored = network, sizes, dict(stored)

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        return self._stored

    def weights(self) -> dict[str, Weights]:
        """Return the network with its sizes."""
        return {"weights": Weights(self._network, self._sizes.metadata())}

    def audio_examples(self, engine: Engine) -> AudioExamples:  # noqa: ARG002
        """Return nothing: a dance is silent."""
        return {}
