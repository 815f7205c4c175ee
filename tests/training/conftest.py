"""A small corpus for the tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from d2m.training.data.composed_pieces import ComposedPiece
from d2m.training.data.piece_rendering import render_pieces

PIECES = [ComposedPiece(number=0, held_out=True), *(ComposedPiece(number=n) for n in range(3))]
"""The pieces of the corpus."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Run torch in one thread: on these small networks more threads are slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pieces be about 4 s long."""
    shorten(monkeypatch)


def shorten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("d2m.training.data.composed_pieces.PIECE_SECONDS", (3.5, 4.5))
    patch.setattr("d2m.training.data.composed_pieces.HELD_OUT_LEAST_S", 4.0)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render three short pieces to train on and a held-out one; no test may change them."""
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        render_pieces(folder, PIECES)
    return folder
