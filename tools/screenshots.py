"""Take the pictures of the page that the README shows, with a bundled example.

    python app.py &
    PYTHONPATH=. python tools/screenshots.py

With ``--all FOLDER`` it takes all four states instead, at both widths, light and dark.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "groove_procedural_landscape.mp4"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
JOB_MS = 300_000


def main(
    url: Annotated[str, typer.Option(help="Where the page is served.")] = "http://127.0.0.1:7860",
    every: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--all", help="Folder for all states, widths and themes."),
    ] = None,
    chromium: Annotated[Path, typer.Option(help="The browser.")] = Path("/usr/bin/chromium"),
) -> None:
    """Walk through the page with an example, and take its picture."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=str(chromium), args=flags)
        if every is None:
            done(opened(browser, url, "desktop", "light"), ROOT / "docs" / "page.png")
            done(opened(browser, url, "phone", "dark"), ROOT / "docs" / "page_phone.png", ".card")
        else:
            for width in WIDTHS:
                for theme in ("light", "dark"):
                    states(opened(browser, url, width, theme), every / f"{width}_{theme}")
        browser.close()


def opened(browser: Browser, url: str, width: str, theme: str) -> Page:
    """Return the page at a width, in a theme."""
    across, down = WIDTHS[width]
    page = browser.new_page(viewport={"width": across, "height": down}, color_scheme=theme)
    page.goto(f"{url}?__theme={theme}")
    page.get_by_role("button", name="Generate", exact=True).wait_for()
    page.wait_for_timeout(1000)
    return page


def choose(page: Page, clip: Path, level: str) -> None:
    """Upload a clip."""
    page.locator("#clip input[type=file]").set_input_files(str(clip))
    page.locator("#clip video").wait_for()
    page.get_by_label(level, exact=True).first.check()


def press(page: Page) -> None:
    """Start the job."""
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_role("button", name="Working …").wait_for()


def status(page: Page, words: str) -> None:
    """Wait for the status card to say something."""
    page.locator("#status .title").get_by_text(words).wait_for(timeout=JOB_MS)


def shoot(page: Page, path: Path) -> None:
    """Take the whole page, after everything on it has been in sight once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for image in page.locator("img:visible").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("i => i.complete && i.naturalWidth", arg=image.element_handle())
    for movie in page.locator("video[src]:visible").all():
        movie.scroll_into_view_if_needed()
        page.wait_for_function("v => v.readyState > 1 || v.error", arg=movie.element_handle())
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(1500)
    page.screenshot(path=path, full_page=True)


def done(page: Page, path: Path, part: str = "") -> None:
    """Take the page with both levels done, or its first part that a selector finds."""
    choose(page, EXAMPLE, "Both")
    press(page)
    status(page, "Done")
    shoot(page, path)
    if part:
        page.locator(part).first.screenshot(path=path)
    page.close()


def states(page: Page, stem: Path) -> None:
    """Take the page empty, busy, done and with an error."""
    shoot(page, stem.with_name(f"{stem.name}_empty.png"))
    choose(page, EXAMPLE, "Both")
    press(page)
    page.wait_for_timeout(500)
    shoot(page, stem.with_name(f"{stem.name}_busy.png"))
    status(page, "Done")
    shoot(page, stem.with_name(f"{stem.name}_done.png"))
    page.locator("#clip").get_by_label("Clear").first.click()
    page.locator("#clip input[type=file]").set_input_files(
        {"name": "letter.mp4", "mimeType": "video/mp4", "buffer": b"Dear dancer, " * 100}
    )
    page.locator("#clip").get_by_label("Clear").first.wait_for()
    press(page)
    status(page, "That did not work")
    shoot(page, stem.with_name(f"{stem.name}_error.png"))
    page.close()


if __name__ == "__main__":
    typer.run(main)
