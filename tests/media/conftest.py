"""Fixtures of the tests of media files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clips import ClipMaker, clip_maker


@pytest.fixture
def make_clip(tmp_path: Path) -> ClipMaker:
    """Return a function that writes a clip into the test's folder and returns its path."""
    return clip_maker(tmp_path)
