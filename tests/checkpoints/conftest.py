"""Files in the published formats with synthetic values, and a test server for downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.checkpoints.faulty_server import ServerState, run_server
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
    """Return a folder of files in the published formats."""
    folder = tmp_path_factory.mktemp("published")
    for network, name in NAMES.items():
        state = filled_state_dict(network)
        torch.save({"model": state, "step": 7} if network == "vqvae" else state, folder / name)
    return folder


@pytest.fixture
def server() -> Iterator[ServerState]:
    """Return the state of a running server."""
    state = ServerState()
    with run_server(state):
        yield state


@pytest.fixture
def leftovers() -> Callable[[Path], list[str]]:
    """Return a function that lists the files besides the index and the installed files."""

    def find(folder: Path) -> list[str]:
        expected = ("*.safetensors", "index.json")
        return sorted(
            path.name
            for path in folder.rglob("*")
            if path.is_file() and not any(path.match(pattern) for pattern in expected)
        )

    return find
