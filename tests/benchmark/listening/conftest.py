"""One small study with all three blocks, which the tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from d2m.benchmark.listening.make_study import make_study
from d2m.benchmark.listening.study_settings import read_study_settings
from tests.benchmark.listening.small_study import (
    COHERENCE_BLOCK,
    PAIRS_BLOCK,
    QUALITY_BLOCK,
    write_settings,
)


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study of stimuli of 1 s; answers belong into copies of it."""
    folder = tmp_path_factory.mktemp("small_study")
    blocks = COHERENCE_BLOCK + QUALITY_BLOCK + PAIRS_BLOCK
    settings = read_study_settings(write_settings(folder, blocks, length_s=1.0))
    made = folder / "study"
    make_study(settings, made)
    return made
