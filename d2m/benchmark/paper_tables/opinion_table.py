"""The mean opinion scores of the D2M-GAN paper, beside those of a listening study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from d2m.benchmark.listening.study import CLICK_ANCHOR, COHERENCE, ORIGINAL, QUALITY, SHIFTED
from d2m.benchmark.paper_tables.published_figures import (
    OPINION_PROTOCOL,
    OPINION_TABLE,
    ORIGINAL_ROW,
    PUBLISHED_OPINIONS,
)
from d2m.benchmark.paper_tables.table_cells import MeasuredRow, PaperTable, TableCell
from d2m.benchmark.ratio_intervals import Estimate
from d2m.core.errors import DataError

OPINION_COLUMNS = {
    COHERENCE: "coherence with the dance (1 to 5)",
    QUALITY: "quality of the sound (1 to 5)",
}
"""Titles of the columns by the name of the block in the study."""
RESULTS_FILE = "results.json"
"""File of the results of a study."""
NO_STUDY = (
    "Not measured: only people can rate music. To run the study: "
    "`python -m d2m listen make --template paper > study.toml`, "
    "`listen make --study study.toml --out STUDY`, `listen serve STUDY`, `listen results STUDY`, "
    "then this command with `--listening STUDY/results`."
)
"""How to get figures for the table."""
_ANCHORS = {
    ORIGINAL: ORIGINAL_ROW,
    SHIFTED: "original music, shifted",
    CLICK_ANCHOR: "clicks at 120 BPM",
}


def opinion_table(listening: Path | None) -> PaperTable:
    """Build the table of opinions.

    Parameters
    ----------
    listening
        Folder with the ``results.json`` of a listening study, or that file; None without one.

    Raises
    ------
    DataError
        If the file is missing or holds no results of a study.
    """
    measured: dict[str, dict[str, Estimate]] = {}
    notes = [f"The paper's protocol: {OPINION_PROTOCOL}."]
    if listening is None:
        notes.append(NO_STUDY)
    else:
        results = _read_results(listening)
        answers = results["screened"] or results["unscreened"]
        measured = _scores(answers)
        notes.append(
            f"Our figures are of the study {results['title']!r}: {answers['raters']} raters gave "
            f"{answers['answers']} answers; n counts the ratings of a system. Intervals are 95 %, "
            "raters and clips resampled together."
        )
        if not results["screened"]:
            notes.append("Every rater failed a check, so these are figures without screening.")
    titles = list(PUBLISHED_OPINIONS) + [name for name in measured if name not in
                                         PUBLISHED_OPINIONS]  # fmt: skip
    rows = tuple(
        MeasuredRow(
            title=title,
            cells={
                column: TableCell(
                    measured=measured.get(title, {}).get(column),
                    published=PUBLISHED_OPINIONS.get(title, {}).get(column),
                )
                for column in OPINION_COLUMNS
            },
        )
        for title in titles
    )
    return PaperTable(
        key=OPINION_TABLE,
        title="Table 2: mean opinion scores",
        columns=OPINION_COLUMNS,
        rows=rows,
        digits=1,
        n_unit="ratings",
        notes=tuple(notes),
    )


def _read_results(listening: Path) -> dict[str, Any]:
    """Read the results of a study as they are in its ``results.json``."""
    path = listening / RESULTS_FILE if listening.is_dir() else listening
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _scores(results["screened"] or results["unscreened"])
        return {name: results[name] for name in ("title", "screened", "unscreened")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path.name} in {path.parent.name or '.'} holds no results of a listening study: "
            "expected the results.json that `listen results` writes."
        ) from error


def _scores(answers: dict[str, Any]) -> dict[str, dict[str, Estimate]]:
    """Return the scores by row and block."""
    found: dict[str, dict[str, Estimate]] = {}
    for rating in answers["ratings"]:
        if rating["block"] not in OPINION_COLUMNS:
            continue
        for score in rating["scores"]:
            lower, upper = score["interval"] or (float("nan"), float("nan"))
            row = _ANCHORS.get(score["system"], score["system"])
            found.setdefault(row, {}).setdefault(
                rating["block"],
                Estimate(
                    value=float(score["mean"]),
                    lower=float(lower),
                    upper=float(upper),
                    n=int(score["answers"]),
                ),
            )
    return found
