"""Events as plain values: what HTTP, MCP and the command line say of a job."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.core.event_documents import (
    CHOREOGRAPHY_FILES,
    TAKE_FILES,
    ResultDocument,
    dance_document,
    take_document,
    with_files,
)
from d2m.core.events import ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.rendering.score_files import SCORE_KINDS
from d2m.rendering.write_results import KINDS
from d2m.score.notes import STEMS
from tests.web.summaries import dance_summary

FIRST_KINDS = ("mp4", "wav", "midi", "csv")


def paths_of(level: str, variation: int = 1) -> dict[str, Path]:
    kinds = {**KINDS, **(SCORE_KINDS if level == "studio" else {})}
    return {kind: Path(f"/{variation}.{level}{ending}") for kind, ending in kinds.items()}


def take(level: str, variation: int = 1, **changes: object) -> SoundtrackSummary:
    paths = {kind: p for kind, p in paths_of(level, variation).items() if kind in FIRST_KINDS}
    facts = {"scores": {"beat_f_measure": 0.9}, "seconds": 2.0, "tempo_bpm": 112.0, **changes}
    return SoundtrackSummary(
        level=level,
        variation=variation,
        style="House",
        paths=paths,
        **facts,  # type: ignore[arg-type]
    )


def details(level: str, variation: int = 1) -> SoundtrackDetails:
    paths = {
        k: p for k, p in paths_of(level, variation).items() if k not in (*FIRST_KINDS, "beats")
    }
    text = "Lanes" if level == "studio" else ""
    return SoundtrackDetails(
        level=level, variation=variation, paths=paths, alt_text="Beats", score_text=text
    )


def test_every_kind_of_file_has_a_name_but_the_dark_copies() -> None:
    assert {*KINDS, *SCORE_KINDS} - {*TAKE_FILES, *STEMS} == {"dark", "lanes_dark"}


def test_a_dance_has_named_guesses_and_styles() -> None:
    summary = dance_summary(
        candidates=((112.0, 0.0, 0.7), (56.0, 0.5, 0.2)),
        styles=(("house", "House"), ("pop", "Popping")),
        strip=Path("/strip.jpg"),
    )
    document = with_files(dance_document(summary))
    assert document["candidates"][1] == {"tempo_bpm": 56.0, "shift_beats": 0.5, "probability": 0.2}
    assert document["styles"][0] == {"name": "house", "label": "House"}
    assert document["picture"] == "/strip.jpg"
    assert document["sentence"] == summary.beat_sentence
    json.dumps(document)


def test_a_take_without_a_rhythm_has_no_beat_score() -> None:
    document = take_document(take("high", scores={"beat_f_measure": math.nan}, has_rhythm=False))
    assert document["scores"] == {}
    assert document["has_rhythm"] is False


def test_the_result_grows_with_each_event_and_ends_done() -> None:
    result = ResultDocument()
    assert result.on_progress("Reading", 0.5) == {
        "status": "running",
        "progress": {"stage": "Reading", "stage_share": 0.5},
    }
    assert "tempo_bpm" in result.on_dance(dance_summary())["dance"]
    for level, variation in (("high", 1), ("studio", 2), ("studio", 1)):
        result.on_soundtrack(take(level, variation))
        result.on_details(details(level, variation))
    comparisons = {level: Path(f"/{level}.side.mp4") for level in ("high", "low")}
    result.on_files(
        ResultFiles(report=Path("/r.json"), archive=Path("/a.zip"), comparisons=comparisons)
    )
    document = with_files(result.finish())
    assert (document["status"], document["report"]) == ("done", "/r.json")
    assert "progress" not in document
    named = [(one["level"], one["variation"]) for one in document["takes"]]
    assert named == [("studio", 1), ("studio", 2), ("high", 1)]
    studio = document["takes"][0]
    assert {*studio["files"]} == {*TAKE_FILES.values(), "stems"} - {"beat_video"}
    assert {*studio["files"]["stems"]} == {*STEMS}
    assert studio["descriptions"] == {"beat_plot": "Beats", "score_picture": "Lanes"}
    high = document["takes"][2]
    assert {*high["files"]} == {"video", "music", "beat_plot", "original_picture"}
    assert document["comparisons"]["low"] == "/low.side.mp4"
    json.dumps(document)


def test_an_earlier_answer_does_not_change_with_later_events() -> None:
    result = ResultDocument()
    before = result.on_soundtrack(take("studio"))
    files = {*before["takes"][0]["files"]}
    result.on_details(details("studio"))
    assert {*before["takes"][0]["files"]} == files


@pytest.mark.parametrize("dancers", [1, 3])
def test_a_dance_for_a_song_has_the_files_of_each_dancer(dancers: int) -> None:
    kinds = [*CHOREOGRAPHY_FILES, "dark"]
    kinds += [f"{kind}{n}" for n in range(2, dancers + 1) for kind in ("npz", "bvh")]
    result = ResultDocument()
    song = SongSummary(duration_s=9, tempo_bpm=120, has_beat=True, confidence=1, beats=18)
    assert result.on_song(song)["song"]["beats"] == 18
    document = result.on_choreography(
        ChoreographySummary(
            style="House",
            style_is_chosen=True,
            seed=1,
            dancers=dancers,
            paths={kind: Path(f"/{kind}") for kind in kinds},
            alt_text="Beats",
            seconds=3.0,
            rights="Yours.",
        )
    )["choreography"]
    assert len(document["files"]) == 5 + 2 * (dancers - 1)
    assert ("joints_numpy2" in document["files"]) is (dancers > 1)
    assert document["descriptions"] == {"beat_plot": "Beats"}
