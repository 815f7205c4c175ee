"""The report of the benchmark of real dances: ``rhythm.md``, ``rhythm.json`` and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from d2m.benchmark.document import Block, BulletList, Heading, Paragraph, Plot, as_markdown
from d2m.benchmark.json_values import json_ready
from d2m.benchmark.real_rhythm_goals import real_goals
from d2m.benchmark.real_rhythm_plot import plot_real_rhythm
from d2m.benchmark.real_rhythm_results import RealRhythmResults
from d2m.benchmark.real_rhythm_tables import (
    calibrations_of,
    clock_blocks,
    music_blocks,
    totals_table,
)
from d2m.benchmark.rhythm_scores import BeatMatch
from d2m.benchmark.tables import goals_table

REPORT_TITLE = "Beats of real dances"

_DEFINITIONS = (
    "To measure your own clips: FILE is JSON with the beats (s) of each clip by its file name, "
    '`{"clip.mp4": {"beats_s": [0.5, 1.0, 1.5, 2.0], "title": "solo"}}`, or a folder of text files '
    "with a beat on each line, or `own-sound` for the beats of the clips' own sound. `--music "
    "studio,high` also makes music and scores it.",
    "*: the true beats of the clip are disputed; it counts in no goal.",
    "Beats count from half a beat before the first true beat to half a beat after the last.",
    "tempo: within 4 % of the true one; octave aside: half and double tempo allowed.",
    "F: F-measure of the beats within ±70 or ±100 ms (mir_eval, nothing trimmed). Octave aside: "
    "the better of the beats as they are and the beats brought to the octave of the truth.",
    "best shift: the constant shift, in beats, that fits best at the octave of the truth; "
    "positive if the beats come too early; ¼ later is also what a person can choose.",
    "hits on 16ths: share of the dancer's strongest hits, at most 1.5 in a second, within 45 ms "
    "of a 16th step, and of a step bent by up to 25 ms; in brackets, hits at random times.",
    "unsure: what the program says. candidates: whether one of its guesses has the tempo (octave "
    "aside) and an F within 100 ms of at least 0.7.",
    "Intervals: 95 % of 2,000 bootstrap samples of the clips. Trivial beats know nothing of the "
    "dance: random phases are the mean of 20.",
    "Brier score: mean squared error of a probability; beside it, that of the constant share that "
    "came true. A probability is useful if it is lower.",
    "hits met: share of those hits that have a prominent onset of the music within 45 ms.",
)


def write_real_rhythm(results: RealRhythmResults, folder: Path) -> Path:
    """Write ``rhythm.md`` with its plot ``rhythm.png``, and ``rhythm.json``.

    Parameters
    ----------
    results
        What was measured.
    folder
        Folder for the files; created if it does not exist.

    Returns
    -------
    Path
        The Markdown file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plot = folder / "rhythm.png"
    clock = "dance" if results.clocks.get("dance") else next(iter(results.clocks))
    found = calibrations_of(results.clocks[clock]).items()
    calibrations = {f"{clock}, {name}": one for name, one in found if one.bins}
    alt_text = plot_real_rhythm(plot, results.clocks, calibrations)
    blocks = real_rhythm_blocks(results)
    blocks.insert(-2, Plot(path=plot, alt_text=alt_text))
    texts = {
        "rhythm.md": as_markdown(blocks),
        "rhythm.json": json.dumps(real_rhythm_json(results), indent=1, allow_nan=False) + "\n",
    }
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return folder / "rhythm.md"


def real_rhythm_blocks(results: RealRhythmResults) -> list[Block]:
    """Return the report without its plot; the last two blocks are the definitions."""
    goals = real_goals(results)
    reached = sum(goal.reached for goal in goals)
    blocks: list[Block] = [
        Heading(text=REPORT_TITLE, depth=1),
        Paragraph(
            text=f"Written by `python -m d2m evaluate rhythm --clips DIR --beats FILE`. "
            f"{results.truth}"
        ),
    ]
    if goals:
        blocks += [
            Heading(text="Goals"),
            Paragraph(
                text=f"{reached} of {len(goals)} reached. They are means over the clips whose true "
                "beats are undisputed."
            ),
            goals_table(goals),
        ]
    blocks += [Heading(text="All clips"), totals_table(results)]
    for clock, clips in results.clocks.items():
        blocks += clock_blocks(clock, clips)
    if results.music:
        blocks += music_blocks(results)
    if results.skipped:
        left_out = tuple(f"{title}: {why}" for title, why in results.skipped.items())
        blocks += [Heading(text="Left out"), BulletList(items=left_out)]
    return [*blocks, Heading(text="Definitions"), BulletList(items=_DEFINITIONS)]


def real_rhythm_json(results: RealRhythmResults) -> dict[str, Any]:
    """Convert results to JSON values; what is not finite becomes null."""
    calibrations = {
        clock: {name: asdict(found) for name, found in calibrations_of(clips).items()}
        for clock, clips in results.clocks.items()
    }
    converted: dict[str, Any] = json_ready(
        {
            **asdict(replace(results, trivial={})),
            "trivial": {
                row: {title: _mean_scores(matches) for title, matches in clips.items()}
                for row, clips in results.trivial.items()
            },
            "calibration": calibrations,
            "goals": [asdict(goal) | {"reached": goal.reached} for goal in real_goals(results)],
        }
    )
    return converted


def _mean_scores(matches: Sequence[BeatMatch]) -> dict[str, float]:
    """Average the scores of several attempts at the beats of one clip."""
    keys = [field.name for field in fields(BeatMatch) if field.name not in ("octave", "best_shift")]
    return {key: float(np.mean([getattr(one, key) for one in matches])) for key in keys}
