"""How a dance for a song may be used."""

from __future__ import annotations

from typing import Any

from d2m.rendering.rights import rights_entry

DANCE_RIGHTS = (
    "You may use this dance commercially: its movement was learned from procedural dancers, the "
    "CMU motion capture database and AIST++ (CC BY 4.0). The rights in the song stay with its "
    "owner: for a song that is not yours, ask before you publish the video."
)
"""Sentences on how a dance may be used, for people."""


def dance_rights_sheet(song: str) -> list[dict[str, Any]]:
    """Return what a dance was made from, as `d2m.rendering.rights.rights_sheet` does.

    Parameters
    ----------
    song
        Name of the song.
    """
    free = "Apache-2.0, like the program; the dance is yours"
    learned = "procedural dancers, CMU Graphics Lab Motion Capture Database, AIST++ (CC BY 4.0)"
    return [
        rights_entry(f"song {song}", "given by you", "that of its owner", False),
        rights_entry("movement", f"learned from {learned}", free, True),
        rights_entry("drawing of the dancer", "drawn by D2M", free, True),
    ]
