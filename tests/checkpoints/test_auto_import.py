"""Automatic import: each file in the checkpoints folder is imported once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch

from d2m.checkpoints import CHECKPOINTS, import_dropped_files, missing_keys
from d2m.checkpoints.installed import installed_path
from d2m.core.levels import HIGH
from tests.models.oracle import filled_state_dict


@pytest.fixture
def checkpoints(tmp_path) -> Path:
    folder = tmp_path / "checkpoints"
    (folder / "compact").mkdir(parents=True)
    return folder


def import_messages(folder: Path) -> dict[str, str]:
    return {result.name: result.message for result in import_dropped_files(folder)}


def test_a_folder_without_new_files_is_not_changed(tmp_path):
    assert import_dropped_files(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()
    shutil.copytree(CHECKPOINTS / "compact", tmp_path / "bundled" / "compact")
    assert import_dropped_files(tmp_path / "bundled") == []
    assert [path.name for path in (tmp_path / "bundled").iterdir()] == ["compact"]


def test_dropped_files_are_imported_once_and_kept(published, checkpoints):
    originals = checkpoints / "from the authors"
    originals.mkdir()
    for name in ("mencoder.pt", "netG.pt", "netD.pt"):
        os.link(published / name, originals / name)
    os.link(published / "vqvae.pth.tar", checkpoints / "VQVAE.PTH.TAR")
    (checkpoints / "letter.pt").write_text("a text file, not weights")
    (checkpoints / "readme.txt").write_text("ignored by its suffix")
    os.link(published / "netG.pt", checkpoints / "compact" / "netG.pt")
    first = import_messages(checkpoints)
    assert first == {
        "letter.pt": "letter.pt is not a checkpoint: expected a file written by torch.save "
        "or safetensors.",
        "netD.pt": "netD.pt is D2M-GAN's discriminator, which is used in training "
        "only: leave it out.",
        "VQVAE.PTH.TAR": "Installed vqvae-jukebox from VQVAE.PTH.TAR.",
        "mencoder.pt": "Installed aist-high-motion from mencoder.pt.",
        "netG.pt": "Installed aist-high-generator from netG.pt.",
    }
    assert missing_keys("aist", HIGH, checkpoints) == ("i3d",)
    assert (originals / "netG.pt").is_file()
    times = {p: p.stat().st_mtime_ns for p in (checkpoints / "published").iterdir()}
    assert set(import_messages(checkpoints)) == {"letter.pt", "netD.pt"}
    assert {p: p.stat().st_mtime_ns for p in (checkpoints / "published").iterdir()} == times


def test_a_motion_encoder_added_after_its_generator(published, checkpoints):
    os.link(published / "netG.pt", checkpoints / "netG.pt")
    import_messages(checkpoints)
    os.link(published / "mencoder.pt", checkpoints / "mencoder.pt")
    assert import_messages(checkpoints) == {
        "mencoder.pt": "Installed aist-high-motion from mencoder.pt."
    }


def test_a_motion_encoder_alone_needs_a_level(published, checkpoints):
    os.link(published / "mencoder.pt", checkpoints / "mencoder.pt")
    assert "choose one with --level" in import_messages(checkpoints)["mencoder.pt"]


def test_removed_weights_are_installed_again_from_the_file(published, checkpoints):
    os.link(published / "vqvae.pth.tar", checkpoints / "vqvae.pth.tar")
    import_messages(checkpoints)
    installed_path("vqvae-jukebox", checkpoints).unlink()
    assert "Installed vqvae-jukebox" in import_messages(checkpoints)["vqvae.pth.tar"]


def test_another_file_does_not_replace_installed_weights(published, checkpoints):
    os.link(published / "vqvae.pth.tar", checkpoints / "a.pt")
    state = filled_state_dict("vqvae")
    state["decoders.2.out.bias"] += 1.0
    torch.save(state, checkpoints / "b.pt")
    first = import_messages(checkpoints)
    assert first["a.pt"] == "Installed vqvae-jukebox from a.pt."
    assert "b.pt was not installed" in first["b.pt"]
    kept = installed_path("vqvae-jukebox", checkpoints).read_bytes()
    assert import_messages(checkpoints) == {}
    assert installed_path("vqvae-jukebox", checkpoints).read_bytes() == kept


def test_a_changed_file_is_imported_again(published, checkpoints):
    path = checkpoints / "vqvae.pt"
    path.write_bytes((published / "vqvae.pth.tar").read_bytes()[:-100])
    assert "truncated" in import_messages(checkpoints)["vqvae.pt"]
    shutil.copy(published / "vqvae.pth.tar", path)
    assert "Installed" in import_messages(checkpoints)["vqvae.pt"]


def test_a_folder_that_cannot_be_written(published, checkpoints):
    os.link(published / "vqvae.pth.tar", checkpoints / "vqvae.pt")
    (checkpoints / "published").write_text("a file where the folder should be")
    (result,) = import_dropped_files(checkpoints)
    assert result.installed is None
    assert "check its permissions" in result.message
