"""Write the report of a comparison: a page, JSON, CSV and LaTeX."""

from __future__ import annotations

from pathlib import Path

from d2m.benchmark.comparison.comparing import Comparison
from d2m.benchmark.comparison.comparison_files import (
    comparison_csv,
    comparison_json,
    comparison_latex,
)
from d2m.benchmark.comparison.comparison_markdown import comparison_markdown
from d2m.benchmark.comparison.comparison_page import comparison_page
from d2m.benchmark.comparison.comparison_statistics import (
    main_differences,
    summarise_rows,
    with_genres,
)
from d2m.benchmark.comparison.embeddings import embedding_name
from d2m.media.atomic_write import atomic_write


def write_comparison(comparison: Comparison) -> Path:
    """Write ``report.html``, ``report.md``, ``report.json``, ``report.csv`` and ``report.tex``.

    Parameters
    ----------
    comparison
        What `d2m.benchmark.comparison.comparing.compare_systems` returned; the files go to the
        folder of its configuration, next to the copies for players.

    Returns
    -------
    Path
        The page.
    """
    embedding = embedding_name()
    judged = with_genres(comparison)
    summaries = summarise_rows(judged)
    differences = main_differences(judged)
    texts = {
        "report.json": comparison_json(judged, summaries, differences, embedding),
        "report.csv": comparison_csv(judged),
        "report.tex": comparison_latex(judged, summaries),
        "report.md": comparison_markdown(judged, summaries, differences, embedding),
        "report.html": comparison_page(judged, summaries, differences, embedding),
    }
    for name, text in texts.items():
        with atomic_write(judged.config.out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return judged.config.out / "report.html"
