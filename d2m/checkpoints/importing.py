"""Import weight files: identify them by their content, check, convert and install them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.installed import InstalledFile, write_installed
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import codec_keys
from d2m.checkpoints.safe_load import file_sha256, git_blob_id, read_state_dict
from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS, HopLevel

_LEVEL_IN_NAME = re.compile(r"(?<![a-z])(high|low)(?![a-z])")


@dataclass(frozen=True, kw_only=True)
class IdentifiedFile:
    """A weight file and the network in it.

    Parameters
    ----------
    path
        The file.
    network
        A key of `d2m.checkpoints.identify.NETWORK_TITLES`.
    levels
        Levels for which the file may be used, judged by its content; empty if the network
        has no levels.
    key
        A key of `d2m.checkpoints.catalog.WEIGHT_FILES` if the content determines it, else
        None.
    """

    path: Path
    network: str
    levels: tuple[HopLevel, ...]
    key: str | None = None


def import_files(
    paths: Iterable[Path],
    *,
    level: HopLevel | None = None,
    dataset: str | None = None,
    folder: Path = CHECKPOINTS,
) -> list[InstalledFile]:
    """Install weights from published files.

    Files are identified by the names and shapes of their parameters. The published motion
    encoders of AIST++ have the same shapes at both levels. Their level is taken from
    ``level``, the file name, a generator in the same folder that is imported together with
    them, or the folder name, in this order. Codecs have the same shapes as well; their level
    is taken from their git blob id, ``level`` or the file name.

    Parameters
    ----------
    paths
        Files as published by their authors.
    level
        Level of the files, if the user chose one.
    dataset
        ``"aist"`` or ``"tiktok"``: expected data set, if the user chose one.
    folder
        Checkpoints folder.

    Returns
    -------
    list of InstalledFile
        One for each file, in the given order.

    Raises
    ------
    CheckpointError
        If a file is unknown or damaged, or its level can't be determined. Nothing is
        installed then, except that values that are not finite are found file by file: the
        files before the bad one are installed.
    """
    found = [identify_file(Path(path)) for path in paths]
    keys = [choose_key(file, found, level=level, dataset=dataset) for file in found]
    if repeated := next((key for key in keys if keys.count(key) > 1), None):
        names = [file.path.name for file, key in zip(found, keys, strict=True) if key == repeated]
        raise CheckpointError(
            f"{' and '.join(names)} would be installed under the same key, {repeated}: import "
            "them one by one, with --level."
        )
    return [install_file(f.path, key, folder) for f, key in zip(found, keys, strict=True)]


def identify_file(path: Path) -> IdentifiedFile:
    """Identify the network in a file by the names and shapes of its parameters.

    Raises
    ------
    CheckpointError
        If the file is damaged or holds no known network.
    """
    from d2m.checkpoints.identify import identify_network, match_parameters, vqvae_levels

    state = read_state_dict(path)
    network = identify_network(state, path.name)
    match_parameters(state, network, path.name)
    if network in ("i3d", "vggish"):
        return IdentifiedFile(path=path, network=network, levels=(), key=network)
    if network == "vqvae":
        indexes = vqvae_levels(state)
        levels = tuple(level for level in HOP_LEVELS.values() if level.vqvae_level in indexes)
        return IdentifiedFile(
            path=path, network=network, levels=levels, key=_key_of_blob(git_blob_id(path))
        )
    if network.endswith("generator"):
        level = HOP_LEVELS[network.split("-")[1]]
        return IdentifiedFile(path=path, network=network, levels=(level,), key=network)
    dataset = network.removesuffix("-motion")
    levels = tuple(x for x in HOP_LEVELS.values() if f"{dataset}-{x.name}-motion" in WEIGHT_FILES)
    key = f"{dataset}-{levels[0].name}-motion" if len(levels) == 1 else None
    return IdentifiedFile(path=path, network=network, levels=levels, key=key)


def choose_key(
    file: IdentifiedFile,
    others: Sequence[IdentifiedFile],
    *,
    level: HopLevel | None,
    dataset: str | None,
) -> str:
    """Choose the key under which a file is installed.

    Parameters
    ----------
    file
        The file.
    others
        All files that are imported together with it.
    level, dataset
        Choice of the user, or None.

    Returns
    -------
    str
        A key of `d2m.checkpoints.catalog.WEIGHT_FILES`.

    Raises
    ------
    CheckpointError
        If the choice contradicts the content, or the level can't be determined.
    """
    name = file.path.name
    own_dataset = file.network.partition("-")[0]
    if dataset is not None and "-" in file.network and dataset != own_dataset:
        raise CheckpointError(
            f"{name} is of the data set {own_dataset}, not {dataset}: leave out --dataset."
        )
    if level is not None and file.levels and level not in file.levels:
        raise CheckpointError(
            f"{name} is of level {file.levels[0].name}, not {level.name}: leave out --level."
        )
    if file.key is not None:
        return file.key
    chosen = level or _level_from_context(file, others)
    if file.network == "vqvae":
        if chosen is None and len(file.levels) > 1:
            return "vqvae-jukebox"
        return f"vqvae-{(chosen or _only_level(file)).name}"
    if chosen is None:
        raise CheckpointError(
            f"{name} fits level high and level low: choose one with --level, or import it together "
            "with its generator."
        )
    return f"{own_dataset}-{chosen.name}-motion"


def install_file(path: Path, key: str, folder: Path = CHECKPOINTS) -> InstalledFile:
    """Check that a file holds the network of a key, and install it.

    Raises
    ------
    CheckpointError
        If it holds another network or values that are not finite, or can't be written.
    """
    from d2m.checkpoints.identify import match_parameters, to_finite_float32, vqvae_levels

    file = WEIGHT_FILES[key]
    state = match_parameters(read_state_dict(path), file.network, path.name)
    _check_levels(key, vqvae_levels(state), path.name)
    state = to_finite_float32(state, path.name)
    written = write_installed(
        key, state, source_hash=file_sha256(path), source=path.name, folder=folder
    )
    note = ""
    if file.blob_id and git_blob_id(path) != file.blob_id:
        note = "not the file that the authors published, although its parameters fit"
    return InstalledFile(key=key, path=written, source=path.name, note=note)


def _key_of_blob(blob_id: str) -> str | None:
    return next((key for key, file in WEIGHT_FILES.items() if file.blob_id == blob_id), None)


def _check_levels(key: str, indexes: tuple[int, ...], name: str) -> None:
    for level in HOP_LEVELS.values():
        if key in codec_keys(level) and level.vqvae_level not in indexes:
            raise CheckpointError(
                f"{name} has no level {level.name}, which {key} needs: download the original file."
            )


def _only_level(file: IdentifiedFile) -> HopLevel:
    if not file.levels:
        raise CheckpointError(
            f"{file.path.name} is a JukeBox VQ-VAE without level high or level low: "
            "import a file with hop 128 or hop 32."
        )
    return file.levels[0]


def _level_from_context(file: IdentifiedFile, others: Sequence[IdentifiedFile]) -> HopLevel | None:
    if level := _level_in_name(file.path.name):
        return level
    if file.network == "vqvae":
        return None
    dataset = file.network.partition("-")[0]
    folder = file.path.absolute().parent
    generators = {
        other.levels[0].name
        for other in others
        if other.network.startswith(dataset)
        and other.network.endswith("generator")
        and other.path.absolute().parent == folder
    }
    if len(generators) == 1:
        return HOP_LEVELS[generators.pop()]
    return _level_in_name(folder.name)


def _level_in_name(name: str) -> HopLevel | None:
    names = set(_LEVEL_IN_NAME.findall(name.lower()))
    return HOP_LEVELS[names.pop()] if len(names) == 1 else None
