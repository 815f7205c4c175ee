"""Load each model once and keep it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.checkpoints.resolve import InstalledWeights
from d2m.core.levels import BASELINES, STUDIO, HopLevel, Level
from d2m.core.settings import Settings
from d2m.generation.soundtrack import MusicModel
from d2m.perception.dance import Dance

if TYPE_CHECKING:
    from d2m.generation.compact import CompactModel
    from d2m.generation.d2mgan import SceneEncoder
    from d2m.score.sound_bank import SoundBank


def _identity(file: Path) -> tuple[int, ...]:
    """Return numbers that change when a file is replaced; none if it can't be read."""
    try:
        facts = file.stat()
    except OSError:
        return ()
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=4)
def _compact_model(
    level: HopLevel,
    folder: Path,
    files: tuple[tuple[int, ...], ...],  # noqa: ARG001
) -> CompactModel:
    """Return the bundled networks of a level, loaded once in a process; they never change.

    Whoever loads other files under the same names gives other ``files``.
    """
    from d2m.generation.compact import CompactModel

    return CompactModel.from_pretrained(level, folder=folder)


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
            The networks' weights; the folder holds those of the baselines too.
        level
            One of `d2m.core.levels.LEVELS` or `d2m.core.levels.BASELINES`.
        settings
            They steer the score that the bundled networks and the studio version play;
            the baselines don't read them.

        Raises
        ------
        CheckpointError, DataError
            If a file is missing or damaged.
        """
        if isinstance(level, HopLevel):
            return self._network(weights, level, settings)
        if level.name in BASELINES:
            return self._baseline(weights.folder, level)
        assert level == STUDIO
        return self._studio(settings)

    def _studio(self, settings: Settings) -> MusicModel[Dance]:
        from d2m.generation.studio import StudioModel

        return StudioModel(self._bank(), settings)

    def _bank(self) -> SoundBank:
        """Return the sampled instruments, which the studio version and the baselines share."""
        from d2m.score.sound_bank import SoundBank

        if self._sound_bank is None:
            self._sound_bank = SoundBank.from_folder()
        return self._sound_bank

    def _baseline(self, folder: Path, level: Level) -> MusicModel[Dance]:
        key = (folder, "baseline", level.name)
        if key not in self._models:
            self._models[key] = self._load_baseline(folder, level.name)
        return self._models[key]

    def _load_baseline(self, folder: Path, name: str) -> MusicModel[Dance]:
        if name == "dance2music":
            from d2m.generation.baselines.dance2music import Dance2MusicModel

            return Dance2MusicModel(self._bank())
        if name == "foley-music":
            from d2m.generation.baselines.foley_music import FoleyMusicModel

            return FoleyMusicModel.from_pretrained(bank=self._bank(), folder=folder)
        if name == "cmt":
            from d2m.generation.baselines.cmt import CMTModel

            return CMTModel.from_pretrained(bank=self._bank(), folder=folder)
        from d2m.generation.baselines.random_codes import RandomCodesModel

        assert name == "random"
        return RandomCodesModel.from_pretrained(folder=folder)

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
        from d2m.checkpoints import codec_path, generator_path

        files = codec_path(level, weights.folder), generator_path(level, weights.folder)
        return _compact_model(level, weights.folder, tuple(map(_identity, files)))

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
