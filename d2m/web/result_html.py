"""The analysis, the scores and the levels of a job as HTML."""

from __future__ import annotations

import math
from html import escape

from d2m.core.beat_tempo import tempo_text
from d2m.core.events import DanceSummary, SoundtrackSummary
from d2m.core.settings import Settings

_COMPARED = {
    "sound": "those of the clip's own sound",
    "dance": "those estimated from the dance",
    "taps": "the tapped ones",
}
_SHIFTS = {0.25: "¼ beat later", 0.5: "½ beat later"}
_SHIFTS |= {-0.25: "¼ beat earlier", -0.5: "½ beat earlier"}
PENDING = '<div class="scores"><p>Being generated.</p></div>'
ANALYSING = (
    '<div class="rhythm"><p class="muted">The tempo and where it comes from will appear here.</p>'
    "</div>"
)


def analysis(dance: DanceSummary, settings: Settings) -> str:
    """Return the tempo, where the beats come from and why, and the style of an analysis."""
    return (
        f'<div class="rhythm"><p>{_tempo(dance)}, {_clock(dance, settings)}. '
        f"Suits {escape(dance.style)}.</p></div>"
    )


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


def score_sentences(soundtrack: SoundtrackSummary, settings: Settings) -> list[str]:
    """Return the scores of one level's music as sentences, in plain text."""
    return [
        _beat_match(soundtrack, settings),
        *_hits(soundtrack.scores.get("hits_met", math.nan)),
        *_similarity(soundtrack.scores.get("movement_similarity", math.nan)),
        f"Generated in {soundtrack.seconds:.1f} s.",
    ]


def _beat_match(soundtrack: SoundtrackSummary, settings: Settings) -> str:
    """Return the beat match and what it compares; there is none where no rhythm was found."""
    if not soundtrack.has_rhythm:
        return "No beat score, because no rhythm was found in the dance."
    beats = _COMPARED[soundtrack.clock] + (", as corrected," if corrected(settings) else "")
    return (
        f"Beat match {soundtrack.scores['beat_f_measure']:.2f} of 1: how many beats of the music "
        f"match {beats} within 70 ms (F-measure)."
        + (f" It is unsure, because {soundtrack.beat_doubt}." if soundtrack.beat_doubt else "")
    )


def _hits(share: float) -> list[str]:
    """Return a sentence on the share of hits that the music meets; none where it is unknown."""
    if not math.isfinite(share):
        return []
    return [f"It meets {100 * share:.0f} % of the dancer's hits within 45 ms."]


def _similarity(correlation: float) -> list[str]:
    """Return a sentence on the correlation that Dance2Music searched for; none elsewhere."""
    words = "It repeats where the movement repeats with a correlation of"
    return [f"{words} {correlation:.2f}."] if math.isfinite(correlation) else []


def _tempo(dance: DanceSummary) -> str:
    tempo = f"<strong>{tempo_text(dance.tempo_bpm)}</strong>"
    return tempo if dance.has_rhythm else f"Steady {tempo}, not the dancer's"
