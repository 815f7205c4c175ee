"""Which file of a system belongs to which clip.

1. A file whose name without ending is that of the clip.
2. Otherwise, a file whose name begins with that of the clip and one of the characters
   ``. _ -`` or a space, such as ``solo.house.0.studio.wav`` for the clip ``solo``. A name that
   fits several clips belongs to the one with the longest name.

Of files that differ only in their endings, sound comes before video, and video before MIDI.
If more than one file is left, the pair is ambiguous and none of them is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from d2m.core.errors import DataError
from d2m.media.accepted_formats import AUDIO_ENDINGS, VIDEO_ENDINGS

MIDI_ENDINGS = ("mid", "midi")
"""Endings of MIDI files."""
SEPARATORS = (".", "_", "-", " ")
"""Characters between the name of a clip and what a system adds to it."""
_NAMED = 3  # candidates that a sentence names


@dataclass(frozen=True, kw_only=True)
class PairedFile:
    """The file of a system for a clip.

    Parameters
    ----------
    path
        The file; None if there is none, or more than one fits.
    problem
        Why there is none; else empty.
    """

    path: Path | None = None
    problem: str = ""


def pair_files(clips: Iterable[str], folder: Path) -> dict[str, PairedFile]:
    """Find the file of each clip in the folder of a system.

    Parameters
    ----------
    clips
        Names of the clips, without ending.
    folder
        Folder with sound files, videos or MIDI files.

    Raises
    ------
    DataError
        If the folder does not exist or holds no such file.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist: give a folder with a file per clip.")
    files = [path for path in sorted(folder.iterdir()) if _kind(path) is not None]
    if not files:
        raise DataError(f"The folder {folder} holds no sound files, videos or MIDI files.")
    names = list(clips)
    owners: dict[str, list[Path]] = {name: [] for name in names}
    exact: dict[str, list[Path]] = {name: [] for name in names}
    for path in files:
        if path.stem in exact:
            exact[path.stem].append(path)
        elif owner := _owner(path, names):
            owners[owner].append(path)
    return {name: _chosen(exact[name] or owners[name], name, folder) for name in names}


def _kind(path: Path) -> int | None:
    """Return the rank of a kind of file; None for other files."""
    ending = path.suffix.lower().removeprefix(".")
    kinds = (AUDIO_ENDINGS, VIDEO_ENDINGS, MIDI_ENDINGS)
    if not path.is_file() or path.name.startswith("."):
        return None
    return next((rank for rank, endings in enumerate(kinds) if ending in endings), None)


def _owner(path: Path, names: list[str]) -> str:
    """Return the longest name that a file's name begins with; empty without one."""
    fitting = [
        name for name in names if any(path.name.startswith(name + mark) for mark in SEPARATORS)
    ]
    return max(fitting, key=len, default="")


def _chosen(found: list[Path], name: str, folder: Path) -> PairedFile:
    if not found:
        return PairedFile(problem=f"No file for {name} is in {folder.name}.")
    if len({path.stem for path in found}) == 1:
        best = min(_kind(path) or 0 for path in found)
        found = [path for path in found if _kind(path) == best]
    if len(found) > 1:
        listed = ", ".join(path.name for path in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        return PairedFile(problem=f"Several files fit {name}: {listed}{more}. Keep one of them.")
    return PairedFile(path=found[0])
