"""The files of a result: what the endpoint returns, and what the page shows of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from d2m.core.events import ResultFiles, SoundtrackSummary
from d2m.core.levels import LEVELS
from d2m.core.settings import Settings
from d2m.rendering.score_files import SCORE_KINDS
from d2m.rendering.score_lanes import STEM_LABELS
from d2m.rendering.write_results import KINDS
from d2m.score.notes import STEMS
from d2m.web import html
from d2m.web.endpoint import FileCollector
from d2m.web.result_cards import FILE_ORDER
from d2m.web.stem_mixer import stem_files, stem_mixer


def summary(folder: Path, level: str, **changes: str) -> SoundtrackSummary:
    """Return a summary of a level whose files exist."""
    kinds = {**KINDS, **(SCORE_KINDS if level == "studio" else {})}
    paths = {kind: folder / f"clip.{level}{ending}" for kind, ending in kinds.items()}
    for path in paths.values():
        path.write_bytes(b"some bytes")
    return SoundtrackSummary(
        level=level,
        style="House",
        paths=paths,
        alt_text="",
        scores={"beat_f_measure": 0.97},
        seconds=2.0,
        **changes,
    )


def test_the_endpoint_returns_all_files_in_a_fixed_order(tmp_path: Path) -> None:
    collector = FileCollector()
    for level in ("studio", "high"):
        collector.on_soundtrack(summary(tmp_path, level))
    files = collector.on_files(ResultFiles(report=Path("r.json"), archive=Path("all.zip")))
    names = [Path(file).name.removeprefix("clip.") for file in files]
    assert names[:8] == [
        *("studio.mp4", "studio.wav", "studio.mid", "studio.beats.csv", "studio.score.png"),
        *("studio.png", "studio.beats.mp4", "studio.original.mp4"),
    ]
    assert names[8:13] == [f"studio.{stem}.flac" for stem in STEMS]
    high = ("mp4", "wav", "png", "beats.mp4", "original.mp4")
    assert names[13:] == [*(f"high.{ending}" for ending in high), "r.json", "all.zip"]


def test_every_kind_of_file_is_returned_but_the_dark_copies() -> None:
    assert {*KINDS, *SCORE_KINDS} - {*FILE_ORDER} == {"dark", "lanes_dark"}


def test_the_mixer_gets_the_stems_of_the_result_and_nothing_else(tmp_path: Path) -> None:
    studio = summary(tmp_path, "studio")
    files = stem_files(studio.paths)
    assert list(files) == list(STEMS) == list(STEM_LABELS)
    for stem, file in files.items():
        assert file["path"] == str(studio.paths[stem])
        assert (file["orig_name"], file["size"]) == (f"clip.studio.{stem}.flac", 10)
        assert file["meta"] == {"_type": "gradio.FileData"}
    assert stem_files(summary(tmp_path, "high").paths) == {}


def test_the_mixer_has_labelled_buttons_for_each_stem() -> None:
    mixer = stem_mixer()
    for label in STEM_LABELS.values():
        for name in (f"Mute {label}", f"Solo {label}", f"Download {label} (FLAC)"):
            assert f'aria-label="{name}"' in mixer.html_template
    # Gradio reads both texts as templates.
    assert "${" not in mixer.html_template
    assert "{{" not in mixer.html_template


def test_rights_are_shown_where_they_are_known(tmp_path: Path) -> None:
    shown = html.scores(summary(tmp_path, "studio", rights="Yours <b>alone</b>."), Settings())
    assert "Yours &lt;b&gt;alone&lt;/b&gt;." in shown
    assert "rights" not in html.scores(summary(tmp_path, "studio"), Settings())


@pytest.mark.parametrize("name", list(LEVELS))
def test_each_card_says_what_its_level_is(name: str) -> None:
    heading = html.level_heading(LEVELS[name])
    assert f"<h2>{name.capitalize()} {'version' if name == 'studio' else 'level'}</h2>" in heading
    assert LEVELS[name].summary[1:] in heading
