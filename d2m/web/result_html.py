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
PENDING = '<div class="scores"><p>Generating...</p></div>'
ANALYSING = (
    '<div class="rhythm"><p class="muted">The tempo and where it comes from will appear here.</p>'
    "</div>"
)


def analysis(dance: DanceSummary, settings: Settings) -> str:
    """Return the tempo, where the beats come from and why, and the style of an analysis."""
    sentences = [
        _tempo(dance),
        _confidence(dance, settings),
        _reason(dance, settings),
        *(f"Corrected: {changed}." for changed in filter(None, [corrected(settings)])),
        f"Best style: {escape(dance.style)}.",
    ]
    # Each sentence is an element of its own, so that the page can be translated.
    spans = " ".join(f"<span>{sentence}</span>" for sentence in sentences if sentence)
    return f'<div class="rhythm"><p>{spans}</p></div>'


def _tempo(dance: DanceSummary) -> str:
    """Return the tempo and where the beats come from, or that no rhythm was found."""
    tempo = f"<strong>{tempo_text(dance.tempo_bpm)}</strong>"
    if dance.clock == "taps":
        return f"{tempo}, as you tapped it."
    if not dance.has_rhythm:
        return f"Steady {tempo}, not the dancer's: no rhythm was found in the dance."
    source = "the clip's own sound" if dance.clock == "sound" else "the dance"
    return f"{tempo}, {'guessed ' if dance.unsure else ''}from {source}."


def _confidence(dance: DanceSummary, settings: Settings) -> str:
    """Return how sure the beats are; empty for a guess, and where a person gave the tempo."""
    is_given = dance.clock == "dance" and settings.tempo_bpm
    if dance.clock == "taps" or dance.unsure or not dance.has_rhythm or is_given:
        return ""
    return f"Confidence: {100 * dance.confidence:.0f}&#8201;%."


def _reason(dance: DanceSummary, settings: Settings) -> str:
    """Return why this source gives the beats; empty where it is the usual one."""
    if dance.clock != "taps" and settings.beats == dance.clock:
        return "As chosen."
    return f"Reason: {escape(dance.clock_reason)}." if dance.clock_reason else ""


def corrected(settings: Settings) -> str:
    """Return what the settings change about the beats found, such as ``"¼ beat later"``."""
    shift, shift_ms = settings.shift_beats, settings.beat_shift_ms
    parts = [
        "at the given tempo" if settings.tempo_bpm and not settings.taps_s else "",
        f"at {settings.tempo_scale} tempo" if settings.tempo_scale != "found" else "",
        _SHIFTS.get(shift, f"{abs(shift):g} beats {'later' if shift > 0 else 'earlier'}")
        if shift
        else "",
        f"{abs(shift_ms):g}&#8201;ms {'later' if shift_ms > 0 else 'earlier'}" if shift_ms else "",
    ]
    return ", ".join(filter(None, parts))


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
    return f'<p class="dancer" role="status">The next run follows dancer {number}.</p>'


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
    return [f"The music meets {100 * share:.0f} % of the dancer's hits within 45 ms."]


def _similarity(correlation: float) -> list[str]:
    """Return a sentence on the correlation that Dance2Music searched for; none elsewhere."""
    words = "The music repeats where the movement repeats, with a correlation of"
    return [f"{words} {correlation:.2f}."] if math.isfinite(correlation) else []
