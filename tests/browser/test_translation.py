"""The page in the language of the browser: no English sentence is left, and English stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from d2m.web.translation import LANGUAGES, TABLES
from tests.browser.conftest import WAIT_MS
from tests.conftest import Server
from tools.page_texts import open_everything, shown_texts, untranslated

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
TRANSLATED = [code for code in LANGUAGES if code != "en"]
NO_CLIP = "Choose a clip first: upload one, record one, or take an example."


@contextmanager
def opened(browser: Browser, server: Server, locale: str, query: str = "") -> Iterator[Page]:
    """Open the page in a browser of a language."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=locale)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(server.url + query)
    page.locator("#clip").wait_for()
    yield page
    context.close()


@pytest.fixture(scope="module")
def english(browser: Browser, server: Server) -> set[str]:
    """Return all texts of the English page."""
    with opened(browser, server, "en-GB") as page:
        open_everything(page)
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.evaluate("window.untranslatedTexts") is None
        page.get_by_role("button", name="Generate", exact=True).wait_for()
        return shown_texts(page)


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_english_sentence_is_left(
    browser: Browser, server: Server, english: set[str], code: str
) -> None:
    table = json.loads((TABLES / f"{code}.json").read_text("utf-8"))
    with opened(browser, server, code) as page:
        open_everything(page)
        assert page.evaluate("document.documentElement.lang") == code
        page.get_by_role("button", name=table["Generate"], exact=True).first.click()
        page.locator("#status").get_by_text(table[NO_CLIP]).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert untranslated(page, english) == []
        # The choices of lists stand in inputs.
        style = page.get_by_label(table["Style"], exact=True).first
        assert style.input_value() == table["Match the dance"]


def test_the_language_can_be_chosen_and_is_kept(browser: Browser, server: Server) -> None:
    with opened(browser, server, "en-GB") as page:
        select = page.locator("#language")
        assert select.input_value() == "en"
        assert select.locator("option").count() == len(LANGUAGES)
        select.select_option("fr")
        page.get_by_role("button", name="Générer", exact=True).first.wait_for()
        page.goto(server.url)
        page.get_by_role("button", name="Générer", exact=True).first.wait_for()
        assert page.locator("#language").input_value() == "fr"
        page.goto(f"{server.url}?lang=en")
        page.get_by_role("button", name="Generate", exact=True).first.wait_for()


def test_an_unknown_language_gets_english(browser: Browser, server: Server) -> None:
    with opened(browser, server, "fi-FI", "?lang=xx") as page:
        page.get_by_role("button", name="Generate", exact=True).wait_for()
        assert page.evaluate("document.documentElement.lang") == "en"


def test_refused_files_are_told_in_the_language(
    browser: Browser, server: Server, text_clip: Path
) -> None:
    with opened(browser, server, "de-DE") as page:
        page.locator("#clip input[type=file]").set_input_files(str(text_clip))
        page.locator("#clip").get_by_label("Löschen").first.wait_for()
        page.get_by_role("button", name="Erzeugen", exact=True).first.click()
        page.locator("#status").get_by_text("ist keine Video- oder Audiodatei").wait_for()
        assert "letter.mp4" in page.locator("#status").inner_text()
