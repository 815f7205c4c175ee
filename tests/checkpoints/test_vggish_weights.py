"""VGGish weights: their import, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from d2m.checkpoints import import_files, load_vggish
from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.cli import weights
from d2m.checkpoints.identify import expected_shapes, match_parameters
from d2m.core.errors import CheckpointError
from tests.models.oracle import filled

PCA = {"pproc.pca_eigen_vectors": (128, 128), "pproc.pca_means": (128, 1)}


def light(**changed: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """Return tensors with the names and shapes of VGGish that use no memory."""
    found = {name: tuple(shape) for name, shape in expected_shapes("vggish").items()}
    return {name: torch.zeros(1).expand(shape) for name, shape in (found | changed).items()}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install a file in the published form."""
    folder = tmp_path_factory.mktemp("vggish")
    state = {name: filled(name, tuple(shape)) for name, shape in expected_shapes("vggish").items()}
    path = folder / "vggish-10086976.pth"
    torch.save(state, path)
    del state
    (new,) = import_files([path], folder=folder / "checkpoints")
    assert new.key == "vggish"
    path.unlink()
    return folder / "checkpoints"


def test_the_installed_network_has_the_parameters_of_the_file(checkpoints):
    network = load_vggish(checkpoints)
    assert not network.training
    assert network.pproc is None
    for name in ("features.0.weight", "features.13.bias", "embeddings.4.weight"):
        tensor = network.state_dict()[name]
        assert torch.equal(tensor, filled(name, tuple(tensor.shape)))
    output = CliRunner().invoke(weights, ["list", "--folder", str(checkpoints)]).output
    assert "vggish       installed  VGGish" in output


def test_the_file_may_contain_the_post_processing():
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


def test_missing_weights_are_reported(tmp_path):
    with pytest.raises(CheckpointError, match=r"python -m d2m weights fetch vggish"):
        load_vggish(tmp_path)


def test_the_source_is_the_published_file():
    source = WEIGHT_FILES["vggish"].source
    assert source is not None
    assert source.url == (
        "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth"
    )
