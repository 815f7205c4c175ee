"""Results in a real browser: compared, named, pinned, kept, shared, mixed again, deleted."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from tests.browser.conftest import WAIT_MS
from tests.browser.takes import (
    cards,
    details,
    download_link,
    said,
    shown_video,
)
from tests.browser.test_page import run
from tests.conftest import EXAMPLES, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
SAME_MOMENT_S = 0.1
"""By how much a switch may miss the moment (s)."""
SWITCH = """async (number) => {
  const movies = () => [...document.querySelectorAll('.stage video')];
  const heard = () => movies().filter((one) => !one.muted && !one.paused);
  const [before] = heard();
  const pause = HTMLMediaElement.prototype.pause;
  let missed = null;
  HTMLMediaElement.prototype.pause = function () {
    const after = movies().find((one) => one !== before && !one.paused);
    if (this === before && after) missed = after.currentTime - before.currentTime;
    return pause.call(this);
  };
  const began = performance.now();
  document.querySelectorAll('.card-of-take')[number].click();
  let most = 1, least = 1;
  while (heard()[0] === before && performance.now() - began < 5000) {
    await new Promise((done) => setTimeout(done, 2));
    most = Math.max(most, heard().length);
    least = Math.min(least, heard().length);
  }
  HTMLMediaElement.prototype.pause = pause;
  const [after] = heard();
  return {most, least, missed, isOther: !!after && after !== before,
    isSeen: !!after && after.classList.contains('seen')};
}"""
"""Chooses another result while one plays; returns how many were heard, and by how much the one
that takes over misses the moment of the other (s)."""


@pytest.fixture(scope="module")
def clip_with_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return six seconds of an example with a tone: long enough to switch while they play."""
    from imageio_ffmpeg import get_ffmpeg_exe

    clip = tmp_path_factory.mktemp("clips") / "tone.mp4"
    source = EXAMPLES / "groove_procedural_landscape.mp4"
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-t", "6", "-i", str(source)]
    command += ["-f", "lavfi", "-i", "sine=440:duration=6", "-map", "0:v", "-map", "1:a"]
    command += ["-c:v", "copy", "-c:a", "aac", "-shortest", str(clip)]
    subprocess.run(command, check=True)
    return clip


@pytest.fixture(scope="module")
def visitor(browser: Browser, server: Server, clip_with_sound: Path) -> Iterator[BrowserContext]:
    """Return the browser of someone who has made two variations of the studio version."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = opened(context, server)
    assert "Example" in cards(page).inner_text()
    page.locator("#clip input[type=file]").set_input_files(str(clip_with_sound))
    page.locator("#clip video").first.wait_for()
    page.get_by_label("Number of variations").fill("2")
    run(page)
    assert cards(page).count() == 2
    assert "Example" not in page.locator(".take-player .strip").inner_text()
    page.close()
    yield context
    context.close()


def opened(context: BrowserContext, server: Server, query: str = "") -> Page:
    """Open the page, and wait until it shows a result."""
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(server.url + query)
    cards(page).first.wait_for()
    page.locator(".stage video.seen").wait_for()
    return page


@pytest.fixture
def owner(visitor: BrowserContext, server: Server) -> Iterator[Page]:
    """Return a page of the visitor, opened again."""
    page = opened(visitor, server)
    page.wait_for_function("document.querySelectorAll('.card-of-take').length === 2")
    page.wait_for_function(
        "!document.querySelector('.take-player .strip').innerText.includes('Example')"
    )
    yield page
    page.close()


def play_from_start(page: Page) -> None:
    """Let the chosen result play from its first moments."""
    shown_video(page).evaluate("movie => { movie.currentTime = 0.2; return movie.play(); }")
    page.wait_for_timeout(300)


def test_the_first_visit_shows_a_finished_example_that_plays(page: Page) -> None:
    cards(page).first.wait_for()
    assert cards(page).count() == 1
    assert "Example" in cards(page).inner_text()
    assert page.get_by_role("button", name="Delete", exact=True).is_hidden()
    page.locator(".take-player .play").click()
    page.wait_for_function("document.querySelector('.stage video.seen').currentTime > 0.3")
    assert shown_video(page).evaluate("movie => movie.webkitAudioDecodedByteCount") > 1000
    # The whole player is in view, and nothing is cut.
    box = page.locator(".take-player .transport").bounding_box()
    bar = page.locator("#go").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] + box["height"] < bar["y"]
    plots = page.locator("#take-plots img:visible")
    assert plots.count() == 2
    assert plots.evaluate_all("all => all.every((one) => one.alt.length > 40)")


def test_variations_are_compared_at_the_same_moment(owner: Page) -> None:
    assert "Variation 1" in cards(owner).nth(0).inner_text()
    assert "Variation 2" in cards(owner).nth(1).inner_text()
    play_from_start(owner)
    switched: dict[str, Any] = owner.evaluate(SWITCH, 1)
    for number in (0, 1):
        play_from_start(owner)
        switched = owner.evaluate(SWITCH, number)
        assert (switched["most"], switched["least"]) == (1, 1), switched
        assert switched["isOther"], switched
        assert switched["isSeen"], switched
    assert abs(switched["missed"]) < SAME_MOMENT_S, switched
    owner.locator(".take-player .play").click()
    before = shown_video(owner).evaluate("movie => movie.currentTime")
    cards(owner).nth(0).focus()
    owner.keyboard.press("ArrowRight")
    owner.keyboard.press("ArrowLeft")
    owner.wait_for_function("document.activeElement.matches('.card-of-take[aria-pressed=true]')")
    movie = shown_video(owner)
    assert movie.evaluate("movie => movie.paused")
    assert movie.evaluate("movie => movie.currentTime") == pytest.approx(before, abs=0.05)


def test_a_result_is_named_and_pinned_and_both_survive_a_reload(
    owner: Page, visitor: BrowserContext, server: Server
) -> None:
    cards(owner).nth(1).click()
    owner.get_by_role("button", name="Rename", exact=True).click()
    owner.keyboard.type("Street / take")
    owner.keyboard.press("Enter")
    owner.get_by_role("heading", name="Street / take").wait_for()
    owner.get_by_role("button", name="Pin", exact=True).click()
    assert "Pinned" in cards(owner).nth(0).inner_text()
    for kind, ending in (("Video", "mp4"), ("Music", "wav"), ("Beat markers", "beats.csv")):
        with owner.expect_download() as promise:
            download_link(owner, kind).click()
        assert promise.value.suggested_filename == f"Street_take.{ending}"
        assert Path(promise.value.path()).stat().st_size > 100
    again = opened(visitor, server)
    again.get_by_text("Pinned").wait_for()
    first = cards(again).nth(0).inner_text()
    assert "Street / take" in first
    assert "Variation 2" in first
    again.get_by_role("button", name="Rename", exact=True).click()
    again.keyboard.type("Another")
    again.keyboard.press("Escape")
    assert "Another" not in details(again)
    cards(again).nth(0).click()
    again.get_by_role("button", name="Pin", exact=True).click()
    again.close()


def test_a_link_shows_one_result_to_others_who_cant_change_it(
    owner: Page, browser: Browser
) -> None:
    cards(owner).nth(0).click()
    owner.get_by_role("button", name="Copy link", exact=True).click()
    owner.get_by_text("The link is copied.").wait_for()
    link = owner.evaluate("navigator.clipboard.readText()")
    keys = owner.evaluate("JSON.parse(localStorage.getItem('d2m.takes')).map((one) => one.key)")
    other = browser.new_context(viewport={"width": 390, "height": 844})
    page = other.new_page()
    page.goto(link)
    page.get_by_text("Someone shared this result with you.").wait_for()
    assert cards(page).count() == 1
    assert "Shared with you" in cards(page).inner_text()
    for name in ("Delete", "Rename", "Pin"):
        assert page.get_by_role("button", name=name, exact=True).is_hidden()
    assert page.locator(".balance").is_hidden()
    assert not any(key in page.content() for key in keys)
    shown = page.evaluate("document.querySelector('.take-player').shownTake")
    assert shown["key"] not in keys
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("localStorage.getItem('d2m.takes')") is None
    page.goto(link[:-4] + "AAAA")
    page.get_by_text("The shared result is no longer on the server.").wait_for()
    assert "Example" in cards(page).inner_text()
    other.close()


def test_the_balance_of_a_result_is_changed_while_it_plays(owner: Page) -> None:
    cards(owner).nth(0).click()
    before = shown_video(owner).get_attribute("src")
    assert owner.get_by_text("Sound of your clip").is_visible()
    slider = owner.get_by_label("Your clip's own sound")
    slider.fill("60")
    assert owner.locator(".balance .percent").inner_text() == "60 %"
    said(owner).get_by_text("The video has the new balance.").wait_for()
    movie = shown_video(owner)
    assert movie.get_attribute("src") != before
    assert "original60" in unquote(movie.get_attribute("src") or "")
    assert slider.input_value() == "60"
    assert owner.locator(".stage video.seen").count() == 1
    owner.reload()
    owner.locator(".stage video[src*=original60]").first.wait_for(state="attached")


def test_a_deleted_result_is_gone_everywhere(
    owner: Page, visitor: BrowserContext, server: Server
) -> None:
    elsewhere = opened(visitor, server)
    elsewhere.wait_for_function("document.querySelectorAll('.card-of-take').length === 2")
    cards(owner).nth(1).click()
    address = shown_video(owner).evaluate("movie => movie.src")
    assert owner.request.head(address).ok
    owner.once("dialog", lambda dialog: dialog.dismiss())
    owner.get_by_role("button", name="Delete", exact=True).click()
    assert cards(owner).count() == 2
    owner.once("dialog", lambda dialog: dialog.accept())
    owner.get_by_role("button", name="Delete", exact=True).click()
    said(owner).get_by_text("The result is deleted.").wait_for()
    assert cards(owner).count() == 1
    owner.wait_for_function(
        "address => fetch(address, {method: 'HEAD'}).then((one) => !one.ok)", arg=address
    )
    owner.reload()
    owner.get_by_text("Variation 1").first.wait_for()
    assert cards(owner).count() == 1
    # As after a restart of the server, which forgets all results.
    owner.evaluate("localStorage.setItem('d2m.takes', JSON.stringify([{key: 'gone', until: 1}]))")
    owner.reload()
    said(owner).get_by_text(re.compile("no longer on the server")).wait_for()
    assert "Example" in cards(owner).inner_text()
    assert owner.evaluate("localStorage.getItem('d2m.takes')") == "[]"
    elsewhere.close()
