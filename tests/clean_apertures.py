"""Give MP4 and QuickTime files a clean aperture."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.torture.mp4_boxes import TABLES, chain_to, with_box


def add_clean_aperture(path: Path, *values: int) -> None:
    """Add a ``clap`` box to the first track of a file whose index is at the end.

    Parameters
    ----------
    path
        The file, which is changed.
    values
        Width, height, and the offsets of the centre to the right and down; each as numerator
        and denominator.
    """
    data = path.read_bytes()
    place, size = chain_to(data, (*TABLES, "stsd"))[-1]
    content = data[place + 8 : place + size]
    (length,) = struct.unpack(">I", content[8:12])
    box = struct.pack(">I4s", 40, b"clap") + struct.pack(">IIIIiIiI", *values)
    content = content[:8] + struct.pack(">I", length + 40) + content[12:] + box
    path.write_bytes(with_box(data, (*TABLES, "stsd"), content))
