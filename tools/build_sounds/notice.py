"""Writes ``NOTICE``: the origin and licence of recordings, networks and fonts of others."""

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
NETWORKS = """\
D2M contains the weights of three networks that hear beats, in
d2m/models/weights/beat_network.safetensors.

    BeatNet: CRNN and Particle Filtering for Online Joint Beat, Downbeat and Meter Tracking
    by Mojtaba Heydari, Frank Cwitkowitz and Zhiyao Duan (ISMIR 2021)
    CC BY 4.0, https://creativecommons.org/licenses/by/4.0/
    https://github.com/mjhydri/BeatNet, package BeatNet 1.1.3, model_1_weights.pt,
    model_2_weights.pt and model_3_weights.pt

    Changed: the parameters were converted from PyTorch pickles in float32 to one safetensors
    file; matrices are rounded to 8-bit integers with a factor for each row, other parameters
    to float16. The features and the network were written anew from their description; no code
    of BeatNet is used.

D2M contains the weights of a network that tags music, in
d2m/models/weights/music_tagger.safetensors.

    musicnn, package musicnn 0.1.0, MSD_musicnn, https://github.com/jordipons/musicnn
    Copyright (c) Music Technology Group, Universitat Pompeu Fabra 2019. Code developed by
    Jordi Pons (www.jordipons.me).

    Permission to use, copy, modify, and/or distribute this software for any purpose with or
    without fee is hereby granted, provided that the above copyright notice and this
    permission notice appear in all copies.

    THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO
    THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT
    SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR
    ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION
    OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE
    USE OR PERFORMANCE OF THIS SOFTWARE.

    Changed: the parameters were converted from a TensorFlow checkpoint to one safetensors
    file, in float32 as they were. The network was written anew from its description."""
FONTS = """\
D2M contains a font with Chinese, Japanese and Korean characters, for the titles of plots, in
d2m/rendering/fonts/DroidSansFallback.ttf.

    Droid Sans Fallback
    Copyright (c) 2006-2010 Google Corp. Droid is a trademark of Google Corp.
    Apache-2.0, http://www.apache.org/licenses/LICENSE-2.0
    Debian package fonts-droid-fallback, unchanged"""
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
    return "\n".join([*parts, DEDICATION, "", NETWORKS, "", FONTS, "", FONT_LICENCE, ""])
