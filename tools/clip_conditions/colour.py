"""Colours: what phones, cameras and recorders tag, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av

from d2m.media.clip import normalise, read_frames
from d2m.media.colour import BT709_TAG, LIMITED_RANGE
from tests.colour_charts import (
    TONE_MAPPED,
    WAY_IN,
    by_ffmpeg,
    chart,
    deviation,
    make_chart,
    patches_of,
)
from tools.clip_conditions.condition import Condition, Seen

TOLERANCE = 12
"""Largest difference of a patch's red, green or blue that nobody sees in a moving picture
(1/255)."""
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", 6)
_HEVC = (
    *("-c:v", "libx265", "-preset", "ultrafast", "-crf", 6, "-tag:v", "hvc1"),
    *("-x265-params", "log-level=error"),
)
_AV1 = ("-c:v", "libsvtav1", "-preset", 12, "-crf", 10, "-svtav1-params", "log=0")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8, "-crf", 10, "-b:v", 0)
_HLG = f"{WAY_IN},zscale=p=2020:t=arib-std-b67:m=2020_ncl:r=tv:npl=203,format=yuv420p10le"
_PQ = f"{WAY_IN},zscale=p=2020:t=smpte2084:m=2020_ncl:r=tv:npl=203,format=yuv420p10le"
_FULL = ("-color_range", "pc")
_HD = "scale=1280:720:flags=neighbor"


def _tags(primaries: str, transfer: str, matrix: str) -> tuple[str, ...]:
    return "-color_primaries", primaries, "-color_trc", transfer, "-colorspace", matrix


def _coded(matrix: str, span: str = "tv", pixels: str = "yuv420p", tag: str = "") -> str:
    """Return the filters from RGB to a matrix, a range and a pixel format.

    Parameters
    ----------
    matrix, span, pixels
        FFmpeg's names of them.
    tag
        FFmpeg's name of the matrix in the tags; by default there are none, also for the range.
    """
    known = f"colorspace={tag}:range={span}" if tag else "colorspace=unknown:range=unknown"
    return (
        f"scale=out_color_matrix={matrix}:out_range={span}:flags=accurate_rnd,format={pixels},"
        f"setparams={known}"
    )


_HLG_TAGS = _tags("bt2020", "arib-std-b67", "bt2020nc")
_PQ_TAGS = _tags("bt2020", "smpte2084", "bt2020nc")


def _seen(clip: Path, mapping: str = "") -> Seen:
    """Return how far the copy's patches are from FFmpeg's tone mapping, or from the original."""
    copy = clip.with_name("copy.mp4")
    normalise(clip, copy)
    _, frame = next(read_frames(copy))
    expected = by_ffmpeg(clip, mapping) if mapping else patches_of(chart())
    off, patch = deviation(patches_of(frame), expected)
    with av.open(str(copy)) as written:
        video = written.streams.video[0]
        tags = (video.color_primaries, video.color_trc, video.colorspace, video.color_range)
    is_tagged = tags == (BT709_TAG,) * 3 + (LIMITED_RANGE,)
    text = f"off by {off:.0f}/255 at most ({patch})" + ("" if is_tagged else "; no BT.709 tags")
    return Seen(text=text, passed=off <= TOLERANCE and is_tagged)


def _shows(name: str, filters: str, *options: object, mapping: str = "") -> Callable[[Path], Seen]:
    """Return a check that makes a clip of the chart and compares the normalised copy."""

    def check(folder: Path) -> Seen:
        return _seen(make_chart(folder / name, filters, *options), mapping)

    return check


def _hdr(name: str, check: Callable[[Path], Seen], *, is_slow: bool = False) -> Condition:
    return Condition(
        topic="Colour",
        name=name,
        expected=f"FFmpeg's tone mapping within {TOLERANCE}/255, tagged BT.709",
        check=check,
        is_slow=is_slow,
    )


def _sdr(name: str, check: Callable[[Path], Seen], *, is_slow: bool = False) -> Condition:
    return Condition(
        topic="Colour",
        name=name,
        expected=f"the original colours within {TOLERANCE}/255, tagged BT.709",
        check=check,
        is_slow=is_slow,
    )


COLOUR: tuple[Condition, ...] = (
    _hdr(
        "HLG, 10-bit HEVC, as iPhones film",
        _shows("clip.mov", _HLG, *_HEVC, *_HLG_TAGS, mapping=TONE_MAPPED),
    ),
    _hdr(
        "PQ (HDR10), 10-bit HEVC",
        _shows("clip.mp4", _PQ, *_HEVC, *_PQ_TAGS, mapping=TONE_MAPPED),
    ),
    _hdr(
        "HLG with a white of 1000 cd/m^2",
        _shows(
            "clip.mov",
            _HLG.replace("npl=203,f", "npl=1000,f"),
            *_HEVC,
            *_HLG_TAGS,
            mapping=TONE_MAPPED,
        ),
        is_slow=True,
    ),
    _hdr(
        "PQ in AV1, WebM",
        _shows("clip.webm", _PQ, *_AV1, *_PQ_TAGS, mapping=TONE_MAPPED),
        is_slow=True,
    ),
    _hdr(
        "HLG in VP9, MKV",
        _shows("clip.mkv", _HLG, *_VP9, *_HLG_TAGS, mapping=TONE_MAPPED),
        is_slow=True,
    ),
    _hdr(
        "HLG, full range, 4:2:2",
        _shows(
            "clip.mov",
            _HLG.replace("r=tv", "r=pc").replace("420p", "422p"),
            *_HEVC,
            *_HLG_TAGS,
            "-color_range",
            "pc",
            mapping=TONE_MAPPED,
        ),
        is_slow=True,
    ),
    _sdr(
        "SDR in BT.2020, 10-bit HEVC",
        _shows(
            "clip.mp4",
            f"{WAY_IN},zscale=p=2020:t=2020_10:m=2020_ncl:r=tv,format=yuv420p10le",
            *_HEVC,
            *_tags("bt2020", "bt2020-10", "bt2020nc"),
        ),
    ),
    _sdr(
        "Display P3, 10 bits, as Macs record their screen",
        _shows(
            "clip.mov",
            f"{WAY_IN},zscale=p=smpte432:t=bt709:m=709:r=tv,format=yuv420p10le",
            *_HEVC,
            *_tags("smpte432", "bt709", "bt709"),
        ),
    ),
    _sdr(
        "Display P3, 8 bits, as browsers and Macs record",
        _shows(
            "clip.mp4",
            f"{WAY_IN},zscale=p=smpte432:t=bt709:m=709:r=tv,format=yuv420p",
            *_H264,
            *_tags("smpte432", "bt709", "bt709"),
            mapping="zscale=p=bt709:t=bt709:m=bt709:r=tv",
        ),
        is_slow=True,
    ),
    _sdr("BT.601, tagged", _shows("clip.mp4", _coded("bt601", tag="smpte170m"), *_H264)),
    _sdr("small, without tags", _shows("clip.mp4", _coded("bt601"), *_H264)),
    _sdr("720p, without tags", _shows("clip.mp4", f"{_HD},{_coded('bt709')}", *_H264)),
    _sdr(
        "BT.709, tagged, small",
        _shows("clip.mp4", _coded("bt709", tag="bt709"), *_H264),
        is_slow=True,
    ),
    _sdr(
        "BT.601 tagged in 720p",
        _shows("clip.mp4", f"{_HD},{_coded('bt601', tag='bt470bg')}", *_H264),
        is_slow=True,
    ),
    _sdr(
        "BT.709, full range",
        _shows("clip.mp4", _coded("bt709", "pc", "yuvj420p", "bt709"), *_H264, *_FULL),
    ),
    _sdr(
        "motion JPEG of a webcam: BT.601, full range",
        _shows("clip.avi", _coded("bt601", "pc", "yuvj420p"), "-c:v", "mjpeg", "-q:v", 2),
    ),
    _sdr(
        "BT.601, full range, without a matrix",
        _shows("clip.mp4", _coded("bt601", "pc", "yuvj420p"), *_H264, *_FULL),
        is_slow=True,
    ),
    _sdr(
        "720p, 10 bits, without tags: not HDR",
        _shows("clip.mp4", f"{_HD},{_coded('bt709', pixels='yuv420p10le')}", *_HEVC),
        is_slow=True,
    ),
    _sdr(
        "ProRes 4:2:2, 10 bits",
        _shows(
            "clip.mov",
            _coded("bt709", pixels="yuv422p10le", tag="bt709"),
            *("-c:v", "prores_ks", "-profile:v", 2),
        ),
        is_slow=True,
    ),
    _sdr(
        "RGB in H.264, a recording of a screen",
        _shows("clip.mkv", "format=gbrp", "-c:v", "libx264rgb", "-crf", 4, "-pix_fmt", "rgb24"),
        is_slow=True,
    ),
    _sdr(
        "VP9 of a browser, tagged BT.601",
        _shows("clip.webm", _coded("bt601", tag="bt470bg"), *_VP9),
        is_slow=True,
    ),
    _sdr("GIF", _shows("clip.gif", "null"), is_slow=True),
    _sdr(
        "MPEG-2 of PAL, without tags",
        _shows("clip.mpg.mkv", _coded("bt601"), "-r", 25, "-c:v", "mpeg2video", "-q:v", 2),
        is_slow=True,
    ),
)
"""Charts in the ways that colours are coded and tagged."""
