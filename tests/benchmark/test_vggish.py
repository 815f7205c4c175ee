"""VGGish's file, from import to the metric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from d2m.benchmark.genre_classifier import Genres, embedding_for, vggish_ear
from d2m.checkpoints import import_files, load_vggish
from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.cli import weights
from d2m.checkpoints.identify import expected_shapes, match_parameters
from d2m.core.errors import CheckpointError
from d2m.models.vggish import log_mel_examples
from tests.benchmark.test_genres import take
from tests.models.oracle import filled

PCA = {"pproc.pca_eigen_vectors": (128, 128), "pproc.pca_means": (128, 1)}


def light(**changed: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """Return tensors of VGGish's names and shapes that take no memory."""
    found = {name: tuple(shape) for name, shape in expected_shapes("vggish").items()}
    return {name: torch.zeros(1).expand(shape) for name, shape in (found | changed).items()}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install a file of the published form."""
    folder = tmp_path_factory.mktemp("vggish")
    state = {name: filled(name, tuple(shape)) for name, shape in expected_shapes("vggish").items()}
    path = folder / "vggish-10086976.pth"
    torch.save(state, path)
    del state
    (new,) = import_files([path], folder=folder / "checkpoints")
    assert new.key == "vggish"
    path.unlink()
    return folder / "checkpoints"


def test_the_installed_network_is_the_files(checkpoints):
    network = load_vggish(checkpoints)
    assert not network.training
    assert network.pproc is None
    for name in ("features.0.weight", "features.13.bias", "embeddings.4.weight"):
        tensor = network.state_dict()[name]
        assert torch.equal(tensor, filled(name, tuple(tensor.shape)))
    told = CliRunner().invoke(weights, ["list", "--folder", str(checkpoints)]).output
    assert "vggish       installed  VGGish" in told


def test_genres_are_told_by_it_where_it_is_installed(checkpoints):
    trained = [take(song, 1, 2.0) for song in (0, 20)]
    ear = embedding_for(trained, checkpoints)
    assert ear.title == "VGGish"
    assert "Nothing was fitted" in ear.note
    genres = Genres(trained, ear)
    for one in trained:
        assert genres.scores(one.audio, one)["genre"] == 1.0
    network = load_vggish(checkpoints)
    with torch.inference_mode():
        heard = network(torch.from_numpy(log_mel_examples(trained[0].audio, 22_050)))
    assert np.allclose(genres.place(trained[0].audio), heard.mean(dim=0), atol=1e-6)


def test_post_processing_may_be_in_the_file():
    state = light()
    assert match_parameters(state, "vggish", "a.pth").keys() == state.keys()
    assert match_parameters(light(**PCA), "vggish", "a.pth").keys() == state.keys() | PCA.keys()
    half = light(**dict([next(iter(PCA.items()))]))
    with pytest.raises(CheckpointError, match=r"lacks the parameter `pproc\.pca_means`"):
        match_parameters(half, "vggish", "a.pth")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"embeddings.4.weight": (10, 4096)}, "expected (128, 4096)"),
        ({"embeddings.6.weight": (527, 128)}, "a parameter `embeddings.6.weight` that"),
        ({"pproc.pca_means": (128,), "pproc.pca_eigen_vectors": (128, 128)}, "expected (128, 1)"),
    ],
)
def test_other_networks_are_refused(changed, expected, tmp_path):
    torch.save(light(**changed), tmp_path / "vggish.pth")
    with pytest.raises(CheckpointError) as error:
        import_files([tmp_path / "vggish.pth"], folder=tmp_path / "checkpoints")
    assert expected in str(error.value)
    assert not (tmp_path / "checkpoints").exists()


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(CheckpointError, match=r"python -m d2m weights fetch vggish"):
        vggish_ear(tmp_path)


def test_it_is_fetched_from_where_it_is_published():
    source = WEIGHT_FILES["vggish"].source
    assert source is not None
    assert source.url == (
        "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth"
    )
