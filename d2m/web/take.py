"""What the page shows of a result: facts and files, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.beat_tempo import tempo_text
from d2m.core.events import SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import BASELINES, LEVELS_AND_BASELINES, HopLevel
from d2m.core.settings import Settings
from d2m.rendering.score_lanes import STEM_LABELS
from d2m.web.file_labels import FILE_LABELS
from d2m.web.result_html import score_sentences
from d2m.web.take_store import StoredTake

EXAMPLE_KEY = "example"
"""Key of the bundled example, which belongs to nobody."""
SHOWN_KINDS = (*FILE_LABELS, *STEM_LABELS, "dark", "lanes_dark")
"""Kinds of files that the page shows or offers."""


def level_title(name: str) -> str:
    """Return the name of a level as the cards of results show it, such as ``"Neural high"``."""
    level = LEVELS_AND_BASELINES[name]
    return f"Neural {name}" if isinstance(level, HopLevel) else level.label


def summary_facts(soundtrack: SoundtrackSummary, settings: Settings, job: str) -> dict[str, Any]:
    """Return what the page shows of a level's music as soon as it can be played.

    Parameters
    ----------
    soundtrack
        The music.
    settings
        The settings of its job.
    job
        Tells its job from others.
    """
    has_style = soundtrack.level not in BASELINES
    beat_match = soundtrack.scores.get("beat_f_measure")
    return {
        "job": job,
        "level": soundtrack.level,
        "levelTitle": level_title(soundtrack.level),
        "style": soundtrack.style if has_style else "",
        "song": soundtrack.song,
        "variation": soundtrack.variation,
        "variations": settings.variations,
        "tempo": tempo_text(soundtrack.tempo_bpm) if soundtrack.tempo_bpm else "",
        "score": f"{beat_match:.2f}" if soundtrack.has_rhythm and beat_match is not None else "",
        "sentences": score_sentences(soundtrack, settings),
        "rights": soundtrack.rights,
        "balance": settings.original,
        "ducking": settings.ducking,
        "isComplete": False,
    }


def detail_facts(details: SoundtrackDetails) -> dict[str, Any]:
    """Return what the page shows of a level's music once its plots are there."""
    return {"plotText": details.alt_text, "scoreText": details.score_text, "isComplete": True}


def shown_take(take: StoredTake, *, is_shared: bool = False) -> dict[str, Any]:
    """Return a result as the player in the browser reads it.

    Parameters
    ----------
    take
        The result.
    is_shared
        Whether a shared link asks for it; the key of its owner is then left out.
    """
    return {
        **take.facts,
        "key": take.share_key if is_shared else take.key,
        "share": take.share_key,
        "isShared": is_shared,
        "until": take.until,
        "files": file_data(take.paths),
    }


def file_data(paths: Mapping[str, Path]) -> dict[str, Any]:
    """Return files by kind as a widget's value holds them.

    Gradio serves the files of a widget's value, and tells the browser their addresses.

    Parameters
    ----------
    paths
        Files by kind; those that are gone, or that the page does not show, are left out.
    """
    return {
        kind: gr.FileData(
            path=str(paths[kind]), orig_name=paths[kind].name, size=paths[kind].stat().st_size
        ).model_dump()
        for kind in SHOWN_KINDS
        if kind in paths and paths[kind].is_file()
    }
