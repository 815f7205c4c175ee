"""Files that a person has put into the checkpoints folder are taken up once."""

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


def told(folder: Path) -> dict[str, str]:
    return {result.name: result.message for result in import_dropped_files(folder)}


def test_a_folder_with_nothing_new_is_left_as_it_is(tmp_path):
    assert import_dropped_files(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()
    shutil.copytree(CHECKPOINTS / "compact", tmp_path / "bundled" / "compact")
    assert import_dropped_files(tmp_path / "bundled") == []
    assert [path.name for path in (tmp_path / "bundled").iterdir()] == ["compact"]


def test_dropped_files_are_taken_up_once_and_stay(published, checkpoints):
    mine = checkpoints / "from the authors"
    mine.mkdir()
    for name in ("mencoder.pt", "netG.pt", "netD.pt"):
        os.link(published / name, mine / name)
    os.link(published / "vqvae.pth.tar", checkpoints / "VQVAE.PTH.TAR")
    (checkpoints / "letter.pt").write_text("Dear dancer")
    (checkpoints / "readme.txt").write_text("not looked at")
    os.link(published / "netG.pt", checkpoints / "compact" / "netG.pt")
    first = told(checkpoints)
    assert first == {
        "letter.pt": "letter.pt is not a checkpoint: expected a file that torch.save wrote, "
        "or safetensors.",
        "netD.pt": "netD.pt is D2M-GAN's discriminator, which only training needs: leave it out.",
        "VQVAE.PTH.TAR": "Installed vqvae-jukebox from VQVAE.PTH.TAR.",
        "mencoder.pt": "Installed aist-high-motion from mencoder.pt.",
        "netG.pt": "Installed aist-high-generator from netG.pt.",
    }
    assert missing_keys("aist", HIGH, checkpoints) == ("i3d",)
    assert (mine / "netG.pt").is_file()
    times = {p: p.stat().st_mtime_ns for p in (checkpoints / "published").iterdir()}
    assert set(told(checkpoints)) == {"letter.pt", "netD.pt"}
    assert {p: p.stat().st_mtime_ns for p in (checkpoints / "published").iterdir()} == times


def test_a_motion_encoder_that_comes_after_its_generator(published, checkpoints):
    os.link(published / "netG.pt", checkpoints / "netG.pt")
    told(checkpoints)
    os.link(published / "mencoder.pt", checkpoints / "mencoder.pt")
    assert told(checkpoints) == {"mencoder.pt": "Installed aist-high-motion from mencoder.pt."}


def test_a_motion_encoder_alone_is_asked_about(published, checkpoints):
    os.link(published / "mencoder.pt", checkpoints / "mencoder.pt")
    assert "say which with --level" in told(checkpoints)["mencoder.pt"]


def test_removed_weights_are_installed_again_from_the_file(published, checkpoints):
    os.link(published / "vqvae.pth.tar", checkpoints / "vqvae.pth.tar")
    told(checkpoints)
    installed_path("vqvae-jukebox", checkpoints).unlink()
    assert "Installed vqvae-jukebox" in told(checkpoints)["vqvae.pth.tar"]


def test_another_file_does_not_replace_what_is_installed(published, checkpoints):
    os.link(published / "vqvae.pth.tar", checkpoints / "a.pt")
    state = filled_state_dict("vqvae")
    state["decoders.2.out.bias"] += 1.0
    torch.save(state, checkpoints / "b.pt")
    first = told(checkpoints)
    assert first["a.pt"] == "Installed vqvae-jukebox from a.pt."
    assert "b.pt was left alone" in first["b.pt"]
    kept = installed_path("vqvae-jukebox", checkpoints).read_bytes()
    assert told(checkpoints) == {}
    assert installed_path("vqvae-jukebox", checkpoints).read_bytes() == kept


def test_a_changed_file_is_looked_at_again(published, checkpoints):
    path = checkpoints / "vqvae.pt"
    path.write_bytes((published / "vqvae.pth.tar").read_bytes()[:-100])
    assert "cut off" in told(checkpoints)["vqvae.pt"]
    shutil.copy(published / "vqvae.pth.tar", path)
    assert "Installed" in told(checkpoints)["vqvae.pt"]


def test_a_folder_that_cannot_be_written(published, checkpoints):
    os.link(published / "vqvae.pth.tar", checkpoints / "vqvae.pt")
    (checkpoints / "published").write_text("a file where the folder should be")
    (result,) = import_dropped_files(checkpoints)
    assert result.installed is None
    assert "check its permissions" in result.message
