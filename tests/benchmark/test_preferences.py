"""The preference page: its files, and how answers are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from d2m.benchmark.cli import evaluate
from d2m.benchmark.preference_answers import count_preferences, wilson_interval
from d2m.benchmark.preference_page import write_preference_page
from d2m.core.errors import DataError


@pytest.fixture
def page(tmp_path) -> Path:
    for method in ("ours", "theirs"):
        folder = tmp_path / method
        folder.mkdir()
        for name in ("a.mp4", "b.mp4", "c.mp4"):
            (folder / name).write_bytes(f"{method} {name}".encode())
    (tmp_path / "ours" / "only.mp4").write_bytes(b"")
    write_preference_page(tmp_path / "ours", tmp_path / "theirs", tmp_path / "page", seed=3)
    return tmp_path / "page"


def answer(page: Path, method: str, question: str) -> Path:
    """Write the answers of a person who always prefers one method in one question."""
    key = json.loads((page / "key.json").read_text())
    answers = {name: {question: sides.index(method)} for name, sides in key["pairs"].items()}
    path = page / f"{method}-{question}.json"
    path.write_text(json.dumps({"page": key["page"], "answers": answers}))
    return path


def test_the_page_hides_the_methods_and_its_key_knows_them(page):
    key = json.loads((page / "key.json").read_text())
    assert sorted(key["pairs"]) == ["pair01", "pair02", "pair03"]
    for name, sides in key["pairs"].items():
        videos = [(page / "videos" / f"{name}-{side}.mp4").read_text() for side in (0, 1)]
        assert [video.split()[0] for video in videos] == sides
        assert videos[0].split()[1] == videos[1].split()[1]
    text = (page / "index.html").read_text(encoding="utf-8")
    assert "ours" not in text.replace("yours", "").replace("your", "")
    assert "theirs" not in text
    assert 'name="realism"' in text
    assert 'name="match"' in text


def test_answers_are_counted_with_wilson_intervals(page):
    files = [answer(page, "ours", "realism"), answer(page, "theirs", "realism"),
             answer(page, "ours", "match")]  # fmt: skip
    realism, match = count_preferences(files, page / "key.json")
    assert (realism.question, realism.name, realism.count, realism.n) == ("realism", "ours", 3, 6)
    assert (match.count, match.n) == (3, 3)
    assert realism.as_text().endswith("50.0 % (18.8 to 81.2)")
    shown = CliRunner().invoke(
        evaluate, ["preferences", *map(str, files), "--key", str(page / "key.json")]
    )
    assert "match: ours preferred in 3 of 3 answers" in shown.stdout


def test_wilson_intervals_are_those_of_the_formula():
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)


def test_files_of_other_pages_and_folders_without_pairs_are_refused(page, tmp_path):
    other = page / "other.json"
    other.write_text('{"page": "1", "answers": {}}')
    with pytest.raises(DataError, match="another page"):
        count_preferences([other], page / "key.json")
    other.write_text("not JSON")
    with pytest.raises(DataError, match="JSON"):
        count_preferences([other], page / "key.json")
    key = json.loads((page / "key.json").read_text())
    other.write_text(json.dumps({"page": key["page"], "answers": {"pair01": {"realism": 7}}}))
    with pytest.raises(DataError, match="no answers"):
        count_preferences([other], page / "key.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no videos"):
        write_preference_page(tmp_path / "ours", tmp_path / "empty", tmp_path / "none")
    with pytest.raises(DataError, match="one name"):
        write_preference_page(tmp_path / "ours", tmp_path / "ours", tmp_path / "none")
