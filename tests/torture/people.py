"""Clips with nobody, too many, or a person who leaves; and files with awkward names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tests.perception.drawn_figure import draw_person, room
from tests.torture.case import NOBODY, Case, Refused, Works
from tests.torture.limits import plain
from tests.torture.studio import BAND, COUNT, FINE, HEIGHT, WIDTH, Picture, Studio, numbered

Maker = Callable[[Studio], Path]


def _scene(number: int, places: tuple[float, ...]) -> Picture:
    canvas = room(HEIGHT - BAND, WIDTH)
    for index, place in enumerate(places):
        x = WIDTH * place + 8 * np.sin(number / 6 + index)
        draw_person(canvas, x, arm=0.9 + 0.7 * np.sin(number / 5 + 2 * index), size=0.85)
    return numbered(number, canvas)


def _drawn(studio: Studio, places: tuple[float, ...], until: int = COUNT) -> Path:
    pictures = [_scene(i, places if i < until else ()) for i in range(COUNT)]
    return studio.drawn("clip.mp4", pictures)


def _still(studio: Studio) -> Path:
    return studio.encoded(
        "clip.mp4", "-vf", f"select=eq(n\\,9),loop={COUNT}:1,fps=30", "-frames:v", COUNT, *FINE
    )


PEOPLE = [
    Case(name="nobody", make=partial(_drawn, places=()), expect=Works(), job=NOBODY),
    Case(
        name="five people",
        make=partial(_drawn, places=(0.1, 0.3, 0.5, 0.7, 0.9)),
        expect=Works(),
    ),
    Case(
        name="person leaves",
        make=partial(_drawn, places=(0.5,), until=35),
        expect=Works(warning="seen in only"),
    ),
    Case(
        name="black",
        make=plain("384x240", 2.5, 30),
        expect=Works(times=None),
        job=NOBODY,
    ),
    Case(
        name="still picture of a dancer",
        make=_still,
        expect=Works(times=None, within_s=0.1, warning="No clear rhythm"),
    ),
    Case(
        name="noise instead of pictures",
        make=lambda studio: studio.ffmpeg(
            *("clip.mp4", "-f", "lavfi", "-i", "nullsrc=s=128x80:r=30:d=2.5"),
            *("-vf", "geq=random(1)*255:128:128", *FINE),
        ),
        expect=Works(times=None),
        job=NOBODY,
    ),
]


def _named(name: str | bytes) -> Maker:
    """Return a maker of the dance under a name; one that can't be is left out."""

    def make(studio: Studio) -> Path:
        path = studio.new(os.fsdecode(name))
        if len(os.fsencode(path.name)) <= 255:
            shutil.copy(studio.dance, path)
        return path

    return make


def _text_named(name: str | bytes) -> Maker:
    return lambda studio: studio.write(os.fsdecode(name), "Dear dancer, " * 50)


def _foreign(name: str, container: str) -> Maker:
    codec = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "2M")
    return lambda studio: studio.encoded(
        name, *(codec if container == "webm" else FINE), "-f", container
    )


_NAMES: dict[str, str | bytes] = {
    "traversal": "..%2f..%2fetc%2fpasswd.mp4",
    "dots": "...mp4",
    "no stem": ".mp4",
    "no ending": "dance",
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
    "255 letters": "n" * 251 + ".mp4",
    "200 letters of four bytes": "𠀀" * 60 + ".mp4",
    "no Unicode": b"caf\xe9.mp4",
}
_IN_FULL = ("emoji", "newline", "formula", "200 letters of four bytes", "255 letters", "no Unicode")
NAMES = [
    Case(
        name=f"named with {kind}",
        make=_named(name),
        expect=Works(has_audio=True),
        levels="high" if kind in _IN_FULL else "none",
    )
    for kind, name in _NAMES.items()
]
NAMES += [
    Case(
        name=f"text named with {kind}",
        make=_text_named(_NAMES[kind]),
        expect=Refused(reason="is not a video or sound"),
    )
    for kind in ("newline", "terminal", "255 letters", "no Unicode", "right to left")
]
NAMES += [
    Case(
        name="named with 300 letters",
        make=_named("n" * 296 + ".mp4"),
        expect=Refused(reason="no file named n+…n+.mp4: check the name"),
    ),
    Case(name="WebM named .mp4", make=_foreign("clip.mp4", "webm"), expect=Works()),
    Case(name="MP4 named .avi", make=_foreign("clip.avi", "mp4"), expect=Works(), levels="high"),
    Case(name="MP4 named .txt", make=_foreign("clip.txt", "mp4"), expect=Works()),
]
