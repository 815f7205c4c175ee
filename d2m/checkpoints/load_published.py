"""Load installed published networks: D2M-GAN, its codecs, I3D and VGGish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from d2m.checkpoints.availability import no_level_message
from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.installed import installed_path, read_installed
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import codec_keys, family_named
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HopLevel

if TYPE_CHECKING:
    from torch import nn

    from d2m.models.vggish import VGGish
    from d2m.models.vqvae import JukeboxVQVAE


def load_published(
    family: str, level: HopLevel, folder: Path = CHECKPOINTS
) -> tuple[nn.Module, nn.Module]:
    """Load the motion encoder and the generator of a family at a level.

    Parameters
    ----------
    family
        A key of `d2m.checkpoints.registry.FAMILIES` other than ``"compact"``.
    level
        The level to load.
    folder
        Checkpoints folder.

    Returns
    -------
    motion_encoder, generator
        As built by `d2m.models.d2mgan.build_d2mgan`, on the CPU, in evaluation mode, without
        gradients.

    Raises
    ------
    SettingsError
        If the family is unknown.
    CheckpointError
        If the family has no such level, or a file is missing, damaged, or of another
        network.
    """
    if family == COMPACT or level not in family_named(family).levels:
        raise CheckpointError(no_level_message(family, level))
    motion, generator = (
        _load_network(f"{family}-{level.name}-{part}", folder) for part in ("motion", "generator")
    )
    return motion, generator


def load_published_codec(level: HopLevel, folder: Path = CHECKPOINTS) -> JukeboxVQVAE:
    """Load the codec that decodes the codes of the published generators of a level.

    Parameters
    ----------
    level
        The level to load.
    folder
        Checkpoints folder.

    Returns
    -------
    JukeboxVQVAE
        The codec fine-tuned for D2M-GAN if it is installed, otherwise JukeBox's original; on
        the CPU, in evaluation mode, without gradients.

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
    """Load I3D-R50, the network for visual features (`d2m.models.i3d.build_i3d`).

    Raises
    ------
    CheckpointError
        If it is not installed, or the file is damaged.
    """
    return _load_network("i3d", folder)


def load_vggish(folder: Path = CHECKPOINTS) -> VGGish:
    """Load VGGish, the audio embedding network for genre classification.

    It includes AudioSet's post-processing if the installed file has its parameters.

    Raises
    ------
    CheckpointError
        If it is not installed, or the file is damaged.
    """
    return cast("VGGish", _load_network("vggish", folder))


def _load_network(key: str, folder: Path) -> nn.Module:
    from d2m.checkpoints.identify import build_empty, match_parameters, network_variant

    tensors, _ = read_installed(key, folder)
    network = build_empty(network_variant(WEIGHT_FILES[key].network, tensors))
    parameters = match_parameters(tensors, WEIGHT_FILES[key].network, f"{key}.safetensors")
    network.load_state_dict(parameters, assign=True)
    return network.eval().requires_grad_(False)
