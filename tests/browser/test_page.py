"""The page in a real browser, from upload to download."""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from d2m.checkpoints import missing_line
from d2m.core.levels import HOP_LEVELS, LEVELS
from tests.browser.takes import (
    cards,
    details,
    download_link,
    level_card,
    show_level,
    shown_video,
)
from tests.conftest import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
JOB_MS = 180_000
STOP_MS = 30_000
RUNNING = re.compile("Reading|Tracking|Checking|Finding|Generating|Writing|Packing")
"""Titles of running stages; the page may skip short ones."""


def level_box(page: Page, level: str) -> Locator:
    """Return the box that is ticked for a level, in the section for researchers."""
    if not page.locator("#levels").is_visible():
        page.get_by_role("button", name="For researchers").click()
        page.locator("#levels").wait_for()
    name = re.compile(rf"^\s*{level}:", re.IGNORECASE)
    return page.locator("#levels label").filter(has_text=name).locator("input")


def choose(page: Page, clip: Path, *levels: str) -> None:
    """Upload a clip and tick levels, no others."""
    page.locator("#clip input[type=file]").set_input_files(str(clip))
    page.locator("#clip video").wait_for()
    for level in LEVELS:
        level_box(page, level).set_checked(level in levels)


def clear_button(page: Page) -> Locator:
    """Return the button that removes the clip; after an upload, Gradio briefly draws it twice."""
    return page.locator("#clip").get_by_label("Clear").first


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def run(page: Page, name: str = "Generate") -> None:
    """Press a button that starts a job, and wait until this job, not an earlier one, is done."""
    press(page, name)
    page.get_by_role("button", name="Working …").wait_for()
    status_says(page, re.compile("Done|That did not work"))
    said = page.locator("#status").inner_text()
    assert "Done" in said, said


def status_says(page: Page, text: str | re.Pattern[str], timeout: float = JOB_MS) -> None:
    page.locator("#status .title").get_by_text(text).wait_for(timeout=timeout)


def usable(page: Page) -> bool:
    """Return whether the form is ready for a new job."""
    generate = page.get_by_role("button", name="Generate", exact=True)
    generate.wait_for()
    return generate.is_enabled() and page.get_by_role("button", name="Stop").is_disabled()


def download(page: Page, name: str, nth: int = 0) -> Path:
    with page.expect_download() as promise:
        page.get_by_text(name, exact=True).locator("visible=true").nth(nth).click()
    return Path(promise.value.path())


def saved(page: Page, name: str) -> Path:
    """Download a file of the chosen result."""
    with page.expect_download() as promise:
        download_link(page, name).click()
    return Path(promise.value.path())


def play(page: Page, movie: Locator, ms: int = 1000) -> dict[str, float]:
    """Play a video for some time, and return its state."""
    movie.scroll_into_view_if_needed()
    movie.evaluate("video => { video.muted = false; return video.play(); }")
    page.wait_for_timeout(ms)
    state: dict[str, float] = movie.evaluate(
        "v => ({time: v.currentTime, width: v.videoWidth, duration: v.duration,"
        " sound: v.webkitAudioDecodedByteCount, paused: v.paused})"
    )
    return state


def test_both_levels_from_upload_to_download(page: Page, short_clip: Path) -> None:
    import soundfile

    choose(page, short_clip, "high", "low")
    titles = record_titles(page)
    run(page)
    # Any stage may be skipped: the page reports only the latest event, and the analysis of a clip
    # that another test used is there already.
    assert len(titles() - {"Ready", "Waiting in the queue", "Done"}) > 1
    assert usable(page)
    assert "BPM" in page.locator(".rhythm").inner_text()
    strip = page.locator("#strip img")
    assert "skeleton" in (strip.get_attribute("alt") or "")
    assert strip.evaluate("image => image.naturalWidth") > 800
    assert cards(page).count() == 2
    for level in ("high", "low"):
        movie = show_level(page, level)
        assert "Beat match" in details(page)
        playing = play(page, movie)
        assert playing["time"] > 0.3
        assert playing["width"] == 1280
        assert playing["sound"] > 1000
        assert playing["duration"] == pytest.approx(3.0, abs=0.1)
        movie.evaluate("video => video.pause()")
        plot = page.locator("#take-plots .on-light img[alt*='beats']")
        assert plot.count() == 1
        page.wait_for_function("image => image.naturalWidth > 500", arg=plot.element_handle())
        assert page.locator("#take-plots .on-dark").first.is_hidden()
        assert b"ftyp" in saved(page, "Video").read_bytes()[:16]
        assert soundfile.info(saved(page, "Music")).duration == pytest.approx(3, abs=0.1)
        assert saved(page, "Beat plot").read_bytes().startswith(b"\x89PNG")
    report = json.loads(download(page, "Report (JSON)").read_text())
    assert set(report["levels"]) == {"high", "low"}
    with zipfile.ZipFile(download(page, "Everything (ZIP)")) as archive:
        endings = {name.split(".", 3)[-1] for name in archive.namelist()}
    assert endings >= {"high.mp4", "low.wav", "low.png", "low.mp4"}
    switch_the_music(page)


def switch_the_music(page: Page) -> None:
    """Switch between the levels' music while the comparison plays."""
    high, low = (page.locator(f"#comparison-{level} video") for level in ("high", "low"))
    assert high.is_visible()
    assert low.is_hidden()
    playing = play(page, high)
    assert playing["width"] > 1900
    assert playing["sound"] > 1000
    page.locator("#comparison-level").get_by_label("Neural low", exact=True).check()
    low.wait_for()
    assert high.is_hidden()
    assert high.evaluate("v => v.paused")
    assert low.evaluate("v => v.currentTime") >= playing["time"]
    assert not low.evaluate("v => v.paused")


@pytest.mark.slow
def test_another_style_and_variation_reuse_the_analysis(page: Page, short_clip: Path) -> None:
    choose(page, short_clip, "high")
    press(page, "Generate")
    status_says(page, "Done")
    first = shown_video(page).get_attribute("src")
    page.get_by_role("combobox", name="Style").click()
    page.get_by_role("option", name="Krump").click()
    titles = record_titles(page)
    run(page)
    assert "Krump" in details(page)
    second = shown_video(page).get_attribute("src")
    assert "krump.seed0" in (second or "")
    assert first != second
    press(page, "Another song")
    page.locator(".stage video.seen[src*='krump.seed1']").wait_for(timeout=JOB_MS)
    assert page.get_by_label("Seed").input_value() == "1"
    stages = titles()
    assert stages & {"Generating music (high)", "Writing the video (high)"}
    assert "Tracking the dancer" not in stages


def record_titles(page: Page) -> Callable[[], set[str]]:
    """Record all titles that the status card shows from now on."""
    page.evaluate(
        "() => { window.titles = new Set(); const status = document.querySelector('#status');"
        " new MutationObserver(() => window.titles.add("
        "status.querySelector('.title')?.firstChild?.textContent))"
        ".observe(status, {subtree: true, childList: true, characterData: true}); }"
    )
    return lambda: set(page.evaluate("() => [...window.titles]"))


def test_tapped_beats_replace_the_estimated_ones(page: Page, short_clip: Path) -> None:
    choose(page, short_clip, "high")
    page.get_by_role("button", name="Beat", exact=False).first.click()
    run(page, "Find the beat")
    assert "BPM" in page.locator(".rhythm").inner_text()
    assert "Example" in cards(page).inner_text()
    tap_regularly(page, taps=6, interval_ms=400)  # the first tap starts the clip
    tapped = page.locator("#taps textarea, #taps input").input_value()
    taps = [float(tap) for tap in tapped.split(",")]
    assert len(taps) == 5
    assert taps == sorted(taps)
    assert 0.3 < (taps[-1] - taps[0]) / 4 < 1.0
    run(page, "Find the beat")
    assert "Here is the analysis" in page.locator("#status").inner_text()
    shown = re.search(r"([\d.]+) BPM", page.locator(".rhythm").inner_text())
    assert shown is not None
    assert float(shown[1]) == pytest.approx(60 * 4 / (taps[-1] - taps[0]), rel=0.1)


def tap_regularly(page: Page, taps: int, interval_ms: int) -> None:
    """Press "Tap" at regular intervals, which the browser keeps better than this process."""
    page.get_by_role("button", name="Tap", exact=True).evaluate(
        "async (button, [taps, interval]) => { for (let tap = 0; tap < taps; tap++) {"
        " button.click(); await new Promise(done => setTimeout(done, interval)); } }",
        [taps, interval_ms],
    )


@pytest.mark.slow
def test_a_dark_page_has_dark_plots(browser: Browser, server: Server, short_clip: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{server.url}?__theme=dark")
    choose(page, short_clip, "high")
    press(page, "Generate")
    status_says(page, "Done")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    dark, light = (page.locator(f"#take-plots .{one}").last for one in ("on-dark", "on-light"))
    assert dark.is_visible()
    assert light.is_hidden()
    brightness = dark.locator("img").evaluate(
        "image => { const canvas = document.createElement('canvas'); canvas.width = 1;"
        " canvas.height = 1; const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0, 1, 1);"
        " return pen.getImageData(0, 0, 1, 1).data[0]; }"
    )
    assert brightness < 100
    context.close()


def test_after_a_stop_the_page_is_usable(
    page: Page, server: Server, example_clip: Path, short_clip: Path
) -> None:
    choose(page, example_clip, "high")
    press(page, "Generate")
    status_says(page, "Tracking the dancer")
    workers = server.workers()
    press(page, "Stop")
    status_says(page, "Stopped", timeout=STOP_MS)
    assert not workers & server.workers()
    assert usable(page)
    page.wait_for_timeout(1000)
    assert "Stopped" in page.locator("#status").inner_text()
    assert page.locator("#clip video").count() == 1
    clear_button(page).click()
    choose(page, short_clip, "high")
    press(page, "Generate")
    status_says(page, "Done")
    assert cards(page).count() == 1
    assert page.locator("#comparison").is_hidden()
    # Another arrangement is offered without the studio version too.
    assert page.get_by_role("button", name="Another song").is_visible()
    assert page.get_by_role("button", name="Another arrangement").is_visible()
    assert level_card(page, "studio").count() == 0
    show_level(page, "high")
    assert download_link(page, "Notes").is_visible()


@pytest.mark.slow
def test_stopping_a_waiting_job_leaves_the_running_one(
    page: Page, browser: Browser, server: Server, example_clip: Path
) -> None:
    choose(page, example_clip, "high")
    press(page, "Generate")
    status_says(page, RUNNING)
    other = browser.new_page()
    other.goto(server.url)
    choose(other, example_clip, "high")
    press(other, "Generate")
    status_says(other, "Waiting in the queue")
    other.locator("#status").get_by_text("One job is ahead of yours").wait_for()
    press(other, "Stop")
    status_says(other, "Stopped", timeout=STOP_MS)
    assert usable(other)
    other.close()
    status_says(page, RUNNING)
    press(page, "Stop")
    status_says(page, "Stopped", timeout=STOP_MS)
    assert usable(page)


@pytest.mark.slow
def test_two_visitors_at_once_get_their_own_results(
    page: Page, browser: Browser, server: Server, short_clip: Path
) -> None:
    other = browser.new_page()
    other.goto(server.url)
    for visitor, style in ((page, "Waack"), (other, "Krump")):
        choose(visitor, short_clip, "high")
        visitor.get_by_role("combobox", name="Style").click()
        visitor.get_by_role("option", name=style).click()
        press(visitor, "Generate")
    for visitor, style in ((other, "Krump"), (page, "Waack")):
        status_says(visitor, "Done")
        assert style in details(visitor)
        assert level_card(visitor, "low").count() == 0
    other.close()


def test_leaving_the_page_ends_the_job(
    browser: Browser, server: Server, example_clip: Path
) -> None:
    other = browser.new_page()
    other.goto(server.url)
    choose(other, example_clip, "high")
    press(other, "Generate")
    status_says(other, "Tracking the dancer")
    workers = server.workers()
    other.close()
    deadline = time.monotonic() + 30
    while workers & server.workers():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_page_says_how_to_get_more_weights(page: Page) -> None:
    lines = [missing_line("aist", level) for level in HOP_LEVELS.values()]
    if not all(lines):
        pytest.skip("these weights are installed")
    assert page.get_by_label("Weights").count() == 0
    page.get_by_text("More weights").click()
    for line in lines:
        page.get_by_text(line.replace("`", "")).wait_for()


def test_example_seed_and_style(page: Page) -> None:
    page.get_by_role("button", name="Salsa, busy street").click()
    page.locator("#clip video").wait_for()
    seed = page.get_by_label("Seed")
    press(page, "Random")
    page.wait_for_timeout(300)
    assert re.fullmatch(r"\d{1,5}", seed.input_value())
    assert seed.input_value() != "0"
    page.get_by_role("combobox", name="Style").click()
    assert page.locator("ul[role=listbox]").get_by_role("option").count() == 11


def test_no_horizontal_scrolling(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    for width in (1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}))
      continue;
    if (node.closest(":disabled, style, script, noscript")) continue;
    const rgb = channels(getComputedStyle(node).color);
    const [one, other] = [luminance(rgb), luminance(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) faint.push(`${text.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


def show_theme(page: Page, theme: str) -> None:
    """Show the light or the dark page, and wait until the last colour has changed."""
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
    page.wait_for_timeout(400)
    page.wait_for_function(
        "() => !document.getAnimations().some((one) => one instanceof CSSTransition)"
    )


def test_all_text_has_enough_contrast(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    for name in ("Song and arrangement", "Part of the clip", "Beat", "Sound and videos"):
        page.get_by_role("button", name=name).first.click()
    page.get_by_text("Original sound").wait_for()
    for theme in ("light", "dark"):
        show_theme(page, theme)
        assert page.evaluate(CONTRAST) == [], theme


def test_everything_can_be_reached_by_keyboard_and_a_clip_is_asked_for(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const e = document.activeElement;"
                " return e.getAttribute('aria-label') || e.innerText || e.labels?.[0]?.innerText"
                " || e.value || e.type; }"
            ).strip()
        )
        if reached[-1] == "Generate":
            break
    assert reached[-1] == "Generate", reached
    names = ("Break, plain studio", "Studio: ", "Style", "Song and arrangement", "Beat")
    for name in names:
        assert any(name in label for label in reached), (name, reached)
    page.keyboard.press("Enter")
    page.locator("#status").get_by_text("Choose a clip first").wait_for()
    assert usable(page)


def test_a_text_file_is_refused(page: Page, text_clip: Path) -> None:
    page.locator("#clip input[type=file]").set_input_files(str(text_clip))
    clear_button(page).wait_for()
    level_box(page, "low").check()
    press(page, "Generate")
    status_says(page, "That did not work")
    sentence = "The file letter.mp4 is not a video"
    assert sentence in page.locator("#status").inner_text()
    assert usable(page)
    assert level_box(page, "low").is_checked()
