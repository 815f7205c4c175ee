"""The documents on the evaluation agree with what was measured."""

from __future__ import annotations

import json
import re

import pytest

from d2m.benchmark.dance_document import dance_blocks
from d2m.benchmark.document import as_markdown
from d2m.benchmark.level_report import levels_markdown
from tests.conftest import ROOT

DOCS = ROOT / "docs" / "evaluation"


def test_the_main_table_is_that_of_the_report() -> None:
    report = (DOCS / "levels.md").read_text(encoding="utf-8").splitlines()
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| figure |") :].split("\n\n")[0].splitlines()
    assert len(table) > 10
    assert [line for line in table if line not in report] == []


def test_the_report_is_that_of_its_json() -> None:
    measured = json.loads((DOCS / "levels.json").read_text(encoding="utf-8"))
    report = (DOCS / "levels.md").read_text(encoding="utf-8").splitlines()
    again = levels_markdown(measured).splitlines()
    start = again.index("## What was measured")
    assert again[start:] == report[report.index("## What was measured") :]


def test_the_report_on_dances_is_that_of_its_json() -> None:
    measured = json.loads((DOCS / "dance.json").read_text(encoding="utf-8"))
    assert as_markdown(dance_blocks(measured)) == (DOCS / "dance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "levels.md", "rhythm.md"])
def test_pictures_exist_and_are_small(name: str) -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (DOCS / name).read_text(encoding="utf-8"))
    assert pictures
    for picture in pictures:
        assert (DOCS / picture).stat().st_size <= 300_000
