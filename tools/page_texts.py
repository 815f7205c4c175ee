"""List the texts of the page that have no translation yet.

    PYTHONPATH=. python tools/page_texts.py
    PYTHONPATH=. python tools/page_texts.py --url http://127.0.0.1:7860

The first form reads the code: labels and help of all settings, levels, styles, and the errors and
progress of jobs. The second opens the page in German, opens all of its sections, and lists what is
shown and has no translation. Write each text into all tables of ``d2m/web/texts``, with ``{}`` for
numbers and names.

Terms that stay the same everywhere:

=========  ==============  ==============  ==========  ============  ========  ======
English    German          Spanish         French      Japanese      Korean    Chinese
=========  ==============  ==============  ==========  ============  ========  ======
beat       Beat            pulso           beat        ビート        비트      节拍
clip       Clip            clip            clip        クリップ      클립      视频
song       Song            canción         chanson     曲            노래      歌曲
style      Stil            estilo          style       スタイル      스타일    风格
level      Stufe           nivel           niveau      レベル        레벨      级别
high, low  hoch, niedrig   alto, bajo      haut, bas   ハイ、ロー    하이, 로우  高、低
studio     Studio          estudio         studio      スタジオ      스튜디오  录音棚
seed       Startwert       semilla         graine      シード        시드      种子
variation  Variation       variación       variation   バリエーション  변주      变奏
stem       Spur            pista           piste       ステム        스템      分轨
=========  ==============  ==============  ==========  ============  ========  ======

People are addressed as "Sie", "tú" and "vous", and politely in Japanese and Korean.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from d2m.core.dance_settings import DanceSettings
from d2m.core.levels import BASELINES, LEVELS_AND_BASELINES
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.web.translation import TABLES

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
KEPT = {
    *(style.label for style in STYLES.values()),
    *(
        "LSTM",
        "Aud-MoCoGAN",
        "Dancing to Music",
        "Dance2Music",
        "Foley Music",
        "CMT",
        "Logo",
        "logo",
    ),
    *BASELINES,
    "House, 120 BPM",  # the example song
}
"""Names, which are the same in all languages."""
_NO_WORDS = re.compile(r"[A-G][b#]?|[A-Z0-9]{2,5}(, [A-Z0-9]{2,5})+|.*\.\w{3,4}|\d+:\d\d / .*")
"""Key notes, lists of formats, names of files, and times of players."""
SOURCES = (
    *("core/settings.py", "core/setting_fields.py", "jobs/messages.py", "jobs/queue.py"),
    *("jobs/worker_slot.py", "jobs/worker_process.py", "jobs/remix_job.py", "media/clip_part.py"),
    *("perception/beat_correction.py", "perception/dance.py", "web/*.py"),
)
"""Modules whose errors a visitor of the page may see, in ``d2m``."""
SENTENCES = ("media/picture_sentences.py",)
"""Modules whose constants are sentences that the page shows."""
NOT_ON_THE_PAGE = re.compile(
    r"report that D2M wrote|gradio_api|no argument|set it to a whole|multipart|request is too large"
    r"|other servers"
)
"""Errors of those modules that only the command line shows."""

_TEXTS = """() => {
  const found = [];
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    else for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      found.push(node.getAttribute?.(name) || '');
  }
  return found.map((text) => text.replace(/\\s+/g, ' ').trim());
}"""


def main(
    url: Annotated[Optional[str], typer.Option(help="Address of a running page.")] = None,  # noqa: UP045
    chromium: Annotated[Path, typer.Option(help="Path of the browser.")] = Path(
        "/usr/bin/chromium"
    ),
) -> None:
    """Print one text a line; the exit status is 1 if there is any."""
    keys = json.loads((TABLES / "de.json").read_text("utf-8")).keys()
    missing = [text for text in texts_of_code() if not is_covered(text, set(keys))]
    if url is not None:
        missing += untranslated_on_page(url, chromium)
    for text in dict.fromkeys(missing):
        print(text)  # noqa: T201
    raise typer.Exit(code=1 if missing else 0)


def is_covered(text: str, keys: set[str]) -> bool:
    """Return whether a text or each of its sentences or clauses is a key, or needs none."""
    if text in keys or text in KEPT or not re.search(r"[A-Za-z]{3}", text):
        return True
    for end in (r"(?<=[.!?]) (?=\S)", ": ", ", "):
        parts = re.split(end, text)
        if len(parts) > 1 and all(part in keys for part in parts):
            return True
    return False


def texts_of_code() -> Iterator[str]:
    """Yield the texts of the settings, levels, styles, and of errors and stages of jobs."""
    for settings in (Settings, DanceSettings):
        for one in setting_fields(settings):
            if one.name == "weights":
                continue
            yield one.title
            yield from (label for label, _ in one.choices)
            if one.kind.value != "switch":  # the form shows no help of these
                yield from filter(None, (one.help, one.empty_help))
    yield from (style.mood for style in STYLES.values())
    yield from (level.label for level in LEVELS_AND_BASELINES.values())
    for pattern in SOURCES:
        for path in sorted((ROOT / "d2m").glob(pattern)):
            yield from (text for text in _errors(path) if not NOT_ON_THE_PAGE.search(text))
    for name in SENTENCES:
        for node in ast.parse((ROOT / "d2m" / name).read_text("utf-8")).body:
            if isinstance(node, ast.Assign):
                yield _text(node.value)


def untranslated_on_page(url: str, chromium: Path) -> list[str]:
    """Return what the page shows in German that has no translation, with all sections open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-US")
        page.goto(url)
        open_everything(page)
        english = shown_texts(page)
        page.goto(f"{url}?lang=de")
        open_everything(page)
        found = untranslated(page, english)
        browser.close()
    return found


def open_everything(page: Page) -> None:
    """Open all sections in all tabs of a page, and go back to the first tab."""
    page.locator("#clip").wait_for()
    for tab in page.get_by_role("tab").all():
        tab.click()
        for section in page.locator("button.label-wrap:visible, summary:visible").all():
            section.click()
        page.wait_for_timeout(500)
    page.get_by_role("tab").first.click()


def shown_texts(page: Page) -> set[str]:
    """Return all texts of an English page, those of attributes that are read out included."""
    return set(page.evaluate(_TEXTS))


def untranslated(page: Page, english: set[str]) -> list[str]:
    """Return which of the texts of an English page have no translation on a translated one.

    Gradio's own texts are left out, because it translates them itself.
    """
    found: list[str] = page.evaluate("() => [...window.untranslatedTexts]")
    words = (text for text in found if text in english and not _NO_WORDS.fullmatch(text))
    return [text for text in words if text not in KEPT]


def _errors(path: Path) -> Iterator[str]:
    """Yield the sentences of the errors that a module raises, with ``{}`` for values."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from (text for text in map(_text, node.exc.args) if text.endswith("."))


def _text(node: ast.expr) -> str:
    """Return the text of a literal, with ``{}`` for its values; empty for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return ""


if __name__ == "__main__":
    typer.run(main)
