"""What a person does in Python: generate music and save it, each by one call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from d2m import DanceToMusic, Soundtrack
from d2m.core.errors import OutputError, SettingsError
from d2m.core.levels import STUDIO
from tests.result_checks import assert_valid_video
from tests.test_readme import block


@pytest.fixture(scope="module")
def soundtrack(short_clip) -> Soundtrack:
    return DanceToMusic().generate(short_clip, "studio", style="lock", seed=2)


@pytest.mark.e2e
class TestSaving:
    def test_a_level_is_chosen_by_its_name(self, soundtrack):
        assert soundtrack.level is STUDIO
        assert soundtrack.paths == {}

    def test_a_video_is_saved(self, soundtrack, tmp_path):
        target = tmp_path / "with music.mp4"
        assert soundtrack.save(target) == {"mp4": target}
        assert [path.name for path in tmp_path.iterdir()] == [target.name]
        duration_s = soundtrack.audio.shape[-1] / soundtrack.sample_rate
        assert_valid_video(target, duration_s, 30.0)

    def test_the_music_and_its_notes_are_saved(self, soundtrack, tmp_path):
        soundtrack.save(str(tmp_path / "new" / "music.WAV"))
        assert (tmp_path / "new" / "music.WAV").read_bytes().startswith(b"RIFF")
        soundtrack.save(tmp_path / "music.mid")
        assert (tmp_path / "music.mid").read_bytes().startswith(b"MThd")

    def test_a_folder_gets_all_files(self, soundtrack, tmp_path):
        files = soundtrack.save(tmp_path / "out")
        assert {"mp4", "wav", "midi", "png", "drums"} <= files.keys()
        assert {*files.values()} == {*(tmp_path / "out").iterdir()}
        assert files["mp4"].name.endswith(".lock.seed2.studio.mp4")

    @pytest.mark.parametrize("name", ["music.mp3", "clip.mov"])
    def test_another_ending_is_refused_with_the_choices(self, soundtrack, tmp_path, name):
        with pytest.raises(OutputError, match=r"can't be saved as \.m.*\.mp4, \.wav, \.mid, or a"):
            soundtrack.save(tmp_path / name)
        assert not [*tmp_path.iterdir()]

    def test_a_soundtrack_without_a_clip_says_so(self, soundtrack, tmp_path):
        with pytest.raises(OutputError, match=r"save one that DanceToMusic\.generate made"):
            replace(soundtrack, saver=None).save(tmp_path)

    def test_the_code_of_the_readme_runs(self, short_clip, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("clip.mp4").write_bytes(short_clip.read_bytes())
        exec(compile(block("python", "clip_with_music.mp4"), "README.md", "exec"), {})
        assert Path("clip_with_music.mp4").stat().st_size > 10_000


@pytest.mark.parametrize("name", ["hihg", "both"])
def test_a_wrong_level_is_refused_before_the_clip_is_read(name):
    with pytest.raises(SettingsError, match=name):
        DanceToMusic().generate("no such clip.mp4", name)
