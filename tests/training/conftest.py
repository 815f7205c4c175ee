"""A small corpus for the tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from d2m.training.data.corpus import render_corpus
from d2m.training.data.dances import procedural_dance, view
from d2m.training.data.motion_bank import MotionFeatures, measure_dance
from d2m.training.loops.loop_songs import UNSEEN_SONGS
from d2m.training.loops.loop_synthesizer import SOUNDFONT


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Run torch in one thread: on these small networks more threads are slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def bank() -> list[MotionFeatures]:
    """Return four procedural dancers, the last one held out."""
    measured = []
    for seed in range(4):
        dance = procedural_dance(seed, tempo_bpm=90.0 + 10 * seed, duration_s=11.0)
        measured.append(measure_dance(view(dance, 0.2), held_out=seed == 3))
    assert all(measured)
    return [movement for movement in measured if movement is not None]


@pytest.fixture(scope="session")
def small_corpus(bank: list[MotionFeatures], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render two songs with three pieces each, and an unseen song."""
    if not SOUNDFONT.is_file():
        pytest.skip("needs fluid-soundfont-gm")
    folder = tmp_path_factory.mktemp("corpus")
    render_corpus(folder, bank, pieces_per_song=3, songs=(0, 1, UNSEEN_SONGS[0]))
    return folder
