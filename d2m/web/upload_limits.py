"""Which files the page takes: what it says about that, and what the browser checks first."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from d2m.media.accepted_formats import AUDIO_ENDINGS, VIDEO_ENDINGS
from d2m.media.clip_limits import ClipLimits
from d2m.media.song_file import SongLimits

_SCRIPT = Path(__file__).with_name("upload.js")
_NAMED = 3
"""Formats that are named at once, without a click (count); chosen by hand."""


def upload_script() -> str:
    """Return the JavaScript that checks files in the browser before they are sent."""
    clip, song = ClipLimits(), SongLimits()
    limits = {
        "#clip": {
            "noun": "clip",
            "kinds": ["video/*"],
            "endings": VIDEO_ENDINGS,
            "bytes": clip.max_bytes,
            "least": clip.min_duration_s,
            "pixels": clip.max_pixels,
        },
        "#song": {
            "noun": "song",
            "kinds": ["audio/*", "video/*"],
            "endings": [*AUDIO_ENDINGS, *VIDEO_ENDINGS],
            "bytes": song.max_bytes,
            "least": song.min_duration_s,
            "most": song.max_file_s,
        },
    }
    lines = _SCRIPT.read_text(encoding="utf-8").splitlines()
    code = "\n".join(line for line in lines if not line.startswith("//"))
    return code.replace("const LIMITS = {};", f"const LIMITS = {json.dumps(limits)};")


def clip_limits_note() -> str:
    """Return what the page says about clips before one is chosen, as HTML."""
    limits = ClipLimits()
    return _note(
        f"{limits.min_duration_s:g} to {limits.max_duration_s:g} s, up to "
        f"{limits.max_bytes / 1e6:g} MB and {limits.max_pixels / 1e6:.1f} megapixels (4K).",
        "You can choose a part of a longer clip.",
        VIDEO_ENDINGS,
    )


def song_limits_note() -> str:
    """Return what the page says about songs before one is chosen, as HTML."""
    limits = SongLimits()
    return _note(
        f"{limits.min_duration_s:g} s to {limits.max_duration_s / 60:g} minutes, up to "
        f"{limits.max_bytes / 1e6:g} MB.",
        "You can choose a part of a longer song.",
        (*AUDIO_ENDINGS, *VIDEO_ENDINGS),
    )


def _note(limits: str, longer: str, endings: tuple[str, ...]) -> str:
    """Return sentences on the limits, and on the formats by their usual endings."""
    formats = [ending.upper() for ending in dict.fromkeys(endings)]
    first, others = ", ".join(formats[:_NAMED]), len(formats) - _NAMED
    return (
        f'<details class="limits"><summary><span>{escape(limits)}</span> '
        f"<span>{first} and {others} other formats.</span></summary>"
        f"<p>{escape(longer)}</p><p>{', '.join(formats)}</p></details>"
    )
