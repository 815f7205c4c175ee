"""An analysis of a clip as the page receives it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from d2m.core.events import DanceSummary

_DANCE = DanceSummary(
    tempo_bpm=118.4,
    confidence=0.93,
    unsure=False,
    phase_confidence=0.9,
    clock="dance",
    clock_reason="the clip has no sound",
    has_sound_beats=False,
    candidates=(),
    beats=17,
    style="House",
    warnings=(),
)


def dance_summary(**changes: Any) -> DanceSummary:
    """Return an analysis of a dance with a sure beat, with changes."""
    return replace(_DANCE, **changes)
