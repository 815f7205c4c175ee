"""Which network a state dict belongs to, by its names and shapes, and whether it fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.core.levels import LEVELS
from d2m.models.d2mgan import DATASETS, build_d2mgan
from d2m.models.vggish import PCA_PREFIX, VGGish
from d2m.models.vqvae import JukeboxVQVAE

NETWORK_TITLES = {
    **{f"{dataset}-motion": f"D2M-GAN motion encoder ({dataset})" for dataset in DATASETS},
    **{
        f"{dataset}-{level}-generator": f"D2M-GAN generator ({dataset}, level {level})"
        for dataset in DATASETS
        for level in LEVELS
    },
    "vqvae": "JukeBox VQ-VAE",
    "i3d": "I3D-R50",
    "vggish": "VGGish",
}
"""Networks that can be recognised, with their names for people."""
_VQVAE = re.compile(r"(?:encoders|decoders|bottleneck\.level_blocks)\.(\d)\.")
_TRAINING_ONLY = re.compile(r"bottleneck\.level_blocks\.\d\.k_(?:sum|elem)$")
_I3D_HEAD = re.compile(r"blocks\.6\.proj\.|head\.projection\.")
_COUNTER = ".num_batches_tracked"
_VGGISH_PCA = "vggish-pca"


def identify_network(state: Mapping[str, Tensor], name: str) -> str:
    """Tell which network a state dict belongs to: a key of ``NETWORK_TITLES``.

    Parameters
    ----------
    state
        Tensors by name.
    name
        File name, for the message.

    Raises
    ------
    CheckpointError
        If it is of a network that isn't used here.
    """
    if any(n.startswith("model.disc_") for n in state):
        raise CheckpointError(
            f"{name} is D2M-GAN's discriminator, which only training needs: leave it out."
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
        f"{name} holds a network that is not known here (its first parameter is "
        f"`{first[:60]}`): expected a network of D2M-GAN, a JukeBox VQ-VAE, PyTorchVideo's "
        "I3D or VGGish."
    )


def vqvae_levels(names: Iterable[str]) -> tuple[int, ...]:
    """Return the levels of a JukeBox VQ-VAE whose parameters are among names."""
    return tuple(sorted({int(found[1]) for n in names if (found := _VQVAE.match(n))}))


def network_variant(network: str, state: Mapping[str, Tensor]) -> str:
    """Return a network's name for `build_empty`: VGGish has its post-processing in some files only."""
    whitened = network == "vggish" and any(n.startswith(PCA_PREFIX) for n in state)
    return _VGGISH_PCA if whitened else network


def build_empty(network: str, levels: tuple[int, ...] = (0, 1, 2)) -> nn.Module:
    """Build a network without memory for its parameters (on torch's meta device).

    Parameters
    ----------
    network
        A key of ``NETWORK_TITLES``, or its `network_variant`.
    levels
        Levels of a VQ-VAE.

    Raises
    ------
    CheckpointError
        For TikTok's generator of level low, which can't run.
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
        level = LEVELS[network.split("-")[1]] if network.endswith("generator") else LEVELS["high"]
        motion, generator = build_d2mgan(dataset, level)
        return generator if network.endswith("generator") else motion


@cache
def expected_shapes(network: str, levels: tuple[int, ...] = (0, 1, 2)) -> Mapping[str, torch.Size]:
    """Return the shape of each parameter and buffer of a network, see `build_empty`."""
    state = build_empty(network, levels).state_dict()
    return MappingProxyType({name: tensor.shape for name, tensor in state.items()})


def match_parameters(state: Mapping[str, Tensor], network: str, name: str) -> dict[str, Tensor]:
    """Return the tensors of a state dict that a network takes, once all names and shapes fit.

    Parameters
    ----------
    state
        Tensors by name.
    network
        A key of ``NETWORK_TITLES``.
    name
        File name, for the message.

    Raises
    ------
    CheckpointError
        With the first difference.
    """
    levels = vqvae_levels(state) if network == "vqvae" else ()
    if not set(levels) <= {0, 1, 2}:
        raise CheckpointError(f"{name} has a level that no JukeBox VQ-VAE has: get it again.")
    wanted = expected_shapes(network_variant(network, state), levels)
    given = {n: t for n, t in state.items() if not _left_out(n, network, wanted)}
    for counter in wanted:  # files of old versions of torch don't have these counters
        if counter.endswith(_COUNTER):
            given.setdefault(counter, torch.zeros((), dtype=torch.int64))
    start = f"{name} is not the published {NETWORK_TITLES[network]}"
    if lost := next((n for n in wanted if n not in given), None):
        raise CheckpointError(f"{start}: it lacks the parameter `{lost}`; get it again.")
    if surplus := next((n for n in given if n not in wanted), None):
        raise CheckpointError(
            f"{start}: it has a parameter `{surplus[:60]}` that this network hasn't; "
            "get the original file."
        )
    for n, shape in wanted.items():
        if given[n].shape != shape:
            raise CheckpointError(
                f"{start}: its `{n}` has the shape {tuple(given[n].shape)}, "
                f"expected {tuple(shape)}; get the original file."
            )
    return {n: given[n] for n in wanted}


def to_finite_float32(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return tensors as finite float32 (counters as they are), each in memory of its own.

    Parameters
    ----------
    state
        Tensors whose names and shapes fit.
    name
        File name, for the message.

    Raises
    ------
    CheckpointError
        If a value is not a number or infinite, or a tensor is of no plain kind.
    """
    whole: dict[str, Tensor] = {}
    memory = set()
    for n, tensor in state.items():
        counter = n.endswith(_COUNTER)
        plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
        if not plain or tensor.is_quantized or not (counter or tensor.is_floating_point()):
            raise CheckpointError(
                f"{name} stores `{n}` as {tensor.dtype} ({tensor.layout}, {tensor.device}), "
                "expected plain floating-point numbers: "
                "get the original file."
            )
        dtype = torch.int64 if counter else torch.float32
        values = tensor.detach().to(dtype).contiguous()
        store = values.untyped_storage()
        if store.nbytes() != values.nbytes or store.data_ptr() in memory:
            values = values.clone()  # safetensors takes no shared memory
        memory.add(values.untyped_storage().data_ptr())
        if not counter and not torch.isfinite(values).all():
            raise CheckpointError(
                f"{name} has values in `{n}` that are not finite numbers, so it can't play: "
                "get the original file."
            )
        whole[n] = values
    return whole


def _left_out(parameter: str, network: str, wanted: Mapping[str, torch.Size]) -> bool:
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
        f"{name} is a motion encoder for {values} values a frame, expected {known}: "
        "get the original file."
    )
