"""The texts of the page as HTML, without its widgets."""

from __future__ import annotations

import math
import re
from html import escape
from pathlib import Path

from d2m.checkpoints import CHECKPOINTS, FAMILIES, is_installed, missing_line
from d2m.core.beat_tempo import tempo_text
from d2m.core.events import DanceSummary, SoundtrackSummary
from d2m.core.levels import BASELINES, HopLevel, Level
from d2m.core.settings import Settings
from d2m.jobs.messages import Failed, Finished, JobObserver, Waiting
from d2m.web.examples import ExampleFile
from d2m.web.job_status import JobStatus

HEAD = (
    "<h1>Music for dance videos, dances for music</h1><p>Upload a clip of a dancer and get it back "
    "with new music on the beat of the dance. Or upload a song and get a dancer who meets its "
    "beats.</p>"
)
STEPS = """<ol class="steps">
<li><strong>Tracking.</strong> The dancer's body is tracked through the clip.</li>
<li><strong>Rhythm.</strong> The beats are those of the clip's own sound if it is music with a
steady beat. Otherwise they are estimated from the movement.</li>
<li><strong>Music.</strong> A song is composed for the dance and played by sampled instruments.
In the other versions, networks play it.</li>
</ol>"""
BEAT_OFF, TRY_BEATS = "Beat off?", "If the music is off the beat, try:"
"""Titles of the buttons that correct the beat: where it is sure, and where it may be wrong."""
_COMPARED = {
    "sound": "those of the clip's own sound",
    "dance": "those estimated from the dance",
    "taps": "the tapped ones",
}
_SHIFTS = {0.25: "¼ beat later", 0.5: "½ beat later"}
_SHIFTS |= {-0.25: "¼ beat earlier", -0.5: "½ beat earlier"}


def card(title: str, detail: str, kind: str = "") -> str:
    """Return the status card with a title and a sentence; ``kind`` is a CSS class."""
    return (
        f'<div class="status {kind}" role="status"><p class="title">{escape(title)}</p>'
        f'<p class="detail">{escape(detail)}</p></div>'
    )


def progress_card(stage: str, share: float) -> str:
    """Return the status card with a stage and its progress bar, as high as one with text."""
    name, percent = escape(stage), round(100 * share)
    return (
        f'<div class="status"><p class="title">{name}<span class="percent">{percent}&#8201;%'
        f'</span></p><div class="bar" role="progressbar" aria-label="{name}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent}"><div style="width:{percent}%"></div>'
        "</div></div>"
    )


IDLE = card("Ready", "Choose a clip, then press Generate.")
QUEUED = progress_card("Waiting in the queue", 0.0)
BROKEN = card("That did not work", "The results could not be shown: try again.", "bad")
STOPPED = card("Stopped", "Your file and the settings are still here.", "stopped")
PENDING = '<div class="scores"><p>Being generated.</p></div>'
ANALYSING = (
    '<div class="rhythm"><p class="muted">The tempo and where it comes from will appear here.</p>'
    "</div>"
)


class StatusCard(JobObserver[str]):
    """Turns the latest event of a job into the HTML of the status card."""

    def on_waiting(self, waiting: Waiting) -> str:
        """Return the card of a waiting job: its place, and how long it may take."""
        if waiting.seconds < 50:
            left = f"{max(5, 5 * round(waiting.seconds / 5))} s"
        else:
            left = f"{max(1, round(waiting.seconds / 60))} min"
        before = "One job is" if waiting.place == 1 else f"{waiting.place} jobs are"
        return card("Waiting in the queue", f"{before} ahead of yours: about {left}.")

    def on_progress(self, stage: str, share: float) -> str:
        """Return the card of a running stage."""
        return progress_card(stage, share)

    def on_finished(self, finished: Finished) -> str:
        """Return the card of a job that succeeded."""
        if finished.has_results:
            return card("Done", f"It took {finished.seconds:.0f} s.", "done")
        return card("Done", "Here is the analysis. Correct the beat, or press Generate.", "done")

    def on_failed(self, failed: Failed) -> str:
        """Return the card of a job that failed."""
        return card("That did not work", failed.sentence, "bad")


_STATUS_CARD = StatusCard()


def status(job: JobStatus) -> str:
    """Return the status card of a job."""
    if job.ended_early:
        return STOPPED if job.stop.is_set() else BROKEN
    return (job.latest.notify(_STATUS_CARD) if job.latest else None) or QUEUED


def analysis(dance: DanceSummary, settings: Settings) -> str:
    """Return the tempo, where the beats come from and why, and the style of an analysis."""
    return (
        f'<div class="rhythm"><p>{_tempo(dance)}, {_clock(dance, settings)}. '
        f"Suits {escape(dance.style)}.</p></div>"
    )


def _tempo(dance: DanceSummary) -> str:
    tempo = f"<strong>{tempo_text(dance.tempo_bpm)}</strong>"
    return tempo if dance.has_rhythm else f"Steady {tempo}, not the dancer's"


def _clock(dance: DanceSummary, settings: Settings) -> str:
    """Return where the beats come from, and how sure they are or that they are a guess."""
    corrections = corrected(settings)
    if dance.clock == "taps":
        return f"as you tapped it{corrections}"
    if not dance.has_rhythm:
        is_chosen = settings.beats == dance.clock or not dance.clock_reason
        reason = "" if is_chosen else f", and {escape(dance.clock_reason)}"
        return f"because no rhythm was found in the dance{reason}{corrections}"
    source = "the clip's own sound" if dance.clock == "sound" else "the dance"
    text = f"from {source}{corrections}"
    if settings.beats == dance.clock:
        text = f"from {source}, as chosen{corrections}"
    elif dance.clock_reason:
        text += f", because {escape(dance.clock_reason)}"
    if dance.unsure:
        return f"a guess {text}"
    if dance.clock == "dance" and settings.tempo_bpm:
        return text  # the confidence would be that of the tempo found
    return f'{text} <span class="muted">(confidence {100 * dance.confidence:.0f}&#8201;%)</span>'


def corrected(settings: Settings) -> str:
    """Return what the settings change about the beats found, such as ``", ¼ beat later"``."""
    shift, shift_ms = settings.shift_beats, settings.beat_shift_ms
    parts = [
        "at the given tempo" if settings.tempo_bpm and not settings.taps_s else "",
        f"at {settings.tempo_scale} tempo" if settings.tempo_scale != "found" else "",
        _SHIFTS.get(shift, f"{abs(shift):g} beats {'later' if shift > 0 else 'earlier'}")
        if shift
        else "",
        f"{abs(shift_ms):g}&#8201;ms {'later' if shift_ms > 0 else 'earlier'}" if shift_ms else "",
    ]
    return "".join(f", {part}" for part in parts if part)


def warnings(dance: DanceSummary) -> str:
    """Return the warnings of an analysis."""
    return "".join(f'<p class="warning">{escape(text)}</p>' for text in dance.warnings)


def followed_dancer(dance: DanceSummary) -> str:
    """Return how to follow another of several people; the warnings say who is followed."""
    other = "one of them" if len(dance.followed) > 1 else "another dancer"
    return (
        f'<p class="dancer">To follow {other}, click that person in the pictures, or choose the '
        "dancer under “Part of the clip”.</p>"
    )


def chosen_dancer(number: int) -> str:
    """Return that another dancer was chosen; screen readers read it at once."""
    return f'<p class="dancer" role="status">Dancer {number} is followed from the next run.</p>'


def clock_button(dance: DanceSummary) -> str:
    """Return the label of the button that takes the other clock; empty if there is none."""
    if dance.clock == "sound":
        return "Use the dance's beat"
    return "Use the beat of the sound" if dance.clock == "dance" and dance.has_sound_beats else ""


def guess_label(tempo_bpm: float, shift_beats: float) -> str:
    """Return the label of the button that tries another guess of the beats."""
    shift = f", {_SHIFTS[shift_beats]}" if shift_beats in _SHIFTS else ""
    return f"Try {tempo_text(tempo_bpm)}{shift}"


def level_name(level: Level) -> str:
    """Return the name of a level for people, such as ``"High level"``."""
    if level.name in BASELINES:
        return level.label
    return f"{level.label} {'level' if isinstance(level, HopLevel) else 'version'}"


def level_heading(level: Level) -> str:
    """Return the heading of a level's card, and a line on what the level is."""
    summary = level.summary[:1].upper() + level.summary[1:]
    return f'<h2>{level_name(level)}</h2><p class="summary">{escape(summary)}.</p>'


def scores(soundtrack: SoundtrackSummary, settings: Settings) -> str:
    """Return the style and the scores of one level's music, and how it may be used, in words."""
    rights = f'<p class="rights">{escape(soundtrack.rights)}</p>' if soundtrack.rights else ""
    sentences = [
        *_style(soundtrack),
        _beat_match(soundtrack, settings),
        *_hits(soundtrack.scores.get("hits_met", math.nan)),
        *_similarity(soundtrack.scores.get("movement_similarity", math.nan)),
        f'<span class="muted">Generated in {soundtrack.seconds:.1f}&#8201;s.</span>',
    ]
    return f'<div class="scores"><p>{" ".join(sentences)}</p>{rights}</div>'


def _style(soundtrack: SoundtrackSummary) -> list[str]:
    """Return the style of the music; baselines have none."""
    has_style = soundtrack.level not in BASELINES
    return [f"<strong>{escape(soundtrack.style)}</strong> music."] if has_style else []


def _beat_match(soundtrack: SoundtrackSummary, settings: Settings) -> str:
    """Return the beat match and what it compares; there is none where no rhythm was found."""
    if not soundtrack.has_rhythm:
        return "No beat score, because no rhythm was found in the dance."
    beats = _COMPARED[soundtrack.clock] + (", as corrected," if corrected(settings) else "")
    return (
        f"Beat match <strong>{soundtrack.scores['beat_f_measure']:.2f}</strong> of 1: how many "
        f"beats of the music match {beats} within 70&#8201;ms (F-measure)."
        + (f" It is unsure, because {soundtrack.beat_doubt}." if soundtrack.beat_doubt else "")
    )


def _hits(share: float) -> list[str]:
    """Return a sentence on the share of hits that the music meets; none where it is unknown."""
    if not math.isfinite(share):
        return []
    return [
        f"It meets <strong>{100 * share:.0f}&#8201;%</strong> of the dancer's hits "
        "within 45&#8201;ms."
    ]


def _similarity(correlation: float) -> list[str]:
    """Return a sentence on the correlation that Dance2Music searched for; none elsewhere."""
    words = "It repeats where the movement repeats with a correlation of"
    return [f"{words} <strong>{correlation:.2f}</strong>."] if math.isfinite(correlation) else []


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
    note = f" They ignore {', '.join(ignored)} of the form." if ignored else ""
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
    return f"<details><summary>More weights</summary><ul>{items}</ul></details>" if items else ""


def foot(examples: list[ExampleFile]) -> str:
    """Return the text at the bottom of the page."""
    credit = " ".join(escape(text) for text in dict.fromkeys(one.credit for one in examples))
    return (
        "<p>The music is composed anew for each dance. Sampled instruments play it in the studio "
        "version, networks at the levels high and low. Dances are generated by networks for each "
        "song. Uploads and results are deleted from the server after an hour.</p>"
        + (f"<p>Examples: {credit}</p>" if credit else "")
        + missing_weights()
    )
