"""The page as people use it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from d2m.checkpoints import missing_line
from d2m.levels import LEVELS
from tests.conftest import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
JOB_MS = 180_000
STOP_MS = 10_000


def choose(page: Page, clip: Path, level: str) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(clip))
    page.locator("#clip video").wait_for()
    page.get_by_label(level, exact=True).check()


def clear_button(page: Page) -> Locator:
    """Return the upload's button; for a moment after an upload, Gradio draws it twice."""
    return page.locator("#clip").get_by_label("Clear").first


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def status_says(page: Page, words: str, timeout: float = JOB_MS) -> None:
    page.locator("#status .title").get_by_text(words).wait_for(timeout=timeout)


def usable(page: Page) -> bool:
    generate = page.get_by_role("button", name="Generate", exact=True)
    generate.wait_for()
    return generate.is_enabled() and page.get_by_role("button", name="Stop").is_disabled()


def download(page: Page, name: str, nth: int = 0) -> Path:
    with page.expect_download() as promise:
        page.get_by_text(name, exact=True).nth(nth).click()
    return Path(promise.value.path())


def test_both_levels_from_upload_to_download(page: Page, short_clip: Path) -> None:
    import soundfile

    choose(page, short_clip, "Both")
    press(page, "Generate")
    for stage in ("Following the dancer", "Making the music (low)", "Done"):
        status_says(page, stage)
    assert usable(page)
    assert "BPM" in page.locator(".rhythm").inner_text()
    assert page.locator(".scores").count() == 2
    for level in ("high", "low"):
        movie = page.locator(".card").filter(has_text=f"{level} level").locator("video")
        movie.scroll_into_view_if_needed()
        movie.evaluate("video => { video.muted = false; return video.play(); }")
        page.wait_for_timeout(1000)
        playing = movie.evaluate(
            "v => [v.currentTime, v.videoWidth, v.webkitAudioDecodedByteCount, v.duration]"
        )
        assert playing[0] > 0.3
        assert playing[1] == 1280
        assert playing[2] > 1000
        assert playing[3] == pytest.approx(3.0, abs=0.1)
        movie.evaluate("video => video.pause()")
    plots = page.locator(".card img[alt*='Timeline of']")
    assert plots.count() == 2
    assert plots.evaluate_all("all => all.every(image => image.naturalWidth > 500)")
    for nth in (0, 1):
        assert b"ftyp" in download(page, "↓ Video", nth).read_bytes()[:16]
        assert soundfile.info(download(page, "↓ Music", nth)).duration == pytest.approx(3, abs=0.1)
        assert download(page, "↓ Beat plot", nth).read_bytes().startswith(b"\x89PNG")
    report = json.loads(download(page, "↓ Report (JSON)").read_text())
    assert set(report["levels"]) == {"high", "low"}


def test_stop_says_so_and_the_page_works_on(
    page: Page, server: Server, example_clip: Path, short_clip: Path
) -> None:
    choose(page, example_clip, "High")
    press(page, "Generate")
    status_says(page, "Following the dancer")
    workers = server.workers()
    press(page, "Stop")
    status_says(page, "Stopped", timeout=STOP_MS)
    assert not workers & server.workers()
    assert usable(page)
    page.wait_for_timeout(1000)
    assert "Stopped" in page.locator("#status").inner_text()
    assert page.locator("#clip video").count() == 1
    clear_button(page).click()
    choose(page, short_clip, "High")
    press(page, "Generate")
    status_says(page, "Done")
    assert page.locator(".card video").count() == 1


def test_who_waits_can_stop_without_stopping_others(
    page: Page, browser: Browser, server: Server, example_clip: Path
) -> None:
    choose(page, example_clip, "High")
    press(page, "Generate")
    status_says(page, "Reading the clip")
    other = browser.new_page()
    other.goto(server.url)
    choose(other, example_clip, "High")
    press(other, "Generate")
    status_says(other, "Waiting for its turn")
    press(other, "Stop")
    status_says(other, "Stopped", timeout=STOP_MS)
    other.close()
    status_says(page, "Following the dancer")
    press(page, "Stop")
    status_says(page, "Stopped", timeout=STOP_MS)


def test_leaving_the_page_ends_the_job(
    browser: Browser, server: Server, example_clip: Path
) -> None:
    other = browser.new_page()
    other.goto(server.url)
    choose(other, example_clip, "High")
    press(other, "Generate")
    status_says(other, "Following the dancer")
    workers = server.workers()
    other.close()
    deadline = time.monotonic() + 5
    while workers & server.workers():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_text_that_calls_itself_a_video(page: Page, text_clip: Path) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(text_clip))
    clear_button(page).wait_for()
    page.get_by_label("Low", exact=True).check()
    press(page, "Generate")
    status_says(page, "That did not work")
    sentence = "The file letter.mp4 is not a video"
    assert sentence in page.locator("#status").inner_text()
    page.get_by_test_id("toast-body").get_by_text(sentence).wait_for()
    assert usable(page)
    assert page.get_by_label("Low", exact=True).is_checked()


def test_no_clip(page: Page) -> None:
    press(page, "Generate")
    page.locator("#status").get_by_text("Choose a clip first").wait_for()
    assert usable(page)


def test_the_page_says_how_to_get_more_weights(page: Page) -> None:
    lines = [missing_line("aist", level) for level in LEVELS.values()]
    if not all(lines):
        pytest.skip("they are installed here")
    assert page.get_by_label("Weights").count() == 0
    page.get_by_text("More weights").click()
    for line in lines:
        page.get_by_text(line.replace("`", "")).wait_for()


def test_example_seed_and_style(page: Page) -> None:
    page.get_by_text("Salsa, busy street").click()
    page.locator("#clip video").wait_for()
    seed = page.get_by_label("Seed")
    press(page, "Random")
    page.wait_for_timeout(300)
    assert re.fullmatch(r"\d{1,5}", seed.input_value())
    assert seed.input_value() != "0"
    page.get_by_label("Style").click()
    assert page.get_by_role("option").count() == 11


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.get_by_role("button", name="Generate").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
