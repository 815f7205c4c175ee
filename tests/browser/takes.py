"""What tests do with the results on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from d2m.web.take import level_title

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def cards(page: Page) -> Locator:
    """Return the cards of all results."""
    return page.locator(".card-of-take")


def level_card(page: Page, level: str) -> Locator:
    """Return the cards of the results of a level."""
    return cards(page).filter(has=page.get_by_text(level_title(level), exact=True))


def show_level(page: Page, level: str) -> Locator:
    """Show the newest result of a level, and return its video."""
    card = level_card(page, level).first
    card.click()
    page.wait_for_function("card => card.getAttribute('aria-pressed') === 'true'", arg=handle(card))
    return shown_video(page)


def handle(locator: Locator) -> object:
    """Return what a script on the page takes for an element."""
    return locator.element_handle()


def shown_video(page: Page) -> Locator:
    """Return the video that is seen, when it is that of the chosen result."""
    page.wait_for_function(
        "() => { const take = document.querySelector('.take-player').shownTake;"
        " const movie = document.querySelector('.stage video.seen');"
        " return movie && take.files.mp4.url === movie.getAttribute('src'); }"
    )
    return page.locator(".stage video.seen")


def said(page: Page) -> Locator:
    """Return what the player tells."""
    return page.locator(".take-player .said")


def details(page: Page) -> str:
    """Return what is told of the chosen result."""
    return page.locator(".take-player .chosen").inner_text()


def download_link(page: Page, name: str) -> Locator:
    """Return the link that downloads a file of the chosen result."""
    return page.locator(".take-player .downloads").get_by_role("link", name=re.compile(name))
