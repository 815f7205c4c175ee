"""Measure the answers of a study and write all files of its results."""

from __future__ import annotations

import json
from pathlib import Path

from d2m.benchmark.document import Plot, as_markdown
from d2m.benchmark.listening.answers import read_answers
from d2m.benchmark.listening.answers_table import answers_csv
from d2m.benchmark.listening.results_html import as_html
from d2m.benchmark.listening.results_plot import plot_opinion_scores
from d2m.benchmark.listening.results_report import (
    results_blocks,
    results_json,
    screened_ratings,
)
from d2m.benchmark.listening.study import read_study
from d2m.benchmark.listening.study_results import measure_study
from d2m.core.output_folder import usable_output
from d2m.media.atomic_write import atomic_write


def save_results(folder: Path, out: Path) -> str:
    """Write ``results.md``, ``.html``, ``.json``, ``.png`` and ``answers.csv`` of a study.

    Parameters
    ----------
    folder
        Folder of the study; it may be served meanwhile.
    out
        Folder for the results.

    Returns
    -------
    str
        The results as Markdown.

    Raises
    ------
    DataError
        If there is no study in the folder, or it has no answers.
    OutputError
        If no files can be written.
    """
    usable_output(out)
    study = read_study(folder)
    answers = read_answers(folder)
    results = measure_study(answers, study)
    plot = None
    if ratings := screened_ratings(results):
        with atomic_write(out / "results.png") as part:
            alt_text = plot_opinion_scores(part, ratings)
        plot = Plot(path=out / "results.png", alt_text=alt_text)
    blocks = results_blocks(results, plot)
    markdown = as_markdown(blocks)
    texts = {
        "results.md": markdown,
        "results.html": as_html(blocks, results.title or "Listening study"),
        "results.json": json.dumps(results_json(results), indent=1, allow_nan=False) + "\n",
        "answers.csv": answers_csv(answers, study),
    }
    for name, text in texts.items():
        with atomic_write(out / name) as part:
            part.write_text(text, encoding="utf-8")
    return markdown
