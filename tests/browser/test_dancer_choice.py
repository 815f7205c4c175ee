"""Following another dancer: a click in the filmstrip, the dropdown, and a clip of one dancer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.browser.test_page import choose, clear_button, run
from tests.clips import clip_maker
from tests.perception.drawn_figure import draw_person, room

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
FRAMES, FPS = 120, 30
PLACES = (200.0, 450.0)
"""Position of both dancers in the frame (px); the first is larger."""


@pytest.fixture(scope="module")
def duo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip of two drawn dancers."""
    pictures = []
    for index in range(FRAMES):
        time_s, picture = index / FPS, room()
        draw_person(picture, PLACES[0], arm=1.2 + 0.9 * np.sin(2 * np.pi * 1.8 * time_s))
        draw_person(picture, PLACES[1], arm=0.9 + 0.6 * np.sin(2 * np.pi * 1.2 * time_s), size=0.85)
        pictures.append(picture)
    times = np.arange(FRAMES) / FPS
    return clip_maker(tmp_path_factory.mktemp("duo"))("duo.mp4", frames=pictures, times=times)


def line(page: Page) -> str:
    return page.locator("#dancer").inner_text()


def warnings(page: Page) -> str:
    return page.locator("#warnings").inner_text()


def find_dancers(page: Page, clip: Path) -> None:
    """Analyse a clip without making music."""
    choose(page, clip, "high")
    page.get_by_role("button", name="Beat", exact=False).first.click()
    run(page, "Find the beat")


def click_dancer(page: Page, number: int) -> None:
    """Click the first (0) or second (1) dancer from the left in the first picture of the strip."""
    strip = page.locator("#strip img")
    strip.scroll_into_view_if_needed()
    shot = np.asarray(Image.open(io.BytesIO(strip.screenshot())).convert("RGB")).astype(int)
    row = round(0.6 * len(shot))  # at the height of the hips and thighs
    is_blue = shot[row, :, 2] > shot[row, :, 0] + 40
    columns = np.flatnonzero(is_blue)
    dancers = np.split(columns, np.flatnonzero(np.diff(columns) > 15) + 1)
    strip.click(position={"x": float(dancers[number].mean()), "y": 0.3 * len(shot)})


@pytest.mark.slow
def test_the_second_dancer_is_followed_after_a_click(page: Page, duo_clip: Path) -> None:
    find_dancers(page, duo_clip)
    assert "the music follows number 1" in warnings(page)
    assert "To follow another dancer" in line(page)
    assert "Each of the 2 people has a box" in page.locator("#strip img").get_attribute("alt")
    click_dancer(page, 0)
    page.wait_for_timeout(500)
    assert "To follow another dancer" in line(page), "who is followed already"
    click_dancer(page, 1)
    page.get_by_text("Dancer 2 is followed from the next run.").wait_for()
    run(page, "Follow dancer 2 now")
    assert "the music follows number 2" in warnings(page)
    assert "To follow another dancer" in line(page)
    clear_button(page).click()
    page.get_by_role("button", name="Part of the clip").first.click()
    assert page.get_by_label("Dancer", exact=True).input_value() == "Most prominent"


@pytest.mark.slow
def test_without_a_mouse_the_form_chooses_the_dancer(page: Page, duo_clip: Path) -> None:
    page.get_by_role("button", name="Part of the clip").first.click()
    dancer = page.get_by_label("Dancer", exact=True)
    dancer.focus()
    dancer.fill("All")
    dancer.press("Enter")
    find_dancers(page, duo_clip)
    assert "the music follows all of them" in warnings(page)
    assert "To follow one of them" in line(page)


def test_a_clip_of_one_dancer_has_no_line(page: Page, short_clip: Path) -> None:
    find_dancers(page, short_clip)
    assert page.locator("#dancer").is_hidden()
    assert "number" not in (page.locator("#strip img").get_attribute("alt") or "")
