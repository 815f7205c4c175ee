"""The files of a result: what the page shows of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from d2m.core.events import SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import LEVELS
from d2m.core.settings import Settings
from d2m.rendering.score_files import SCORE_KINDS
from d2m.rendering.score_lanes import STEM_LABELS
from d2m.rendering.write_results import KINDS
from d2m.score.notes import STEMS
from d2m.web.file_labels import FILE_LABELS
from d2m.web.stem_mixer import stem_mixer
from d2m.web.take import SHOWN_KINDS, detail_facts, level_title, shown_take, summary_facts
from d2m.web.take_store import StoredTake, TakeStore

FIRST_KINDS = ("mp4", "wav", "midi", "csv")


def paths_of(folder: Path, level: str) -> dict[str, Path]:
    """Return the files of a level by kind, which exist."""
    kinds = {**KINDS, **(SCORE_KINDS if level == "studio" else {})}
    paths = {kind: folder / f"clip.{level}{ending}" for kind, ending in kinds.items()}
    for path in paths.values():
        path.write_bytes(b"some bytes")
    return paths


def summary(folder: Path, level: str, **changes: str) -> SoundtrackSummary:
    """Return a summary of a level whose files exist."""
    files = paths_of(folder, level)
    paths = {kind: path for kind, path in files.items() if kind in FIRST_KINDS}
    return SoundtrackSummary(
        level=level,
        style="House",
        paths=paths,
        scores={"beat_f_measure": 0.97},
        seconds=2.0,
        **changes,
    )


def details(folder: Path, level: str) -> SoundtrackDetails:
    """Return the other files of a level but the beat video."""
    first = (*FIRST_KINDS, "beats")
    files = paths_of(folder, level)
    paths = {kind: path for kind, path in files.items() if kind not in first}
    return SoundtrackDetails(level=level, paths=paths, alt_text="Beats", score_text="Lanes")


def kept_take(folder: Path, level: str, **changes: str) -> tuple[TakeStore, StoredTake]:
    """Return a store, and a result in it of which everything is there."""
    store = TakeStore(folder / "uploads", keep_s=60)
    (folder / "job").mkdir(exist_ok=True)
    found = summary(folder / "job", level, **changes)
    take = store.add(found.paths, summary_facts(found, Settings(), "job"), Settings())
    later = details(folder / "job", level)
    take.take_in(later.paths)
    take.facts |= detail_facts(later)
    return store, take


def test_every_kind_of_file_is_shown_or_offered() -> None:
    assert {*KINDS, *SCORE_KINDS} == {*SHOWN_KINDS}
    assert {*SHOWN_KINDS} - {*FILE_LABELS, *STEMS} == {"dark", "lanes_dark"}


def test_the_page_gets_the_files_of_a_result_from_a_folder_of_its_own(tmp_path: Path) -> None:
    _, take = kept_take(tmp_path, "studio")
    shutil.rmtree(tmp_path / "job")  # as after a job
    files = shown_take(take)["files"]
    assert {*files} == {*KINDS, *SCORE_KINDS} - {"beats"}
    for kind, file in files.items():
        assert Path(file["path"]).read_bytes() == b"some bytes"
        assert Path(file["path"]).parent == take.folder
        assert (file["orig_name"], file["size"]) == (take.paths[kind].name, 10)
        assert file["meta"] == {"_type": "gradio.FileData"}
    take.take_in({"beats": paths_of(tmp_path, "studio")["beats"]})
    assert "beats" in shown_take(take)["files"]
    _, high = kept_take(tmp_path, "high")
    assert not {*STEMS} & {*shown_take(high)["files"]}


def test_a_shared_result_does_not_hold_the_key_of_its_owner(tmp_path: Path) -> None:
    _, take = kept_take(tmp_path, "high")
    assert shown_take(take)["key"] == take.key
    shared = json.dumps(shown_take(take, is_shared=True))
    assert take.share_key in shared
    assert take.key not in shared


def test_the_facts_of_a_result(tmp_path: Path) -> None:
    _, take = kept_take(tmp_path, "high", rights="Yours <b>alone</b>.")
    shown = shown_take(take)
    assert shown["levelTitle"] == "Neural high"
    assert shown["rights"] == "Yours <b>alone</b>."  # the browser shows it as text
    assert (shown["plotText"], shown["scoreText"]) == ("Beats", "Lanes")
    assert shown["score"] == "0.97"
    unknown = replace(summary(tmp_path, "high"), has_rhythm=False, scores={})
    facts = summary_facts(unknown, Settings(), "job")
    assert facts["score"] == ""
    assert "no rhythm was found" in facts["sentences"][0]
    assert [level_title(name) for name in LEVELS] == ["Studio", "Neural high", "Neural low"]
    assert level_title("foley-music") == "Foley Music"


def test_the_mixer_has_labelled_buttons_for_each_stem() -> None:
    mixer = stem_mixer()
    for label in STEM_LABELS.values():
        for name in (f"Mute {label}", f"Solo {label}", f"Download {label} (FLAC)"):
            assert f'aria-label="{name}"' in mixer.html_template
    # Gradio reads both texts as templates.
    assert "${" not in mixer.html_template
    assert "{{" not in mixer.html_template
