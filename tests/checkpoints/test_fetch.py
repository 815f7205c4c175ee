"""Downloads from a server that fails in every way: a sentence each, and nothing half-written."""

from __future__ import annotations

import os
import pickle
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from d2m.checkpoints.catalog import WEIGHT_FILES, Source
from d2m.checkpoints.fetch import fetch
from d2m.checkpoints.installed import installed_path, read_index, verify_installed
from d2m.checkpoints.registry import WEIGHT_SETS
from d2m.checkpoints.safe_load import file_sha256, git_blob_id
from d2m.checkpoints.transfer_spec import RetryPolicy
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.progress import silent
from tests.checkpoints.misbehaving import (
    DRIVE_QUOTA_PAGE,
    DRIVE_VIRUS_PAGE,
    LFS_POINTER,
    STALL_S,
    Files,
)
from tests.models.oracle import filled_state_dict

QUICK = RetryPolicy(timeout_s=0.4, attempts=2, pause_s=0.01)
ONCE = replace(QUICK, attempts=1)
KEY = "vqvae-jukebox"


@pytest.fixture
def checkpoints(tmp_path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture(scope="module")
def codec(published) -> bytes:
    return (published / "vqvae.pth.tar").read_bytes()


def get(files: Files, folder: Path, path: str = "/file", *, key: str = KEY, **options):
    options = {"retry_policy": QUICK, **options}
    return fetch(key, folder=folder, sources={key: Source(url=files.url + path)}, **options)


def refusal(*arguments, **options) -> str:
    with pytest.raises(CheckpointError) as error:
        get(*arguments, **options)
    told = str(error.value)
    assert told.endswith(".")
    assert "\n" not in told
    assert ". " not in told
    assert "/tmp" not in told
    return told


def started(asked: str | None) -> int:
    return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0


def test_a_good_download(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec
    seen = []
    (new,) = get(files, checkpoints, progress=lambda stage, share: seen.append((stage, share)))
    assert (new.key, new.source, new.note) == (KEY, "vqvae.pth.tar", "")
    verify_installed(KEY, checkpoints)
    assert leftovers(checkpoints) == []
    assert {stage for stage, _ in seen} == {f"getting {KEY}"}
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert len(shares) > 5
    assert shares[-1] == 1.0
    assert get(files, checkpoints) == []
    assert len(files.sent) == 1


def test_redirects_are_followed(files, codec, checkpoints):
    files.content["/file"] = codec
    (new,) = get(files, checkpoints, "/redirect/file")
    assert new.key == KEY


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/404/x", "127.0.0.1 has no file vqvae.pth.tar any more (HTTP status 404)"),
        ("/403/x", "127.0.0.1 refuses to give vqvae.pth.tar (HTTP status 403)"),
        ("/500/x", "127.0.0.1 can't give vqvae.pth.tar at the moment (HTTP status 500)"),
        ("/429/x", "127.0.0.1 can't give vqvae.pth.tar at the moment (HTTP status 429)"),
        ("/stall", "127.0.0.1 can't be reached: check the network, or download vqvae.pth.tar"),
        ("/stall-inside", "The download of vqvae.pth.tar from 127.0.0.1 broke off"),
    ],
)
def test_servers_that_fail(path, expected, files, checkpoints, leftovers):
    start = time.monotonic()
    assert expected in refusal(files, checkpoints, path)
    assert time.monotonic() - start < STALL_S / 2
    assert leftovers(checkpoints) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "vqvae.pth.tar is empty"),
        (b"<html><body>Hello</body></html>", "for vqvae.pth.tar is a web page, not weights"),
        (DRIVE_VIRUS_PAGE, "without a virus scan"),
        (DRIVE_QUOTA_PAGE, "downloaded too often"),
        (LFS_POINTER, "is a Git LFS pointer"),
        (b"something else", "vqvae.pth.tar is not a checkpoint"),
    ],
    ids=["empty", "html", "virus page", "quota page", "lfs", "text"],
)
def test_servers_that_send_something_else(body, expected, files, checkpoints, leftovers):
    files.content["/file"] = body
    assert expected in refusal(files, checkpoints)
    assert leftovers(checkpoints) == []


def test_nobody_there(checkpoints, leftovers):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        files = Files(url=f"http://127.0.0.1:{probe.getsockname()[1]}")
    assert "127.0.0.1 can't be reached: check the network" in refusal(files, checkpoints)
    files.url = "http://nowhere.invalid"
    assert "nowhere.invalid can't be reached" in refusal(files, checkpoints, retry_policy=ONCE)
    assert leftovers(checkpoints) == []


def test_a_broken_transfer_goes_on_where_it_was(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec
    files.cut_after = [1_000_000, 2_000_000]
    told = refusal(files, checkpoints)
    assert told == (
        "The download of vqvae.pth.tar from 127.0.0.1 broke off: run the command again."
    )
    assert leftovers(checkpoints) == [f"{KEY}.part", f"{KEY}.part.json"]
    get(files, checkpoints)
    begun = [started(asked) for asked in files.asked]
    # What came of the last piece may be lost.
    assert begun[0] == 0
    assert 900_000 < begun[1] <= 1_000_000
    assert begun[1] + 1_900_000 < begun[2] <= begun[1] + 2_000_000
    assert files.sent == [1_000_000, 2_000_000, len(codec) - begun[2]]
    verify_installed(KEY, checkpoints)
    assert leftovers(checkpoints) == []


def test_a_server_without_ranges_begins_again(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec
    files.ranges = False
    files.cut_after = [1_000_000]
    assert "broke off" in refusal(files, checkpoints, retry_policy=ONCE)
    assert leftovers(checkpoints) == []
    files.cut_after = [1_000_000]
    get(files, checkpoints)
    assert files.sent == [1_000_000, 1_000_000, len(codec)]
    verify_installed(KEY, checkpoints)


def test_a_server_that_forgets_about_ranges_begins_again(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec
    files.cut_after = [1_000_000]
    refusal(files, checkpoints, retry_policy=ONCE)
    files.ranges = False
    get(files, checkpoints)
    assert started(files.asked[-1]) > 900_000
    assert files.sent[-1] == len(codec)
    assert leftovers(checkpoints) == []


def test_a_file_that_changed_between_is_not_put_together(files, codec, checkpoints):
    files.content["/file"] = bytes(len(codec))
    files.cut_after = [1_000_000]
    refusal(files, checkpoints, retry_policy=ONCE)
    files.content["/file"], files.etag = codec, '"two"'
    get(files, checkpoints)
    assert files.sent[-1] == len(codec)
    verify_installed(KEY, checkpoints)


def test_a_part_from_another_address_is_not_used(files, codec, checkpoints):
    files.content.update({"/file": codec, "/other": codec})
    files.cut_after = [1_000_000]
    refusal(files, checkpoints, retry_policy=ONCE)
    get(files, checkpoints, "/other")
    assert files.asked == [None, None]


def test_stopping_by_hand_keeps_the_part(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec

    def stop(_: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(files, checkpoints, progress=stop)
    assert leftovers(checkpoints) == [f"{KEY}.part", f"{KEY}.part.json"]
    get(files, checkpoints)
    assert str(files.asked[-1]).startswith("bytes=")


@pytest.mark.parametrize("path", ["/file", "/unannounced"])
def test_a_body_that_is_too_large_is_not_kept(path, files, checkpoints, leftovers, monkeypatch):
    monkeypatch.setitem(WEIGHT_FILES, KEY, replace(WEIGHT_FILES[KEY], max_bytes=3_000_000))
    files.content["/file"] = b"PK\x03\x04" + bytes(4_000_000)
    assert refusal(files, checkpoints, path) == (
        "What 127.0.0.1 sends for vqvae.pth.tar has more than 3 MB, far more than the published "
        "file: it was not kept."
    )
    assert leftovers(checkpoints) == []


def test_a_file_with_another_blob_id(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec
    told = refusal(files, checkpoints, key="vqvae-high")
    assert "vqvae_high.pt is not the file that its authors published" in told
    assert leftovers(checkpoints) == []
    assert not installed_path("vqvae-high", checkpoints).exists()
    (new,) = get(files, checkpoints, key="vqvae-high", accept_new=True)
    assert new.note == "not the file that the authors published, though it fits"


def test_a_file_with_the_right_blob_id(files, codec, published, checkpoints, monkeypatch):
    blob = git_blob_id(published / "vqvae.pth.tar")
    monkeypatch.setitem(
        WEIGHT_FILES, "vqvae-high", replace(WEIGHT_FILES["vqvae-high"], blob_id=blob)
    )
    files.content["/file"] = codec
    (new,) = get(files, checkpoints, key="vqvae-high")
    assert new.note == ""


def test_a_file_that_is_not_the_one_accepted_first(files, codec, checkpoints, tmp_path, leftovers):
    files.content["/file"] = codec
    (new,) = get(files, checkpoints)
    first = read_index(checkpoints)["first_accepted"][KEY]
    new.path.unlink()
    (tmp_path / "x").write_bytes(codec)
    state = torch.load(tmp_path / "x", weights_only=True)
    torch.save(state["model"], tmp_path / "x")
    files.content["/file"] = (tmp_path / "x").read_bytes()
    told = refusal(files, checkpoints)
    assert "vqvae.pth.tar has changed since it was first installed as vqvae-jukebox" in told
    assert "--accept-new" in told
    assert leftovers(checkpoints) == []
    assert not new.path.exists()
    get(files, checkpoints, accept_new=True)
    assert read_index(checkpoints)["first_accepted"][KEY] == file_sha256(tmp_path / "x") != first


def test_another_network_than_asked_for(files, codec, checkpoints, leftovers):
    files.content["/file"] = codec
    told = refusal(files, checkpoints, key="i3d")
    assert "What was downloaded as i3d is another network" in told
    assert leftovers(checkpoints) == []


def test_a_codec_without_the_level_asked_for(files, checkpoints, tmp_path, leftovers):
    state = filled_state_dict("vqvae")
    parts = ("encoders.2.", "decoders.2.", "bottleneck.level_blocks.2.")
    torch.save({n: t for n, t in state.items() if n.startswith(parts)}, tmp_path / "net.pt")
    files.content["/file"] = (tmp_path / "net.pt").read_bytes()
    assert refusal(files, checkpoints) == (
        "vqvae.pth.tar has no level low, which vqvae-jukebox needs: get the original file."
    )
    told = refusal(files, checkpoints, key="vqvae-low", accept_new=True)
    assert "vqvae_low.pt has no level low, which vqvae-low needs" in told
    get(files, checkpoints, key="vqvae-high", accept_new=True)
    assert leftovers(checkpoints) == []


def test_code_in_a_download_is_not_run(files, checkpoints, tmp_path, leftovers):
    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'canary'}",)

    torch.save({"model": Trap()}, tmp_path / "net.pt")
    files.content["/file"] = (tmp_path / "net.pt").read_bytes()
    assert "so it was not opened" in refusal(files, checkpoints)
    files.content["/file"] = pickle.dumps(Trap())
    refusal(files, checkpoints)
    assert not (tmp_path / "canary").exists()
    assert leftovers(checkpoints) == []


def test_a_folder_that_cannot_be_written(files, codec, checkpoints):
    files.content["/file"] = codec
    checkpoints.mkdir()
    (checkpoints / "published").write_text("in the way")
    told = refusal(files, checkpoints)
    assert "can't be written to the folder checkpoints/published" in told


def test_sets_get_what_is_missing_and_tell_what_nobody_publishes(files, codec, checkpoints):
    files.content["/file"] = codec
    sources = {key: Source(url=files.url + "/404/x") for key in WEIGHT_FILES}
    sources["vqvae-high"] = Source(url=files.url + "/file")
    known = {key: source for key, source in sources.items() if WEIGHT_FILES[key].source}
    with pytest.raises(CheckpointError, match=r"no file I3D_8x8_R50\.pyth"):
        fetch("tiktok-high", folder=checkpoints, sources=known, retry_policy=ONCE, accept_new=True)
    assert installed_path("vqvae-high", checkpoints).is_file()
    installed_path("i3d", checkpoints).touch()
    with pytest.raises(CheckpointError, match="No public file is known of tiktok-high-motion and"):
        fetch("tiktok-high", folder=checkpoints, progress=silent)
    assert fetch("compact", folder=checkpoints) == []
    with pytest.raises(SettingsError, match="Unknown weights 'aist'"):
        fetch("aist", folder=checkpoints)


def test_each_set_names_known_files():
    for known in WEIGHT_SETS.values():
        assert {*known.files, *(key for keys in known.needs for key in keys)} <= set(WEIGHT_FILES)
