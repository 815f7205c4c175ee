"""Fixtures of the tests of media files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clips import ClipMaker, clip_maker


@pytest.fixture(autouse=True)
def _fast_probing(probed_here: None) -> None:
    """Probe clips without a child process."""


@pytest.fixture
def make_clip(tmp_path: Path) -> ClipMaker:
    """Return a function that writes a clip into the test's folder and returns its path."""
    return clip_maker(tmp_path)
