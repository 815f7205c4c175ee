"""Load each model once and keep it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2m.checkpoints.resolve import InstalledWeights
from d2m.core.levels import STUDIO, HopLevel, Level
from d2m.core.settings import Settings
from d2m.generation.soundtrack import MusicModel
from d2m.perception.dance import Dance

if TYPE_CHECKING:
    from d2m.generation.d2mgan import SceneEncoder
    from d2m.score.sound_bank import SoundBank


class ModelCache:
    """The models that have been used, by folder, family and level.

    Parameters
    ----------
    bf16
        Whether the published networks run in bfloat16 where there is a CUDA GPU.
    """

    def __init__(self, *, bf16: bool = False) -> None:
        self._bf16 = bf16
        self._models: dict[tuple[Path, str, str], MusicModel[Dance]] = {}
        self._scene_encoders: dict[Path, SceneEncoder] = {}
        self._sound_bank: SoundBank | None = None

    def get(self, weights: InstalledWeights, level: Level, settings: Settings) -> MusicModel[Dance]:
        """Return the model of a level, loaded on first use.

        Parameters
        ----------
        weights
            The networks' weights.
        level
            The level.
        settings
            They steer the score that the bundled networks and the studio version play.

        Raises
        ------
        CheckpointError, DataError
            If a file is damaged.
        """
        if isinstance(level, HopLevel):
            return self._network(weights, level, settings)
        assert level is STUDIO
        return self._studio(settings)

    def _studio(self, settings: Settings) -> MusicModel[Dance]:
        from d2m.generation.studio import StudioModel

        if self._sound_bank is None:
            self._sound_bank = StudioModel.from_pretrained().bank
        return StudioModel(self._sound_bank, settings)

    def _network(
        self, weights: InstalledWeights, level: HopLevel, settings: Settings
    ) -> MusicModel[Dance]:
        from d2m.generation.compact import CompactModel

        key = (weights.folder, weights.family.name, level.name)
        if key not in self._models:
            load = self._load_d2mgan if weights.family.segments else self._load_compact
            self._models[key] = load(weights, level)
        model = self._models[key]
        return model.with_settings(settings) if isinstance(model, CompactModel) else model

    def _load_compact(self, weights: InstalledWeights, level: HopLevel) -> MusicModel[Dance]:
        from d2m.generation.compact import CompactModel

        return CompactModel.from_pretrained(level, folder=weights.folder)

    def _load_d2mgan(self, weights: InstalledWeights, level: HopLevel) -> MusicModel[Dance]:
        from d2m.generation import zerogpu
        from d2m.generation.d2mgan import D2MGANModel, SceneEncoder

        on_zerogpu = zerogpu.zerogpu_available()
        load = zerogpu.d2mgan_on_zerogpu if on_zerogpu else D2MGANModel.from_pretrained
        encoder = self._scene_encoders.setdefault(weights.folder, SceneEncoder(weights.folder))
        return load(
            weights.family.name,
            level,
            folder=weights.folder,
            bf16=self._bf16,
            scene_encoder=encoder,
        )
