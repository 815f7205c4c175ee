"""The store of results: keys, bounds, expiry, deletion, and what a loaded page gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from d2m.core.settings import Settings
from d2m.web.take_example import example_take
from d2m.web.take_player import restored
from d2m.web.take_store import StoredTake, TakeStore


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time_s = 1000.0

    def __call__(self) -> float:
        return self.time_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> TakeStore:
    return TakeStore(tmp_path / "uploads", keep_s=100, most=3, now=clock)


def add(store: TakeStore, folder: Path, name: str = "clip") -> StoredTake:
    """Add a result with a video, and its clip."""
    video, clip = folder / f"{name}.studio.mp4", folder / f"{name}.mov"
    video.write_bytes(b"video")
    clip.write_bytes(b"clip")
    return store.add({"mp4": video}, {"level": "studio"}, Settings(), clip)


def test_keys_are_different_and_cant_be_guessed(store: TakeStore, tmp_path: Path) -> None:
    takes = [add(store, tmp_path, f"clip{number}") for number in range(3)]
    keys = {key for one in takes for key in (one.key, one.share_key, one.folder.name)}
    assert len(keys) == 9
    assert all(len(key) >= 22 for key in keys)


def test_only_the_owners_key_deletes(store: TakeStore, tmp_path: Path) -> None:
    take = add(store, tmp_path)
    assert store.shared(take.share_key) is take
    assert store.get(take.share_key) is None
    assert not store.delete(take.share_key)
    assert not store.delete(take.folder.name)
    assert take.paths["mp4"].is_file()
    assert take.clip is not None
    # Whoever knows the address of the video doesn't know that of the clip.
    assert take.clip.parent != take.folder
    assert store.delete(take.key)
    assert not take.folder.exists()
    assert not take.clip.exists()
    assert store.get(take.key) is store.shared(take.share_key) is None


def test_the_files_of_a_job_may_go(store: TakeStore, tmp_path: Path) -> None:
    take = add(store, tmp_path)
    (tmp_path / "clip.studio.mp4").unlink()
    kept = store.get(take.key)
    assert kept is not None
    assert kept.paths["mp4"].read_bytes() == b"video"


def test_results_go_with_their_time_or_their_files(
    store: TakeStore, tmp_path: Path, clock: Clock
) -> None:
    first, second = add(store, tmp_path, "one"), add(store, tmp_path, "two")
    assert first.until == 1100
    second.paths["mp4"].unlink()  # as when the server tidies up
    assert store.get(second.key) is None
    clock.time_s = 1099.9
    assert store.get(first.key) is first
    clock.time_s = 1100
    assert store.get(first.key) is None
    assert not first.folder.exists()
    assert len(store) == 0


def test_the_oldest_goes_when_there_are_too_many(store: TakeStore, tmp_path: Path) -> None:
    takes = [add(store, tmp_path, f"clip{number}") for number in range(5)]
    assert len(store) == 3
    assert [store.get(one.key) for one in takes[:2]] == [None, None]
    assert [one.folder.exists() for one in takes] == [False, False, True, True, True]


def test_another_balance_replaces_the_video_before_the_last(
    store: TakeStore, tmp_path: Path
) -> None:
    take = add(store, tmp_path)
    for balance in (20, 40, 60):
        video = tmp_path / f"clip.studio.original{balance}.mp4"
        video.write_bytes(b"video")
        take.replace_video(video)
    assert take.paths["mp4"].name == "clip.studio.original60.mp4"
    # A page may still play the last but one.
    assert sorted(path.name for path in take.folder.iterdir()) == [
        "clip.studio.original40.mp4",
        "clip.studio.original60.mp4",
    ]
    take.replace_video(video)
    assert take.paths["mp4"].is_file()


def test_a_loaded_page_gets_its_own_results_and_a_shared_one(
    store: TakeStore, tmp_path: Path
) -> None:
    own, other = add(store, tmp_path, "own"), add(store, tmp_path, "other")
    example = example_take()
    asked = json.dumps({"keys": [own.key, "gone", other.share_key], "share": other.share_key})
    answer = restored(store, asked, example)
    assert [one["key"] for one in answer["takes"]] == [own.key, other.share_key]
    assert [one["isShared"] for one in answer["takes"]] == [False, True]
    assert answer["gone"] == ["gone", other.share_key]
    assert (answer["show"], answer["isLinkGone"]) == (other.share_key, False)
    assert answer["example"] is example
    # The owner who opens the own link still owns the result.
    answer = restored(store, json.dumps({"keys": [own.key], "share": own.share_key}), None)
    assert [(one["key"], one["isShared"]) for one in answer["takes"]] == [(own.key, False)]
    assert answer["show"] == own.key


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "{",
        "[]",
        "null",
        '{"keys": 3}',
        '{"keys": [1, null, {}]}',
        '{"share": []}',
        "x" * 10**6,
        "[" * 10**4,
    ],
)
def test_a_request_that_makes_no_sense_gets_nothing(store: TakeStore, asked: str) -> None:
    assert restored(store, asked, None)["takes"] == []


def test_a_link_that_is_over_is_told(store: TakeStore) -> None:
    assert restored(store, '{"keys": [], "share": "old"}', None)["isLinkGone"]


def test_the_bundled_example_plays_and_is_small() -> None:
    example = example_take()
    assert example is not None
    assert example["files"]["mp4"]["size"] <= 600_000
    assert {"png", "dark", "lanes", "lanes_dark"} <= {*example["files"]}
    assert example["plotText"]
    assert example["score"]


def test_without_the_example_the_page_has_none(tmp_path: Path) -> None:
    assert example_take(tmp_path) is None
