"""The commands ``weights list | fetch | import | verify``."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.cli import weights
from d2m.core.errors import CheckpointError, D2MError


def run(*arguments: str | Path, folder: Path) -> tuple[str, D2MError | None]:
    done = CliRunner().invoke(weights, [*map(str, arguments), "--folder", str(folder)])
    if done.exit_code == 0:
        return done.output, None
    assert isinstance(done.exception, D2MError), done.output
    return done.output, done.exception


def test_list_shows_installed_missing_and_required_files(published, tmp_path):
    output, _ = run("list", folder=tmp_path)
    for expected in (
        "compact      missing",
        "aist-high    missing    D2M-GAN as published, AIST++, level high",
        "needs: aist-low-motion, aist-low-generator, vqvae-low or vqvae-jukebox, i3d",
        "no public download known for: mencoder.pt, netG.pt",
        "licence: JukeBox's Noncommercial Use License",
    ):
        assert expected in output
    run("import", published / "vqvae.pth.tar", folder=tmp_path)
    output, _ = run("list", folder=tmp_path)
    assert "jukebox      installed" in output
    assert "missing: aist-high-motion, aist-high-generator, i3d" in output


def test_the_bundled_weights_are_listed_as_installed():
    assert "compact      installed" in run("list", folder=CHECKPOINTS)[0]


def test_import_and_verify(published, tmp_path):
    output, error = run(
        "import",
        published / "vqvae.pth.tar",
        published / "mencoder.pt",
        "--level",
        "low",
        "--dataset",
        "aist",
        folder=tmp_path,
    )
    assert error is None
    assert "Installed vqvae-low from vqvae.pth.tar (not the file that the authors" in output
    assert "Installed aist-low-motion from mencoder.pt." in output
    assert "licence: JukeBox's" in output
    assert run("verify", folder=tmp_path) == (
        "aist-low-motion: OK\nvqvae-low: OK\n",
        None,
    )
    path = tmp_path / "published" / "vqvae-low.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    output, error = run("verify", folder=tmp_path)
    assert "aist-low-motion: OK" in output
    assert "vqvae-low: vqvae-low.safetensors is damaged" in output
    assert str(error).startswith("1 of the installed files can't be used (vqvae-low): delete")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("import", "lost.pt"), "There is no file lost.pt"),
        (("import", "lost.pt", "--level", "middle"), "Unknown level 'middle'"),
        (("import", "lost.pt", "--dataset", "mist"), "Unknown data set 'mist'"),
        (("fetch", "mist"), "Unknown weights 'mist': choose compact, aist-high"),
        (("fetch", "tiktok-high-motion"), "No public download is known for tiktok-high-motion"),
    ],
)
def test_mistakes(arguments, expected, tmp_path):
    _, error = run(*arguments, folder=tmp_path)
    assert expected in str(error)
    assert not list(tmp_path.iterdir())


def test_fetch_of_installed_weights(published, tmp_path):
    assert "install the project again" in str(run("fetch", "compact", folder=tmp_path)[1])
    assert run("fetch", "compact", folder=CHECKPOINTS) == ("compact is already installed.\n", None)
    run("import", published / "vqvae.pth.tar", folder=tmp_path)
    assert run("fetch", "jukebox", folder=tmp_path) == ("jukebox is already installed.\n", None)


def test_fetch_of_a_set_that_is_only_partly_published(published, tmp_path):
    run("import", published / "vqvae.pth.tar", published / "tiktok_mencoder.pt", folder=tmp_path)
    (tmp_path / "published" / "i3d.safetensors").touch()
    _, error = run("fetch", "tiktok-high", folder=tmp_path)
    assert isinstance(error, CheckpointError)
    assert "python -m d2m weights import netG.pt" in str(error)
