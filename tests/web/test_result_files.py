"""The files of a result: what the page shows of them."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest

from d2m.core.events import SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import LEVELS
from d2m.core.settings import Settings
from d2m.rendering.score_files import SCORE_KINDS
from d2m.rendering.score_lanes import STEM_LABELS
from d2m.rendering.write_results import KINDS
from d2m.score.notes import STEMS
from d2m.web import result_html
from d2m.web.level_card import FILE_ORDER, LevelCard
from d2m.web.stem_mixer import stem_files, stem_mixer

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


def test_every_kind_of_file_is_returned_but_the_dark_copies() -> None:
    assert {*KINDS, *SCORE_KINDS} - {*FILE_ORDER} == {"dark", "lanes_dark"}


def test_the_mixer_gets_the_stems_of_the_result_and_nothing_else(tmp_path: Path) -> None:
    studio = details(tmp_path, "studio")
    files = stem_files(studio.paths)
    assert list(files) == list(STEMS) == list(STEM_LABELS)
    for stem, file in files.items():
        assert file["path"] == str(studio.paths[stem])
        assert (file["orig_name"], file["size"]) == (f"clip.studio.{stem}.flac", 10)
        assert file["meta"] == {"_type": "gradio.FileData"}
    assert stem_files(details(tmp_path, "high").paths) == {}


def test_the_mixer_has_labelled_buttons_for_each_stem() -> None:
    mixer = stem_mixer()
    for label in STEM_LABELS.values():
        for name in (f"Mute {label}", f"Solo {label}", f"Download {label} (FLAC)"):
            assert f'aria-label="{name}"' in mixer.html_template
    # Gradio reads both texts as templates.
    assert "${" not in mixer.html_template
    assert "{{" not in mixer.html_template


def test_rights_are_shown_where_they_are_known(tmp_path: Path) -> None:
    shown = result_html.scores(
        summary(tmp_path, "studio", rights="Yours <b>alone</b>."), Settings()
    )
    assert "Yours &lt;b&gt;alone&lt;/b&gt;." in shown
    assert "rights" not in result_html.scores(summary(tmp_path, "studio"), Settings())


@pytest.mark.parametrize("name", list(LEVELS))
def test_each_card_says_what_its_level_is(name: str) -> None:
    heading = result_html.level_heading(LEVELS[name])
    assert f"<h2>{name.capitalize()} {'version' if name == 'studio' else 'level'}</h2>" in heading
    assert LEVELS[name].summary[1:] in heading


def test_a_card_shows_the_video_at_once_and_the_plots_without_touching_the_players(
    tmp_path: Path,
) -> None:
    with gr.Blocks():
        card = LevelCard("studio")
    first = card.shown(summary(tmp_path, "studio"), Settings())
    then = card.details_shown(details(tmp_path, "studio"))
    assert first[card.video] == str(tmp_path / "clip.studio.mp4")
    assert first[card.audio] == str(tmp_path / "clip.studio.wav")
    assert not {*card.plots.values(), *card.lanes.values(), card.stems} & first.keys()
    assert {*card.plots.values(), *card.lanes.values(), card.stems} <= then.keys()
    assert not {card.video, card.audio, card.scores} & then.keys()
    assert {*first, *then} <= {*card.outputs}
    waiting, ready = first[card.downloads["png"]], then[card.downloads["png"]]
    assert (waiting.visible, waiting.interactive) == (True, False)
    assert (ready.visible, ready.interactive) == (True, True)
    assert not first[card.downloads["beats"]].visible
    overlay = paths_of(tmp_path, "studio")["beats"]
    assert card.overlay_shown(overlay)[card.downloads["beats"]].visible
