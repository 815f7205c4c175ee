"""Writes ``NOTICE``: the origin and licence of every recording that the project contains."""

from __future__ import annotations

import textwrap

INTRODUCTION = """\
D2M contains recordings of instruments, in d2m/score/sounds. They were made with
tools/build_sounds from the sources below: notes were chosen, trimmed, looped, levelled,
filtered, saturated and layered. All sources allow commercial use; music made with
them is yours."""
FONT_LICENCE = """\
MuseScore_General (MIT; parts public domain or CC0)

Adaptation for MuseScore_General: Copyright (c) 2018-2021 S. Christian Collins
Fluid (R3) Mono GM soundfont: Copyright (c) 2014-2017 Michael Cowgill
Fluid (R3) GM soundfont: Copyright (c) 2000-2002, 2008 Frank Wen <getfrank@gmail.com>
Temple Blocks: Copyright (c) 2002 Ethan Winer
Drumline Cymbals: Copyright (c) 2016 Michael Schorsch
Splendid Grand piano: AKAI, public domain
Ensemble strings: Versilian Studios Chamber Orchestra 2 Community Edition, CC0, by
Sam Gossner, Simon Dalzell, Elan Hickler/Soundemote

Permission is hereby granted, free of charge, to any person obtaining a copy of this
software and associated documentation files (the "Software"), to deal in the Software
without restriction, including without limitation the rights to use, copy, modify,
merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies
or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A
PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE."""
DEDICATION = "CC0-1.0 is https://creativecommons.org/publicdomain/zero/1.0/"


def text(instruments: dict[str, dict]) -> str:
    """Return the text for an index of instruments."""
    by_origin: dict[tuple[str, ...], list[str]] = {}
    for name, entry in instruments.items():
        for origin in entry["origins"]:
            key = tuple(origin[part] for part in ("title", "by", "licence", "source"))
            by_origin.setdefault(key, []).append(name)
    parts = ["D2M", "", INTRODUCTION, "", "Sources", "-------", ""]
    for (title, by, licence, source), names in sorted(by_origin.items()):
        used = textwrap.fill(f"for {', '.join(names)}", 88, initial_indent="    ",
                             subsequent_indent="        ")  # fmt: skip
        parts += [title, f"    by {by}", f"    {licence}", f"    {source}", used, ""]
    return "\n".join([*parts, DEDICATION, "", FONT_LICENCE, ""])
