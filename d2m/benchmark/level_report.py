"""The report on the levels high and low: ``levels.md`` and ``levels.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from d2m.benchmark.json_values import json_ready
from d2m.benchmark.level_tables import LevelMeasurements, markdown_table, reference_table

LEVELS_TITLE = "Levels high and low on unseen pieces"
LEVELS_PICTURE = "levels.png"
"""File with the spectrograms of two styles, in the folder of the report."""
REFERENCE_COLUMNS = {
    "log_mel": "log-mel L1", "convergence": "spectral convergence", "correlation": "correlation",
    "notes": "notes, full mix (F1)", "tonal_notes": "without drums (F1)",
    "notes_pitch": "pitches (correlation)", "embedding": "tagger's distance",
    "beat_f_librosa": "beat F, librosa", "beat_f_network": "beat F, network",
    "hits_met": "hits met", "accents": "accents", "coverage": "beats coverage",
    "beats_hit": "beats hit",
}  # fmt: skip
"""Titles of the columns for other music, by key."""

_METHOD = (
    "The music of a level is its codec's copy of the studio version, so the figures of the codec "
    "are those of the music. For the other figures, it is brought to the loudness of the studio "
    "version first; all is mono at 22,050 Hz. Notes are those of at least C3 that "
    "basic-pitch hears; the tagger is musicnn. The distance between two songs of a style is that "
    "of two songs for the same dance. Beats are scored within 70 ms against the true beats of the "
    "dance, up to the last note. Intervals are 95 %, by bootstrap over pieces; for recorded music, "
    "over excerpts. Bold figures miss their goals, which were chosen before."
)
_DEFINITIONS = (
    "log-mel L1: mean absolute difference of log10-mel spectrograms (80 bands, hop 256), in "
    "decades.",
    "spectral convergence: relative Frobenius distance of magnitude spectrograms, averaged over "
    "windows of 2,048, 512 and 128 samples.",
    "notes kept (F1): notes at the same pitch within 50 ms in both.",
    "pitches (correlation): correlation over time of the probabilities that each pitch sounds.",
    "tagger's distance: Euclidean distance of embeddings.",
    "hits met: share of the dancer's hits with a prominent onset within 45 ms.",
    "accents over other steps: onset strength at the 16th steps with an accent of the dance, over "
    "that at the others.",
    "dance zeroed, another's dance: the same beats, without movement or with another dancer's; how "
    "much farther the music is from the studio version of the true dance.",
    "beats coverage, beats hit: as in D2M-GAN, against the studio version: seconds with an onset, "
    "and seconds with an onset in both, over those of the studio version.",
)


def levels_json(measured: dict[str, Any]) -> str:
    """Return all measured values as JSON; what is not finite becomes null."""
    return json.dumps(json_ready(measured), indent=1, allow_nan=False) + "\n"


def levels_notes(pieces: LevelMeasurements) -> list[str]:
    """Return sentences on what was left out, and what must be known to read the figures."""
    lines = []
    some = [figures for one in pieces for figures in one["levels"].values()]
    others = sum(figures.get("same_score", 1.0) < 1.0 for figures in some)
    if others:
        lines.append(f"In {others} of {len(some)} cases, the score was not the studio version's.")
    if any("notes_mix" not in figures for figures in some):
        lines.append("Without a folder of libraries, no notes were measured.")
    return lines


def levels_markdown(measured: dict[str, Any]) -> str:
    """Return the figures as Markdown.

    Parameters
    ----------
    measured
        ``pieces``, ``music``, ``rows``, ``speed``, ``notes`` and ``picture``, as
        `d2m.benchmark.levels_evaluation.evaluate_levels` collects them.
    """
    lines = [f"# {LEVELS_TITLE}", ""]
    lines += ["Written by `python -m d2m evaluate levels`. What is seen in the spectrograms of "
              "all styles is described in [README.md](README.md).", ""]  # fmt: skip
    lines += [*markdown_table(measured["rows"]), "", " ".join([_METHOD, *measured["notes"]]), ""]
    references: dict[str, list[dict[str, float | None]]] = {}
    for piece in measured["pieces"]:
        for title, figures in piece["references"].items():
            references.setdefault(title, []).append(figures)
    lines += ["## Other music, against the studio version", ""]
    lines += [*reference_table(references, REFERENCE_COLUMNS), ""]
    if measured["speed"]:
        lines += ["## Time", "", *_speed_lines(measured["speed"]), ""]
    if measured["picture"]:
        lines += ["## Spectrograms", "", f"![{measured['picture']}]({LEVELS_PICTURE})", ""]
    lines += ["## What was measured", "", *_piece_lines(measured), ""]
    lines += ["## Definitions", "", *(f"- {text}" for text in _DEFINITIONS)]
    return "\n".join(lines) + "\n"


def write_levels_report(measured: dict[str, Any], folder: Path) -> Path:
    """Write ``levels.md`` and ``levels.json``, and return the Markdown file."""
    texts = {"levels.json": levels_json(measured), "levels.md": levels_markdown(measured)}
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return folder / "levels.md"


def _speed_lines(speed: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    return [
        f"- {level}, {count}: decodes 10 s in {times['decode_s']:.2f} s "
        f"({times['decode_real_time']:.3f} of real time), composes, plays, encodes and decodes "
        f"{times['piece_s']:.0f} s in {times['generate_s']:.2f} s "
        f"({times['generate_real_time']:.3f}); the fastest of five."
        for count, levels in speed.items()
        for level, times in levels.items()
    ]


def _piece_lines(measured: dict[str, Any]) -> list[str]:
    """Return the pieces, the excerpts of recorded music, and the weights, as a list."""
    lines = [
        f"- piece {piece['number']}: {piece['style']} ({piece['sub_genre']}), "
        f"{piece['tempo_bpm']:.0f} BPM, {piece['duration_s']:.1f} s."
        for piece in measured["pieces"]
    ]
    tracks: dict[str, int] = {}
    for excerpt in measured["music"]:
        tracks[excerpt["track"]] = tracks.get(excerpt["track"], 0) + 1
    lines += [f"- recorded music: {name}, {count} excerpts." for name, count in tracks.items()]
    lines += [
        f"- weights: {name}, {one['bytes']:,} bytes, SHA-256 {one['sha256']}..."
        for name, one in measured["weights"].items()
    ]
    return lines
