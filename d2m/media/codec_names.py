"""Names of codecs for people, also of those that can't be decoded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from d2m.media.stream_choice import codec_name

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

_KNOWN_AS = {
    "ac3": "Dolby Digital (AC-3)",
    "eac3": "Dolby Digital Plus (E-AC-3)",
    "truehd": "Dolby TrueHD",
    "dca": "DTS",
    "ffv1": "FFV1",
    "vc1": "VC-1",
    "mpeg4": "MPEG-4",
    "ac4": "Dolby AC-4",
    "apac": "Apple Positional Audio",
    "mpegh_3d_audio": "MPEG-H 3D Audio",
    "vvc": "H.266 (VVC)",
    "apv": "APV",
    "prores_raw": "ProRes RAW",
    "lcevc": "LCEVC",
    "evc": "MPEG-5 EVC",
    "avs3": "AVS3",
    "lc3": "LC3",
}
"""Names of codecs by FFmpeg's, where those are unusual."""
# Longest name in a message (characters); chosen by hand.
_MAX_LENGTH = 40


def codec_for_people(container: InputContainer, stream: Stream) -> str:
    """Return the name of a track's codec for a message.

    Parameters
    ----------
    container, stream
        The open file and one of its tracks, which may have no decoder.

    Returns
    -------
    str
        Such as ``"Dolby AC-4"``, or the code that the file gives, or an empty text if it gives
        none.
    """
    name = codec_name(stream)
    if name == "unknown":
        name, tag = _described(container, stream)
        return _KNOWN_AS.get(name, name.replace("_", " ") if name else tag)
    if name in _KNOWN_AS:
        return _KNOWN_AS[name]
    long_name = str(stream.codec_context.codec.long_name)
    # The descriptions of FFmpeg go on with other names in brackets.
    return re.split(r" [/\[]| \(", long_name)[0][:_MAX_LENGTH] or name


def _described(container: InputContainer, stream: Stream) -> tuple[str, str]:
    """Return FFmpeg's name of a codec without decoder, and the tag in the file.

    FFmpeg tells both only in its summary of a file, which it writes at the level of information.
    """
    import av.logging

    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        # PyAV's annotations leave this method out.
        summary = str(getattr(container, "dumps_format", str)())
    finally:
        av.logging.set_level(level)
    line = re.search(
        rf"^  Stream #0:{stream.index}\b[^\n]*?: (?:Video|Audio): (\w+)(?: \([^)]*\))?? ?"
        r"(?:\(([\w .-]+) / 0x|,|$)",
        summary,
        re.MULTILINE,
    )
    if line is None:
        return "", ""
    name, tag = line[1], (line[2] or "").strip()
    return ("" if name in ("none", "unknown") else name), tag[:_MAX_LENGTH]
