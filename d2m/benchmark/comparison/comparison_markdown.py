"""The report of a comparison as Markdown: its main figures, without players and plots."""

from __future__ import annotations

from d2m.benchmark.comparison.comparing import Comparison
from d2m.benchmark.comparison.comparison_statistics import RowSummary, SystemDifference
from d2m.benchmark.comparison.comparison_tables import (
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
from d2m.benchmark.document import Block, BulletList, Heading, Paragraph, Table, as_markdown


def comparison_markdown(
    comparison: Comparison,
    summaries: dict[str, RowSummary],
    differences: list[SystemDifference],
    embedding: str,
) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    comparison
        The comparison.
    summaries, differences
        What `d2m.benchmark.comparison.comparison_statistics.summarise_rows` and
        `d2m.benchmark.comparison.comparison_statistics.main_differences` returned.
    embedding
        Name of the embedding.
    """
    metrics = measured_metrics(summaries, metrics_named(SHORT_TABLE))
    cells = {name: [figure_cell(one, each) for each in metrics] for name, one in summaries.items()}
    rows = tuple(
        (
            name,
            str(summaries[name].pieces),
            *(f"{cell.text} ({cell.interval})" if cell.interval else cell.text for cell in found),
        )
        for name, found in cells.items()
    )
    known = [f"{name}: {text} {way}".strip() for name, text, way in definitions(metrics)]
    blocks: list[Block] = [
        Heading(text="Music for the same dances", depth=1),
        Paragraph(text=facts(comparison)),
        *(Paragraph(text=text) for text in comparison.config.about),
        BulletList(items=tuple(comparison_warnings(comparison, summaries))),
        Heading(text="Figures"),
        Paragraph(
            text="Means over clips, with 95 % bootstrap intervals over clips. The rows from *own "
            "music* on are made without any system: what a metric gives them, it gives for nothing."
        ),
        Table(head=("row", "clips", *(metric.label for metric in metrics)), rows=rows),
        Heading(text="What the intervals say"),
        Paragraph(text="Only differences whose intervals exclude 0."),
        BulletList(items=tuple(findings(comparison, differences))),
        Heading(text="Definitions"),
        BulletList(items=tuple(known)),
        Heading(text="Protocol"),
        BulletList(items=tuple(protocol(comparison, embedding))),
    ]
    return as_markdown(blocks)
