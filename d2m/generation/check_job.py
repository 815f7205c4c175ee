"""Check all of a job that can be checked before its clip is read."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints import import_dropped_files, is_installed
from d2m.checkpoints.registry import family_named
from d2m.checkpoints.resolve import InstalledWeights, resolve_weights
from d2m.core.levels import BASELINES, HopLevel, Level
from d2m.core.output_folder import usable_output
from d2m.core.settings import Settings
from d2m.generation.model_cache import ModelCache
from d2m.perception.beat_correction import check_correction


def check_job(
    levels: tuple[Level, ...],
    settings: Settings,
    out: Path | None,
    checkpoints: Path,
    models: ModelCache,
) -> InstalledWeights:
    """Check the settings, the folder and the weights of a job.

    Weights that were dropped into the folder of weights are imported. Baselines are small: they
    are loaded at once, so that a missing file is told early.

    Parameters
    ----------
    levels
        What is to be made; without levels, a clip is only analysed.
    settings
        How it is made.
    out
        Folder for the files, if any are written.
    checkpoints
        Folder of the weights.
    models
        Keeps the networks that are loaded.

    Returns
    -------
    InstalledWeights
        The weights for these levels.

    Raises
    ------
    D2MError
        With one sentence, if a setting, the folder or the weights can't be used.
    """
    check_correction(settings)
    if out is not None:
        usable_output(out)
    family = family_named(settings.weights)
    hop_levels = tuple(level for level in levels if isinstance(level, HopLevel))
    complete = all(is_installed(family.name, one, checkpoints) for one in family.levels)
    if hop_levels and not complete:
        import_dropped_files(checkpoints)
    weights = resolve_weights(family.name, hop_levels, checkpoints)
    for level in levels:
        if level.name in BASELINES:
            models.get(weights, level, settings)
    return weights
