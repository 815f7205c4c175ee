"""The languages of the page: a script that translates it in the browser, and its tables.

The English texts stay where they are in the code; each is the key of its translations in
``texts/<language>.json``. Gradio's own translations (`gradio.I18n`) know only fixed texts such as
labels, neither results nor messages of the server, and send all languages to everyone; but
Gradio translates its own texts, such as "Drop Video Here", by the language of the browser.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import Mount

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "ko": "한국어",
    "zh": "中文",
}
"""Names of the languages in themselves, by ISO 639-1 code. English needs no table."""
TABLES = Path(__file__).parent / "texts"
"""Folder of the tables."""


def translation_head() -> str:
    """Return the HTML for the head of the page that translates it."""
    script = Path(__file__).with_name("translation.js").read_text(encoding="utf-8")
    return f"<script>{script.replace('LANGUAGE CODES', ' '.join(LANGUAGES))}</script>"


def language_select() -> str:
    """Return the HTML of the list that chooses the language of the page."""
    options = "".join(
        f'<option value="{code}" lang="{code}" translate="no">{escape(name)}</option>'
        for code, name in LANGUAGES.items()
    )
    return (
        '<p class="language"><label for="language">Language</label> '
        f'<select id="language" translate="no">{options}</select></p>'
    )


def tables_route() -> Mount:
    """Return the route of the tables: ``/texts/<language>.json``."""
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    return Mount("/texts", StaticFiles(directory=TABLES))
