"""The command line: errors are one sentence, facts are JSON.

A process of its own is only started where one matters; it takes a second and more.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clips import clip_maker

ROOT = Path(__file__).parents[1]


def run_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "d2m", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return the sentence that a refused command printed."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("d2m: ")
    assert lines[0].endswith(".")
    return lines[0]


@pytest.mark.parametrize("kind", ["text", "missing", "empty"])
def test_a_bad_clip_is_refused_in_one_sentence_and_no_file_is_written(
    d2m, kind, text_clip, tmp_path
):
    clips = {"text": text_clip, "missing": tmp_path / "lost.mp4"}
    clips["empty"] = tmp_path / "empty.mp4"
    clips["empty"].touch()
    clip, out = clips[kind], tmp_path / "out"
    message = refusal(d2m("generate", clip, "--out", out))
    assert str(clip.parent) not in message
    assert not out.exists() or not list(out.iterdir())


def test_a_process_refuses_a_bad_clip_in_one_sentence(text_clip, tmp_path):
    done = run_process("generate", text_clip, "--out", tmp_path / "out")
    assert "letter.mp4" in refusal(done)


@pytest.mark.parametrize(
    ("option", "value", "choice"),
    [
        ("--level", "middle", "studio"),
        ("--system", "music2dance", "dance2music"),
        ("--style", "polka", "krump"),
        ("--key", "H#", "Bb"),
        ("--ending", "fade", "ring"),
    ],
)
def test_a_wrong_setting_is_refused_before_the_clip_is_read(d2m, option, value, choice, tmp_path):
    out = tmp_path / "out"
    message = refusal(d2m("generate", tmp_path / "lost.mp4", option, value, "--out", out))
    assert repr(value) in message
    assert choice in message
    assert not out.exists()


def test_a_bad_song_or_setting_of_a_dance_is_refused_in_one_sentence(d2m, text_clip, tmp_path):
    out = tmp_path / "out"
    message = refusal(d2m("dance", text_clip, "--out", out))
    assert "letter.mp4" in message
    assert "send a song as MP3" in message
    assert str(text_clip.parent) not in message
    message = refusal(d2m("dance", tmp_path / "lost.mp3", "--style", "polka", "--out", out))
    assert "'polka'" in message
    assert "krump" in message
    assert not out.exists()


def test_no_instrument_is_refused_before_the_clip_is_read(d2m, tmp_path):
    off = [f"--no-{name}" for name in ("drums", "bass", "chords", "lead")]
    message = refusal(d2m("generate", tmp_path / "lost.mp4", *off, "--out", tmp_path / "out"))
    assert "No instrument is on" in message


def test_a_tempo_out_of_range_is_a_usage_error(d2m, text_clip):
    done = d2m("rhythm", text_clip, "--tempo", "900")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "codec", "middle"),
        ("train", "codec", "both"),
        ("train", "codec", "high", "--corpus", "no-such-folder"),
        ("train", "install", "middle"),
        ("train", "install", "high", "--weights", "lost.safetensors"),
    ],
    ids=" ".join,
)
def test_training_errors_are_one_sentence(d2m, arguments, tmp_path):
    out = () if "install" in arguments else ("--out", tmp_path / "run")
    refusal(d2m(*arguments, *out))
    assert not (tmp_path / "run").exists()


def test_help_names_the_commands(d2m):
    done = d2m("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("generate", "rhythm", "train"))


@pytest.mark.slow
@pytest.mark.e2e
def test_the_settings_of_a_report_give_the_same_music(d2m, short_clip, tmp_path):
    music = ("--style", "house", "--seed", "5", "--tempo", "112", "--beat-shift", "-40")
    part = ("--response", "1.5", "--start", "0.5", "--length", "2.4", "--no-denoise")
    done = d2m("generate", short_clip, *music, *part, "--level", "low", "--out", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    (report,) = (tmp_path / "one").glob("*.report.json")
    assert report.name == "groove.house.seed5.report.json"
    again = d2m("generate", short_clip, "--like", report, "--out", tmp_path / "two")
    assert again.returncode == 0, again.stderr
    name = "groove.house.seed5.low.wav"
    first, second = (tmp_path / folder / name for folder in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    other = d2m(
        "generate", short_clip, "--like", report, "--response", "0", "--out", tmp_path / "3"
    )
    assert other.returncode == 0, other.stderr
    assert first.read_bytes() != (tmp_path / "3" / name).read_bytes()


@pytest.mark.e2e
def test_baselines_are_made_alone_with_their_files_and_again_from_the_report(
    d2m, short_clip, tmp_path
):
    one, two = tmp_path / "one", tmp_path / "two"
    systems = ("--system", "dance2music", "--system", "random", "--style", "house", "--seed", "2")
    done = d2m("generate", short_clip, *systems, "--out", one)
    assert done.returncode == 0, done.stderr
    assert "House" not in done.stdout  # a baseline has no style
    names = {path.name.removeprefix("groove.house.seed2.") for path in one.iterdir()}
    kinds = ("mp4", "wav", "png", "dark.png")
    files = {f"{name}.{kind}" for name in ("dance2music", "random") for kind in kinds}
    assert names == files | {"dance2music.mid", "report.json", "zip"}
    report = one / "groove.house.seed2.report.json"
    levels = json.loads(report.read_text())["levels"]
    assert levels["dance2music"]["instruments"] == {"Piano": "grand_piano"}
    assert all(part["commercial_use"] for one in levels.values() for part in one["rights"])
    again = d2m("generate", short_clip, "--like", report, "--out", two)
    assert again.returncode == 0, again.stderr
    assert {path.name for path in two.iterdir()} == {path.name for path in one.iterdir()}
    for name in ("dance2music", "random"):
        music = f"groove.house.seed2.{name}.wav"
        assert (one / music).read_bytes() == (two / music).read_bytes()


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"settings": {"seed": "x"}, "levels": ["high"]}', ""]
)
def test_an_invalid_report_is_refused(d2m, text, tmp_path):
    (tmp_path / "report.json").write_text(text)
    refusal(d2m("generate", tmp_path / "lost.mp4", "--like", tmp_path / "report.json"))


@pytest.mark.e2e
def test_rhythm_prints_json(short_clip):
    done = run_process("rhythm", short_clip, "--tempo", "112")
    assert done.returncode == 0, done.stderr
    rhythm = json.loads(done.stdout)
    assert rhythm["tempo_bpm"] == pytest.approx(112, rel=0.03)
    assert len(rhythm["beats_s"]) >= 4
    assert "Tracking the dancer ..." in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--taps", "0.5 1.0"),
        ("--taps", "1 5 9 13"),
        ("--tempo", "40", "--tempo-scale", "half"),
        ("--tempo", "250", "--tempo-scale", "double"),
        ("--weights", "lost"),
    ],
    ids=" ".join,
)
def test_what_can_be_checked_without_the_clip_is_checked_first(d2m, options, text_clip, tmp_path):
    message = refusal(d2m("generate", text_clip, *options, "--out", tmp_path / "out"))
    assert "video" not in message
    assert not (tmp_path / "out").exists()


def test_the_beats_of_a_sound_that_is_not_there_are_refused_before_the_analysis(d2m, tmp_path):
    clip = clip_maker(tmp_path)("silent.mp4")
    done = d2m("generate", clip, "--beats", "sound", "--out", tmp_path / "out")
    assert "the clip has no sound" in refusal(done)
    assert "Tracking" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "name", "reason"),
    [
        ("generate CLIP --out", "letter.txt", "a file has that name"),
        ("generate CLIP --out", "n" * 300, "its name is too long"),
        ("generate CLIP --out", "letter.txt/out", "a part of its path is a file"),
        ("train all --budget 1 --out", "letter.txt", "a file has that name"),
        ("train pieces --number 1 --out", "letter.txt/out", "a part of its path is a file"),
        ("evaluate levels --pieces 1 --out", "letter.txt", "a file has that name"),
        ("weights fetch compact --folder", "n" * 300, "its name is too long"),
    ],
)
def test_a_bad_folder_for_results_is_refused_at_once(
    d2m, command, name, reason, text_clip, tmp_path
):
    (tmp_path / "letter.txt").touch()
    words = [text_clip if word == "CLIP" else word for word in command.split()]
    done = d2m(*words, tmp_path / name)
    assert reason in refusal(done)
    assert "..." not in done.stderr


def test_help_explains_the_exit_statuses(d2m):
    text = " ".join(d2m("--help").stdout.split())
    assert "Exit status: 0 if all went well; 1 if" in text


def test_an_interrupted_command_exits_with_130(short_clip, tmp_path):
    command = [sys.executable, "-m", "d2m", "generate", short_clip, "--out", tmp_path / "out"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "Reading the clip ...\n"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does on Ctrl+C
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the events that a command printed as JSON lines."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.e2e
def test_several_clips_are_done_with_events_as_json_lines(d2m, short_clip, text_clip, tmp_path):
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    for source in (text_clip, short_clip):
        (folder / source.name).symlink_to(source)
    done = d2m("generate", folder, "--level", "studio", "--json", "--out", out)
    assert done.returncode == 1
    assert done.stderr == ""
    found = events(done)
    first = [one for one in found if one["source"] == str(folder / "groove.mp4")]
    kinds = [one["event"] for one in first]
    assert list(dict.fromkeys(kinds)) == ["progress", "dance", "take", "details", "files"]
    assert kinds[-1] == "files"
    assert all(0 <= one["stage_share"] <= 1 for one in first if one["event"] == "progress")
    (take,) = (one for one in first if one["event"] == "take")
    assert take["level"] == "studio"
    assert Path(take["files"]["video"]).parent == out / "groove"
    assert all(Path(first[-1][name]).is_file() for name in ("report", "archive"))
    *_, error = (one for one in found if one["source"] == str(folder / "letter.mp4"))
    assert error["event"] == "error"
    assert "letter.mp4" in error["message"]


@pytest.mark.e2e
def test_quiet_prints_the_results_only(d2m, short_clip, tmp_path):
    done = d2m("generate", short_clip, "--level", "studio", "--quiet", "--out", tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    video, archive = (line.split("  ")[0] for line in done.stdout.splitlines())
    assert (Path(video).suffix, Path(archive).suffix) == (".mp4", ".zip")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("generate LOST --taps 1", "1 tapped beats are too few"),
        ("generate LOST --json --taps 1", "1 tapped beats are too few"),
        ("generate LOST --weights aist --level low", "missing aist-low-motion"),
        ("generate LOST --level high --checkpoints EMPTY", "install the project again"),
        ("generate LOST --system cmt --checkpoints EMPTY", "install the project again"),
        ("rhythm LOST --tempo 40 --tempo-scale half", "BPM"),
        ("rhythm LOST --dancer 9", "dancer"),
        ("batch CLIPS --taps 1", "1 tapped beats are too few"),
        ("batch CLIPS --weights tiktok --level low", "TikTok"),
        ("batch CLIPS --level high --out FILE", "a file has that name"),
        ("dance LOST --checkpoints EMPTY", "are missing"),
        ("dance LOST --start-pose FILE", "notes.txt"),
        ("dance LOST --out FILE", "a file has that name"),
        ("dance LOST --like FILE", "report"),
    ],
)
def test_all_but_the_input_is_checked_before_the_input(d2m, command, expected, text_clip, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "letter.mp4").symlink_to(text_clip)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no report")
    places = {"LOST": "lost.mp4", "CLIPS": "clips", "EMPTY": "empty", "FILE": "notes.txt"}
    words = [tmp_path / places[word] if word in places else word for word in command.split()]
    out = [] if "--out" in words or words[0] == "rhythm" else ["--out", tmp_path / "out"]
    done = d2m(*words, *out)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1, done.stderr
    assert expected in lines[0]
    assert "lost.mp4" not in done.stderr
    assert not (tmp_path / "out").exists()
    if "--json" in words:
        assert events(done) == [{"event": "error", "message": lines[0].removeprefix("d2m: ")}]


def test_python_checks_all_but_the_clip_first(tmp_path):
    from d2m import HIGH, STUDIO, DanceToMusic, MusicToDance, Settings
    from d2m.core.errors import CheckpointError, OutputError, SettingsError

    (tmp_path / "file").touch()
    music, lost = DanceToMusic(), tmp_path / "lost.mp4"
    with pytest.raises(SettingsError, match="too few"):
        music.perceive(lost, taps_s=(1.0,))
    with pytest.raises(SettingsError, match="too few"):
        music.generate(lost, STUDIO, taps_s=(1.0,))
    with pytest.raises(OutputError, match="a file has that name"):
        music.produce(lost, (STUDIO,), Settings(), out=tmp_path / "file")
    with pytest.raises(CheckpointError, match="aist"):
        music.generate(lost, HIGH, weights="aist")
    with pytest.raises(CheckpointError):
        MusicToDance(checkpoints=tmp_path).generate(lost)


def test_a_folder_without_clips_is_refused(d2m, tmp_path):
    assert "There is no clip in" in refusal(d2m("generate", tmp_path, "--out", tmp_path / "out"))


def test_the_version_is_printed(d2m):
    from d2m.core.version import __version__

    done = d2m("--version")
    assert (done.returncode, done.stdout) == (0, f"d2m {__version__}\n")


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [(("generat", "a.mp4"), "generate"), (("generate", "a.mp4", "--stile", "house"), "--style")],
)
def test_a_wrong_command_or_option_suggests_the_right_one(d2m, words, suggestion):
    done = d2m(*words)
    assert done.returncode == 2
    assert suggestion in done.stderr.partition("Error: ")[2]


def test_help_shows_defaults_in_brackets(d2m):
    text = " ".join(d2m("generate", "--help").stdout.split())
    for default in ("(studio,high)", "(auto)", "out", "(no-overlay)"):
        assert re.search(rf"\[default: {re.escape(default)}", text), default


def test_the_shell_completes_commands():
    from typer.testing import CliRunner

    from d2m.__main__ import app

    shell = {"_D2M_COMPLETE": "complete_bash", "COMP_WORDS": "d2m gen", "COMP_CWORD": "1"}
    done = CliRunner().invoke(app, [], prog_name="d2m", env=shell)
    assert done.output.split() == ["generate"]
