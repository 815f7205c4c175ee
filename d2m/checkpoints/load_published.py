"""Load the installed published networks, ready to use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.installed import installed_path, no_level_message, read_installed
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import codec_keys, family_named
from d2m.core.errors import CheckpointError
from d2m.core.levels import Level
from d2m.core.settings import COMPACT

if TYPE_CHECKING:
    from torch import nn

    from d2m.models.vggish import VGGish
    from d2m.models.vqvae import JukeboxVQVAE


def load_published(
    family: str, level: Level, folder: Path = CHECKPOINTS
) -> tuple[nn.Module, nn.Module]:
    """Load the published networks of a family, ready to use.

    Returns
    -------
    motion_encoder, generator
        As `d2m.models.d2mgan.build_d2mgan` makes them, in evaluation mode, without gradients.

    Raises
    ------
    CheckpointError
        If there is no such level, or a file is missing, damaged, or of another network.
    """
    if family == COMPACT or level not in family_named(family).levels:
        raise CheckpointError(no_level_message(family, level))
    motion, generator = (
        _loaded(f"{family}-{level.name}-{part}", folder) for part in ("motion", "generator")
    )
    return motion, generator


def load_published_codec(level: Level, folder: Path = CHECKPOINTS) -> JukeboxVQVAE:
    """Load the codec that the published sets of a level play through, ready to use.

    The one that was fine-tuned for D2M-GAN if it is installed, else JukeBox's own.

    Raises
    ------
    CheckpointError
        If neither is installed, or the file is damaged.
    """
    from d2m.models.vqvae import JukeboxVQVAE

    key = next((k for k in codec_keys(level) if installed_path(k, folder).is_file()), None)
    tensors, _ = read_installed(key or codec_keys(level)[0], folder)
    codec = JukeboxVQVAE([level])
    codec.load_published_state(tensors)
    return codec.eval().requires_grad_(False)


def load_i3d(folder: Path = CHECKPOINTS) -> nn.Module:
    """Load the visual network, `d2m.models.i3d.build_i3d`, ready to use.

    Raises
    ------
    CheckpointError
        If it is not installed, or damaged.
    """
    return _loaded("i3d", folder)


def load_vggish(folder: Path = CHECKPOINTS) -> VGGish:
    """Load the network by which genres are told, ready to use.

    With AudioSet's post-processing if the file that was installed had it.

    Raises
    ------
    CheckpointError
        If it is not installed, or damaged.
    """
    return cast("VGGish", _loaded("vggish", folder))


def _loaded(key: str, folder: Path) -> nn.Module:
    from d2m.checkpoints.identify import build_empty, match_parameters, network_variant

    tensors, _ = read_installed(key, folder)
    network = build_empty(network_variant(WEIGHT_FILES[key].network, tensors))
    fitting = match_parameters(tensors, WEIGHT_FILES[key].network, f"{key}.safetensors")
    network.load_state_dict(fitting, assign=True)
    return network.eval().requires_grad_(False)
