"""Downloads from a failing server: a one-sentence message each, and no partial files."""

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
from tests.checkpoints.faulty_server import (
    DRIVE_QUOTA_PAGE,
    DRIVE_VIRUS_PAGE,
    LFS_POINTER,
    STALL_S,
    ServerState,
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


def download(server: ServerState, folder: Path, path: str = "/file", *, key: str = KEY, **options):
    options = {"retry_policy": QUICK, **options}
    return fetch(key, folder=folder, sources={key: Source(url=server.url + path)}, **options)


def refusal(*arguments, **options) -> str:
    with pytest.raises(CheckpointError) as error:
        download(*arguments, **options)
    message = str(error.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message
    assert "/tmp" not in message
    return message


def first_byte(range_header: str | None) -> int:
    """Return the offset (bytes) that a ``Range`` header asks for; 0 without a header."""
    return int(range_header.removeprefix("bytes=").removesuffix("-")) if range_header else 0


def test_a_good_download(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec
    reported = []
    (new,) = download(
        server, checkpoints, progress=lambda stage, share: reported.append((stage, share))
    )
    assert (new.key, new.source, new.note) == (KEY, "vqvae.pth.tar", "")
    verify_installed(KEY, checkpoints)
    assert leftovers(checkpoints) == []
    assert {stage for stage, _ in reported} == {f"Downloading {KEY}"}
    shares = [share for _, share in reported]
    assert shares == sorted(shares)
    assert len(shares) > 5
    assert shares[-1] == 1.0
    assert download(server, checkpoints) == []
    assert len(server.sent) == 1


def test_redirects_are_followed(server, codec, checkpoints):
    server.content["/file"] = codec
    (new,) = download(server, checkpoints, "/redirect/file")
    assert new.key == KEY


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/404/x", "127.0.0.1 no longer has the file vqvae.pth.tar (HTTP status 404)"),
        ("/403/x", "127.0.0.1 refuses to serve vqvae.pth.tar (HTTP status 403)"),
        ("/500/x", "127.0.0.1 can't serve vqvae.pth.tar at the moment (HTTP status 500)"),
        ("/429/x", "127.0.0.1 can't serve vqvae.pth.tar at the moment (HTTP status 429)"),
        ("/stall", "127.0.0.1 can't be reached: check the network, or download vqvae.pth.tar"),
        ("/stall-inside", "The download of vqvae.pth.tar from 127.0.0.1 was interrupted"),
    ],
)
def test_servers_that_fail(path, expected, server, checkpoints, leftovers):
    start = time.monotonic()
    assert expected in refusal(server, checkpoints, path)
    assert time.monotonic() - start < STALL_S / 2
    assert leftovers(checkpoints) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "vqvae.pth.tar is empty"),
        (b"<html><body>Hello</body></html>", "sent as vqvae.pth.tar is a web page, not weights"),
        (DRIVE_VIRUS_PAGE, "without a virus scan"),
        (DRIVE_QUOTA_PAGE, "too many downloads"),
        (LFS_POINTER, "is a Git LFS pointer"),
        (b"something else", "vqvae.pth.tar is not a checkpoint"),
    ],
    ids=["empty", "html", "virus page", "quota page", "lfs", "text"],
)
def test_servers_that_send_something_else(body, expected, server, checkpoints, leftovers):
    server.content["/file"] = body
    assert expected in refusal(server, checkpoints)
    assert leftovers(checkpoints) == []


def test_unreachable_servers(checkpoints, leftovers):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = ServerState(url=f"http://127.0.0.1:{probe.getsockname()[1]}")
    assert "127.0.0.1 can't be reached: check the network" in refusal(server, checkpoints)
    server.url = "http://nowhere.invalid"
    assert "nowhere.invalid can't be reached" in refusal(server, checkpoints, retry_policy=ONCE)
    assert leftovers(checkpoints) == []


def test_an_interrupted_transfer_is_resumed(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec
    server.cut_after = [1_000_000, 2_000_000]
    message = refusal(server, checkpoints)
    assert message == (
        "The download of vqvae.pth.tar from 127.0.0.1 was interrupted: run the command again."
    )
    assert leftovers(checkpoints) == [f"{KEY}.part", f"{KEY}.part.json"]
    download(server, checkpoints)
    offsets = [first_byte(header) for header in server.range_headers]
    # The last block before an interruption may be lost.
    assert offsets[0] == 0
    assert 900_000 < offsets[1] <= 1_000_000
    assert offsets[1] + 1_900_000 < offsets[2] <= offsets[1] + 2_000_000
    assert server.sent == [1_000_000, 2_000_000, len(codec) - offsets[2]]
    verify_installed(KEY, checkpoints)
    assert leftovers(checkpoints) == []


def test_without_range_support_the_download_starts_again(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec
    server.supports_ranges = False
    server.cut_after = [1_000_000]
    assert "was interrupted" in refusal(server, checkpoints, retry_policy=ONCE)
    assert leftovers(checkpoints) == []
    server.cut_after = [1_000_000]
    download(server, checkpoints)
    assert server.sent == [1_000_000, 1_000_000, len(codec)]
    verify_installed(KEY, checkpoints)


def test_a_download_starts_again_if_range_support_is_gone(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec
    server.cut_after = [1_000_000]
    refusal(server, checkpoints, retry_policy=ONCE)
    server.supports_ranges = False
    download(server, checkpoints)
    assert first_byte(server.range_headers[-1]) > 900_000
    assert server.sent[-1] == len(codec)
    assert leftovers(checkpoints) == []


def test_parts_of_two_versions_of_a_file_are_not_joined(server, codec, checkpoints):
    server.content["/file"] = bytes(len(codec))
    server.cut_after = [1_000_000]
    refusal(server, checkpoints, retry_policy=ONCE)
    server.content["/file"], server.etag = codec, '"two"'
    download(server, checkpoints)
    assert server.sent[-1] == len(codec)
    verify_installed(KEY, checkpoints)


def test_a_partial_file_from_another_url_is_not_used(server, codec, checkpoints):
    server.content.update({"/file": codec, "/other": codec})
    server.cut_after = [1_000_000]
    refusal(server, checkpoints, retry_policy=ONCE)
    download(server, checkpoints, "/other")
    assert server.range_headers == [None, None]


def test_a_keyboard_interrupt_keeps_the_partial_file(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec

    def stop(_: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(server, checkpoints, progress=stop)
    assert leftovers(checkpoints) == [f"{KEY}.part", f"{KEY}.part.json"]
    download(server, checkpoints)
    assert str(server.range_headers[-1]).startswith("bytes=")


@pytest.mark.parametrize("path", ["/file", "/unannounced"])
def test_a_body_that_is_too_large_is_not_kept(path, server, checkpoints, leftovers, monkeypatch):
    monkeypatch.setitem(WEIGHT_FILES, KEY, replace(WEIGHT_FILES[KEY], max_bytes=3_000_000))
    server.content["/file"] = b"PK\x03\x04" + bytes(4_000_000)
    assert refusal(server, checkpoints, path) == (
        "127.0.0.1 sends more than 3 MB for vqvae.pth.tar, far more than the published file has, "
        f"so nothing was kept: download vqvae.pth.tar in a browser from {server.url}{path} and "
        "run `python -m d2m weights import` on it."
    )
    assert leftovers(checkpoints) == []


def test_a_file_with_another_blob_id(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec
    message = refusal(server, checkpoints, key="vqvae-high")
    assert "vqvae_high.pt is not the file that its authors published" in message
    assert leftovers(checkpoints) == []
    assert not installed_path("vqvae-high", checkpoints).exists()
    (new,) = download(server, checkpoints, key="vqvae-high", accept_new=True)
    assert new.note == "not the file that the authors published, although its parameters fit"


def test_a_file_with_the_right_blob_id(server, codec, published, checkpoints, monkeypatch):
    blob = git_blob_id(published / "vqvae.pth.tar")
    monkeypatch.setitem(
        WEIGHT_FILES, "vqvae-high", replace(WEIGHT_FILES["vqvae-high"], blob_id=blob)
    )
    server.content["/file"] = codec
    (new,) = download(server, checkpoints, key="vqvae-high")
    assert new.note == ""


def test_a_file_that_differs_from_the_first_one(server, codec, checkpoints, tmp_path, leftovers):
    server.content["/file"] = codec
    (new,) = download(server, checkpoints)
    first = read_index(checkpoints)["first_accepted"][KEY]
    new.path.unlink()
    (tmp_path / "x").write_bytes(codec)
    state = torch.load(tmp_path / "x", weights_only=True)
    torch.save(state["model"], tmp_path / "x")
    server.content["/file"] = (tmp_path / "x").read_bytes()
    message = refusal(server, checkpoints)
    assert "vqvae.pth.tar has changed since it was first installed as vqvae-jukebox" in message
    assert "--accept-new" in message
    assert leftovers(checkpoints) == []
    assert not new.path.exists()
    download(server, checkpoints, accept_new=True)
    assert read_index(checkpoints)["first_accepted"][KEY] == file_sha256(tmp_path / "x") != first


def test_a_download_that_holds_another_network(server, codec, checkpoints, leftovers):
    server.content["/file"] = codec
    message = refusal(server, checkpoints, key="i3d")
    assert "The file downloaded as i3d holds another network (vqvae)" in message
    assert leftovers(checkpoints) == []


def test_a_codec_without_the_requested_level(server, checkpoints, tmp_path, leftovers):
    state = filled_state_dict("vqvae")
    parts = ("encoders.2.", "decoders.2.", "bottleneck.level_blocks.2.")
    torch.save({n: t for n, t in state.items() if n.startswith(parts)}, tmp_path / "net.pt")
    server.content["/file"] = (tmp_path / "net.pt").read_bytes()
    assert refusal(server, checkpoints) == (
        "vqvae.pth.tar has no level low, which vqvae-jukebox needs: download the original file."
    )
    message = refusal(server, checkpoints, key="vqvae-low", accept_new=True)
    assert "vqvae_low.pt has no level low, which vqvae-low needs" in message
    download(server, checkpoints, key="vqvae-high", accept_new=True)
    assert leftovers(checkpoints) == []


def test_code_in_a_download_is_not_run(server, checkpoints, tmp_path, leftovers):
    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'canary'}",)

    torch.save({"model": Trap()}, tmp_path / "net.pt")
    server.content["/file"] = (tmp_path / "net.pt").read_bytes()
    assert "so it was not opened" in refusal(server, checkpoints)
    server.content["/file"] = pickle.dumps(Trap())
    refusal(server, checkpoints)
    assert not (tmp_path / "canary").exists()
    assert leftovers(checkpoints) == []


def test_a_folder_that_cannot_be_written(server, codec, checkpoints):
    server.content["/file"] = codec
    checkpoints.mkdir()
    (checkpoints / "published").write_text("a file in place of the folder")
    message = refusal(server, checkpoints)
    assert "can't be written to the folder of weights" in message


def test_missing_files_of_a_set_are_downloaded_if_they_are_published(server, codec, checkpoints):
    server.content["/file"] = codec
    sources = {key: Source(url=server.url + "/404/x") for key in WEIGHT_FILES}
    sources["vqvae-high"] = Source(url=server.url + "/file")
    known = {key: source for key, source in sources.items() if WEIGHT_FILES[key].source}
    with pytest.raises(CheckpointError, match=r"no longer has the file I3D_8x8_R50\.pyth"):
        fetch("tiktok-high", folder=checkpoints, sources=known, retry_policy=ONCE, accept_new=True)
    assert installed_path("vqvae-high", checkpoints).is_file()
    installed_path("i3d", checkpoints).touch()
    with pytest.raises(
        CheckpointError, match="No public download is known for tiktok-high-motion and"
    ):
        fetch("tiktok-high", folder=checkpoints, progress=silent)
    assert fetch("compact", folder=checkpoints) == []
    with pytest.raises(SettingsError, match="Unknown weights 'aist'"):
        fetch("aist", folder=checkpoints)


def test_sets_refer_to_catalog_files():
    for weight_set in WEIGHT_SETS.values():
        needed = {key for keys in weight_set.needs for key in keys}
        assert {*weight_set.files, *needed} <= set(WEIGHT_FILES)
