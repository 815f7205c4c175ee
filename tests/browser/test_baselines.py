"""The baselines on the page: chosen in the section for researchers, shown like the levels."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import mido
import pytest

from d2m.core.levels import LEVELS_AND_BASELINES
from tests.browser.takes import cards, details
from tests.browser.test_page import choose, download, run, saved

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_baseline_has_a_card_with_its_notes(page: Page, short_clip: Path) -> None:
    assert page.locator("#levels").is_hidden()
    choose(page, short_clip)  # and no level
    boxes = page.locator("#levels input[type=checkbox]")
    assert boxes.count() == len(LEVELS_AND_BASELINES)
    assert not any(box.is_checked() for box in boxes.all())
    page.locator("#levels label").filter(has_text=re.compile("^ *Dance2Music:")).click()
    run(page)
    assert cards(page).count() == 1
    said = details(page)
    assert "Dance2Music" in said
    assert "repeats where the movement repeats" in said
    assert "You may use this music commercially" in said
    assert not page.get_by_role("button", name="Another arrangement").is_visible()
    notes = [m for m in mido.MidiFile(saved(page, "Notes")) if m.type == "note_on"]
    assert {note.note for note in notes} <= {60, 62, 64, 67, 69}
    report = json.loads(download(page, "Report (JSON)").read_text())
    assert set(report["levels"]) == {"dance2music"}
