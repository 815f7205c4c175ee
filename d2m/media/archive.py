"""Pack files into a ZIP."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from d2m.media.atomic_write import atomic_write


def write_archive(target: Path, files: Iterable[Path]) -> None:
    """Write a ZIP of files that are compressed already, without their folders."""
    with atomic_write(target) as temporary, zipfile.ZipFile(temporary, "w") as package:
        for file in files:
            package.write(file, file.name)
