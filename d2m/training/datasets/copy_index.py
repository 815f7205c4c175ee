"""Find the files of a person's copy of a data set, however its folders are arranged."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from d2m.core.errors import DataError

NAMES_SHOWN = 3
"""Missing files that are named; of the others, the number is given."""


@dataclass(frozen=True, kw_only=True)
class CopyIndex:
    """The files under a folder.

    Parameters
    ----------
    root
        The folder.
    files
        Paths by file name in lower case; names that occur several times have several paths.
    """

    root: Path
    files: Mapping[str, tuple[Path, ...]]

    def find(self, name: str, parent: str = "") -> Path | None:
        """Return the first file of a name, if ``parent`` is given in a folder of that name."""
        found = self.files.get(name.lower(), ())
        return next((path for path in found if not parent or path.parent.name == parent), None)

    def find_any(self, stem: str, endings: Iterable[str]) -> Path | None:
        """Return a file of a name with one of several endings, the first ones preferred."""
        found = (self.find(f"{stem}{ending}") for ending in endings)
        return next((path for path in found if path is not None), None)


@dataclass(frozen=True, kw_only=True)
class MissingFiles:
    """Files of one kind that a copy lacks.

    Parameters
    ----------
    kind
        What they are, in the plural.
    names
        Names of those that are missing, at least one.
    wanted
        Number that is needed in all.
    source
        Where they are published.
    consequence
        What happens without them.
    """

    kind: str
    names: tuple[str, ...]
    wanted: int
    source: str
    consequence: str

    def as_text(self) -> str:
        """Return a line for the list of what is missing."""
        named = ", ".join(self.names[:NAMES_SHOWN])
        more = f" and {len(self.names) - NAMES_SHOWN} more" if len(self.names) > NAMES_SHOWN else ""
        return (
            f"- {self.kind}: {len(self.names)} of {self.wanted} missing ({named}{more}). "
            f"{self.consequence} Published at {self.source}."
        )


def index_copy(root: Path) -> CopyIndex:
    """List all files under a folder; links to folders are followed once.

    Raises
    ------
    DataError
        If the folder does not exist.
    """
    if not root.is_dir():
        raise DataError(
            f"The folder {root.name} does not exist: give the one with your copy of the data."
        )
    files: dict[str, list[Path]] = {}
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        seen.add(os.path.realpath(folder))
        folders[:] = sorted(
            one for one in folders if os.path.realpath(Path(folder, one)) not in seen
        )
        for name in sorted(names):
            files.setdefault(name.lower(), []).append(Path(folder, name))
    return CopyIndex(root=root, files={name: tuple(paths) for name, paths in files.items()})


def read_names(path: Path) -> list[str]:
    """Read a list with one name or path per line; empty lines are left out.

    Raises
    ------
    DataError
        If it is no text.
    """
    expected = "expected a text with one name per line"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name} can't be read: {expected}.") from error
    return [line.strip() for line in lines if line.strip()]
