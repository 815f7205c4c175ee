"""Files as the authors publish them, with made-up values, and a server for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.checkpoints.misbehaving import Files, serving
from tests.models.oracle import filled_state_dict

NAMES = {
    "aist/mencoder": "mencoder.pt",
    "aist/netG_high": "netG.pt",
    "tiktok/mencoder": "tiktok_mencoder.pt",
    "aist/netD": "netD.pt",
    "vqvae": "vqvae.pth.tar",
}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of published files."""
    folder = tmp_path_factory.mktemp("published")
    for network, name in NAMES.items():
        state = filled_state_dict(network)
        torch.save({"model": state, "step": 7} if network == "vqvae" else state, folder / name)
    return folder


@pytest.fixture
def files() -> Iterator[Files]:
    """Return a running server's files."""
    files = Files()
    with serving(files):
        yield files


@pytest.fixture
def leftovers() -> Callable[[Path], list[str]]:
    """Return what lies in a checkpoints folder besides whole installed files."""

    def found(folder: Path) -> list[str]:
        whole = ("*.safetensors", "index.json")
        return sorted(
            path.name
            for path in folder.rglob("*")
            if path.is_file() and not any(path.match(pattern) for pattern in whole)
        )

    return found
