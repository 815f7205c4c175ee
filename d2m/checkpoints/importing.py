"""Install files that a person has: tell by their content what they are, check, convert."""

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
from d2m.core.levels import LEVELS, Level

_HINT = re.compile(r"(?<![a-z])(high|low)(?![a-z])")
_BLOBS = {file.blob_id: file.key for file in WEIGHT_FILES.values() if file.blob_id}


@dataclass(frozen=True, kw_only=True)
class IdentifiedFile:
    """What a file turned out to hold.

    Parameters
    ----------
    path
        The file.
    network
        See `d2m.checkpoints.identify.NETWORK_TITLES`.
    levels
        Levels that it is good for, as far as its content tells.
    key
        Its key, where the content alone decides.
    """

    path: Path
    network: str
    levels: tuple[Level, ...]
    key: str | None = None


def import_files(
    paths: Iterable[Path],
    *,
    level: Level | None = None,
    dataset: str | None = None,
    folder: Path = CHECKPOINTS,
) -> list[InstalledFile]:
    """Install weights from files, whatever they are called.

    What a file holds is told by the names and shapes in it. The published motion encoders
    of both levels look alike, and so do the codecs; these take their level from ``level``,
    the file's name, a generator in the same folder that is imported with them, or the
    folder's name, in this order.

    Parameters
    ----------
    paths
        Files as their authors published them.
    level, dataset
        What the files are, where a person says so.
    folder
        Checkpoints folder.

    Returns
    -------
    list of InstalledFile
        One a file, in the order given.

    Raises
    ------
    CheckpointError
        If a file is of no use, is damaged, or leaves its level open; nothing is installed
        then unless values that are not finite come to light, which stops at that file.
    """
    found = [identify_file(Path(path)) for path in paths]
    keys = [choose_key(file, found, level=level, dataset=dataset) for file in found]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        names = [file.path.name for file, key in zip(found, keys, strict=True) if key == twice]
        raise CheckpointError(
            f"{' and '.join(names)} would both become {twice}: import them one by one, "
            "with --level."
        )
    return [install_file(f.path, key, folder) for f, key in zip(found, keys, strict=True)]


def identify_file(path: Path) -> IdentifiedFile:
    """Tell what a file holds, by names and shapes.

    Raises
    ------
    CheckpointError
        If it is of no use here.
    """
    from d2m.checkpoints.identify import identify_network, match_parameters, vqvae_levels

    state = read_state_dict(path)
    network = identify_network(state, path.name)
    match_parameters(state, network, path.name)
    if network in ("i3d", "vggish"):
        return IdentifiedFile(path=path, network=network, levels=(), key=network)
    if network == "vqvae":
        there = vqvae_levels(state)
        levels = tuple(level for level in LEVELS.values() if level.vqvae_level in there)
        return IdentifiedFile(
            path=path, network=network, levels=levels, key=_BLOBS.get(git_blob_id(path))
        )
    if network.endswith("generator"):
        level = LEVELS[network.split("-")[1]]
        return IdentifiedFile(path=path, network=network, levels=(level,), key=network)
    dataset = network.removesuffix("-motion")
    levels = tuple(x for x in LEVELS.values() if f"{dataset}-{x.name}-motion" in WEIGHT_FILES)
    key = f"{dataset}-{levels[0].name}-motion" if len(levels) == 1 else None
    return IdentifiedFile(path=path, network=network, levels=levels, key=key)


def choose_key(
    file: IdentifiedFile,
    beside: Sequence[IdentifiedFile],
    *,
    level: Level | None,
    dataset: str | None,
) -> str:
    """Decide under which key a file is installed.

    Parameters
    ----------
    file
        What was found in it.
    beside
        All files that are imported with it.
    level, dataset
        What a person said.

    Raises
    ------
    CheckpointError
        If that contradicts the content, or the level stays open.
    """
    name = file.path.name
    own = file.network.partition("-")[0]
    if dataset is not None and "-" in file.network and dataset != own:
        raise CheckpointError(
            f"{name} is of the data set {own}, not {dataset}: leave out --dataset."
        )
    if level is not None and file.levels and level not in file.levels:
        raise CheckpointError(
            f"{name} is of level {file.levels[0].name}, not {level.name}: leave out --level."
        )
    if file.key is not None:
        return file.key
    hinted = level or _level_of(file, beside)
    if file.network == "vqvae":
        if hinted is None and len(file.levels) > 1:
            return "vqvae-jukebox"
        return f"vqvae-{(hinted or _only(file)).name}"
    if hinted is None:
        raise CheckpointError(
            f"{name} fits level high and level low: say which with --level, or import it together "
            "with its generator."
        )
    return f"{own}-{hinted.name}-motion"


def install_file(path: Path, key: str, folder: Path = CHECKPOINTS) -> InstalledFile:
    """Check a file as the weights of a key, and install it.

    Raises
    ------
    CheckpointError
        If it is not of that network, or holds values that are not finite.
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
        note = "not the file that the authors published, though it fits"
    return InstalledFile(key=key, path=written, source=path.name, note=note)


def _check_levels(key: str, there: tuple[int, ...], name: str) -> None:
    for level in LEVELS.values():
        if key in codec_keys(level) and level.vqvae_level not in there:
            raise CheckpointError(
                f"{name} has no level {level.name}, which {key} needs: get the original file."
            )


def _only(file: IdentifiedFile) -> Level:
    if not file.levels:
        raise CheckpointError(
            f"{file.path.name} is a JukeBox VQ-VAE without the levels that are used here: "
            "get a file with hop 128 or hop 32."
        )
    return file.levels[0]


def _level_of(file: IdentifiedFile, beside: Sequence[IdentifiedFile]) -> Level | None:
    if hint := _hinted(file.path.name):
        return hint
    if file.network == "vqvae":
        return None
    dataset = file.network.partition("-")[0]
    folder = file.path.absolute().parent
    generators = {
        other.levels[0].name
        for other in beside
        if other.network.startswith(dataset)
        and other.network.endswith("generator")
        and other.path.absolute().parent == folder
    }
    if len(generators) == 1:
        return LEVELS[generators.pop()]
    return _hinted(folder.name)


def _hinted(name: str) -> Level | None:
    hints = set(_HINT.findall(name.lower()))
    return LEVELS[hints.pop()] if len(hints) == 1 else None
