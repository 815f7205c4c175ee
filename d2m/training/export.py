"""Bring trained weights into the form that is bundled: small, and checked by loading."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints import (
    CHECKPOINTS,
    codec_path,
    generator_path,
    load_codec,
    load_generator,
    read_tensors,
)
from d2m.core.levels import Level


def bundle(
    weights: Path,
    level: Level,
    kind: str,
    *,
    temperature: float | None = None,
    folder: Path = CHECKPOINTS,
) -> Path:
    """Install a run's weights as the bundled ones of a level.

    Generators are stored in float16, half the size; codecs stay in float32, so that the
    codes that generators learned stay valid.

    Parameters
    ----------
    weights
        ``weights.safetensors`` of a run.
    level
        The level they are of.
    kind
        ``"codec"`` or ``"generator"``.
    temperature
        Spread of a generator's lookup, see `d2m.models.compact_generator.CompactConfig`.
    folder
        Checkpoints folder.

    Raises
    ------
    CheckpointError
        If they are not weights of that kind and level; what was bundled stays.
    """
    from safetensors.torch import save_file

    generator = kind == "generator"
    load = load_generator if generator else load_codec
    load(level, weights)
    tensors, metadata = read_tensors(weights)
    if temperature is not None:
        metadata["temperature"] = repr(temperature)
    if generator:
        # Weights only: running variances can be too large for float16.
        tensors = {n: t.half() if t.ndim > 1 else t for n, t in tensors.items()}
    target = generator_path(level, folder) if generator else codec_path(level, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    save_file(tensors, part, metadata=metadata)
    part.chmod(0o644)  # safetensors makes files that only their owner may read
    part.replace(target)
    return target
