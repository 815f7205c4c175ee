"""Stimuli are equally long and loud, named by chance, and nothing is made of missing files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from d2m.audio.loudness import measure_loudness
from d2m.benchmark.listening.cli import TEMPLATES, listen
from d2m.benchmark.listening.make_study import make_study
from d2m.benchmark.listening.study import COHERENCE, read_study
from d2m.benchmark.listening.study_settings import read_study_settings
from d2m.benchmark.listening.trial_order import session_trials
from d2m.benchmark.listening.wilson_interval import wilson_interval
from d2m.checkpoints.safe_load import file_sha256
from d2m.core.errors import D2MError, DataError
from tests.benchmark.listening.small_study import (
    COHERENCE_BLOCK,
    PAIRS_BLOCK,
    QUALITY_BLOCK,
    write_settings,
)
from tests.clips import click_track, clip_maker

ANCHORS = "\n[anchors]\noriginal = true\nshifted_s = 0.4\nclicks = true\n"


def decode(path: Path) -> np.ndarray:
    """Return the sound of a stimulus ``(2, N)`` at 48 kHz."""
    with av.open(str(path)) as container:
        assert container.streams.audio[0].rate == 48_000
        resampler = av.AudioResampler("fltp", "stereo", 48_000)
        return np.concatenate(
            [
                part.to_ndarray()
                for frame in container.decode(audio=0)
                for part in resampler.resample(frame)
            ],
            axis=1,
        )


def test_stimuli_are_equally_long_and_loud(small_study: Path) -> None:
    study = read_study(small_study)
    rated = [one for one in study.stimuli if one.system]
    assert len(rated) == 3 * 2 * 2
    for stimulus in rated:
        path = small_study / "stimuli" / stimulus.file
        assert file_sha256(path) == stimulus.sha256
        sound = decode(path)
        assert sound.shape[1] / 48_000 == pytest.approx(1.0, abs=0.04)
        # Both outputs were 20 dB apart; AAC changes the loudness a little.
        assert measure_loudness(sound, 48_000) == pytest.approx(-23.0, abs=0.5)
        if stimulus.is_video:
            with av.open(str(path)) as container:
                video, audio = container.streams.video[0], container.streams.audio[0]
                assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
                assert video.frames == pytest.approx(30, abs=1)


def test_names_tell_nothing(small_study: Path) -> None:
    study = read_study(small_study)
    files = [*(small_study / "stimuli").iterdir()]
    assert {path.name for path in files} == {one.file for one in study.stimuli}
    assert all(re.fullmatch(r"[0-9a-f]{32}\.(mp4|wav)", path.name) for path in files)
    assert len({path.stat().st_mtime for path in files}) == 1
    sources = {name for one in study.stimuli for name in one.sources}
    assert sources == {"walk.mp4", "turn.mp4", "walk.wav", "turn.wav"}


def test_anchors_are_hidden_rows(tmp_path: Path) -> None:
    path = write_settings(tmp_path, COHERENCE_BLOCK + ANCHORS, length_s=1.0)
    path.write_text("number_of_clips = 1\n" + path.read_text())
    settings = read_study_settings(path)
    made = make_study(settings, tmp_path / "out")
    (block,) = made.blocks
    assert block.treatments == (("alpha",), ("beta",), ("original",), ("clicks",), ("shifted",))
    onsets = {
        name: np.flatnonzero(np.abs(decode(path)[0]) > 0.03)[0] / 48_000
        for name in ("original", "shifted")
        for path in [tmp_path / "out/stimuli" / made.stimulus(COHERENCE, block.items[0], name).file]
    }
    # Clicks are 0.5 s apart, the first at 0 s: 0.4 s later in the file, one comes after 0.1 s.
    assert onsets["original"] < 0.02
    assert onsets["shifted"] == pytest.approx(0.1, abs=0.01)
    assert len(session_trials(made, 0)) == 3 + 1 + 5 + 2


def test_an_interrupted_study_is_finished_with_the_same_names(tmp_path: Path) -> None:
    path = write_settings(tmp_path, QUALITY_BLOCK, length_s=1.0)
    path.write_text("number_of_clips = 1\n" + path.read_text())
    settings = read_study_settings(path)
    out = tmp_path / "out"
    made = make_study(settings, out)
    lost, kept = (out / "stimuli" / one.file for one in made.stimuli[-2:])
    inode = kept.stat().st_ino
    lost.unlink()
    with pytest.raises(DataError, match="lost or changed"):
        make_study(settings, out)
    (out / "study.json").unlink()
    assert make_study(settings, out).to_json() == made.to_json()
    assert lost.exists()
    assert kept.stat().st_ino == inode


@pytest.mark.parametrize(
    ("remove", "sentence"),
    [
        ("beta/turn.wav", "beta has no file for the clip turn"),
        ("clips", "The folder clips of the clips does not exist"),
    ],
)
def test_missing_files_are_refused_before_work(tmp_path: Path, remove: str, sentence: str) -> None:
    settings = read_study_settings(write_settings(tmp_path, QUALITY_BLOCK))
    (tmp_path / remove).rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=sentence):
        make_study(settings, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_short_outputs_are_refused_before_work(tmp_path: Path) -> None:
    settings = read_study_settings(write_settings(tmp_path, QUALITY_BLOCK))
    soundfile.write(tmp_path / "beta" / "turn.wav", np.ones(44_100) / 9, 44_100)
    with pytest.raises(D2MError, match=r"turn\.wav") as refused:
        make_study(settings, tmp_path / "out")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_another_study_is_refused(tmp_path: Path, small_study: Path) -> None:
    settings = read_study_settings(write_settings(tmp_path, QUALITY_BLOCK))
    key = (small_study / "study.json").read_bytes()
    with pytest.raises(DataError, match="another folder"):
        make_study(settings, small_study)
    assert (small_study / "study.json").read_bytes() == key
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="choose an empty folder"):
        make_study(settings, tmp_path / "full")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("raters = 8", "raters = 0", "raters = 0: give 1 to 10000"),
        ("length_s = 2.0", "length = 2.0", "unknown key length"),
        ('alpha = "alpha"', 'original = "alpha"', "has a name 'original'"),
        ("[quality]", "[qualities]", "unknown key qualities"),
        ("[quality]", "", "has no block"),
        ("title =", "title", "can't be read as TOML"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    path = write_settings(tmp_path, QUALITY_BLOCK)
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(DataError, match=re.escape(sentence)):
        read_study_settings(path)


def test_a_study_of_another_version_is_refused(tmp_path: Path, small_study: Path) -> None:
    data = json.loads((small_study / "study.json").read_text())
    (tmp_path / "study.json").write_text(json.dumps(data | {"version": 99}))
    with pytest.raises(DataError, match="version 1"):
        read_study(tmp_path)


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_are_valid_settings(tmp_path: Path, name: str) -> None:
    printed = CliRunner().invoke(listen, ["make", "--template", name])
    assert printed.exit_code == 0
    with pytest.raises(DataError, match="There is no file"):
        read_study_settings(tmp_path / "study.toml")
    path = tmp_path / "study.toml"
    path.write_text(printed.stdout)
    settings = read_study_settings(path)
    assert settings.raters == 26
    assert all(folder.parent == tmp_path / "outputs" for folder in settings.systems.values())
    with pytest.raises(DataError, match="does not exist"):
        make_study(settings, tmp_path / "out")


def test_videos_of_systems_are_compared_as_they_are(tmp_path: Path) -> None:
    path = write_settings(tmp_path, PAIRS_BLOCK, length_s=1.0)
    text = path.read_text().replace('clips = "clips"', "number_of_clips = 1")
    path.write_text(text)
    for system, gain in (("alpha", 0.1), ("beta", 1.0)):
        shutil.rmtree(tmp_path / system)
        (tmp_path / system).mkdir()
        sound = gain * click_track(np.arange(0, 2.5, 0.5), 2.5)
        clip_maker(tmp_path / system)("turn.mp4", times=np.arange(75) / 30, audio=sound)
    made = make_study(read_study_settings(path), tmp_path / "out")
    (block,) = made.blocks
    assert block.treatments == (("alpha", "beta"),)
    assert [question.key for question in block.questions] == ["realism", "match"]
    for system in ("alpha", "beta"):
        stimulus = made.stimulus("preference", "turn", system)
        assert [*stimulus.sources] == ["turn.mp4"]
        sound = decode(tmp_path / "out" / "stimuli" / stimulus.file)
        assert measure_loudness(sound, 48_000) == pytest.approx(-23.0, abs=0.5)


def test_intervals_of_shares_are_those_of_the_formula() -> None:
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)
