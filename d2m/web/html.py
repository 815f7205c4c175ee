"""What the page says, without its widgets."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.checkpoints import CHECKPOINTS, FAMILIES, is_installed, missing_line
from d2m.jobs.messages import Failed, Finished, Result, Seen, Stage, Waiting
from d2m.web.examples import ExampleClip

if TYPE_CHECKING:
    from d2m.web.job_status import Ticket

HEAD = (
    "<h1>Music for dance videos</h1><p>Upload a clip of somebody who dances, and get it back "
    "with music that follows the movement.</p>"
)
STEPS = """<ol class="steps">
<li><strong>It watches.</strong> The dancer is followed from head to foot, frame by frame.</li>
<li><strong>It counts.</strong> Where the movement stops and turns, there are the beats.</li>
<li><strong>It plays.</strong> A network picks sounds for each moment of the dance, and a
decoder turns them into music.</li>
</ol>"""
_SURE = ((0.6, "clear"), (0.3, "fairly clear"), (0.0, "faint"))


def card(title: str, detail: str, kind: str = "") -> str:
    """Return the status card with a sentence; ``kind`` is a CSS class."""
    return (
        f'<div class="status {kind}" role="status"><p class="title">{escape(title)}</p>'
        f'<p class="detail">{escape(detail)}</p></div>'
    )


def progress(stage: Stage) -> str:
    """Return the status card with a stage and its bar; as high as one with a sentence."""
    name, percent = escape(stage.name), round(100 * stage.fraction)
    return (
        f'<div class="status"><p class="title">{name}<span class="percent">{percent}&#8201;%'
        f'</span></p><div class="bar" role="progressbar" aria-label="{name}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent}"><div style="width:{percent}%"></div>'
        "</div></div>"
    )


IDLE = card("Ready", "Choose a clip, then press Generate.")
QUEUED = progress(Stage("Waiting for its turn", 0.0))
BROKEN = card("That did not work", "The results could not be shown: try again.", "bad")
STOPPED = card("Stopped", "The clip and the settings are still here.", "stopped")
PENDING = '<div class="scores"><p>In the making.</p></div>'
LOOKING = '<div class="rhythm"><p class="muted">Tempo and beats of the dance come here.</p></div>'


def status(ticket: Ticket) -> str:
    """Return the status card of a job."""
    news = ticket.news
    if ticket.broke_off:
        return STOPPED if ticket.stop.is_set() else BROKEN
    if isinstance(news, Waiting):
        return waiting(news)
    if isinstance(news, Stage):
        return progress(news)
    if isinstance(news, Finished):
        return done(news)
    return failure(news.sentence) if isinstance(news, Failed) else QUEUED


def waiting(message: Waiting) -> str:
    """Return the status card of a job that waits, with its place and how long it may take."""
    if message.seconds < 50:
        left = f"{max(5, 5 * round(message.seconds / 5))} s"
    else:
        left = f"{max(1, round(message.seconds / 60))} min"
    before = "one clip is" if message.place == 1 else f"{message.place} clips are"
    return card("Waiting for its turn", f"Before yours {before} being made: about {left}.")


def failure(sentence: str) -> str:
    """Return the status card of a job that failed."""
    return card("That did not work", sentence, "bad")


def done(finished: Finished) -> str:
    """Return the status card of a job that ended well."""
    took = f"It took {finished.seconds:.0f} s."
    if finished.report is None:
        took = "This is what was seen. Correct the beat, or press Generate."
    return card("Done", took, "done")


def rhythm(seen: Seen) -> str:
    """Return tempo, confidence and warnings."""
    sure = next(word for least, word in _SURE if seen.confidence >= least or least == 0.0)
    clarity = "no clear rhythm" if seen.steady_default else f"{sure} rhythm"
    warnings = "".join(f'<p class="warning">{escape(text)}</p>' for text in seen.warnings)
    return (
        f'<div class="rhythm"><p>The dance: <strong>{seen.tempo_bpm:.0f} BPM</strong>, '
        f"{seen.beats} beats, {clarity} "
        f'<span class="muted">(confidence {seen.confidence:.0%})</span>, '
        f"suits {escape(seen.style)}.</p>{warnings}</div>"
    )


def scores(result: Result) -> str:
    """Return the style and the scores of one level's music, in words."""
    return (
        f'<div class="scores"><p><strong>{escape(result.style)}</strong> music. Beat match '
        f"<strong>{result.scores['beat_f_measure']:.2f}</strong> of 1: how well the music's "
        "beats meet the dance's, within 70&#8201;ms (F-measure). "
        f'<span class="muted">Made in {result.seconds:.1f}&#8201;s.</span></p></div>'
    )


def weights(folder: Path = CHECKPOINTS) -> list[tuple[str, str]]:
    """Return the families of weights that are installed: label and name of each."""
    choices = []
    for family in FAMILIES.values():
        levels = [level.name for level in family.levels if is_installed(family.name, level, folder)]
        only = f" ({levels[0]} only)" if len(levels) == 1 else ""
        if levels:
            choices.append((family.label + only, family.name))
    return choices


def weights_note(name: str) -> str:
    """Return what a person should know of a family of weights, and under which terms it plays."""
    family = FAMILIES[name]
    steers = [] if family.genres else ["no style"]
    steers += ["no seed", "no tempo"] if family.segments else []
    known = f" They take {', '.join(steers)} from the form." if steers else ""
    return (
        f'<p class="note">Trained on {escape(family.trained_on)}.{known} '
        f"Licence: {escape(family.licence)}.</p>"
    )


def more_weights(folder: Path = CHECKPOINTS) -> str:
    """Return a line for each published set that is not installed; empty if there is none."""
    lines = [
        missing_line(family.name, level, folder)
        for family in FAMILIES.values()
        for level in family.levels
    ]
    # Messages set commands in backticks, as they read well in a terminal.
    items = "".join(
        "<li>" + re.sub("`(.+?)`", r"<code>\1</code>", escape(line)) + "</li>"
        for line in lines
        if line
    )
    return f"<details><summary>More weights</summary><ul>{items}</ul></details>" if items else ""


def foot(clips: list[ExampleClip]) -> str:
    """Return the small print."""
    credit = " ".join(escape(text) for text in dict.fromkeys(clip.credit for clip in clips))
    return (
        "<p>The bundled weights play 60 songs that they learned, steered by the dance. Clips and "
        "results are removed from the server after an hour.</p>"
        + (f"<p>Examples. {credit}</p>" if credit else "")
        + more_weights()
    )
