"""The tab that makes dances, from the example song to the files and to new music."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browser.conftest import WAIT_MS
from tests.browser.test_page import JOB_MS, play, press
from tests.conftest import Server
from tests.songs import EXAMPLE_SONG

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
LENGTH_S = 4.0


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="Music to dance").click()
    page.locator("#song input[type=file]").wait_for(state="attached")


def take_part(page: Page) -> None:
    """Use the first seconds of the song, and lines for a dancer, which are drawn fast."""
    page.get_by_role("button", name="Part of the song").click()
    page.get_by_role("button", name="Dancers and picture").click()
    page.get_by_label("Drawing").wait_for()  # now the widgets of both sections are there
    length = page.get_by_label("Length (s)").last
    length.fill(f"{LENGTH_S:g}")
    length.press("Tab")  # leaving a box sends its value
    page.get_by_label("Drawing").click()
    page.get_by_role("option", name="Skeleton").click()


def generate(page: Page) -> None:
    press(page, "Generate")
    page.get_by_role("button", name="Working …").wait_for()
    page.get_by_role("button", name="Generate", exact=True).wait_for(timeout=JOB_MS)
    assert "Done" in page.locator("#dance-status").inner_text()


def test_a_song_becomes_a_dance_and_the_dance_gets_new_music(page: Page) -> None:
    open_tab(page)
    page.get_by_text("House, 120 BPM").click()
    page.locator("#song").get_by_label("Clear").first.wait_for()
    take_part(page)
    generate(page)
    assert "BPM" in page.locator("#song-analysis").inner_text()
    assert "meet a beat of the song" in page.locator("#dance .scores").inner_text()
    playing = play(page, page.locator("#dance video"))
    assert playing["time"] > 0.3
    assert playing["width"] == 1280
    assert playing["sound"] > 1000
    assert playing["duration"] == pytest.approx(LENGTH_S, abs=0.1)
    page.locator("#dance video").evaluate("video => video.pause()")
    plot = page.locator("#dance .plot.on-light img")
    plot.scroll_into_view_if_needed()
    assert "meet one of the song's" in (plot.get_attribute("alt") or "")
    assert plot.evaluate("image => image.naturalWidth") == 1200
    check_downloads(page)
    press(page, "Make new music for this dance")
    page.locator("#clip video").wait_for()
    clip = page.locator("#clip video").get_attribute("src") or ""
    assert ".dance." in clip
    assert page.get_by_role("tab", name="Dance to music").get_attribute("aria-selected") == "true"


def saved_dance(page: Page, name: str) -> Path:
    """Download a file of the dance; other tabs have buttons of the same names."""
    with page.expect_download() as promise:
        page.locator("#dance").get_by_text(name, exact=True).click()
    return Path(promise.value.path())


def check_downloads(page: Page) -> None:
    """Check the files behind the buttons."""
    assert b"ftyp" in saved_dance(page, "Video (MP4)").read_bytes()[:16]
    with np.load(saved_dance(page, "Joints (NPZ)")) as joints:
        assert joints["keypoints"].shape == (round(LENGTH_S * 30), 17, 2)
    assert json.loads(saved_dance(page, "Joints (OpenPose)").read_text())["fps"] == 30
    assert saved_dance(page, "Motion (BVH)").read_text().startswith("HIERARCHY")
    report = json.loads(saved_dance(page, "Report (JSON)").read_text())
    assert report["kinematic_beats_s"]
    names = zipfile.ZipFile(saved_dance(page, "Everything (ZIP)")).namelist()
    assert len(names) == 7


def refuse_a_text(page: Page, song: Path) -> None:
    """Upload a text as a song, and remove it after it was refused in one sentence."""
    song.write_text("Dear dancer, " * 100)
    page.locator("#song input[type=file]").set_input_files(str(song))
    page.locator("#song").get_by_label("Clear").first.wait_for()
    press(page, "Generate")
    said = page.locator("#dance-status").get_by_text(f"The file {song.name}")
    said.wait_for(timeout=JOB_MS)
    assert "send a song as MP3" in said.inner_text()
    assert page.locator("#dance").is_hidden()
    page.locator("#song").get_by_label("Clear").first.click()
    page.locator("#song input[type=file]").wait_for(state="attached")


def test_on_a_phone_a_text_is_refused_and_an_uploaded_song_becomes_a_dance(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{server.url}?__theme=dark")
    open_tab(page)
    press(page, "Generate")
    page.locator("#dance-status").get_by_text("Choose a song first").wait_for()
    refuse_a_text(page, tmp_path / "letter.mp3")
    page.locator("#song input[type=file]").set_input_files(str(EXAMPLE_SONG))
    page.locator("#song").get_by_label("Clear").first.wait_for()
    take_part(page)
    generate(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#dance .plot.on-dark").is_visible()
    assert page.locator("#dance .plot.on-light").is_hidden()
    assert page.locator("#dance video").is_visible()
    context.close()
