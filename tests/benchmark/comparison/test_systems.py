"""The music of the project's systems for clips, and its own dances."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from d2m.benchmark.cli import evaluate
from d2m.benchmark.comparison.dance_files import read_dance_file
from d2m.benchmark.comparison.system_outputs import (
    SystemsConfig,
    clip_seed,
    systems_named,
    write_systems,
)
from d2m.core.errors import SettingsError
from d2m.core.levels import BASELINES, LEVELS
from tests.benchmark.comparison.small_dances import LENGTH_S, write_clicks, write_small_dance


def test_music_is_written_once_for_each_clip(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_small_dance(clips / "solo.npz", 1, "house")
    (clips / "torn.npz").write_text("no dance")
    config = SystemsConfig(clips=clips, systems=("dance2music",), out=tmp_path / "out", processes=1)
    problems = write_systems(config)
    assert set(problems) == {"dance2music/torn"}
    target = tmp_path / "out" / "dance2music" / "solo.wav"
    audio, rate = soundfile.read(target)
    assert len(audio) / rate == pytest.approx(LENGTH_S, abs=0.01)
    assert np.abs(audio).max() > 0.1
    written_ns = target.stat().st_mtime_ns
    write_systems(config)
    assert target.stat().st_mtime_ns == written_ns
    write_clicks(target, np.array([0.5]), length_s=2.0)  # it no longer fits its clip
    write_systems(config)
    assert soundfile.info(target).duration == pytest.approx(LENGTH_S, abs=0.01)


def test_a_codec_copy_copies_the_reference(tmp_path: Path) -> None:
    clips, reference = tmp_path / "clips", tmp_path / "reference"
    clips.mkdir()
    beats_s = write_small_dance(clips / "solo.npz", 1, "house").beats_s
    write_clicks(reference / "solo.wav", beats_s)
    config = SystemsConfig(
        clips=clips, systems=("codec-high",), out=tmp_path / "out", reference=reference, processes=1
    )
    assert write_systems(config) == {}
    copy, _ = soundfile.read(tmp_path / "out" / "codec-high" / "solo.wav")
    original, _ = soundfile.read(reference / "solo.wav")
    assert len(copy) == len(original)
    loud = np.abs(original) > 0.05
    assert np.abs(copy[loud]).mean() > 3 * np.abs(copy[~loud]).mean()
    with pytest.raises(SettingsError, match="give --reference"):
        write_systems(SystemsConfig(clips=clips, systems=("codec-high",), out=tmp_path))


def test_systems_are_named() -> None:
    assert systems_named("all") == (*LEVELS, *BASELINES, "cmt-retrieval")
    assert systems_named("high, codec-low,high") == ("high", "codec-low")
    with pytest.raises(SettingsError, match="Unknown system 'huge'"):
        systems_named("huge")
    assert clip_seed("a", 0) != clip_seed("b", 0)
    assert clip_seed("a", 1) == clip_seed("a", 0) + 1


def test_own_dances_have_beats_and_music(tmp_path: Path) -> None:
    done = CliRunner().invoke(evaluate, ["own-dances", "--number", "1", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "clips").iterdir()
    dance = read_dance_file(path)
    assert path.stem.startswith(dance.genre)
    assert len(dance.beats_s) > 10
    assert len(dance.downbeats_s) > 2
    info = soundfile.info(tmp_path / "reference" / f"{path.stem}.wav")
    assert info.duration == pytest.approx(dance.duration_s, abs=0.1)
