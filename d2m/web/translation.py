"""The languages of the page: a script that translates it in the browser, and its tables.

The English texts stay where they are in the code; each is the key of its translations in
``texts/<language>.json``. Gradio's own translations (`gradio.I18n`) know only fixed texts such as
labels, neither results nor messages of the server, and send all languages to everyone; but
Gradio translates its own texts, such as "Drop Video Here", by the language of the browser.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path

from d2m.web.route_allowlist import App, Receive, Scope, Send

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
_ADDRESS = re.compile(r"/texts/([a-z]{2})\.json")


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


class TranslationTables:
    """ASGI middleware that answers requests for the tables of the languages.

    Parameters
    ----------
    app
        The application behind it.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a table, or pass the request on."""
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", "").rstrip("/"))
        match = _ADDRESS.fullmatch(path)
        if scope["type"] != "http" or not match or match[1] not in LANGUAGES or match[1] == "en":
            await self._app(scope, receive, send)
            return
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"cache-control", b"max-age=600"),
        ]
        body = b"" if scope["method"] == "HEAD" else _table(match[1])
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@cache
def _table(language: str) -> bytes:
    """Return the table of a language as it is sent."""
    return (TABLES / f"{language}.json").read_bytes()
