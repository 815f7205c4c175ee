"""Clips without a dancer, with several people or one who leaves; files with awkward names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tests.perception.drawn_figure import draw_person, room
from tests.torture.case import NO_DANCER, Case, Refused, Works
from tests.torture.clip_factory import (
    BAND,
    COUNT,
    H264,
    HEIGHT,
    WIDTH,
    ClipFactory,
    Frame,
    add_number,
)
from tests.torture.limits import grey

Maker = Callable[[ClipFactory], Path]


def _scene(number: int, positions: tuple[float, ...]) -> Frame:
    canvas = room(HEIGHT - BAND, WIDTH)
    for index, position in enumerate(positions):
        x = WIDTH * position + 8 * np.sin(number / 6 + index)
        draw_person(canvas, x, arm=0.9 + 0.7 * np.sin(number / 5 + 2 * index), size=0.85)
    return add_number(number, canvas)


def _drawn(factory: ClipFactory, positions: tuple[float, ...], until: int = COUNT) -> Path:
    frames = [_scene(i, positions if i < until else ()) for i in range(COUNT)]
    return factory.drawn("clip.mp4", frames)


def _still(factory: ClipFactory) -> Path:
    return factory.encoded(
        "clip.mp4", "-vf", f"select=eq(n\\,9),loop={COUNT}:1,fps=30", "-frames:v", COUNT, *H264
    )


PEOPLE = [
    Case(name="no dancer", make=partial(_drawn, positions=()), expect=Works(), job=NO_DANCER),
    Case(
        name="five people",
        make=partial(_drawn, positions=(0.1, 0.3, 0.5, 0.7, 0.9)),
        expect=Works(),
    ),
    Case(
        name="dancer leaves",
        make=partial(_drawn, positions=(0.5,), until=35),
        expect=Works(warning="found in only"),
    ),
    Case(
        name="grey",
        make=grey("384x240", 2.5, 30),
        expect=Works(times=None),
        job=NO_DANCER,
    ),
    Case(
        name="still image of a dancer",
        make=_still,
        expect=Works(times=None, within_s=0.1, has_rhythm=False),
    ),
    Case(
        name="video of noise",
        make=lambda factory: factory.ffmpeg(
            *("clip.mp4", "-f", "lavfi", "-i", "nullsrc=s=128x80:r=30:d=2.5"),
            *("-vf", "geq=random(1)*255:128:128", *H264),
        ),
        expect=Works(times=None),
        job=NO_DANCER,
    ),
]


def _named(name: str | bytes) -> Maker:
    """Return a maker of the dance with a file name; if the name is too long, there is no file."""

    def make(factory: ClipFactory) -> Path:
        path = factory.new(os.fsdecode(name))
        if len(os.fsencode(path.name)) <= 255:
            shutil.copy(factory.dance, path)
        return path

    return make


def _text_named(name: str | bytes) -> Maker:
    return lambda factory: factory.write(os.fsdecode(name), "Dear dancer, " * 50)


def _other_suffix(name: str, container: str) -> Maker:
    codec = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "2M")
    return lambda factory: factory.encoded(
        name, *(codec if container == "webm" else H264), "-f", container
    )


_NAMES: dict[str, str | bytes] = {
    "traversal": "..%2f..%2fetc%2fpasswd.mp4",
    "dots": "...mp4",
    "no stem": ".mp4",
    "no suffix": "dance",
    "emoji": "💃🕺🏽.mp4",
    "newline": "one\ntwo\r\n.mp4",
    "terminal": "\x1b[31mred\x07.mp4",
    "right to left": "\u202e4pm.exe.mp4",
    "option": "-i.mp4",
    "pattern": "%03d.mp4",
    "protocol": "concat:a|b.mp4",
    "markup": "<img src=x onerror=alert(1)>.mp4",
    "formula": "$\\frac{$ _{.mp4",
    "shell": "$(touch x);`id` 'a' \"b\".mp4",
    "255 characters": "n" * 251 + ".mp4",
    "60 characters of four bytes": "𠀀" * 60 + ".mp4",
    "no Unicode": b"caf\xe9.mp4",
}
_WHOLE_JOBS = (
    "emoji",
    "newline",
    "formula",
    "60 characters of four bytes",
    "255 characters",
    "no Unicode",
)
NAMES = [
    Case(
        name=f"named with {kind}",
        make=_named(name),
        expect=Works(has_audio=True),
        levels="high" if kind in _WHOLE_JOBS else "none",
    )
    for kind, name in _NAMES.items()
]
NAMES += [
    Case(
        name=f"text named with {kind}",
        make=_text_named(_NAMES[kind]),
        expect=Refused(reason="is not a video or audio file"),
    )
    for kind in ("newline", "terminal", "255 characters", "no Unicode", "right to left")
]
NAMES += [
    Case(
        name="named with 300 characters",
        make=_named("n" * 296 + ".mp4"),
        expect=Refused(reason="no file named n+…n+.mp4: check the name"),
    ),
    Case(name="WebM named .mp4", make=_other_suffix("clip.mp4", "webm"), expect=Works()),
    Case(
        name="MP4 named .avi", make=_other_suffix("clip.avi", "mp4"), expect=Works(), levels="high"
    ),
    Case(name="MP4 named .txt", make=_other_suffix("clip.txt", "mp4"), expect=Works()),
]
