"""What result files say about themselves: a title, the tool, and that they are AI-generated.

Nothing of the source is passed on: no place, no device, no date.
"""

from __future__ import annotations

from d2m.core.version import __version__

TOOL = f"D2M {__version__}"
"""The tool that makes the files."""
AI_GENERATED = "AI-generated"
"""What the comment of a file says; the rights sheet in the report says more."""


def mp4_tags(title: str) -> dict[str, str]:
    """Return the tags of an MP4 or M4A, by FFmpeg's names for them (iTunes: nam, too and cmt)."""
    return {"title": _unicode(title), "encoding_tool": TOOL, "comment": AI_GENERATED}


def png_tags(title: str) -> dict[str, str]:
    """Return the text chunks of a PNG, by the keywords of its standard."""
    return {"Title": _unicode(title), "Software": TOOL, "Comment": AI_GENERATED}


def _unicode(title: str) -> str:
    """Return a title whose parts that are no Unicode, as in some file names, are question marks."""
    return title.encode("utf-8", "replace").decode("utf-8")
