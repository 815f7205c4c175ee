"""The files of a comparison for programs and papers: JSON, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import json
import platform
from importlib.metadata import version
from typing import Any

from d2m.benchmark.comparison.comparing import Comparison
from d2m.benchmark.comparison.comparison_statistics import RowSummary, SystemDifference
from d2m.benchmark.comparison.comparison_tables import (
    SHORT_TABLE,
    figure_cell,
    measured_metrics,
    metrics_named,
)
from d2m.benchmark.comparison.metric_definitions import DOWN, UP, ComparisonMetric
from d2m.benchmark.comparison.trivial_music import TRIVIAL_ROWS
from d2m.benchmark.json_values import json_ready
from d2m.benchmark.rhythm_statistics import MeanInterval
from d2m.core.version import __version__

REPORTED_PACKAGES = ("numpy", "scipy", "librosa", "mir_eval", "torch", "av", "mido")
"""Packages whose versions a report states."""
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "–": "--",
    }
)


def tool_versions() -> dict[str, str]:
    """Return the versions of the project, of Python and of the packages that measure."""
    versions = {"d2m": __version__, "Python": platform.python_version()}
    return versions | {package: version(package) for package in REPORTED_PACKAGES}


def comparison_json(
    comparison: Comparison,
    summaries: dict[str, RowSummary],
    differences: list[SystemDifference],
    embedding: str,
) -> str:
    """Return all results as strict JSON: what could not be measured is missing or null."""
    config = comparison.config
    content: dict[str, Any] = {
        "versions": tool_versions(),
        "seed": config.seed,
        "embedding": embedding,
        "systems": list(comparison.systems),
        "trivial_rows": list(TRIVIAL_ROWS),
        "clips": {
            name: {
                "duration_s": dance.duration_s,
                "beats": dance.beats_origin,
                "beats_s": dance.beats_s.tolist(),
                "genre": dance.genre,
            }
            for name, dance in comparison.dances.items()
        },
        "unread_clips": comparison.unread,
        "summaries": {name: _summary_json(one) for name, one in summaries.items()},
        "differences": [
            {"metric": one.metric.key, "first": one.first, "second": one.second}
            | interval_json(one.interval)
            for one in differences
        ],
        "pieces": [
            {
                "clip": one.clip,
                "system": one.system,
                "file": one.file,
                "problem": one.problem,
                "note": one.note,
                "scores": one.scores,
                "cpu_s": one.cpu_s,
            }
            for one in comparison.pieces
        ],
    }
    return json.dumps(json_ready(content), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def interval_json(interval: MeanInterval) -> dict[str, Any]:
    """Return a mean, its interval and its number of clips for JSON."""
    return {
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "clips": interval.clips,
    }


def comparison_csv(comparison: Comparison) -> str:
    """Return all scores as CSV, one a line; what could not be measured is a line without value."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["clip", "system", "metric", "value", "problem"])
    for one in comparison.pieces:
        if one.problem:
            table.writerow([one.clip, one.system, "", "", one.problem])
        for key, value in one.scores.items():
            table.writerow([one.clip, one.system, key, f"{value:.6g}", ""])
    for name, problem in comparison.unread.items():
        table.writerow([name, "", "", "", problem])
    return text.getvalue()


def comparison_latex(comparison: Comparison, summaries: dict[str, RowSummary]) -> str:
    """Return the short table for a paper, with booktabs: means with 95 % intervals."""
    metrics = measured_metrics(summaries, metrics_named(SHORT_TABLE))
    head = " & ".join(["system", "$n$", *(_latex_label(metric) for metric in metrics)])
    lines = [
        f"% {len(comparison.dances)} clips; means over clips, 95 % bootstrap intervals below.",
        "% Needs \\usepackage{booktabs}.",
        f"\\begin{{tabular}}{{lr{'c' * len(metrics)}}}",
        "\\toprule",
        f"{head} \\\\",
        "\\midrule",
    ]
    for name, summary in summaries.items():
        if name == next(iter(TRIVIAL_ROWS)):
            lines.append("\\midrule")
        cells = [figure_cell(summary, metric) for metric in metrics]
        values = " & ".join(latex_text(cell.text) for cell in cells)
        lines.append(f"{latex_text(name)} & {summary.pieces} & {values} \\\\")
        if any(cell.interval for cell in cells):
            small = " & ".join(_latex_interval(cell.interval) for cell in cells)
            lines.append(f" & & {small} \\\\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


def latex_text(text: str) -> str:
    """Escape what LaTeX would take for commands."""
    return text.translate(_LATEX)


def _latex_label(metric: ComparisonMetric) -> str:
    arrows = {UP: " $\\uparrow$", DOWN: " $\\downarrow$"}
    return latex_text(metric.label) + arrows.get(metric.better, "")


def _latex_interval(interval: str) -> str:
    return f"{{\\scriptsize [{interval.replace(' to ', ', ')}]}}" if interval else ""


def _summary_json(summary: RowSummary) -> dict[str, Any]:
    return {
        "pieces": summary.pieces,
        "failures": summary.failures,
        "means": {key: interval_json(one) for key, one in summary.means.items() if one.clips},
        "figures": summary.figures,
        "distance_warning": summary.distance_warning,
    }
