"""Make ``d2m/models/weights/music_tagger.safetensors`` from the wheel of ``musicnn`` 0.1.0.

    pip download --no-deps musicnn==0.1.0
    python -m zipfile -e musicnn-0.1.0-py3-none-any.whl FOLDER
    PYTHONPATH=. python -m tools.build_music_tagger FOLDER

The checkpoint is read without TensorFlow, and all numbers stay as they are: in float16, embeddings
of music would move by up to 0.002 of their length. The names of the tags, which the package lists
in its configuration, go into the header.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from d2m.models.music_tagger import MUSIC_TAGGER_WEIGHTS
from tools.build_music_tagger.tensor_bundle import read_bundle

CHECKPOINT, LABELS = "MSD_musicnn", "MSD_LABELS"
"""The folder of the weights within the package, and the list of their tags in its configuration:
those of the Million Song Dataset."""
Tensors = dict[str, NDArray[np.float32]]


def main(
    folder: Annotated[Path, typer.Argument(help="The unpacked wheel.", file_okay=False)],
    out: Annotated[Path, typer.Option(help="The file.")] = MUSIC_TAGGER_WEIGHTS,
) -> None:
    """Convert the weights, and write the file."""
    package = folder / "musicnn"
    if not (package / CHECKPOINT).is_dir():
        raise typer.BadParameter(f"{folder} does not hold the unpacked wheel of musicnn 0.1.0.")
    weights = converted(read_bundle(package / CHECKPOINT))
    labels = tag_names((package / "configuration.py").read_text(encoding="utf-8"))
    metadata = {
        "labels": json.dumps(labels),
        "source": f"musicnn 0.1.0, {CHECKPOINT}",
        "licence": "ISC, Copyright (c) Music Technology Group, Universitat Pompeu Fabra 2019",
    }
    save_file(weights, out, metadata=metadata)
    out.chmod(0o644)  # safetensors creates files that only their owner can read
    typer.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def converted(tensors: Tensors) -> dict[str, Tensor]:
    """Return the parameters under the names and in the order of axes of the tagger."""
    weights = dict(_normalisation(tensors, 0, "normalise_input"))
    for index in range(5):
        name = f"conv2d_{index}" if index else "conv2d"
        weights[f"bands.{index}.filters.weight"] = _tensor(
            tensors[f"{name}/kernel"].transpose(3, 2, 0, 1)
        )
        weights[f"bands.{index}.filters.bias"] = _tensor(tensors[f"{name}/bias"])
        weights |= dict(_normalisation(tensors, index + 1, f"bands.{index}.normalise"))
    for index in range(3):
        kernel = tensors[f"conv2d_{index + 5}/kernel"][:, :, 0]
        weights[f"layers.{index}.0.weight"] = _tensor(kernel.transpose(2, 1, 0))
        weights[f"layers.{index}.0.bias"] = _tensor(tensors[f"conv2d_{index + 5}/bias"])
        weights |= dict(_normalisation(tensors, index + 6, f"layers.{index}.2"))
    weights |= dict(_normalisation(tensors, 9, "normalise_pooled"))
    weights |= dict(_normalisation(tensors, 10, "normalise_dense"))
    for theirs, ours in (("dense", "dense"), ("dense_1", "output")):
        weights[f"{ours}.weight"] = _tensor(tensors[f"{theirs}/kernel"].T)
        weights[f"{ours}.bias"] = _tensor(tensors[f"{theirs}/bias"])
    return weights


def tag_names(configuration: str) -> list[str]:
    """Return the names of the tags, which the text of the package's configuration lists."""
    for node in ast.parse(configuration).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == LABELS:
            return [str(label) for label in ast.literal_eval(node.value)]
    raise ValueError("The configuration lists no tags.")


def _normalisation(tensors: Tensors, index: int, name: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters of a batch normalisation."""
    theirs = f"batch_normalization_{index}" if index else "batch_normalization"
    parts = {
        "weight": "gamma", "bias": "beta",
        "running_mean": "moving_mean", "running_var": "moving_variance",
    }  # fmt: skip
    for ours, part in parts.items():
        yield f"{name}.{ours}", _tensor(tensors[f"{theirs}/{part}"])


def _tensor(values: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values).copy())


if __name__ == "__main__":
    typer.run(main)
