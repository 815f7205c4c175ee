"""Published figures, and tables as Markdown, JSON and LaTeX."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from d2m.benchmark.listening.results_report import results_json
from d2m.benchmark.listening.study_results import measure_study
from d2m.benchmark.paper_tables.opinion_table import opinion_table
from d2m.benchmark.paper_tables.published_figures import (
    LATER_FIGURES,
    PUBLISHED_OPINIONS,
    PUBLISHED_RHYTHM,
)
from d2m.benchmark.paper_tables.table_cells import MeasuredRow, PaperTable, TableCell
from d2m.benchmark.paper_tables.table_texts import (
    tables_json,
    tables_latex,
    tables_markdown,
    write_tables,
)
from d2m.benchmark.ratio_intervals import Estimate
from d2m.core.errors import DataError
from tests.benchmark.listening.simulated_study import made_up_study, simulated_ratings

TABLE = PaperTable(
    key="table1",
    title="Table 1: rhythm & genre",
    columns={"hit": "beats hit (%)", "genre": "genre accuracy (%)"},
    rows=(
        MeasuredRow(
            title="foley_music",
            cells={
                "hit": TableCell(
                    measured=Estimate(value=71.25, lower=60.0, upper=80.04, n=7), published=69.4
                ),
                "genre": TableCell(published=8.1),
            },
        ),
        MeasuredRow(title="cmt", cells={}, note="Not measured. The weights are missing."),
    ),
    digits=1,
    n_unit="dances",
    notes=("Run `python -m d2m data own` 100 % first.",),
)


def test_published_figures_of_rhythm_are_those_of_the_paper():
    rows = {
        key: tuple(PUBLISHED_RHYTHM[key].get(name) for name in ("coverage", "hit", "genre"))
        for key in PUBLISHED_RHYTHM
    }
    assert rows == {
        ("table1", "dance2music"): (83.5, 82.4, 7.0),
        ("table1", "foley-music"): (74.1, 69.4, 8.1),
        ("table1", "cmt"): (85.5, 83.5, 11.6),
        ("table1", "high"): (88.2, 84.7, 24.4),
        ("table1", "low"): (92.3, 91.7, 26.7),
        ("tiktok", "high"): (88.4, 82.3, None),
        ("tiktok", "low"): (87.1, 83.9, None),
    }


def test_published_opinions_are_those_of_the_paper():
    scores = {
        name: (one.get("coherence"), one.get("quality")) for name, one in PUBLISHED_OPINIONS.items()
    }
    assert scores == {
        "random": (2.0, None),
        "dance2music": (2.8, None),
        "foley-music": (2.8, None),
        "cmt": (3.0, None),
        "high": (3.5, 3.5),
        "low": (3.3, 3.7),
        "codec's copy": (None, 3.5),
        "original music": (4.6, 4.8),
    }


def test_later_systems_state_their_protocol():
    assert {one.system: (one.coverage, one.hit, one.f1) for one in LATER_FIGURES} == {
        "CDCD": (93.9, 90.7, None),
        "LORIS": (98.6, 90.8, 94.5),
        "PN-Diffusion": (97.7, 93.7, 95.7),
        "GACA-DiT": (98.1, 98.7, 98.5),
        "PF-D2M": (None, 99.8, 94.3),
        "textual inversion with MusicGen": (41.0, 39.0, 40.0),
    }
    assert all(one.protocol for one in LATER_FIGURES)


def test_markdown_shows_ours_with_interval_and_n_beside_the_paper():
    text = tables_markdown([TABLE], "--dances 7")
    assert "evaluate tables --dances 7`" in text
    assert "| foley_music | 71.2 [60.0, 80.0], n = 7 | 69.4 | - | 8.1 |" in text
    assert "| cmt | - | not at hand | - | not at hand |" in text
    assert "- cmt: Not measured. The weights are missing." in text


def test_a_table_without_any_figure_is_one_sentence():
    note = "Not measured: there is no codec."
    rows = tuple(MeasuredRow(title=name, cells={}, note=note) for name in ("one", "other"))
    table = PaperTable(
        key="table4", title="T", columns={"hit": "hit"}, rows=rows, digits=1, n_unit="dances"
    )
    text = tables_markdown([table])
    assert text.count(note) == 1
    assert "Rows: one; other." in text


def test_latex_is_escaped_and_balanced():
    text = tables_latex([TABLE])
    assert r"foley\_music & 71.2 [60.0, 80.0], n = 7 & 69.4 & - & 8.1 \\" in text
    assert r"rhythm \& genre" in text
    assert r"\texttt{python -m d2m data own} 100 \% first" in text
    assert not re.search(r"(?<!\\)[&%]", text.split(r"\caption")[1].split("\n")[0])
    assert text.count("{") == text.count("}")
    for part in ("table", "tabular"):
        assert text.count(rf"\begin{{{part}}}") == text.count(rf"\end{{{part}}}") == 1
    columns = re.search(r"\\begin\{tabular\}\{(l r*|lr*)\}", text)
    assert columns is not None
    assert len(columns[1]) == 5


def test_all_three_files_are_written(tmp_path):
    sums = {"table1": {"cmt": {"clip": {"segments": 3.0, "hit": float("nan")}}}}
    markdown = write_tables([TABLE], sums, tmp_path, "")
    assert (tmp_path / "tables.md").read_text() == markdown
    stored = json.loads((tmp_path / "tables.json").read_text())
    assert stored == json.loads(tables_json([TABLE], sums))
    assert stored["tables"][0]["rows"][0]["cells"]["hit"]["measured"]["value"] == 71.25
    assert stored["sums"]["table1"]["cmt"]["clip"]["hit"] is None
    assert "tabular" in (tmp_path / "tables.tex").read_text()


def test_without_a_study_the_opinions_say_how_to_run_one():
    table = opinion_table(None)
    text = tables_markdown([table])
    assert "listen serve STUDY" in text
    assert "| high | - | 3.5 | - | 3.5 |" in text


def test_opinions_of_a_study_stand_beside_the_published_ones(tmp_path):
    truth = {"high": 3.2, "ours": 2.4, "original": 4.6}
    study = made_up_study(tuple(truth), 6)
    rng = np.random.default_rng(5)
    answers = simulated_ratings(truth, 8, 6, rng, rater_sd=0.2, clip_sd=0.2, noise_sd=0.5)
    results = measure_study(answers, study)
    (tmp_path / "results.json").write_text(json.dumps(results_json(results)))
    table = opinion_table(tmp_path)
    rows = {row.title: row.cells["coherence"] for row in table.rows}
    given = [one.value for one in answers if one.systems == ("high",)]
    measured = rows["high"].measured
    assert measured is not None
    assert measured.n == len(given) == 48
    assert measured.value == pytest.approx(np.mean(given), abs=1e-3)
    assert measured.lower < measured.value < measured.upper
    assert rows["high"].published == 3.5
    assert rows["ours"].published is None
    assert rows["original music"].measured is not None
    assert rows["cmt"].measured is None


def test_a_file_that_holds_no_results_is_refused(tmp_path):
    (tmp_path / "results.json").write_text('{"title": "x", "screened": null}')
    with pytest.raises(DataError, match="no results of a listening study"):
        opinion_table(tmp_path)
