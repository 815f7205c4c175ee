"""Tempo differences computed by hand."""

from __future__ import annotations

from math import isnan

import pytest

from d2m.core.errors import DataError
from d2m.metrics.tempo_difference import TempoDifference, tempo_difference


@pytest.mark.parametrize(
    ("music_bpm", "relative", "factor", "at_octave"),
    [
        (120, 0.0, 1.0, 0.0),
        (132, 0.1, 1.0, 0.1),
        (108, 0.1, 1.0, 0.1),
        (240, 1.0, 2.0, 0.0),
        (63, 0.475, 0.5, 0.05),
        (40, 2 / 3, 1 / 3, 0.0),
        (360, 2.0, 3.0, 0.0),
        (600, 4.0, 3.0, 2 / 3),
        # Between 1 and 2, the middle is 120 times the square root of 2, 169.7 BPM.
        (169, 49 / 120, 1.0, 49 / 120),
        (171, 51 / 120, 2.0, 69 / 240),
    ],
)
def test_differences_from_120_bpm(
    music_bpm: float, relative: float, factor: float, at_octave: float
) -> None:
    assert tempo_difference(music_bpm, 120.0) == TempoDifference(
        relative=pytest.approx(relative),
        factor=pytest.approx(factor),
        at_octave=pytest.approx(at_octave, abs=1e-12),
    )


def test_without_a_tempo_nothing_is_known() -> None:
    for pair in ((0.0, 120.0), (120.0, 0.0), (0.0, 0.0)):
        found = tempo_difference(*pair)
        assert isnan(found.relative)
        assert isnan(found.factor)
        assert isnan(found.at_octave)


@pytest.mark.parametrize("tempo_bpm", [-1.0, float("nan"), float("inf")])
def test_what_is_no_tempo_is_refused(tempo_bpm: float) -> None:
    with pytest.raises(DataError, match="tempo of the music"):
        tempo_difference(tempo_bpm, 120.0)
    with pytest.raises(DataError, match="tempo of the dance"):
        tempo_difference(120.0, tempo_bpm)
