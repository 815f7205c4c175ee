"""Sentences that say what was done to a clip's picture, and why."""

from __future__ import annotations

COPIED = "The picture is your clip's own, unchanged."
"""What is said where the coded pictures are copied."""
USED_IN_PART = "The picture was encoded once, because only a part of the clip is used."
"""What is said of a part of a clip: a copy could only begin at a keyframe."""
TOO_LARGE = "The picture was encoded once, because the file of the clip is large."
"""What is said of clips above `d2m.media.picture_maker.MAX_PICTURE_BYTES`."""
DAMAGED = "The picture was encoded once, because parts of the clip are damaged."
"""What is said where decoding has found faults that players would trip over."""
NOT_UPRIGHT = "The picture was encoded once, because browsers would not show it upright."
"""What is said of clips whose file mirrors them, or turns them by other than quarter turns."""
CROPPED = "The picture was encoded once, because browsers would not crop it as the file asks."
"""What is said of clips with a clean aperture."""
INTERLACED = "The picture was encoded once, because browsers can't play interlaced video well."
"""What is said of interlaced clips."""
WIDE_PIXELS = "The picture was encoded once, because its pixels are not square."
"""What is said of clips whose pixels have another aspect."""
HDR = "The picture was encoded once, because browsers show HDR in different ways."
"""What is said of H.264 in HDR."""
OTHER_H264 = "The picture was encoded once, because browsers can't play this kind of H.264."
"""What is said of H.264 in a profile, a colour format or a form that browsers do not support."""
_NAMES = {
    "hevc": "HEVC",
    **dict.fromkeys(("vp9", "libvpx-vp9"), "VP9 in an MP4"),
    **dict.fromkeys(("av1", "libdav1d"), "AV1"),
    "vp8": "VP8 in an MP4",
    "gif": "GIF with sound",
    "mpeg4": "MPEG-4 Part 2",
    "mpeg2video": "MPEG-2",
    "mpeg1video": "MPEG-1",
    "mjpeg": "Motion JPEG",
    "dvvideo": "DV",
    "prores": "ProRes",
    "theora": "Theora",
    "wmv3": "Windows Media Video",
}
"""Names of codecs that are not H.264, by FFmpeg's."""


def unplayable_codec(name: str) -> str:
    """Return what is said where not every browser plays a codec.

    Parameters
    ----------
    name
        FFmpeg's name of the codec.
    """
    known = _NAMES.get(name, name.upper())
    return f"The picture was encoded once, because not every browser plays {known}."
