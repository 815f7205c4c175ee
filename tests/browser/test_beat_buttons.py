"""Correcting the beat beside the player: the other clock, shifts, other tempi, and back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser.takes import level_card
from tests.browser.test_page import (
    CONTRAST,
    RUNNING,
    STOP_MS,
    choose,
    clear_button,
    download,
    press,
    run,
    show_theme,
    status_says,
    usable,
)
from tests.clips import ffmpeg
from tests.conftest import EXAMPLES
from tests.drums import RATE, drum_loop

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
BPM, FIRST_BEAT_S = 100.0, 0.12
"""Tempo and first beat of the sound of the clip."""
SHIFT = "number input for Shift (beats)"
BACK, OTHER = "Back to the detected beat", "Use the dance's beat"


@pytest.fixture(scope="module")
def drum_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return four seconds of an example, with drums as its sound."""
    import soundfile

    folder = tmp_path_factory.mktemp("drums")
    soundfile.write(folder / "drums.wav", drum_loop(4.0, BPM, FIRST_BEAT_S), RATE)
    clip = folder / "drums.mp4"
    example = EXAMPLES / "groove_procedural_landscape.mp4"
    inputs = ("-t", 4, "-i", example, "-i", folder / "drums.wav")
    ffmpeg(*inputs, *("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac"), clip)
    return clip


def first_line(page: Page) -> str:
    return page.locator(".rhythm").inner_text()


def rhythm(page: Page) -> dict[str, Any]:
    """Return what the report says about the rhythm."""
    facts: dict[str, Any] = json.loads(download(page, "Report (JSON)").read_text())
    return facts["rhythm"]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def setting(page: Page, label: str) -> str:
    """Return the value of a setting in the section "Beat" of the form, which is open."""
    return page.get_by_label(label, exact=True).input_value()


def top_of_box(page: Page) -> float:
    """Return where the buttons begin on the page (px)."""
    return float(
        page.locator("#beat-box").evaluate("box => box.getBoundingClientRect().top + scrollY")
    )


@pytest.mark.slow
def test_one_click_takes_the_beat_from_the_other_clock(page: Page, drum_clip: Path) -> None:
    choose(page, drum_clip, "high")
    page.get_by_role("button", name="Beat", exact=False).first.click()
    run(page, "Find the beat")
    assert re.match(r"(99|100|101)(\.\d)? BPM, from the clip's own sound\. ", first_line(page))
    page.get_by_text("Beat off?").wait_for()
    assert button(page, "Half tempo").count() == 0 or button(page, "Half tempo").is_hidden()
    run(page, OTHER)
    assert re.search("from the dance.*As chosen", first_line(page))
    assert setting(page, "Beat source") == "The dance"
    assert button(page, "¼ beat later").is_visible()
    assert level_card(page, "high").count() == 0, "only the analysis ran again"
    page.locator("#taps textarea, #taps input").fill("0.5, 1.0, 1.5, 2.0")
    run(page, "Use the beat of the sound")
    assert re.search("from the clip's own sound.*As chosen", first_line(page))
    assert setting(page, "Beat source") == "The clip's own sound"
    assert page.locator("#taps textarea, #taps input").input_value() == ""
    run(page, BACK)
    assert setting(page, "Beat source").startswith("The sound if steady")
    assert button(page, BACK).is_hidden()
    assert button(page, OTHER).is_visible()


def test_the_beat_is_corrected_beside_the_player(page: Page, drum_clip: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    choose(page, drum_clip, "high")
    page.get_by_role("button", name="Beat", exact=False).first.click()
    run(page)
    found = rhythm(page)
    assert (found["clock"], found["tempo_bpm"]) == ("sound", pytest.approx(BPM, rel=0.02))
    period_s = 60 / found["tempo_bpm"]
    page.get_by_text("Beat off?").click()
    later = button(page, "¼ beat later")
    later.focus()
    top = top_of_box(page)
    page.keyboard.press("Enter")
    button(page, "Working …").wait_for()
    assert later.is_disabled()
    assert top_of_box(page) == pytest.approx(top, abs=80), "the new analysis may be a line longer"
    status_says(page, "Done")
    assert usable(page)
    assert top_of_box(page) == pytest.approx(top, abs=80), "sentences may be longer"
    assert "¼ beat later" in first_line(page)
    assert "as corrected" in page.locator("#results .sentences").inner_text()
    assert setting(page, SHIFT) == "0.25"
    shifted = np.array(rhythm(page)["beats_s"])
    nearest = np.abs(shifted[:, None] - np.array(found["beats_s"]) - period_s / 4).min(axis=1)
    assert np.median(nearest) == pytest.approx(0, abs=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for theme in ("light", "dark"):
        show_theme(page, theme)
        assert page.evaluate(CONTRAST) == [], theme
    run(page, "Half tempo")
    halved = rhythm(page)
    assert halved["tempo_bpm"] == pytest.approx(found["tempo_bpm"] / 2, rel=0.001)
    assert "at half tempo, ¼ beat later" in first_line(page)
    assert button(page, "Half tempo").is_disabled()
    assert button(page, "Double tempo").is_enabled()
    run(page, BACK)
    assert rhythm(page) == found
    assert button(page, BACK).is_hidden()


@pytest.mark.slow
def test_a_stopped_correction_can_be_taken_back_and_ends_with_its_clip(
    page: Page, drum_clip: Path
) -> None:
    choose(page, drum_clip, "low")
    page.get_by_role("button", name="Beat", exact=False).first.click()
    press(page, "Generate")
    page.locator(".rhythm strong").wait_for(timeout=60_000)
    press(page, "Stop")
    status_says(page, "Stopped", timeout=STOP_MS)
    page.get_by_text("Beat off?").click()
    press(page, "½ beat later")
    status_says(page, RUNNING)
    press(page, "Stop")
    status_says(page, "Stopped", timeout=STOP_MS)
    assert usable(page)
    assert button(page, BACK).is_enabled()
    assert level_card(page, "low").count() == 0
    assert setting(page, SHIFT) == "0.5"
    clear_button(page).click()
    page.wait_for_function(
        "label => document.querySelector(`[aria-label='${label}']`).value === '0'", arg=SHIFT
    )
