"""The page of a study in a real browser: sessions, the keyboard, a server that is away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from d2m.benchmark.listening.answers import read_answers
from d2m.benchmark.listening.study import Study, read_study
from d2m.benchmark.listening.trial_order import session_trials
from tests.benchmark.listening.small_study import served_study, shorten

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE, DESKTOP = (390, 844), (1280, 900)
WAIT_MS = 60_000


@pytest.fixture
def folder(small_study: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    shutil.copytree(small_study, folder)
    return folder


@pytest.fixture
def errors() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert found == []


def opened(browser: Browser, link: str, size: tuple[int, int], errors: list[str]) -> Page:
    """Open a link of a study in a window of its own."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(link)
    return page


def agree(page: Page) -> None:
    """Agree to take part."""
    start = page.get_by_role("button", name="Start")
    assert start.is_disabled()
    page.get_by_label("I have read this").check()
    start.click()


def play(page: Page) -> None:
    """Play all that a trial has to the end; before, nothing can be answered."""
    form = page.locator("form")
    form.wait_for()
    assert form.locator("input:enabled").count() == 0
    buttons = page.locator("figure button")
    for number in range(buttons.count()):
        buttons.nth(number).click()
        buttons.nth(number).filter(has_text="again").wait_for()
    form.locator("input:enabled").first.wait_for()


def answer_trial(page: Page) -> None:
    """Play a trial, choose the first option everywhere, and save."""
    heading = page.locator("h1").inner_text()
    save = page.get_by_role("button", name="Save and go on")
    play(page)
    assert save.is_disabled()
    fields = page.locator("fieldset")
    for number in range(fields.count()):
        fields.nth(number).locator("input").first.check()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save.click()
    page.locator("h1").filter(has_not_text=heading).wait_for()
    page.wait_for_function("document.activeElement.tagName === 'H1'")


def take_part(page: Page) -> str:
    """Answer all trials, and return the completion code."""
    while page.locator("form, .code").first.evaluate("element => element.tagName") == "FORM":
        answer_trial(page)
    return page.locator(".code").inner_text()


def check_stored(study: Study, folder: Path, rater: int) -> None:
    """Check that all trials of a rater are stored."""
    answers = [one for one in read_answers(folder, practice=True) if one.rater == rater]
    wanted = [
        (trial.position, question.key)
        for trial in session_trials(study, rater)
        for question in trial.questions
    ]
    assert sorted((one.order, one.question) for one in answers) == sorted(wanted)


def test_a_whole_study_on_a_phone(browser: Browser, folder: Path, errors: list[str]) -> None:
    study = shorten(folder, "coherence", "preference", checks=1)
    with served_study(folder) as (_, address, invitation):
        page = opened(browser, f"{address}/#join={invitation}", PHONE, errors)
        agree(page)
        answer_trial(page)
        assert re.search(r"#rater=[0-9a-f]{32}$", page.url)
        page.reload()  # the link goes on where it was
        page.get_by_role("heading", name="Part 2 of").wait_for()
        code = take_part(page)
        assert re.fullmatch(r"[0-9A-F]{8}", code)
        assert page.context.cookies() == []
        page.close()
    check_stored(study, folder, 0)


def test_keyboard_alone_is_enough(browser: Browser, folder: Path, errors: list[str]) -> None:
    with served_study(folder) as (_, address, invitation):
        page = opened(browser, f"{address}/#join={invitation}", DESKTOP, errors)
        page.get_by_label("I have read this").wait_for()
        for key in ("Tab", "Space", "Tab", "Enter"):
            page.keyboard.press(key)
        page.locator("form").wait_for()
        for key in ("Tab", "Enter"):
            page.keyboard.press(key)
        page.locator("form input:enabled").first.wait_for()
        assert "You can answer now." in page.get_by_role("status").inner_text()
        for key in ("Tab", "Space", "Tab", "Enter"):
            page.keyboard.press(key)
        page.get_by_role("heading", name="Part 2 of").wait_for()
        page.close()
    assert len(read_answers(folder)) == 1


def test_an_answer_waits_for_a_server_that_is_away(
    browser: Browser, folder: Path, errors: list[str]
) -> None:
    with served_study(folder) as (process, address, invitation):
        page = opened(browser, f"{address}/#join={invitation}", PHONE, errors)
        agree(page)
        play(page)
        page.locator("form input").first.check()
        process.kill()
        process.wait()
        page.get_by_role("button", name="Save and go on").click()
        status = page.get_by_role("status")
        status.filter(has_text="Not saved yet, trying again.").wait_for()
    assert read_answers(folder) == []
    with served_study(folder, int(address.rpartition(":")[2])):
        page.get_by_role("heading", name="Part 2 of").wait_for()
        page.close()
    assert len(read_answers(folder)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_three_raters(
    browser: Browser, folder: Path, errors: list[str], size: tuple[int, int]
) -> None:
    with served_study(folder) as (_, address, invitation):
        codes = set()
        for _ in range(3):
            page = opened(browser, f"{address}/#join={invitation}", size, errors)
            agree(page)
            page.locator("form").wait_for()
            codes.add(take_part(page))
            page.close()
    assert len(codes) == 3
    for rater in range(3):
        check_stored(read_study(folder), folder, rater)
