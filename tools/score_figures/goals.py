"""What the figures should be, and tables of what they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from d2m.score.notes import STEMS
from tools.score_figures.sound_figures import Figures


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure of a piece and what it should be.

    Parameters
    ----------
    key
        Name of the figure.
    title
        Title of its column.
    wanted
        The goal in words; empty without one.
    met
        Whether the value of one piece meets it.
    of_mean
        Whether the mean over all pieces counts, not each piece.
    """

    key: str
    title: str
    wanted: str = ""
    met: Callable[[float], bool] | None = None
    of_mean: bool = False


FIT_GOALS = (
    Goal(key="librosa_f", title="beat F (librosa)", wanted=">= 0.97",
         met=lambda v: v >= 0.97, of_mean=True),
    Goal(key="hmm_f", title="beat F (second tracker)", wanted=">= 0.97",
         met=lambda v: v >= 0.97, of_mean=True),
    Goal(key="librosa_octave", title="octave aside (librosa)"),
    Goal(key="hmm_octave", title="octave aside (second)"),
    Goal(key="librosa_told", title="librosa, tempo told"),
    Goal(key="librosa_untrimmed", title="librosa, untrimmed"),
    Goal(key="aubio_f", title="beat F (aubio)"),
    Goal(key="on_beat_ratio", title="onsets on over off beats"),
    Goal(key="hit_ratio", title="hits over elsewhere"),
    Goal(key="strong_hit_ratio", title="strong hits over elsewhere", wanted=">= 2.5",
         met=lambda v: v >= 2.5, of_mean=True),
    Goal(key="off_beat_ratio", title="the same off the beat"),
    Goal(key="accent_ratio", title="accents (features) over elsewhere"),
    Goal(key="strong_hits_met", title="strong hits met within 45 ms"),
)  # fmt: skip
"""Figures of how the music fits the beats and hits of the dance."""
FORM_GOALS = (
    Goal(key="sections", title="sections"),
    Goal(key="changes", title="clear changes of the dance"),
    Goal(key="sections_near", title="section changes near a clear one", wanted=">= 0.90",
         met=lambda v: v >= 0.9, of_mean=True),
    Goal(key="sections_chance", title="bar lines near a clear one"),
    Goal(key="sections_near_any", title="near any change"),
    Goal(key="sections_chance_any", title="bar lines near any"),
    Goal(key="changes_answered", title="clear changes answered"),
    Goal(key="novelty_ratio", title="audio novelty there over other bar lines"),
)  # fmt: skip
"""Figures of how the form follows the dance."""
SCORE_GOALS = (
    Goal(key="instruments", title="instruments"),
    Goal(key="notes_per_beat", title="notes per beat"),
    *(Goal(key=f"{stem}_bars", title=f"bars with {stem}") for stem in STEMS),
)
"""What the score plays."""
SOUND_GOALS = (
    Goal(key="lufs", title="LUFS", wanted="-14 +-0.5", met=lambda v: abs(v + 14) <= 0.5),
    Goal(key="true_peak_db", title="true peak (dBTP)", wanted="<= -1", met=lambda v: v <= -0.995),
    Goal(key="crest_db", title="crest (dB)"),
    Goal(key="correlation", title="L/R correlation", wanted=">= 0.2 and < 0.98",
         met=lambda v: 0.2 <= v < 0.98),
    Goal(key="low_correlation", title="the same under 120 Hz", wanted=">= 0.97",
         met=lambda v: v >= 0.97),
    Goal(key="mono_loss_db", title="loss in mono (dB)", wanted="<= 2", met=lambda v: v <= 2.0),
    Goal(key="dc_db", title="DC (dBFS)", wanted="<= -60", met=lambda v: v <= -60),
    Goal(key="clipped_samples", title="clipped samples", wanted="0", met=lambda v: v == 0),
    Goal(key="silent_start_s", title="silence at start (s)"),
    Goal(key="silent_end_s", title="silence at end (s)", wanted="<= 1", met=lambda v: v <= 1.0),
    Goal(key="last_50_ms_db", title="last 50 ms (dBFS)", wanted="<= -50", met=lambda v: v <= -50),
    Goal(key="tail_s", title="tail (s)"),
    Goal(key="tail_decay_db", title="its decay (dB)"),
    Goal(key="tail_rise_db", title="its largest rise (dB)", wanted="<= 3", met=lambda v: v <= 3),
    Goal(key="length_error_s", title="length error (s)", wanted="0",
         met=lambda v: abs(v) <= 0.001),
)  # fmt: skip
"""Technical figures."""
BALANCE_GOALS = tuple(
    Goal(key=f"{name}_db", title=f"{name} (dB)")
    for name in ("sub", "bass", "mid", "presence", "air")
)
"""The spectral balance, relative to the whole."""


def goal_table(rows: dict[str, list[Figures]], goals: tuple[Goal, ...]) -> list[str]:
    """Return a Markdown table of the means of each row's pieces.

    A goal for each piece shows how many meet it, if not all do.

    Parameters
    ----------
    rows
        Figures of the pieces by the title of the row.
    goals
        The columns; those that no piece has are left out.
    """
    shown = [g for g in goals if any(g.key in one for some in rows.values() for one in some)]
    heads = [f"{g.title}{f' ({g.wanted})' if g.wanted else ''}" for g in shown]
    lines = [f"| | n | {' | '.join(heads)} |", f"|---|{'---:|' * (len(shown) + 1)}"]
    for title, figures in rows.items():
        cells = [_cell(goal, figures) for goal in shown]
        lines.append(f"| {title} | {len(figures)} | {' | '.join(cells)} |")
    return lines


def table(rows: dict[str, dict[str, Any]], columns: dict[str, str]) -> list[str]:
    """Return a Markdown table of rows by title; ``columns`` has the titles of the keys."""
    lines = [f"| | {' | '.join(columns.values())} |", f"|---|{'---:|' * len(columns)}"]
    for title, row in rows.items():
        cells = [_text(row.get(key)) for key in columns]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def _cell(goal: Goal, figures: list[Figures]) -> str:
    values = [one[goal.key] for one in figures if not math.isnan(one.get(goal.key, math.nan))]
    if not values:
        return "-"
    mean = float(np.mean(values))
    text = _text(mean)
    if goal.met is None:
        return text
    if goal.of_mean:
        return text if goal.met(mean) else f"**{text}**"
    met = sum(goal.met(value) for value in values)
    return text if met == len(values) else f"**{text}** ({met} of {len(values)})"


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)
