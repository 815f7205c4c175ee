"""Install trained weights as the bundled ones."""

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
from d2m.core.levels import HopLevel


def export_bundled(
    weights: Path,
    level: HopLevel,
    kind: str,
    *,
    temperature: float | None = None,
    folder: Path = CHECKPOINTS,
) -> Path:
    """Check the weights of a run and install them as the bundled ones of a level.

    Generators are stored in float16, which halves their size. Codecs stay in float32, because
    rounding them would change the codes that generators have learned.

    Parameters
    ----------
    weights
        ``weights.safetensors`` of a run.
    level
        Hop level of the weights.
    kind
        ``"codec"`` or ``"generator"``.
    temperature
        Temperature of a generator's codebook lookup, see
        `d2m.models.compact_generator.CompactConfig`; that of the run by default.
    folder
        Checkpoints folder.

    Returns
    -------
    Path
        The installed file.

    Raises
    ------
    CheckpointError
        If the file does not hold weights of that kind and level. The weights installed before
        are then kept.
    """
    from safetensors.torch import save_file

    generator = kind == "generator"
    load = load_generator if generator else load_codec
    load(level, weights)
    tensors, metadata = read_tensors(weights)
    if temperature is not None:
        metadata["temperature"] = repr(temperature)
    if generator:
        # Only weights: running variances of BatchNorm can exceed the range of float16.
        tensors = {n: t.half() if t.ndim > 1 else t for n, t in tensors.items()}
    target = generator_path(level, folder) if generator else codec_path(level, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    save_file(tensors, part, metadata=metadata)
    part.chmod(0o644)  # safetensors creates files that only their owner can read
    part.replace(target)
    return target
