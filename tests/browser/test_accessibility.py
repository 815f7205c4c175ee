"""The page for people who use a keyboard, a screen reader, high contrast, or less motion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.takes import shown_video
from tests.browser.test_page import JOB_MS, press, status_says, usable
from tests.conftest import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
VIEWS = [(width, theme) for width in (1280, 390) for theme in ("light", "dark")]
"""Widths of the window (px) and themes in which each state is checked."""
MOST_TABS = 150
"""Stops of the Tab key after which a search ends; the page has about sixty with all its sections
closed."""


def findings(page: Page, views: list[tuple[int, str]] = VIEWS) -> list[str]:
    """Return the serious and critical findings of axe-core, for each width and theme."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for width, theme in views:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        page.wait_for_timeout(400)
        for rule in Axe().run(page).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                parts = [node["html"][:120] for node in rule["nodes"][:3]]
                found.append(f"{width} {theme}: {rule['help']}: {parts}")
    return found


def tab_to(page: Page, name: str) -> str:
    """Press Tab until the focus is on something of this name; return what it is."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement; return [e.tagName.toLowerCase(),"
            " e.getAttribute('aria-label') || e.innerText || e.labels?.[0]?.innerText || ''"
            ", getComputedStyle(e).outlineStyle, e.type || '']; }"
        )
        if focused[1].strip().startswith(name):
            return str(focused[0])
    raise AssertionError(f"{name} is out of reach of the Tab key")


def test_the_first_visit_has_no_findings(page: Page) -> None:
    press_sections(page)
    assert findings(page) == []
    page.get_by_role("tab", name="Music to dance").click()
    page.wait_for_timeout(500)
    press_sections(page)
    assert findings(page) == []


def press_sections(page: Page) -> None:
    """Open all closed sections of the tab that is shown."""
    page.locator("#clip, #song").first.wait_for(state="attached")
    for section in page.locator("button.label-wrap:visible, summary:visible").all():
        section.click()


def test_an_error_a_running_and_a_finished_job_have_no_findings(
    page: Page, short_clip: Path
) -> None:
    press(page, "Generate")
    page.locator("#status").get_by_text("Choose a clip first").wait_for()
    assert findings(page) == []
    page.locator("#clip input[type=file]").set_input_files(str(short_clip))
    page.locator("#clip video").wait_for()
    press(page, "Generate")
    page.get_by_role("button", name="Working …").wait_for()
    assert findings(page, VIEWS[:1]) == []
    status_says(page, "Done")
    press_sections(page)
    assert findings(page) == []


def test_the_whole_way_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    assert tab_to(page, "Groove, loft") == "button"
    page.keyboard.press("Enter")
    page.locator("#clip video").wait_for()
    assert tab_to(page, "Generate") == "button"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Working …").wait_for()
    status_says(page, "Done", timeout=JOB_MS)
    assert usable(page)
    page.locator("#clip").focus()
    tab_to(page, "Play")
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.stage video')].some(v => !v.paused)"
    )
    page.keyboard.press("Space")
    assert tab_to(page, "Video (MP4)") == "a"
    with page.expect_download() as promise:
        page.keyboard.press("Enter")
    assert Path(promise.value.path()).read_bytes()[4:8] == b"ftyp"
    assert shown_video(page).count() == 1


def test_the_focus_is_always_visible(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    hidden = page.evaluate("() => document.body.focus()")
    for _ in range(60):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " const shown = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;"
            " return e === document.body || shown ? '' : e.outerHTML.slice(0, 200); }"
        )
        assert not hidden


def test_progress_is_told_to_screen_readers(page: Page, short_clip: Path) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(short_clip))
    page.locator("#clip video").wait_for()
    title = page.locator("#status [role=status]")
    assert title.count() == 1
    press(page, "Generate")
    bar = page.locator("#status [role=progressbar]")
    bar.wait_for()
    assert 0 <= int(bar.get_attribute("aria-valuenow") or "-1") <= 100
    assert bar.get_attribute("aria-label")
    status_says(page, "Done")
    assert title.inner_text() == "Done"


def test_nothing_moves_for_people_who_asked_for_less_motion(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    page.get_by_role("button", name="Song and arrangement").click()
    longest = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('body *')].flatMap((one) => {"
        " const s = getComputedStyle(one);"
        " return [...s.transitionDuration.split(','), ...s.animationDuration.split(',')]"
        " .map(parseFloat); }))"
    )
    assert longest <= 0.001
    context.close()
