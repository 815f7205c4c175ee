"""Songs for tests: the example song, and a part of it."""

from __future__ import annotations

from pathlib import Path

EXAMPLE_SONG = Path(__file__).parents[1] / "examples" / "house_120.m4a"
"""The song that the page offers: 24 s of house at 120 BPM."""
