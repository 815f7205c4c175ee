"""The studio version on the page: its settings, its card, its stems, other songs."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pytest

from d2m.core.levels import LEVELS
from d2m.core.settings import INSTRUMENT_SWITCHES
from tests.browser.takes import cards, details, show_level
from tests.browser.test_page import (
    CONTRAST,
    JOB_MS,
    choose,
    level_box,
    play,
    press,
    run,
    saved,
    status_says,
    usable,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
STEMS = {"drums": "Drums", "bass": "Bass", "chords": "Chords", "lead": "Melody"}
"""Names of stems on the page; the effects may rest."""
AUDIBLE, INAUDIBLE = 0.01, 0.001
"""Levels (full scale is 1) above and below which a stem counts as heard and as unheard."""


def loudest(page: Page, ms: int = 1200) -> dict[str, float]:
    """Return the highest level that the meter of each stem shows in a time (ms)."""
    levels: dict[str, float] = page.evaluate(
        "(ms) => new Promise(done => { const start = performance.now(); const most = {};"
        " const read = () => { for (const row of document.querySelectorAll('.stem'))"
        " most[row.dataset.stem] = Math.max(most[row.dataset.stem] || 0,"
        " Number(row.querySelector('.level').dataset.level || 0));"
        " if (performance.now() - start < ms) requestAnimationFrame(read); else done(most); };"
        " read(); })",
        ms,
    )
    return levels


def open_mixer(page: Page) -> None:
    """Open the mixer, and wait until its files are loaded."""
    page.locator(".stems summary").click()
    page.locator(".stems .play:enabled").wait_for()


def test_a_newcomer_gets_what_sounds_best(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    for name, level in LEVELS.items():
        assert level.summary in (level_box(page, name).locator("xpath=..").inner_text())
    ticked = [name for name in LEVELS if level_box(page, name).is_checked()]
    assert ticked == ["studio"]
    assert page.get_by_label("Energy").count() == 0 or page.get_by_label("Energy").first.is_hidden()
    page.get_by_role("button", name="Song and arrangement").first.click()
    page.get_by_label("Density").first.wait_for()
    tops = [
        page.get_by_label(STEMS[name], exact=True).bounding_box()["y"]
        for name in INSTRUMENT_SWITCHES
    ]
    assert max(tops) - min(tops) < 5, "the switches are in one row"


def test_without_a_version_or_an_instrument_the_page_asks_for_one(
    page: Page, short_clip: Path
) -> None:
    choose(page, short_clip)
    press(page, "Generate")
    page.locator("#status").get_by_text("No sound is chosen").wait_for()
    assert usable(page)
    assert "Example" in cards(page).inner_text()
    assert page.locator("#analysis").is_hidden()
    level_box(page, "studio").check()
    page.get_by_role("button", name="Song and arrangement").first.click()
    for name in STEMS.values():
        page.get_by_label(name, exact=True).uncheck()
    press(page, "Generate")
    page.locator("#status").get_by_text("No instrument is on").wait_for()
    assert usable(page)


def test_the_studio_version_of_an_example_and_its_stems(page: Page) -> None:
    import soundfile

    loaded: list[str] = []
    page.on("request", lambda one: loaded.append(one.url) if ".flac" in one.url else None)
    page.get_by_text("Groove, loft").click()
    page.locator("#clip video").wait_for()
    run(page)
    assert cards(page).count() == 1
    assert "You may use this music commercially" in details(page)
    assert page.locator("#comparison").is_hidden()
    movie = show_level(page, "studio")
    state = play(page, movie)
    assert (state["width"], state["sound"] > 1000) == (1280, True)
    movie.evaluate("video => video.pause()")
    lanes, beats = (
        page.locator(f"#take-plots [data-kind={kind}] .on-light img") for kind in ("lanes", "png")
    )
    above, below = lanes.bounding_box(), beats.bounding_box()
    assert above["y"] + above["height"] <= below["y"]
    # Both pictures are equally wide, so that their time axes agree.
    assert (above["x"], above["width"]) == pytest.approx((below["x"], below["width"]), abs=1)
    assert "what plays when" in (lanes.get_attribute("alt") or "")
    assert saved(page, "Notes").read_bytes().startswith(b"MThd")
    with saved(page, "Beat markers").open(encoding="utf-8") as file:
        assert {"time_s", "bar", "section"} <= {*next(csv.DictReader(file))}
    assert soundfile.info(saved(page, "Music")).samplerate == 44_100
    assert loaded == []
    mute_and_solo(page)
    assert len(loaded) == len(STEMS) + 1
    page.get_by_role("button", name="Mute Bass").click()
    for theme in ("light", "dark"):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        page.wait_for_timeout(1500)  # until nothing fades any more, on a busy machine too
        assert page.evaluate(CONTRAST) == [], theme
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button", name="Solo Melody").bounding_box()["x"] < 390 - 40
    with page.expect_download() as promise:
        page.get_by_role("link", name="Download Bass (FLAC)").click()
    assert promise.value.suggested_filename.endswith(".studio.bass.flac")
    assert soundfile.info(promise.value.path()).channels == 2


def mute_and_solo(page: Page) -> None:
    """Play the stems together, mute one, then hear only one, by mouse and by keyboard."""
    open_mixer(page)
    page.get_by_role("button", name="Play the stems").click()
    heard = loudest(page)
    assert min(heard["drums"], heard["bass"]) > AUDIBLE, heard
    mute = page.get_by_role("button", name="Mute Drums")
    mute.click()
    assert mute.get_attribute("aria-pressed") == "true"
    page.wait_for_timeout(200)
    heard = loudest(page)
    assert heard["drums"] < INAUDIBLE, heard
    assert heard["bass"] > AUDIBLE, heard
    mute.click()
    solo = page.get_by_role("button", name="Solo Drums")
    solo.focus()
    page.keyboard.press("Space")
    assert solo.get_attribute("aria-pressed") == "true"
    page.wait_for_timeout(200)
    heard = loudest(page)
    assert heard.pop("drums") > AUDIBLE
    assert max(heard.values()) < INAUDIBLE, heard
    solo.click()
    seek = page.get_by_label("Position", exact=True)
    seek.fill("2")
    assert float(seek.input_value()) == pytest.approx(2, abs=0.5)
    page.get_by_role("button", name="Pause the stems").click()
    paused = seek.input_value()
    page.wait_for_timeout(300)
    assert seek.input_value() == paused
    assert max(loudest(page, 100).values()) == 0


@pytest.mark.slow
def test_another_song_and_another_arrangement(page: Page, short_clip: Path) -> None:
    choose(page, short_clip, "studio")
    run(page)
    open_mixer(page)
    page.get_by_role("button", name="Solo Bass").click()
    page.get_by_role("button", name="Play the stems").click()
    first = flac_of(page, "Bass")
    assert "arrangement" not in first
    press(page, "Another arrangement")
    page.locator(".stage video.seen[src*='seed0.arrangement1']").wait_for(timeout=JOB_MS)
    status_says(page, "Done")
    assert "seed0.arrangement1" in flac_of(page, "Bass")
    # The mixer stopped, forgot what was soloed, and plays the new files.
    page.locator(".stems .play:enabled").wait_for()
    assert page.get_by_role("button", name="Solo Bass").get_attribute("aria-pressed") == "false"
    page.get_by_role("button", name="Play the stems").click()
    assert max(loudest(page).values()) > AUDIBLE
    press(page, "Another song")
    page.locator(".stage video.seen[src*='seed1.arrangement1']").wait_for(timeout=JOB_MS)
    assert page.get_by_label("Seed").input_value() == "1"
    page.get_by_role("button", name="Song and arrangement").first.click()
    assert page.get_by_label("Arrangement").input_value() == "1"


def flac_of(page: Page, stem: str) -> str:
    """Return the address of a stem's file."""
    link = page.get_by_role("link", name=re.compile(f"Download {stem}"))
    return link.get_attribute("href") or ""
