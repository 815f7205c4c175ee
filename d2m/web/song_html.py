"""The texts of the tab that makes dances, as HTML."""

from __future__ import annotations

from html import escape

from d2m.core.beat_tempo import tempo_text
from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.metrics.kinematic_scores import DANCE_TOLERANCE_S
from d2m.web.status_html import message

SONG_IDLE = message("Ready", "Choose a song, then press Generate.")
SONG_STEPS = """<ol class="steps">
<li><strong>Listening.</strong> The beats, the bars and the style of the song are found.</li>
<li><strong>Dancing.</strong> Networks choose movements for the style and join them, so that the
dancer's stops meet the beats.</li>
<li><strong>Drawing.</strong> A figure dances in a scene, with your song as its sound.</li>
</ol>"""
LISTENING = '<div class="rhythm"><p class="muted">The tempo of the song will appear here.</p></div>'


def song_analysis(song: SongSummary) -> str:
    """Return the tempo of a song and how sure it is."""
    tempo = f"<strong>{tempo_text(song.tempo_bpm)}</strong>"
    if not song.has_beat:
        text = f"No beat was found: the dance keeps a steady {tempo}."
    else:
        text = (
            f"{tempo}, {song.beats} beats in {song.duration_s:.0f}&#8201;s "
            f'<span class="muted">(confidence {100 * song.confidence:.0f}&#8201;%)</span>.'
        )
    return f'<div class="rhythm"><p>{text}</p></div>'


def song_warnings(song: SongSummary) -> str:
    """Return the warnings of a song."""
    return "".join(f'<p class="warning">{escape(text)}</p>' for text in song.warnings)


def choreography_figures(dance: ChoreographySummary) -> str:
    """Return the style of a dance, how it meets the beats, and how it may be used, in words."""
    whose = "as chosen" if dance.style_is_chosen else "which suits the song"
    many = f" {dance.dancers} dancers." if dance.dancers > 1 else ""
    sentences = [
        f"<strong>{escape(dance.style)}</strong>, {whose}.{many}",
        *(_beats(dance.figures) or ["No beat scores, because the song has no beat."]),
        f'<span class="muted">Made in {dance.seconds:.0f}&#8201;s.</span>',
    ]
    rights = f'<p class="rights">{escape(dance.rights)}</p>'
    return f'<div class="scores"><p>{" ".join(sentences)}</p>{rights}</div>'


def _beats(figures: dict[str, float]) -> list[str]:
    """Return the figures of the beats as sentences."""
    within = f"within {1000 * DANCE_TOLERANCE_S:.0f}&#8201;ms"
    texts = {
        "beat_hit": f"{{}} of the dancer's stops meet a beat of the song {within}.",
        "downbeats_met": "{} of the first beats of a bar are met.",
        "beat_coverage": "There are {} as many stops as beats.",
    }
    return [
        text.format(f"<strong>{100 * figures[name]:.0f}&#8201;%</strong>")
        for name, text in texts.items()
        if name in figures
    ]
