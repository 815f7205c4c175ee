"""Which file of a system belongs to which clip."""

from pathlib import Path

import pytest

from d2m.benchmark.comparison.pairing import pair_files
from d2m.core.errors import DataError


def paired(folder: Path, clips: list[str], *files: str) -> dict[str, str]:
    for file in files:
        (folder / file).touch()
    return {
        name: one.path.name if one.path else one.problem
        for name, one in pair_files(clips, folder).items()
    }


def test_the_same_name_comes_before_a_longer_one(tmp_path: Path) -> None:
    assert paired(tmp_path, ["solo"], "solo.wav", "solo.house.0.studio.wav") == {"solo": "solo.wav"}


@pytest.mark.parametrize("file", ["solo.house.0.wav", "solo_seg2.mp3", "solo-x.FLAC", "solo 1.mid"])
def test_a_longer_name_counts_if_it_is_the_only_one(tmp_path: Path, file: str) -> None:
    assert paired(tmp_path, ["solo"], file, "solonius.wav", "notes.txt") == {"solo": file}


def test_a_file_belongs_to_the_clip_with_the_longest_name(tmp_path: Path) -> None:
    found = paired(tmp_path, ["a", "a_b"], "a_b.x.wav", "a_c.wav")
    assert found == {"a": "a_c.wav", "a_b": "a_b.x.wav"}


def test_sound_comes_before_video_and_video_before_midi(tmp_path: Path) -> None:
    found = paired(tmp_path, ["a", "b"], "a.wav", "a.mp4", "a.mid", "b.mp4", "b.mid")
    assert found == {"a": "a.wav", "b": "b.mp4"}


def test_missing_and_ambiguous_files_say_so(tmp_path: Path) -> None:
    found = paired(tmp_path, ["a", "b", "c"], "a_1.wav", "a_2.wav", "b.wav", "b.mp3")
    assert "Several files fit a: a_1.wav, a_2.wav." in found["a"]
    assert "Several files fit b: b.mp3, b.wav." in found["b"]
    assert found["c"].startswith("No file for c")


def test_a_folder_without_music_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match="holds no sound files"):
        pair_files(["a"], tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        pair_files(["a"], tmp_path / "none")
