"""The texts around the results as HTML: head, weights and foot."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path

from d2m.checkpoints import CHECKPOINTS, FAMILIES, is_installed, missing_line
from d2m.web.examples import ExampleFile
from d2m.web.translation import language_select

HEAD = (
    "<h1>Music for dance videos, dances for music</h1><p>Upload a dance clip and get it back with "
    "new music on the dancer's beat. Or upload a song and get a dance to it.</p>"
)
BEAT_OFF, TRY_BEATS = "Beat off?", "If the music is off the beat, try:"
"""Titles of the buttons that correct the beat: where it is sure, and where it may be wrong."""
NO_BEATS = "No rhythm was found. Tap the beat, or try a tempo:"
"""Title of these buttons where there is no rhythm."""


def installed_weights(folder: Path = CHECKPOINTS) -> list[tuple[str, str]]:
    """Return the label and the name of each family of weights that is installed."""
    choices = []
    for family in FAMILIES.values():
        levels = [level.name for level in family.levels if is_installed(family.name, level, folder)]
        only = f" ({levels[0]} only)" if len(levels) == 1 else ""
        if levels:
            choices.append((family.label + only, family.name))
    return choices


def weights_note(name: str) -> str:
    """Return what a family of weights was trained on, what it ignores, and its licence."""
    family = FAMILIES[name]
    ignored = [] if family.genres else ["style"]
    ignored += ["seed", "tempo"] if family.segments else []
    note = f" They ignore these settings: {', '.join(ignored)}." if ignored else ""
    return (
        f'<p class="note">Trained on {escape(family.trained_on)}.{note} '
        f"Licence: {escape(family.licence)}.</p>"
    )


def missing_weights(folder: Path = CHECKPOINTS) -> str:
    """Return a line for each published set that is not installed; empty if there is none."""
    lines = [
        missing_line(family.name, level, folder)
        for family in FAMILIES.values()
        for level in family.levels
    ]
    # Messages set commands in backticks, which suits a terminal.
    items = "".join(
        "<li>" + re.sub("`(.+?)`", r"<code>\1</code>", escape(line)) + "</li>"
        for line in lines
        if line
    )
    if not items:
        return ""
    listed = f'<ul lang="en" translate="no">{items}</ul>'
    return f"<details><summary>More weights</summary>{listed}</details>"


def duplicate_link() -> str:
    """Return a link that copies the Space on which the page runs; elsewhere nothing."""
    space = os.environ.get("SPACE_ID")
    if not space:
        return ""
    address = f"https://huggingface.co/spaces/{escape(space)}?duplicate=true"
    link = f'<a class="duplicate" href="{address}" target="_blank">Duplicate this Space</a>'
    return f"<p>{link}</p>"


def foot(examples: list[ExampleFile]) -> str:
    """Return the text at the bottom of the page."""
    credit = " ".join(escape(text) for text in dict.fromkeys(one.credit for one in examples))
    return (
        "<p>Each piece of music is composed for its dance. Recorded instruments play it in "
        "the studio version; at the levels high and low, a neural network rebuilds that. Neural "
        "networks also make the dances. "
        "Uploads and results are deleted from the server after an hour.</p>"
        + (f"<p>Examples: {credit}</p>" if credit else "")
        + duplicate_link()
        + missing_weights()
        + language_select()
    )
