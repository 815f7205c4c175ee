"""Take the screenshots of the page that the README shows, with a bundled example.

    python app.py &
    PYTHONPATH=. python tools/screenshots.py

With ``--all FOLDER``, it takes screenshots of all states instead, at both widths, with the
light and the dark theme.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "groove_procedural_landscape.mp4"
SONG = "House, 120 BPM"
"""Title of the example song."""
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
"""Width and height of the window (px): common sizes of a laptop and a phone."""
JOB_MS = 300_000
"""Longest time of a job (ms); chosen by hand."""


def main(
    url: Annotated[str, typer.Option(help="Address of the page.")] = "http://127.0.0.1:7860",
    every: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--all", help="Folder for screenshots of all states, widths and themes."),
    ] = None,
    chromium: Annotated[Path, typer.Option(help="Path of the browser.")] = Path(
        "/usr/bin/chromium"
    ),
) -> None:
    """Use the page with an example, and take screenshots."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=str(chromium), args=flags)
        if every is None:
            docs = ROOT / "docs"
            shoot_results(open_page(browser, url, "desktop", "light"), docs / "page.png")
            shoot_results(open_page(browser, url, "phone", "dark"), docs / "page_phone.png")
            dance = open_page(browser, url, "desktop", "light")
            shoot_dance(dance, docs / "page_dance.png", whole=False)
        else:
            for size in SIZES:
                for theme in ("light", "dark"):
                    shoot_states(open_page(browser, url, size, theme), every / f"{size}_{theme}")
                    shoot_dance(
                        open_page(browser, url, size, theme), every / f"{size}_{theme}_dance.png"
                    )
        browser.close()


def open_page(browser: Browser, url: str, size: str, theme: str) -> Page:
    """Open the page in a window of a size, with a theme."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    page.goto(f"{url}?__theme={theme}")
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    page.wait_for_timeout(1000)
    return page


def choose(page: Page, clip: Path) -> None:
    """Upload a clip and choose all levels."""
    page.locator("#clip input[type=file]").set_input_files(str(clip))
    page.locator("#clip video").wait_for()
    page.locator("#sound label", has_text="Compare all").locator("input").check()


def press_generate(page: Page) -> None:
    """Start the job."""
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_role("button", name="Working …").wait_for()


def wait_for_status(page: Page, title: str, card: str = "#status") -> None:
    """Wait until the status card of a tab has a title."""
    page.locator(f"{card} .title").get_by_text(title).wait_for(timeout=JOB_MS)


def show_studio(page: Page) -> None:
    """Show the studio version in the player, in the middle of the clip."""
    page.locator(".card-of-take").filter(has_text="Studio").first.click()
    page.locator(".take-player .seek").fill("2.2")


def open_stems(page: Page) -> None:
    """Open the mixer of the stems, and play a part of them."""
    page.locator(".stems summary").click()
    page.get_by_role("button", name="Play the stems").click()
    page.get_by_role("button", name="Mute Chords").click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Pause the stems").click()


def shoot(page: Page, path: Path, *, whole: bool = True) -> None:
    """Take a screenshot of the page or the window, after all images and videos have been loaded."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for image in page.locator("img:visible").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("i => i.complete && i.naturalWidth", arg=image.element_handle())
    for movie in page.locator("video[src]:visible").all():
        movie.scroll_into_view_if_needed()
        page.wait_for_function("v => v.readyState > 1 || v.error", arg=movie.element_handle())
    page.evaluate("window.scrollTo(0, 0)")
    if whole:  # the bar at the bottom of the window would cover the middle of the page
        page.add_style_tag(content=".go { position: static !important; }")
    elif page.viewport_size == {"width": SIZES["phone"][0], "height": SIZES["phone"][1]}:
        page.locator(".stage").evaluate("stage => stage.scrollIntoView()")
    page.wait_for_timeout(1500)
    page.screenshot(path=path, full_page=whole)


def shoot_results(page: Page, path: Path) -> None:
    """Take a screenshot of the window with the results of all levels."""
    choose(page, EXAMPLE)
    press_generate(page)
    wait_for_status(page, "Done")
    show_studio(page)
    shoot(page, path, whole=False)
    page.close()


def shoot_dance(page: Page, path: Path, *, whole: bool = True) -> None:
    """Take a screenshot of the tab that makes dances, with a dance for the example song."""
    page.get_by_role("tab", name="Music to dance").click()
    page.get_by_text(SONG).click()
    page.locator("#song").get_by_label("Clear").first.wait_for()
    press_generate(page)
    wait_for_status(page, "Done", "#dance-status")
    page.locator("#dance video").evaluate("video => { video.currentTime = 2.2; }")
    shoot(page, path, whole=whole)
    page.close()


def shoot_states(page: Page, stem: Path) -> None:
    """Take screenshots of the page empty, with open settings, busy, done and with an error."""
    shoot(page, stem.with_name(f"{stem.name}_empty.png"))
    accordion = page.get_by_role("button", name="Song and arrangement").first
    accordion.click()
    page.wait_for_timeout(500)
    shoot(page, stem.with_name(f"{stem.name}_settings.png"))
    accordion.click()
    choose(page, EXAMPLE)
    press_generate(page)
    page.wait_for_timeout(500)
    shoot(page, stem.with_name(f"{stem.name}_busy.png"))
    wait_for_status(page, "Done")
    show_studio(page)
    open_stems(page)
    shoot(page, stem.with_name(f"{stem.name}_done.png"))
    page.locator("#clip").get_by_label("Clear").first.click()
    page.locator("#clip input[type=file]").set_input_files(
        {"name": "letter.mp4", "mimeType": "video/mp4", "buffer": b"Dear dancer, " * 100}
    )
    page.locator("#clip").get_by_label("Clear").first.wait_for()
    press_generate(page)
    wait_for_status(page, "That did not work")
    shoot(page, stem.with_name(f"{stem.name}_error.png"))
    page.close()


if __name__ == "__main__":
    typer.run(main)
