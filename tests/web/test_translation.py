"""The tables of the page's languages are complete, and hold the texts of the program."""

from __future__ import annotations

import json
import re

import pytest

from d2m.web.translation import LANGUAGES, TABLES, language_select, translation_head
from tools.page_texts import is_covered, texts_of_code

TRANSLATED = [code for code in LANGUAGES if code != "en"]
TABLE = {code: json.loads((TABLES / f"{code}.json").read_text("utf-8")) for code in TRANSLATED}
TAGS = re.compile(r"</?\w+>")


def test_there_is_a_table_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in TABLES.iterdir()) == sorted(TRANSLATED)
    assert all(f'value="{code}"' in language_select() for code in LANGUAGES)
    assert "LANGUAGE CODES" not in translation_head()


@pytest.mark.parametrize("code", TRANSLATED)
def test_all_languages_have_the_same_texts(code: str) -> None:
    assert TABLE[code].keys() == TABLE["de"].keys()
    assert list(TABLE[code]) == sorted(TABLE[code])
    assert all(text.strip() for text in TABLE[code].values())


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_have_the_placeholders_and_tags_of_the_english_text(code: str) -> None:
    for english, text in TABLE[code].items():
        places = re.findall(r"\{(\d*)\}", text)
        numbered = [str(number) for number in range(english.count("{}"))]
        assert places == [""] * len(numbered) or sorted(places) == numbered, text
        assert sorted(TAGS.findall(text)) == sorted(TAGS.findall(english)), text


@pytest.mark.parametrize("code", ["ja", "ko", "zh"])
def test_east_asian_sentences_are_in_their_own_script(code: str) -> None:
    letters = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
    texts = [text for english, text in TABLE[code].items() if len(english.split()) > 4]
    assert [text for text in texts if not letters.search(text)] == []


def test_no_text_of_the_program_lacks_a_translation() -> None:
    keys = {*TABLE["de"]}
    assert [text for text in texts_of_code() if not is_covered(text, keys)] == []
