"""Where sounds come from, and under which licence."""

from __future__ import annotations

import re
from pathlib import Path

OWN = {
    "title": "Synthesised for this project",
    "by": "the authors of D2M",
    "licence": "CC0-1.0",
    "source": "tools/build_sounds",
}
SOUNDFONT = {
    "title": "MuseScore_General (MuseScore_General_HQ 0.2.1)",
    "by": "S. Christian Collins, after FluidR3Mono by Michael Cowgill and Fluid (R3) by Frank Wen",
    "licence": "MIT",
    "source": "Debian package musescore-general-soundfont",
}
GRAND = {
    "title": "MuseScore_General: Splendid Grand",
    "by": "AKAI, edited by S. Christian Collins",
    "licence": "MIT (samples in the public domain)",
    "source": "Debian package musescore-general-soundfont",
}
STRINGS = {
    "title": "MuseScore_General: strings of VSCO 2 Community Edition",
    "by": "Sam Gossner, Simon Dalzell, Elan Hickler, edited by S. Christian Collins",
    "licence": "MIT (samples CC0-1.0)",
    "source": "Debian package musescore-general-soundfont",
}
SPECIAL = {"grand_piano": GRAND, "strings": STRINGS, "pizzicato": STRINGS}
LINK = re.compile(r"\* `:(\w+)` - (http\S+)")


def of_file(name: str, readme: Path) -> dict[str, str]:
    """Return the origin of a Sonic Pi sample, from the list of links beside the samples.

    Raises
    ------
    ValueError
        If the list lacks it: then its licence isn't known.
    """
    links = dict(LINK.findall(readme.read_text(encoding="utf-8")))
    if name not in links or name.startswith("loop_amen"):
        raise ValueError(f"The origin of {name} isn't listed.")
    person = re.search(r"/people/([^/]+)/", links[name])
    return {
        "title": f"Sonic Pi sample {name}",
        "by": (person.group(1) if person else "unknown").replace("%20", " ") + " (freesound.org)",
        "licence": "CC0-1.0",
        "source": links[name],
    }


def of_takes(instrument: str, taken: set[str], readme: Path) -> list[dict[str, str]]:
    """Return the origins of an instrument from what a shelf gave, or the recipe's own."""
    origins = [SPECIAL.get(instrument, SOUNDFONT)] if "MuseScore_General" in taken else []
    names = sorted(name.split(":")[1] for name in taken if name.startswith("sonic-pi:"))
    origins += [of_file(name, readme) for name in names]
    if "own" in taken:
        origins.append(OWN)
    return origins
