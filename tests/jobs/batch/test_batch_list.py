"""The clips of a batch: folders, patterns and manifests of all kinds, identifiers and settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings
from d2m.jobs.batch.batch_list import clips_of
from d2m.jobs.batch.clip_row import BatchClip
from tests.conftest import ROOT

USUAL = Settings(style="house", energy=1.2)


def listed(source: Path | str, target: str = "results") -> list[BatchClip]:
    return clips_of(str(source), levels="both", settings=USUAL, target=target)


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problem_of(folder: Path, **values: Any) -> str:
    """Return the problem of a line of a manifest with these values."""
    line = json.dumps({"path": "clip.mp4", **values})
    (clip,) = listed(written(folder, "one.jsonl", line))
    return clip.problem


def test_a_folder_gives_its_video_files_with_the_settings_of_the_batch(tmp_path: Path) -> None:
    touched(tmp_path, "b.MOV", "a.mp4", "notes.txt", ".hidden.mp4", "deeper/c.mp4")
    first, second = listed(tmp_path)
    assert (first.id, first.source) == ("a", str(tmp_path / "a.mp4"))
    assert (second.id, second.source) == ("b", str(tmp_path / "b.MOV"))
    assert first.levels == "high,low"
    assert first.settings == USUAL
    assert first.choices == {"style": "house", "energy": 1.2}


def test_results_are_no_clips(tmp_path: Path) -> None:
    touched(tmp_path, "a.mp4", "out/a/a.house.high.mp4", "outside/b.mp4")
    pattern = tmp_path / "**" / "*.mp4"
    assert [clip.id for clip in listed(pattern, str(tmp_path / "out"))] == ["a", "b"]
    with pytest.raises(SettingsError, match="are results"):
        listed(tmp_path / "out" / "a" / "*.mp4", str(tmp_path / "out"))


@pytest.mark.parametrize("name", ["lost", "empty", "*.mp4", "lost.csv"])
def test_a_source_without_clips_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"There is no"):
        listed(tmp_path / name)


def test_identifiers_are_safe_and_different_and_do_not_depend_on_the_order(tmp_path: Path) -> None:
    names = ("1/clip.mp4", "2/clip.mp4", "2/CLIP.mov", "2/my dance!.mp4")
    touched(tmp_path, *names)
    ids = {clip.source: clip.id for clip in listed(tmp_path / "*" / "*")}
    assert len({one.casefold() for one in ids.values()}) == len(names)
    assert ids[str(tmp_path / names[3])] == "my_dance"
    touched(tmp_path, "0/clip.mp4")
    later = {clip.source: clip.id for clip in listed(tmp_path / "*" / "*")}
    assert ids.items() <= later.items()
    assert all(one.replace("-", "").replace("_", "").isalnum() for one in later.values())


CSV = "path,id,level,seed,drums\nclips/a.mp4,first,low,7,no\n/b.mp4,,,,\n"


@pytest.mark.parametrize("text", [CSV, "\ufeff" + CSV.replace("\n", "\r\n"), CSV.replace(",", ";")])
def test_a_csv_manifest_names_paths_identifiers_levels_and_settings(
    text: str, tmp_path: Path
) -> None:
    first, second = listed(written(tmp_path, "clips.csv", text))
    assert first.id == "first"
    assert first.source == str(tmp_path / "clips" / "a.mp4")
    assert first.levels == "low"
    assert first.settings == Settings(style="house", energy=1.2, seed=7, drums=False)
    assert (second.id, second.source, second.levels) == ("b", "/b.mp4", "high,low")
    assert second.settings == USUAL


def test_json_lines_hold_values_of_all_types(tmp_path: Path) -> None:
    lines = [
        {"path": "../a.mp4", "seed": 3, "lead": False, "tempo_bpm": 112.5},
        {"url": "https://example.org/dance%201.mp4?key=3", "taps_s": [0.5, 1.0, 1.5, 2.0]},
        {"path": "a.mp4", "level": "all", "seed": None},
    ]
    text = "\n\n".join(json.dumps(line) for line in lines)
    first, second, third = listed(written(tmp_path, "clips.jsonl", text))
    assert first.source == str(tmp_path.parent / "a.mp4")
    assert (first.settings.seed, first.settings.lead, first.settings.tempo_bpm) == (3, False, 112.5)
    assert second.id == "dance_1"
    assert second.settings.taps_s == (0.5, 1.0, 1.5, 2.0)
    assert third.levels == "studio,high,low"
    assert first.id != third.id


def test_a_parquet_manifest_may_have_gaps(tmp_path: Path) -> None:
    pyarrow, parquet = map(pytest.importorskip, ("pyarrow", "pyarrow.parquet"))
    table = pyarrow.table({"path": ["a.mp4", "b.mp4"], "seed": [4.0, None], "key": [None, "D"]})
    parquet.write_table(table, tmp_path / "clips.parquet")
    first, second = listed(tmp_path / "clips.parquet")
    assert (first.settings.seed, first.settings.key) == (4, "auto")
    assert (second.settings.seed, second.settings.key) == (0, "D")
    with pytest.raises(SettingsError, match="as Parquet"):
        listed(written(tmp_path, "text.parquet", "no table"))


def test_lines_with_one_clip_and_other_settings_are_different_clips(tmp_path: Path) -> None:
    text = "path,seed\na.mp4,1\na.mp4,2\n"
    first, second = listed(written(tmp_path, "clips.csv", text))
    assert first.id != second.id
    with pytest.raises(SettingsError, match="listed twice"):
        listed(written(tmp_path, "clips.csv", text.replace("2", "1")))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("path,tempo\na.mp4,112\n", "unknown column 'tempo': did you mean tempo_bpm?"),
        ("path,label\na.mp4,x\n", "unknown column 'label'"),
        ("id,seed\na,1\n", "no column path or url"),
        ("path,id\na.mp4,x\nb.mp4,X\n", "Two clips have the id X"),
        ("path,id\na.mp4,../x\n", "The id '../x' in line 2 can't name a folder"),
        ("path,id\na.mp4,results.jsonl\n", "can't name a folder"),
        ("path\na.mp4,b.mp4\n", "line 2 has more values"),
        ("path,seed\n", "no lines"),
        ("", "no lines"),
    ],
)
def test_a_manifest_that_cant_be_used_is_an_error(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        listed(written(tmp_path, "clips.csv", text))
    assert sentence in str(caught.value)


def test_other_files_than_tables_are_told(tmp_path: Path) -> None:
    path = tmp_path / "clips.csv"
    path.write_bytes(b"path\n\xff\xfe.mp4\n")
    with pytest.raises(SettingsError, match="it is not UTF-8"):
        listed(path)
    with pytest.raises(SettingsError, match="line 2 is no JSON object"):
        listed(written(tmp_path, "clips.jsonl", '{"path": "a.mp4"}\n{"path": "b'))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"energy": 9}, "The energy is 9: choose 0 to 2."),
        ({"energy": "loud"}, "The energy can't be read: choose 0 to 2."),
        ({"seed": 1.5}, "The seed can't be read"),
        ({"drums": "perhaps"}, "The setting drums is 'perhaps': choose true or false."),
        ({"style": "polka"}, "'polka'"),
        ({"level": "middle"}, "Unknown level 'middle'"),
        ({"path": "", "seed": 1}, "There is no path in line 1"),
    ],
)
def test_a_value_that_cant_be_used_is_the_problem_of_its_clip(
    values: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    problem = problem_of(tmp_path, **values)
    assert sentence in problem
    assert problem.endswith(".")
    assert not problem_of(tmp_path, energy=1.5, drums=True, seed=2.0, style="krump")


def test_the_manifest_in_the_readme_can_be_read(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.split("```csv\n")[1].split("```")[0]
    first, second = listed(written(tmp_path, "clips.csv", text))
    assert (first.id, first.levels, first.settings.seed) == ("jump-1", "high", 3)
    assert (second.levels, second.settings) == ("high,low", USUAL)
    assert not first.problem
