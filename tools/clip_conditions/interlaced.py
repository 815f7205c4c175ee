"""Interlaced pictures, pixels that are not square, and the part of a picture that is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from d2m.media.clip import ClipLimits, normalise, read_frames
from d2m.media.deinterlace import deinterlaced
from d2m.media.frames import decode_frames
from d2m.media.probe import open_clip
from tests.clean_apertures import add_clean_aperture, add_crop
from tests.clips import ffmpeg
from tests.interlaced_clips import make_interlaced, moving_bar, teeth
from tools.clip_conditions.condition import Condition, Seen

MOST_TEETH = 0.5
"""Most difference of a line from its neighbours' mean that a copy may have (1/255)."""
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", 16, "-pix_fmt", "yuv420p")
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", 2, "-pix_fmt", "yuv420p")
_DANCE = Path(__file__).parents[2] / "examples" / "break_aist_landscape.mp4"


def _source_teeth(clip: Path) -> float:
    with av.open(str(clip)) as container:
        frames = list(container.decode(video=0))
    return float(np.mean([teeth(frame.to_ndarray(format="gray")) for frame in frames]))


def _copied(clip: Path) -> tuple[tuple[int, int], float, list[NDArray[np.float64]]]:
    """Return size (px), rate (Hz) and luma of the pictures of a normalised copy."""
    copy = clip.with_name("copy.mp4")
    info = normalise(clip, copy)
    pictures = [f.mean(axis=2) for _, f in read_frames(copy, fps=info.fps, longest_side=1280)]
    return (info.width, info.height), info.fps, pictures


def _without_teeth(
    name: str, size: tuple[int, int], *options: object, **settings: object
) -> Callable[[Path], Seen]:
    """Return a check that a clip with a moving bar comes out without teeth and of a size."""

    def check(folder: Path) -> Seen:
        rate = float(str(settings.get("rate", 25)))
        clip = make_interlaced(folder / name, *options, **settings)  # type: ignore[arg-type]
        before = _source_teeth(clip)
        seen, fps, pictures = _copied(clip)
        after = float(np.mean([teeth(picture) for picture in pictures[2:-2]]))
        text = f"{before:.1f} before, {after:.2f} after, {seen[0]}x{seen[1]}, {fps:.4g} Hz"
        passed = before > 1 > MOST_TEETH > after and seen == size and abs(fps - rate) < 0.1
        return Seen(text=text, passed=passed)

    return check


def _interlaced(name: str, check: Callable[[Path], Seen], *, is_slow: bool = False) -> Condition:
    return Condition(
        topic="Interlaced",
        name=name,
        expected=f"teeth of less than {MOST_TEETH}/255, the rate kept, square pixels",
        check=check,
        is_slow=is_slow,
    )


def _keeps_sharpness(folder: Path) -> Seen:
    """Compare a clip that was filmed progressively, but tagged, with its own pictures."""
    clip = folder / "segmented.mkv"
    filters = "scale=480:272,noise=alls=8:allf=t:all_seed=1,setfield=tff"
    ffmpeg(
        *("-t", 3.2, "-i", _DANCE, "-an", "-vf", filters, "-flags", "+ilme+ildct"),
        *(*_X264, "-x264-params", "tff=1", clip),
    )
    with open_clip(clip, ClipLimits()) as (container, stream):
        kept = list(decode_frames(container, stream, ClipLimits()))
        made = list(deinterlaced(iter(kept)))
    errors = [
        np.mean((a.to_ndarray(format="gray") - b.to_ndarray(format="gray").astype(float)) ** 2)
        for a, b in zip(kept, made, strict=True)
    ]
    psnr = float(10 * np.log10(255**2 / max(1e-4, float(np.mean(errors)))))
    tagged = sum(frame.interlaced_frame for frame in kept)
    text = f"{psnr:.0f} dB; {tagged} of {len(kept)} pictures were tagged"
    return Seen(text=text, passed=psnr >= 50 and tagged == len(kept))


def _keeps_times(folder: Path) -> Seen:
    """Find when a flash of one picture starts in the copy."""
    white = "drawbox=c=white:t=fill:enable='between(n,50,51)'"
    source = f"color=c=gray:s=320x240:r=50:d=3.2,{white}"
    clip = make_interlaced(folder / "flash.mkv", *_MPEG2, source=source)
    _, fps, pictures = _copied(clip)
    bright = int(np.argmax([picture.mean() for picture in pictures]))
    off = 1000 * (bright / fps - 1.0)
    return Seen(text=f"off by {off:.0f} ms", passed=abs(off) <= 10)


def _clean(
    *values: int, size: tuple[int, int], options: tuple[object, ...] = (), turned: bool = False
) -> Callable[[Path], Seen]:
    """Return a check of the size and the borders of a clip with a clean aperture.

    The clip has 320 x 240 px; 40 px at the top and at the bottom are white, and the middle is
    black.
    """

    def check(folder: Path) -> Seen:
        clip = folder / "clip.mov"
        middle = "drawbox=y=40:h=160:w=320:c=black:t=fill"
        if turned:
            plain = folder / "plain.mov"
            ffmpeg("-f", "lavfi", "-i", f"color=white:s=320x240:r=10:d=3.2,{middle}", *_X264, plain)
            ffmpeg("-display_rotation", 90, "-i", plain, "-c", "copy", clip)
        else:
            filters = f"color=white:s=320x240:r=10:d=3.2,{middle}"
            ffmpeg("-f", "lavfi", "-i", filters, *options, *_X264, clip)
        add_clean_aperture(clip, *values)
        seen, _, pictures = _copied(clip)
        brightest = pictures[0][2:-2, 2:-2].max()
        text = f"{seen[0]}x{seen[1]}, brightest {brightest:.0f}/255"
        is_cropped = size != (320, 240)
        return Seen(text=text, passed=seen == size and (brightest < 30) == is_cropped)

    return check


def _cropped_matroska(folder: Path) -> Seen:
    clip = folder / "clip.mkv"
    filters = "color=white:s=320x240:r=10:d=3.2,drawbox=y=40:h=160:w=320:c=black:t=fill"
    ffmpeg("-f", "lavfi", "-i", filters, *_X264, "-fflags", "+bitexact", clip)
    add_crop(clip, top=40, bottom=40)
    seen, _, pictures = _copied(clip)
    brightest = pictures[0][2:-2, 2:-2].max()
    text = f"{seen[0]}x{seen[1]}, brightest {brightest:.0f}/255"
    return Seen(text=text, passed=seen == (320, 160) and brightest < 30)


def _aperture(
    name: str, expected: str, check: Callable[[Path], Seen], *, is_slow: bool = False
) -> Condition:
    return Condition(topic="Interlaced", name=name, expected=expected, check=check, is_slow=is_slow)


INTERLACED: tuple[Condition, ...] = (
    _interlaced(
        "half PAL, H.264, top field first",
        _without_teeth(
            "clip.mkv",
            (512, 288),
            *(*_X264, "-x264-params", "tff=1"),
            source=moving_bar(50, size=(360, 288)),
            more=",setsar=64/45",
        ),
    ),
    _interlaced(
        "PAL 16:9, H.264, top field first",
        _without_teeth(
            "clip.mkv", (1024, 576), *_X264, "-x264-params", "tff=1", more=",setsar=64/45"
        ),
        is_slow=True,
    ),
    _interlaced(
        "PAL 4:3, H.264, bottom field first",
        _without_teeth(
            "clip.mp4",
            (768, 576),
            *_X264,
            "-x264-params",
            "bff=1",
            first="bff",
            more=",setsar=16/15",
        ),
        is_slow=True,
    ),
    _interlaced(
        "MPEG-2 in a program stream, as DVDs have it",
        _without_teeth("clip.vob", (768, 576), *_MPEG2, "-f", "vob", more=",setsar=16/15"),
        is_slow=True,
    ),
    _interlaced(
        "DV of a camcorder, bottom field first",
        _without_teeth(
            "clip.dv",
            (768, 576),
            "-c:v",
            "dvvideo",
            "-pix_fmt",
            "yuv420p",
            first="bff",
            more=",setsar=16/15",
        ),
        is_slow=True,
    ),
    _interlaced(
        "NTSC, MPEG-2, 29.97 Hz",
        _without_teeth(
            "clip.mkv",
            (640, 480),
            *_MPEG2,
            rate=29.97,
            first="bff",
            source=moving_bar(59.94, size=(720, 480)),
            more=",setsar=8/9",
        ),
        is_slow=True,
    ),
    _interlaced(
        "AVCHD, 1080 lines, in a transport stream",
        _without_teeth(
            "clip.m2ts",
            (1280, 720),
            *_X264,
            "-x264-params",
            "tff=1",
            source=moving_bar(50, 3.2, (1440, 1080)),
            more=",setsar=4/3",
        ),
        is_slow=True,
    ),
    _aperture("progressive, but tagged interlaced", "as sharp as it was: 50 dB", _keeps_sharpness),
    _aperture("flash in an interlaced clip", "at its time within 10 ms", _keeps_times),
    _aperture(
        "clean aperture of 160 lines",
        "320x160, without the white borders",
        _clean(320, 1, 160, 1, 0, 1, 0, 1, size=(320, 160)),
    ),
    _aperture(
        "clean aperture off the centre, as fractions",
        "160x120, from the middle of the left half",
        _clean(320, 2, 240, 2, -80, 1, 0, 3, size=(160, 120)),
        is_slow=True,
    ),
    _aperture(
        "crop of 40 lines at the top and at the bottom in Matroska",
        "320x160, without the white borders",
        _cropped_matroska,
        is_slow=True,
    ),
    _aperture(
        "clean aperture and a rotation",
        "160x320, without the white borders",
        _clean(320, 1, 160, 1, 0, 1, 0, 1, size=(160, 320), turned=True),
    ),
    _aperture(
        "clean aperture larger than the picture",
        "ignored: 320x240",
        _clean(400, 1, 160, 1, 0, 1, 0, 1, size=(320, 240)),
        is_slow=True,
    ),
    _aperture(
        "clean aperture with a denominator of 0",
        "ignored: 320x240",
        _clean(320, 0, 160, 0, 0, 0, 0, 0, size=(320, 240)),
        is_slow=True,
    ),
)
"""Clips of old and new camcorders, and clips that are cropped when they are shown."""
