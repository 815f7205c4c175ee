"""Save a soundtrack: all its files into a folder, or one of them under a name."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from d2m.core.errors import OutputError
from d2m.core.output_folder import usable_output
from d2m.generation.soundtrack import Soundtrack
from d2m.perception.dance import Dance
from d2m.rendering.write_results import write_soundtrack, write_video

SAVED_KINDS = {".mp4": "mp4", ".wav": "wav", ".mid": "midi"}
"""The kind of the file that a soundtrack is saved as, by the ending of its name."""


def save_soundtrack(
    dance: Dance, name: str, soundtrack: Soundtrack, target: Path
) -> dict[str, Path]:
    """Write a soundtrack into a folder or a file.

    Parameters
    ----------
    dance, soundtrack
        The music and the dance that it was made for.
    name
        First part of the file names in a folder.
    target
        A file with one of the endings of `SAVED_KINDS`: the clip with its music, the music, or
        its notes. Anything else without an ending is a folder for all files, see
        `d2m.rendering.write_results.write_soundtrack`.

    Returns
    -------
    dict of Path
        The files by kind.

    Raises
    ------
    OutputError
        If the ending is another one, the music has no notes, or nothing can be written there.
    """
    kind = SAVED_KINDS.get(target.suffix.lower())
    if kind is None:
        if target.suffix and not target.is_dir():
            raise OutputError(
                f"A soundtrack can't be saved as {target.suffix}: choose a name that ends with "
                f"{', '.join(SAVED_KINDS)}, or a folder for all files."
            )
        usable_output(target)
        return write_soundtrack(dance, soundtrack, target, name).paths
    usable_output(target.parent).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".d2m-") as folder:
        paths = write_video(dance, soundtrack, Path(folder), name).paths
        if kind not in paths:
            raise OutputError(
                f"This music has no notes to save as {target.suffix}: save it as .mp4 or .wav."
            )
        shutil.move(paths[kind], target)
    return {kind: target}
