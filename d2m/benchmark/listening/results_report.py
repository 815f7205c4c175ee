"""The results of a listening study as a document, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from d2m.benchmark.document import Block, BulletList, Heading, Paragraph, Plot, Table
from d2m.benchmark.json_values import json_ready
from d2m.benchmark.listening.bradley_terry import STRENGTH_RESAMPLES
from d2m.benchmark.listening.crossed_bootstrap import CROSSED_RESAMPLES
from d2m.benchmark.listening.rater_screening import (
    LEAST_PLAYED_SHARE,
    LEAST_REFERENCE_RATING,
    MOST_HASTY_ANSWERS,
    MOST_LOW_REFERENCES,
    RaterCheck,
)
from d2m.benchmark.listening.study_results import (
    AnswerResults,
    PreferenceResults,
    RatingResults,
    StudyResults,
)

Interval = tuple[float, float] | None

_NO_INTERVAL = (
    "There are no intervals: they need at least two raters and two clips, because they say how far "
    "other raters and other clips could move a figure."
)
_DEFINITIONS = (
    "Mean opinion score: the mean of all ratings from 1 (bad) to 5 (excellent). SD is the standard "
    "deviation of single ratings.",
    f"Intervals of scores, differences and strengths: 95 % of {CROSSED_RESAMPLES:,} bootstrap "
    f"resamples that draw raters and clips together ({STRENGTH_RESAMPLES} for strengths). Those of "
    "scores are about right. Those of differences and strengths, from which the levels of raters "
    "and clips cancel out, are too wide, at most 1.7 times, and so on the safe side.",
    "A difference whose interval does not include 0 is unlikely to be chance. Among many pairs, "
    "some such differences are chance all the same.",
    "Strength: natural logarithm of the Bradley-Terry strength, with mean 0 over the systems. A "
    "system 0.7 stronger than another is preferred two times in three.",
    "Intervals of shares of wins are Wilson's, for independent answers; those of one rater are not "
    "quite independent.",
    "Position: ratings less the means of their systems. Far from 0 at the start or the end, raters "
    "changed their scale during the session.",
    "Agreement: Krippendorff's alpha over single ratings (1: perfect, 0: chance), and ICC(2,k), "
    "the reliability of the means, if all raters rated everything.",
    f"A rater is left out who rated the hidden original under {LEAST_REFERENCE_RATING} in more "
    f"than {MOST_LOW_REFERENCES:.0%} of the trials with it, failed an attention check, or answered "
    f"in less than {LEAST_PLAYED_SHARE:.0%} of the stimulus's time in more than "
    f"{MOST_HASTY_ANSWERS:.0%} of the trials; one such trial is allowed. The headphones check "
    "leaves no one out.",
)


def results_blocks(results: StudyResults, plot: Plot | None) -> list[Block]:
    """Return the document of a study's results.

    Parameters
    ----------
    results
        From `d2m.benchmark.listening.study_results.measure_study`.
    plot
        Plot of the mean opinion scores, if there are any.
    """
    left_out = sum(bool(check.reasons) for check in results.checks)
    main = results.screened or results.unscreened
    blocks: list[Block] = [
        Heading(text=results.title or "Listening study", depth=1),
        Paragraph(text=_summary(results, left_out)),
    ]
    blocks += _answer_blocks(main)
    if plot is not None:
        blocks.append(plot)
    blocks += [Heading(text="Raters"), _raters_table(results.checks)]
    reasons = tuple(
        f"Rater {check.rater}: {'; '.join(check.reasons)}."
        for check in results.checks
        if check.reasons
    )
    if reasons:
        blocks += [Paragraph(text="Left out:"), BulletList(items=reasons)]
    if left_out and results.screened is not None:
        blocks += [Heading(text="Without screening, all raters")]
        blocks += _score_blocks(results.unscreened, depth=3)
    return [*blocks, Heading(text="Definitions"), BulletList(items=_DEFINITIONS)]


def results_json(results: StudyResults) -> dict[str, Any]:
    """Convert results to JSON values; what is undefined becomes null."""
    return dict(json_ready(asdict(results)))


def screened_ratings(results: StudyResults) -> tuple[RatingResults, ...]:
    """Return the ratings that the plot shows: of the raters who were not left out, if any."""
    return (results.screened or results.unscreened).ratings


def _summary(results: StudyResults, left_out: int) -> str:
    everyone = results.unscreened
    text = f"{_count(everyone.raters, 'rater')} gave {_count(everyone.answers, 'answer')}."
    if results.screened is None:
        return text + " Every rater failed a check, so these are the results without screening."
    if left_out:
        return (
            f"{text} {_count(left_out, 'rater')} {'was' if left_out == 1 else 'were'} left out by "
            f"the checks; these are the results of the "
            f"other {results.screened.raters}, with {results.screened.answers} answers. "
            "Results without screening follow below."
        )
    return text + " None was left out by the checks."


def _answer_blocks(results: AnswerResults) -> list[Block]:
    blocks = _score_blocks(results)
    for one in results.ratings:
        blocks += [Heading(text=f"{_title(one)}: differences", depth=3), _differences_table(one)]
        blocks += [Heading(text=f"{_title(one)}: position", depth=3), _positions_table(one)]
    return blocks


def _score_blocks(results: AnswerResults, depth: int = 2) -> list[Block]:
    """Return scores, agreement, strengths and wins."""
    blocks: list[Block] = []
    for one in results.ratings:
        blocks += [Heading(text=_title(one), depth=depth), _scores_table(one)]
        if all(score.interval is None for score in one.scores):
            blocks.append(Paragraph(text=_NO_INTERVAL))
        blocks.append(Paragraph(text=_agreement(one)))
    for chosen in results.preferences:
        blocks += [Heading(text=_title(chosen), depth=depth), _strengths_table(chosen)]
        found = chosen.preferences
        if any(one.strength is None for one in found.strengths):
            blocks.append(
                Paragraph(
                    text="Strengths can't be compared: some systems were never compared with the "
                    "others, even through a third."
                )
            )
        elif min(found.raters, found.clips) < 2:
            blocks.append(Paragraph(text=_NO_INTERVAL))
        blocks.append(_pairs_table(chosen))
    return blocks


def _title(one: RatingResults | PreferenceResults) -> str:
    title = one.block.capitalize()
    return title if one.question == "rating" else f"{title}, {one.question}"


def _scores_table(one: RatingResults) -> Table:
    return Table(
        head=("system", "score", "95 % interval", "SD", "raters", "clips", "answers"),
        rows=tuple(
            (
                score.system,
                f"{score.mean:.2f}",
                _interval_text(score.interval),
                f"{score.deviation:.2f}",
                str(score.raters),
                str(score.clips),
                str(score.answers),
            )
            for score in one.scores
        ),
    )


def _differences_table(one: RatingResults) -> Table:
    return Table(
        head=("systems", "difference", "95 % interval"),
        rows=tuple(
            (f"{d.first} - {d.second}", f"{d.difference:+.2f}", _interval_text(d.interval))
            for d in one.differences
        ),
    )


def _positions_table(one: RatingResults) -> Table:
    return Table(
        head=("positions", "deviation", "answers"),
        rows=tuple(
            (f"{part.first}-{part.last}", f"{part.deviation:+.2f}", str(part.answers))
            for part in one.positions
        ),
    )


def _agreement(one: RatingResults) -> str:
    found = one.agreement
    named = (
        ("alpha (ordinal)", found.alpha_ordinal),
        ("alpha (interval)", found.alpha_interval),
        ("ICC(2,k)", found.icc),
    )
    known = ", ".join(f"{name} {value:.2f}" for name, value in named if isfinite(value))
    if not known:
        return "Agreement of raters: undefined, because no stimulus has ratings of two raters."
    return f"Agreement of {found.raters} raters on {found.units} stimuli: {known}."


def _strengths_table(one: PreferenceResults) -> Table:
    return Table(
        head=("system", "strength", "95 % interval", "wins", "share", "95 % interval (share)"),
        rows=tuple(
            (
                each.system,
                "–" if each.strength is None else f"{each.strength:+.2f}",
                _interval_text(each.interval),
                f"{each.wins} of {each.comparisons}",
                f"{each.wins / each.comparisons:.0%}",
                _share_text(each.share_interval),
            )
            for each in one.preferences.strengths
        ),
    )


def _pairs_table(one: PreferenceResults) -> Table:
    found = one.preferences
    return Table(
        head=(
            f"pair ({_count(found.raters, 'rater')}, {_count(found.clips, 'clip')}, "
            f"{_count(found.answers, 'answer')})",
            "first preferred",
            "share",
            "95 % interval",
        ),
        rows=tuple(
            (
                f"{pair.first}, {pair.second}",
                f"{pair.wins} of {pair.comparisons}",
                f"{pair.wins / pair.comparisons:.0%}",
                _share_text(pair.share_interval),
            )
            for pair in found.pairs
        ),
    )


def _raters_table(checks: Sequence[RaterCheck]) -> Table:
    return Table(
        head=(
            "rater",
            "answers",
            "low originals",
            "attention failed",
            "too fast",
            "headphones",
            "",
        ),
        rows=tuple(
            (
                str(check.rater),
                str(check.answers),
                f"{check.low_references} of {check.references}",
                f"{check.attention_failed} of {check.attention}",
                str(check.hasty),
                {True: "passed", False: "failed", None: "–"}[check.headphones],
                "left out" if check.reasons else "",
            )
            for check in checks
        ),
    )


def _interval_text(interval: Interval) -> str:
    return "–" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def _share_text(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.0%} to {interval[1]:.0%}"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
