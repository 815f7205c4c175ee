"""``weights list | fetch | import | verify`` as a person types them."""

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


def test_list_tells_what_is_there_and_what_it_needs(published, tmp_path):
    told, _ = run("list", folder=tmp_path)
    for line in (
        "compact      missing",
        "aist-high    missing    D2M-GAN as published, AIST++, level high",
        "needs: aist-low-motion, aist-low-generator, vqvae-low or vqvae-jukebox, i3d",
        "no public file is known of: mencoder.pt, netG.pt",
        "licence: JukeBox's Noncommercial Use License",
    ):
        assert line in told
    run("import", published / "vqvae.pth.tar", folder=tmp_path)
    told, _ = run("list", folder=tmp_path)
    assert "jukebox      installed" in told
    assert "missing: aist-high-motion, aist-high-generator, i3d" in told


def test_the_bundled_weights_are_listed_as_installed():
    assert "compact      installed" in run("list", folder=CHECKPOINTS)[0]


def test_import_and_verify(published, tmp_path):
    told, error = run(
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
    assert "Installed vqvae-low from vqvae.pth.tar (not the file that the authors" in told
    assert "Installed aist-low-motion from mencoder.pt." in told
    assert "licence: JukeBox's" in told
    assert run("verify", folder=tmp_path) == (
        "aist-low-motion: in order\nvqvae-low: in order\n",
        None,
    )
    path = tmp_path / "published" / "vqvae-low.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    told, error = run("verify", folder=tmp_path)
    assert "aist-low-motion: in order" in told
    assert "vqvae-low: vqvae-low.safetensors is damaged" in told
    assert str(error).startswith("1 of the installed files can't be used (vqvae-low): delete")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("import", "lost.pt"), "There is no file lost.pt"),
        (("import", "lost.pt", "--level", "middle"), "Unknown level 'middle'"),
        (("import", "lost.pt", "--dataset", "mist"), "Unknown data set 'mist'"),
        (("fetch", "mist"), "Unknown weights 'mist': choose compact, aist-high"),
        (("fetch", "tiktok-high-motion"), "No public file is known of tiktok-high-motion"),
    ],
)
def test_mistakes(arguments, expected, tmp_path):
    _, error = run(*arguments, folder=tmp_path)
    assert expected in str(error)
    assert not list(tmp_path.iterdir())


def test_fetch_of_what_is_there(published, tmp_path):
    assert "checkpoints/compact again" in str(run("fetch", "compact", folder=tmp_path)[1])
    assert run("fetch", "compact", folder=CHECKPOINTS) == ("compact is installed already.\n", None)
    run("import", published / "vqvae.pth.tar", folder=tmp_path)
    assert run("fetch", "jukebox", folder=tmp_path) == ("jukebox is installed already.\n", None)


def test_fetch_of_a_set_whose_rest_nobody_publishes(published, tmp_path):
    run("import", published / "vqvae.pth.tar", published / "tiktok_mencoder.pt", folder=tmp_path)
    (tmp_path / "published" / "i3d.safetensors").touch()
    _, error = run("fetch", "tiktok-high", folder=tmp_path)
    assert isinstance(error, CheckpointError)
    assert "python -m d2m weights import netG.pt" in str(error)
