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
    from d2m.generation.d2mgan import SceneEncoder
    from d2m.generation.score_player import ScorePlayer
    from d2m.models.spectral_codec import SpectralCodec


def _identity(file: Path) -> tuple[int, ...]:
    """Return numbers that change when a file is replaced; none if it can't be read."""
    try:
        facts = file.stat()
    except OSError:
        return ()
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=4)
def _codec(
    level: HopLevel,
    folder: Path,
    file: tuple[int, ...],  # noqa: ARG001
) -> SpectralCodec:
    """Return the bundled codec of a level, loaded once in a process; it never changes.

    Whoever loads another file under the same name gives another ``file``.
    """
    from d2m.checkpoints import codec_path, load_codec

    return load_codec(level, codec_path(level, folder))


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
        self._score_player: ScorePlayer | None = None

    def get(self, weights: InstalledWeights, level: Level, settings: Settings) -> MusicModel[Dance]:
        """Return the model of a level, loaded on first use.

        Parameters
        ----------
        weights
            The networks' weights; the folder holds those of the baselines too.
        level
            One of `d2m.core.levels.LEVELS` or `d2m.core.levels.BASELINES`.
        settings
            They steer the score of the studio version and of the bundled codecs; the baselines
            don't read them.

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

        return StudioModel(self._player(), settings)

    def _player(self) -> ScorePlayer:
        """Return the sampled instruments, which levels and baselines share."""
        from d2m.generation.score_player import ScorePlayer

        if self._score_player is None:
            self._score_player = ScorePlayer.from_folder()
        return self._score_player

    def _baseline(self, folder: Path, level: Level) -> MusicModel[Dance]:
        key = (folder, "baseline", level.name)
        if key not in self._models:
            self._models[key] = self._load_baseline(folder, level.name)
        return self._models[key]

    def _load_baseline(self, folder: Path, name: str) -> MusicModel[Dance]:
        if name == "dance2music":
            from d2m.generation.baselines.dance2music import Dance2MusicModel

            return Dance2MusicModel(self._player().bank)
        if name == "foley-music":
            from d2m.generation.baselines.foley_music import FoleyMusicModel

            return FoleyMusicModel.from_pretrained(bank=self._player().bank, folder=folder)
        if name == "cmt":
            from d2m.generation.baselines.cmt import CMTModel

            return CMTModel.from_pretrained(bank=self._player().bank, folder=folder)
        from d2m.generation.baselines.random_codes import RandomCodesModel

        assert name == "random"
        return RandomCodesModel.from_pretrained(folder=folder)

    def _network(
        self, weights: InstalledWeights, level: HopLevel, settings: Settings
    ) -> MusicModel[Dance]:
        if not weights.family.segments:
            return self._compact(weights.folder, level, settings)
        key = (weights.folder, weights.family.name, level.name)
        if key not in self._models:
            self._models[key] = self._load_d2mgan(weights, level)
        return self._models[key]

    def _compact(self, folder: Path, level: HopLevel, settings: Settings) -> MusicModel[Dance]:
        from d2m.checkpoints import codec_path
        from d2m.generation.compact import CompactModel

        codec = _codec(level, folder, _identity(codec_path(level, folder)))
        return CompactModel(level, codec, self._player(), settings)

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
