"""The report of a comparison: statements, JSON, CSV, LaTeX and the page."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from d2m.benchmark.comparison.comparison_files import (
    comparison_csv,
    comparison_json,
    comparison_latex,
    latex_text,
)
from d2m.benchmark.comparison.comparison_markdown import comparison_markdown
from d2m.benchmark.comparison.comparison_report import write_comparison
from d2m.benchmark.comparison.comparison_statistics import (
    main_differences,
    summarise_rows,
    with_genres,
)
from d2m.benchmark.comparison.comparison_text import findings
from d2m.benchmark.comparison.trivial_music import CLICKS_IN_PHASE, OWN_MUSIC, TRIVIAL_ROWS
from tests.benchmark.comparison.small_dances import measured_comparison

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VOID = {"meta", "img", "source", "input", "br"}


def strict(text: str) -> Any:
    """Parse JSON, and refuse NaN and infinities."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


class Structure(HTMLParser):
    """Collects elements, and checks that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_statements_follow_from_intervals(tmp_path: Path) -> None:
    comparison = measured_comparison(tmp_path, 8)
    said = list(findings(comparison, main_differences(comparison)))
    assert any(
        line == "Beat F (network): good & new scores above bad_<old> (by 0.50)." for line in said
    )
    assert "Beat F (librosa) does not tell apart: good & new and bad_<old>." in said
    assert any("even clicks on the beats score above good & new" in line for line in said)
    assert not any("bad_<old> scores above" in line for line in said)


def test_few_clips_allow_no_statement(tmp_path: Path) -> None:
    comparison = measured_comparison(tmp_path, 3)
    (said,) = findings(comparison, main_differences(comparison))
    assert "nothing is said" in said


def test_genres_and_distances_compare_with_the_references(tmp_path: Path) -> None:
    comparison = with_genres(measured_comparison(tmp_path, 6))
    summaries = summarise_rows(comparison)
    assert summaries["good & new"].means["genre_right"].mean == 1.0
    assert summaries[OWN_MUSIC].figures["frechet_distance"] == pytest.approx(0.0, abs=1e-9)
    assert summaries["good & new"].distance_warning
    assert summaries["good & new"].figures["diversity"] > 0.5


def test_json_is_strict_and_csv_has_every_score(tmp_path: Path) -> None:
    comparison = measured_comparison(tmp_path, 3)
    summaries, differences = summarise_rows(comparison), main_differences(comparison)
    content = strict(comparison_json(comparison, summaries, differences, "musicnn"))
    assert content["summaries"]["good & new"]["means"]["beat_f_network"]["clips"] == 3
    assert set(content["trivial_rows"]) == set(TRIVIAL_ROWS)
    lines = list(csv.DictReader(io.StringIO(comparison_csv(comparison))))
    assert len(lines) == 3 * (2 + len(TRIVIAL_ROWS)) * 2
    first = lines[0]
    assert (first["clip"], first["system"], first["metric"]) == (
        "clip0",
        "good & new",
        "beat_f_network",
    )
    assert float(first["value"]) == pytest.approx(0.78)


def test_markdown_has_the_figures_of_all_rows(tmp_path: Path) -> None:
    comparison = with_genres(measured_comparison(tmp_path, 3))
    text = comparison_markdown(comparison, summarise_rows(comparison), [], "musicnn")
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    assert rows[2:] == ["| good & new", "| bad_<old>", *(f"| {name}" for name in TRIVIAL_ROWS)]
    assert re.search(r"\| good & new \| 3 \|.* \| 0\.\d\d \(0\.\d\d to 0\.\d\d\) \|", text)


def test_latex_is_escaped(tmp_path: Path) -> None:
    comparison = measured_comparison(tmp_path, 3)
    table = comparison_latex(comparison, summarise_rows(comparison))
    assert "good \\& new & 3 & " in table
    assert "bad\\_\\textless{}old\\textgreater{}" in table
    assert table.count("\\begin{tabular}") == table.count("\\end{tabular}") == 1
    assert latex_text("50 % of {a}\\b") == r"50 \% of \{a\}\textbackslash{}b"
    rows = [line for line in table.splitlines() if line.endswith("\\\\")]
    assert len({line.replace("\\&", "").count("&") for line in rows}) == 1


@pytest.fixture(scope="module")
def report_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a report on six clips."""
    return write_comparison(measured_comparison(tmp_path_factory.mktemp("report"), 6))


def test_the_page_is_complete(report_page: Path) -> None:
    assert {path.name for path in report_page.parent.iterdir()} >= {
        *("report.html", "report.json", "report.csv", "report.tex"),
    }
    found = Structure()
    found.feed(report_page.read_text(encoding="utf-8"))
    assert found.open == []
    tags = [tag for tag, _ in found.seen]
    assert tags.count("audio") == 6 * (2 + len(TRIVIAL_ROWS))
    assert all(attributes.get("alt") for tag, attributes in found.seen if tag == "img")
    assert all(attributes.get("aria-label") for tag, attributes in found.seen if tag == "audio")
    for text in ("bad_<old>", CLICKS_IN_PHASE, "6 clips are few", "Versions:"):
        assert text in found.text
    addresses = [a.get("src") or a.get("srcset") or "" for _, a in found.seen]
    assert not any(one.startswith(("http", "//")) for one in addresses)


@pytest.mark.browser
def test_the_page_sorts_and_fits_a_phone(report_page: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(report_page.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    table = page.locator("table.sortable").first
    table.get_by_role("button", name="Beat F (network)").click()
    assert table.locator("tbody th").first.inner_text() == OWN_MUSIC
    table.get_by_role("button", name="Beat F (network)").click()
    assert table.locator("tbody th").first.inner_text() == "bad_<old>"
    assert table.locator("[aria-sort=ascending]").count() == 1
    page.locator("details summary").first.click()
    assert page.locator("audio").first.is_visible()
    assert not problems
    page.close()
