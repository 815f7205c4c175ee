"""The page of a comparison: tables, plots, players, definitions, protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import isfinite

from d2m.benchmark.comparison.clip_comparison import ComparedPiece
from d2m.benchmark.comparison.comparing import PLAYERS_FOLDER, Comparison
from d2m.benchmark.comparison.comparison_plots import interval_plots, phase_plots
from d2m.benchmark.comparison.comparison_statistics import RowSummary, SystemDifference
from d2m.benchmark.comparison.comparison_style import COMPARISON_SCRIPT, COMPARISON_STYLE
from d2m.benchmark.comparison.comparison_tables import (
    MISSING,
    SHORT_TABLE,
    figure_cell,
    measured_metrics,
    metrics_named,
)
from d2m.benchmark.comparison.comparison_text import (
    comparison_warnings,
    definitions,
    facts,
    findings,
    protocol,
)
from d2m.benchmark.comparison.metric_definitions import (
    COMPARISON_METRICS,
    SYSTEM_METRICS,
    ComparisonMetric,
)
from d2m.benchmark.comparison.trivial_music import TRIVIAL_ROWS


def comparison_page(
    comparison: Comparison,
    summaries: dict[str, RowSummary],
    differences: list[SystemDifference],
    embedding: str,
) -> str:
    """Return the page as one HTML file; only the players need files beside it."""
    warnings = list(comparison_warnings(comparison, summaries))
    metrics = measured_metrics(summaries, (*COMPARISON_METRICS, *SYSTEM_METRICS))
    parts = [
        f"<h1>Music for the same dances: {len(comparison.systems)} systems</h1>"
        if len(comparison.systems) > 1
        else f"<h1>Music for dances: {escape(comparison.systems[0])}</h1>",
        f'<p class="facts">{escape(facts(comparison))}</p>',
        *(f"<p>{escape(text)}</p>" for text in comparison.config.about),
        _warnings(warnings),
        "<h2>Figures</h2><p>Means over clips, with 95 % bootstrap intervals over clips. The grey "
        "rows are made without any system: what a metric gives them, it gives for nothing.</p>",
        _table(comparison, summaries, measured_metrics(summaries, metrics_named(SHORT_TABLE))),
        "<h2>What the intervals say</h2><p>Only differences whose intervals exclude 0; the tables "
        f"of pairs have the intervals.</p>{_list(findings(comparison, differences))}",
        *_plots(comparison, summaries, metrics),
        "<h2>Differences pair by pair</h2>",
        *_matrices(comparison, differences),
        "<h2>Listen</h2><p>All copies are mono and at one loudness.</p>",
        *_players(comparison),
        "<h2>Files that were not measured, and notes</h2>",
        _problems(comparison),
        f"<h2>All figures</h2>{_table(comparison, summaries, metrics)}",
        "<h2>Definitions</h2>",
        _definitions(definitions(metrics)),
        f"<h2>Protocol</h2>{_list(protocol(comparison, embedding))}",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Comparison of music for dances</title>\n<style>{COMPARISON_STYLE}</style>\n"
        "</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + f"\n</main>\n<script>{COMPARISON_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    return f'<section class="warnings" aria-label="Warnings">{_list(warnings)}</section>'


def _scroll(label: str, content: str) -> str:
    """Return a container that scrolls sideways, also by the keyboard."""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0">'
        f"{content}</div>"
    )


def _table(
    comparison: Comparison, summaries: dict[str, RowSummary], metrics: list[ComparisonMetric]
) -> str:
    heads = ["row", "clips", *(metric.label for metric in metrics)]
    head = "".join(
        f'<th scope="col"><button type="button">{escape(one)}</button></th>' for one in heads
    )
    rows = "".join(_row(comparison, one, metrics) for one in summaries.values())
    return _scroll(
        "Figures by row",
        f'<table class="sortable"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>',
    )


def _row(comparison: Comparison, summary: RowSummary, metrics: list[ComparisonMetric]) -> str:
    kind = "" if summary.name in comparison.systems else "trivial"
    kind += " first" if summary.name == next(iter(TRIVIAL_ROWS)) else ""
    cells = []
    for metric in metrics:
        cell = figure_cell(summary, metric)
        value = f"{cell.value:.6g}" if isfinite(cell.value) else ""
        few = f", n = {cell.n}" if 0 < cell.n < summary.pieces else ""
        interval = f"<small>{escape(cell.interval + few)}</small>" if cell.interval else ""
        cells.append(f'<td data-value="{value}">{escape(cell.text)}{interval}</td>')
    return (
        f'<tr class="{kind}"><th scope="row">{escape(summary.name)}</th>'
        f'<td data-value="{summary.pieces}">{summary.pieces}</td>{"".join(cells)}</tr>'
    )


def _plots(
    comparison: Comparison, summaries: dict[str, RowSummary], metrics: list[ComparisonMetric]
) -> Iterator[str]:
    shown = [one for one in metrics if one.is_main or one.key in ("coverage", "hit")]
    drawn = [one for one in shown if one in COMPARISON_METRICS]
    yield "<h2>Means with intervals</h2>"
    if drawn:
        yield _plot(
            interval_plots(summaries, comparison.systems, drawn),
            "Means and 95 % intervals of all rows in "
            f"{', '.join(one.label for one in drawn)}. The table above has the numbers.",
        )
    yield (
        "<h2>Phases</h2><p>Where in the beat of the dance the beats of the music lie, as the "
        "network hears them: 0 is on the beat, &frac12; midway between two. Music that follows "
        "the dance has one peak at 0; music at another tempo is spread evenly.</p>"
    )
    yield _plot(
        phase_plots(comparison),
        "Histograms of the phases of the beats, one for each row; their concentration is in the "
        "table of all figures.",
    )


def _plot(addresses: tuple[str, str], alt_text: str) -> str:
    light, dark = addresses
    return (
        f'<div class="plot" role="region" aria-label="Plot" tabindex="0"><picture>'
        f'<source srcset="{dark}" media="(prefers-color-scheme: dark)">'
        f'<img src="{light}" alt="{escape(alt_text)}"></picture></div>'
    )


def _matrices(comparison: Comparison, differences: list[SystemDifference]) -> Iterator[str]:
    """Yield a matrix of differences between rows for each main metric."""
    yield (
        "<p>Row less column, paired by clip, with the 95 % interval. Bold: the interval does not "
        "include 0. Intervals are not corrected for the number of pairs, so one in twenty "
        "excludes 0 by chance.</p>"
    )
    for metric in COMPARISON_METRICS:
        found = {
            (one.first, one.second): one
            for one in differences
            if one.metric == metric and one.interval.clips
        }
        if not found:
            continue
        names = [name for name in comparison.rows if any(name in pair for pair in found)]
        columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
        rows = "".join(
            f'<tr><th scope="row">{escape(first)}</th>'
            + "".join(_difference(found.get((first, second))) for second in names)
            + "</tr>"
            for first in names
            if first in comparison.systems
        )
        table = f'<table><thead><tr><th scope="col">row less column</th>{columns}</tr></thead>'
        yield f"<h3>{escape(metric.label)}</h3>"
        yield _scroll(f"Differences in {metric.label}", f"{table}<tbody>{rows}</tbody></table>")


def _difference(one: SystemDifference | None) -> str:
    if one is None:
        return f"<td>{MISSING}</td>"
    mean = one.interval
    kind = ' class="apart"' if one.excludes_zero else ""
    return f"<td{kind}>{mean.mean:+.2f}<small>{mean.low:+.2f} to {mean.high:+.2f}</small></td>"


def _players(comparison: Comparison) -> Iterator[str]:
    for name, dance in comparison.dances.items():
        pieces = [one for one in comparison.pieces if one.clip == name and one.player]
        video = comparison.videos.get(name)
        picture = (
            f'<video src="{PLAYERS_FOLDER}/{escape(video)}" muted playsinline preload="none" '
            f'controls aria-label="Clip {escape(name)}"></video>'
            if video
            else ""
        )
        about = ", ".join(filter(None, (dance.genre, f"{dance.duration_s:.1f} s")))
        yield (
            f"<details><summary>{escape(name)} <span>{escape(about)}</span></summary>{picture}"
            f'<div class="players">{"".join(map(_player, pieces))}</div></details>'
        )


def _player(piece: ComparedPiece) -> str:
    note = f' <span class="note">{escape(piece.note)}</span>' if piece.note else ""
    label = escape(f"{piece.clip}, {piece.system}")
    return (
        f"<figure><figcaption>{escape(piece.system)}{note}</figcaption>"
        f'<audio controls preload="none" aria-label="{label}" '
        f'src="{PLAYERS_FOLDER}/{escape(piece.player)}"></audio></figure>'
    )


def _problems(comparison: Comparison) -> str:
    lines = [(name, "(the clip)", problem) for name, problem in comparison.unread.items()]
    lines += [
        (one.clip, one.system, " ".join(filter(None, (one.problem, one.note))))
        for one in comparison.pieces
        if one.problem or one.note
    ]
    if not lines:
        return "<p>All files were measured, and none needs a note.</p>"
    rows = "".join(
        f'<tr><th scope="row">{escape(clip)}</th><td class="text">{escape(row)}</td>'
        f'<td class="text">{escape(text)}</td></tr>'
        for clip, row, text in lines
    )
    head = '<th scope="col">clip</th><th scope="col">row</th><th scope="col">what happened</th>'
    return _scroll(
        "Files that were not measured, and notes",
        f'<table class="words"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>',
    )


def _definitions(entries: Iterable[tuple[str, str, str]]) -> str:
    return (
        "<dl>"
        + "".join(
            f"<dt>{escape(label)}</dt><dd>{escape(text)} <em>{escape(kind)}</em></dd>"
            for label, text, kind in entries
        )
        + "</dl>"
    )
