"""The sentences of a comparison's report, all from what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from d2m.benchmark.comparison.clip_comparison import NOTED_LENGTH_S
from d2m.benchmark.comparison.compared_dance import ANNOTATED, NO_RHYTHM
from d2m.benchmark.comparison.comparing import Comparison
from d2m.benchmark.comparison.comparison_files import tool_versions
from d2m.benchmark.comparison.comparison_statistics import (
    FEWEST_JUDGED,
    RowSummary,
    SystemDifference,
    conclusions,
    not_told_apart,
)
from d2m.benchmark.comparison.metric_definitions import ComparisonMetric
from d2m.benchmark.comparison.music_files import SHORTEST_COMPARED_S
from d2m.benchmark.comparison.trivial_music import CLICKS_IN_PHASE, TRIVIAL_ROWS
from d2m.benchmark.rhythm_statistics import RESAMPLES
from d2m.core.levels import SAMPLE_RATE

ENOUGH_CLIPS = 20
"""Clips under which a report warns that they are few. Chosen by hand: as in listening tests."""


def facts(comparison: Comparison) -> str:
    """Return one line: clips, lengths, systems and the origin of the beats."""
    lengths = [dance.duration_s for dance in comparison.dances.values()]
    origins = Counter(dance.beats_origin for dance in comparison.dances.values())
    beats = ", ".join(f"{origin} ({count})" for origin, count in origins.most_common())
    measured = sum(not one.problem for one in comparison.pieces if one.system in comparison.systems)
    return (
        f"{len(lengths)} clips of {min(lengths):.1f} to {max(lengths):.1f} s (median "
        f"{np.median(lengths):.1f} s); {measured} files of {', '.join(comparison.systems)}. "
        f"Beats of the dances: {beats}."
    )


def comparison_warnings(comparison: Comparison, summaries: dict[str, RowSummary]) -> Iterator[str]:
    """Yield what limits the figures."""
    clips = len(comparison.dances)
    if clips < ENOUGH_CLIPS:
        yield f"{clips} clips are few: intervals are wide, and another choice would change means."
    for name in comparison.systems:
        summary = summaries[name]
        if summary.failures:
            yield (
                f"{summary.failures} of {clips} files of {name} could not be measured; its means "
                f"are over {summary.pieces}."
            )
    origins = Counter(dance.beats_origin for dance in comparison.dances.values())
    guessed = sum(n for origin, n in origins.items() if origin not in (ANNOTATED, NO_RHYTHM))
    if guessed:
        yield (
            f"The beats of {guessed} dances are estimated, not annotated: scores of beats say how "
            "far the music follows the estimate."
        )
    if origins[NO_RHYTHM]:
        yield f"No rhythm was found in {origins[NO_RHYTHM]} dances: they have no scores of beats."
    if comparison.unread:
        yield f"{len(comparison.unread)} clips could not be read and are left out."
    warned = {summaries[name].distance_warning for name in comparison.systems} - {""}
    if warned:
        yield f"FAD: {sorted(warned)[0]}"


def findings(comparison: Comparison, differences: list[SystemDifference]) -> Iterator[str]:
    """Yield what the intervals of the differences say, and what they don't.

    Parameters
    ----------
    comparison
        The comparison.
    differences
        What `d2m.benchmark.comparison.comparison_statistics.main_differences` returned.
    """
    if len(comparison.dances) < FEWEST_JUDGED:
        yield (
            f"With fewer than {FEWEST_JUDGED} clips, nothing is said about which system is better."
        )
        return
    yield from conclusions(comparison, differences)
    yield from not_told_apart(comparison, differences)
    beaten: dict[str, list[str]] = {}
    for one in differences:
        is_better = one.excludes_zero and one.interval.mean > 0
        if is_better and one.first == CLICKS_IN_PHASE and one.second in comparison.systems:
            beaten.setdefault(one.metric.label, []).append(one.second)
    for label, names in beaten.items():
        yield f"{label}: even clicks on the beats score above {', '.join(names)}."


def definitions(metrics: list[ComparisonMetric]) -> Iterator[tuple[str, str, str]]:
    """Yield name, definition and direction of metrics, then the trivial rows."""
    for metric in metrics:
        yield metric.label, metric.definition, f"({metric.better})"
    for name, text in TRIVIAL_ROWS.items():
        yield f"Row: {name}", text, ""


def protocol(comparison: Comparison, embedding: str) -> Iterator[str]:
    """Yield how everything was measured."""
    reference = (
        f"files in {comparison.config.reference.name}"
        if comparison.config.reference
        else "the clips' own sound"
    )
    yield f"Reference: {reference}."
    yield (
        f"All music is mono at {SAMPLE_RATE:,} Hz, from the start of the clip, over the time that "
        f"file and clip share, at least {SHORTEST_COMPARED_S:g} s. Lengths that differ by "
        f"{NOTED_LENGTH_S:g} s or more are noted."
    )
    yield (
        "Beats of the music are tracked twice: by librosa's dynamic programming and by a network; "
        "the two share nothing."
    )
    yield f"Embedding of FAD, diversity and genre accuracy: {embedding}."
    yield (
        f"Intervals: 95 %, percentile bootstrap over clips, {RESAMPLES:,} resamples, seed "
        f"{comparison.config.seed}. Differences are paired by clip."
    )
    pieces = [one.cpu_s for one in comparison.pieces if not one.problem]
    if pieces:
        yield (f"Cost: {np.mean(pieces):.1f} s of processor time a piece, {len(pieces)} pieces.")
    yield "Versions: " + ", ".join(f"{name} {one}" for name, one in tool_versions().items()) + "."
