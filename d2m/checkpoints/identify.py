"""Identify the network of a state dict by its parameter names, and check names and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS
from d2m.models.d2mgan import DATASETS, build_d2mgan
from d2m.models.vggish import PCA_PREFIX, VGGish
from d2m.models.vqvae import JukeboxVQVAE

NETWORK_TITLES = {
    **{f"{dataset}-motion": f"D2M-GAN motion encoder ({dataset})" for dataset in DATASETS},
    **{
        f"{dataset}-{level}-generator": f"D2M-GAN generator ({dataset}, level {level})"
        for dataset in DATASETS
        for level in HOP_LEVELS
    },
    "vqvae": "JukeBox VQ-VAE",
    "i3d": "I3D-R50",
    "vggish": "VGGish",
}
"""Networks that can be identified, with their titles for the user."""
_VQVAE = re.compile(r"(?:encoders|decoders|bottleneck\.level_blocks)\.(\d)\.")
# Buffers that JukeBox uses in training only.
_TRAINING_ONLY = re.compile(r"bottleneck\.level_blocks\.\d\.k_(?:sum|elem)$")
# I3D's projection to the classes of Kinetics-400, which is not used here.
_I3D_HEAD = re.compile(r"blocks\.6\.proj\.|head\.projection\.")
_COUNTER = ".num_batches_tracked"
_VGGISH_PCA = "vggish-pca"


def identify_network(state: Mapping[str, Tensor], name: str) -> str:
    """Identify the network that a state dict belongs to.

    Parameters
    ----------
    state
        Tensors by name.
    name
        File name, for error messages.

    Returns
    -------
    str
        A key of `NETWORK_TITLES`.

    Raises
    ------
    CheckpointError
        If it is an unknown network or a discriminator.
    """
    if any(n.startswith("model.disc_") for n in state):
        raise CheckpointError(
            f"{name} is D2M-GAN's discriminator, which is used in training only: leave it out."
        )
    if "lin1.weight" in state:
        return f"{_motion_dataset(state['lin1.weight'], name)}-motion"
    if "lin.weight" in state or "fc.weight" in state:
        level = "low" if "fc.weight" in state else "high"
        dataset = "aist" if "genre_embed.weight" in state else "tiktok"
        return f"{dataset}-{level}-generator"
    if any(_VQVAE.match(n) for n in state):
        return "vqvae"
    if any(n.startswith("blocks.") for n in state):
        return "i3d"
    if "embeddings.0.weight" in state:
        return "vggish"
    first = next(iter(state))
    raise CheckpointError(
        f"{name} holds an unknown network (its first parameter is `{first[:60]}`): expected "
        "a network of D2M-GAN, a JukeBox VQ-VAE, PyTorchVideo's I3D or VGGish."
    )


def vqvae_levels(names: Iterable[str]) -> tuple[int, ...]:
    """Return the levels of a JukeBox VQ-VAE that have parameters among the names."""
    return tuple(sorted({int(found[1]) for n in names if (found := _VQVAE.match(n))}))


def network_variant(network: str, state: Mapping[str, Tensor]) -> str:
    """Return the network's name for `build_empty`.

    It differs from ``network`` for VGGish with AudioSet's post-processing, which only some
    files contain.
    """
    has_pca = network == "vggish" and any(n.startswith(PCA_PREFIX) for n in state)
    return _VGGISH_PCA if has_pca else network


def build_empty(network: str, levels: tuple[int, ...] = (0, 1, 2)) -> nn.Module:
    """Build a network on torch's meta device, where parameters take no memory.

    Parameters
    ----------
    network
        A key of `NETWORK_TITLES`, or the result of `network_variant`.
    levels
        Levels of a VQ-VAE, as JukeBox numbers them (0 is hop 8, 1 hop 32, 2 hop 128).

    Raises
    ------
    CheckpointError
        For the TikTok generator of level low, whose published form can't run.
    """
    with torch.device("meta"):
        if network == "vqvae":
            return JukeboxVQVAE(levels)
        if network in ("vggish", _VGGISH_PCA):
            return VGGish(pca=network == _VGGISH_PCA)
        if network == "i3d":
            from d2m.models.i3d import build_i3d

            return build_i3d()
        dataset, *_ = network.split("-")
        level = (
            HOP_LEVELS[network.split("-")[1]]
            if network.endswith("generator")
            else HOP_LEVELS["high"]
        )
        motion, generator = build_d2mgan(dataset, level)
        return generator if network.endswith("generator") else motion


@cache
def expected_shapes(network: str, levels: tuple[int, ...] = (0, 1, 2)) -> Mapping[str, torch.Size]:
    """Return the shapes of the parameters and buffers of a network by name, see `build_empty`."""
    state = build_empty(network, levels).state_dict()
    return MappingProxyType({name: tensor.shape for name, tensor in state.items()})


def match_parameters(state: Mapping[str, Tensor], network: str, name: str) -> dict[str, Tensor]:
    """Check a state dict against the published names and shapes of a network.

    Parameters
    ----------
    state
        Tensors by name.
    network
        A key of `NETWORK_TITLES`.
    name
        File name, for error messages.

    Returns
    -------
    dict
        The tensors that the network takes. Tensors for training only and I3D's projection
        are left out; missing batch counters are zero.

    Raises
    ------
    CheckpointError
        If a parameter is missing, unknown or of another shape; the message names the first.
    """
    levels = vqvae_levels(state) if network == "vqvae" else ()
    if not set(levels) <= {0, 1, 2}:
        raise CheckpointError(
            f"{name} has a level that no JukeBox VQ-VAE has: download the original file."
        )
    wanted = expected_shapes(network_variant(network, state), levels)
    given = {n: t for n, t in state.items() if not _is_unused(n, network, wanted)}
    for counter in wanted:  # missing from files saved with old versions of torch
        if counter.endswith(_COUNTER):
            given.setdefault(counter, torch.zeros((), dtype=torch.int64))
    start = f"{name} is not the published {NETWORK_TITLES[network]}"
    if missing := next((n for n in wanted if n not in given), None):
        raise CheckpointError(
            f"{start}: it lacks the parameter `{missing}`; download the original file."
        )
    if surplus := next((n for n in given if n not in wanted), None):
        raise CheckpointError(
            f"{start}: it has a parameter `{surplus[:60]}` that this network doesn't have; "
            "download the original file."
        )
    for n, shape in wanted.items():
        if given[n].shape != shape:
            raise CheckpointError(
                f"{start}: its `{n}` has the shape {tuple(given[n].shape)}, "
                f"expected {tuple(shape)}; download the original file."
            )
    return {n: given[n] for n in wanted}


def to_finite_float32(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Convert tensors to contiguous float32 tensors and check that all values are finite.

    Parameters
    ----------
    state
        Tensors checked with `match_parameters`.
    name
        File name, for error messages.

    Returns
    -------
    dict
        Tensors by name that share no memory; batch counters in int64, all others in float32.

    Raises
    ------
    CheckpointError
        If a value is NaN or infinite, or a tensor is not a dense floating-point tensor on
        the CPU.
    """
    converted: dict[str, Tensor] = {}
    addresses = set()
    for n, tensor in state.items():
        counter = n.endswith(_COUNTER)
        plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
        if not plain or tensor.is_quantized or not (counter or tensor.is_floating_point()):
            raise CheckpointError(
                f"{name} stores `{n}` as {tensor.dtype} ({tensor.layout}, {tensor.device}), "
                "expected plain floating-point numbers: download the original file."
            )
        dtype = torch.int64 if counter else torch.float32
        values = tensor.detach().to(dtype).contiguous()
        storage = values.untyped_storage()
        if storage.nbytes() != values.nbytes or storage.data_ptr() in addresses:
            values = values.clone()  # safetensors refuses tensors that share memory
        addresses.add(values.untyped_storage().data_ptr())
        if not counter and not torch.isfinite(values).all():
            raise CheckpointError(
                f"{name} has values in `{n}` that are not finite numbers, so it can't be used: "
                "download the original file."
            )
        converted[n] = values
    return converted


def _is_unused(parameter: str, network: str, wanted: Mapping[str, torch.Size]) -> bool:
    if network == "vqvae":
        return bool(_TRAINING_ONLY.search(parameter))
    return network == "i3d" and bool(_I3D_HEAD.match(parameter)) and parameter not in wanted


def _motion_dataset(first: Tensor, name: str) -> str:
    values = first.shape[1] if first.ndim == 2 else None
    for dataset, layout in DATASETS.items():
        if values == layout.values:
            return dataset
    known = " or ".join(f"{layout.values} ({dataset})" for dataset, layout in DATASETS.items())
    raise CheckpointError(
        f"{name} is a motion encoder for {values} values per frame, expected {known}: "
        "download the original file."
    )
