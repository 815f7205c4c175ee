"""The tools for programs: what their arguments may be, and how their results read."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from d2m.core.errors import SettingsError
from d2m.core.event_documents import ResultDocument, with_files
from d2m.core.events import ResultFiles, SoundtrackSummary
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import Settings
from d2m.jobs.messages import DanceJob, Job
from d2m.web.served_files import served_file
from d2m.web.tools import dance_tool, music_tool, result_text
from tests.web.summaries import dance_summary


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "served" / "uploads"
    (folder / "a b").mkdir(parents=True)
    for name in ("clip.mp4", "song.mp3"):
        (folder / "a b" / name).write_bytes(b"some bytes")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.mp4").symlink_to(folder.parent / "secret.txt")
    return folder


def test_a_file_is_named_by_its_path_or_by_its_address(uploads: Path) -> None:
    clip = uploads / "a b" / "clip.mp4"
    assert served_file(str(clip), uploads) == str(clip)
    address = f"https://here.example/page/gradio_api/file={str(clip).replace(' ', '%20')}"
    assert served_file(address, uploads) == str(clip)
    assert served_file(None, uploads) is served_file("", uploads) is None


@pytest.mark.parametrize(
    "text",
    [
        *("/etc/passwd", "{uploads}", "{uploads}/none.mp4", "{uploads}/../secret.txt"),
        *(
            "{uploads}/link.mp4",
            "http://example.org/clip.mp4",
            "file:///etc/passwd",
            "\0",
            "a" * 9999,
        ),
        *("http://here/gradio_api/file=/etc/passwd", "http://here/gradio_api/file=%2Fetc/passwd"),
        "data:video/mp4;base64,AAAA",
    ],
)
def test_no_other_files_can_be_named(uploads: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="no such file on this server"):
        served_file(text.replace("{uploads}", str(uploads)), uploads)


def test_a_call_becomes_a_job(uploads: Path) -> None:
    clip = str(uploads / "a b" / "clip.mp4")
    arguments = {"clip": clip, "levels": "low", "seed": 4, "taps": [0.5, 1, 1.5, 2], "swing": None}
    job, parts = music_tool().requested(arguments, uploads)
    assert isinstance(job, Job)
    assert (job.clip, job.levels) == (Path(clip), "low")
    assert job.settings == Settings(seed=4, taps_s=(0.5, 1.0, 1.5, 2.0))
    assert parts
    song = str(uploads / "a b" / "song.mp3")
    job, _ = dance_tool().requested({"song": song, "dancers": 2}, uploads)
    assert isinstance(job, DanceJob)
    assert (job.song, job.start_pose, job.settings.dancers) == (Path(song), None, 2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "Choose a clip first"),
        ({"colour": 1}, "There is no argument 'colour': use clip, levels, style"),
        ({"levels": "none"}, "Unknown level 'none'"),
        ({"energy": 3}, "The energy is 3: choose 0 to 2"),
        ({"taps": {"a": 1}}, "The tapped beats must be times"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(
    uploads: Path, arguments: dict[str, object], sentence: str
) -> None:
    clip = {"clip": str(uploads / "a b" / "clip.mp4")} if arguments else {}
    with pytest.raises(SettingsError, match=sentence):
        music_tool().requested({**clip, **arguments}, uploads)


@pytest.mark.parametrize("tool", [music_tool(), dance_tool()], ids=["music", "dance"])
def test_the_schema_of_a_tool_says_what_is_allowed(tool: object) -> None:
    schema = tool.schema  # type: ignore[attr-defined]
    jsonschema.Draft202012Validator.check_schema(schema)
    properties = schema["properties"]
    assert all(one["description"].endswith(".") for one in properties.values())
    (required,) = schema["required"]
    usual = {name: one["default"] for name, one in properties.items() if "default" in one}
    jsonschema.validate({required: "/a", **usual}, schema)
    for wrong in ({"style": "polka"}, {"energy": 3}, {"seed": 0.5}, {"colour": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({required: "/a", **wrong}, schema)


def test_a_new_setting_is_an_argument() -> None:
    names = {one.parameter for one in setting_fields(Settings)}
    assert names < {*music_tool().schema["properties"]}


def test_the_result_reads_as_sentences_with_links() -> None:
    result = ResultDocument()
    result.on_dance(dance_summary(warnings=("It is dark.",)))
    for variation in (1, 2):
        result.on_soundtrack(
            SoundtrackSummary(
                level="high",
                variation=variation,
                style="House",
                song="Blue Lantern" if variation == 1 else "",
                tempo_bpm=118.4,
                paths={"mp4": Path(f"{variation}.mp4"), "wav": Path(f"{variation}.wav")},
                scores={"beat_f_measure": 0.9},
                seconds=1.0,
                rights="It is yours.",
            )
        )
    result.on_files(ResultFiles(report=Path("r.json"), archive=Path("a.zip")))
    text = result_text(with_files(result.finish(), lambda path: f"http://here/{path}"))
    lines = text.split("\n")
    assert lines[:2] == [dance_summary().beat_sentence, "It is dark."]
    assert "“Blue Lantern”, House, 118.4 BPM, beat F-measure 0.90." in lines[2]
    assert lines.count("It is yours.") == 1
    assert "Video: http://here/2.mp4" in lines
    assert lines[-3:-1] == ["Everything (ZIP): http://here/a.zip", "Report: http://here/r.json"]
