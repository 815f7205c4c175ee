import numpy as np
import pytest

from d2m.core.metrical_grid import grid_from_beats
from d2m.perception.dance import _two_or_more
from d2m.perception.rhythm import Rhythm


@pytest.mark.parametrize("beats", [[], [0.4], [0.4, 1.6]])
def test_a_clip_too_short_for_two_beats_still_has_a_grid(beats):
    rhythm = Rhythm(
        tempo_bpm=50.0,
        beats_s=np.array(beats),
        downbeats_s=np.array(beats[:1]),
        confidence=0.0,
        envelope=np.zeros(10),
        envelope_rate=60.0,
        steady_default=True,
    )
    laid = _two_or_more(rhythm)
    assert np.diff(laid) == pytest.approx([1.2])
    assert list(laid[: len(beats)]) == beats
    assert grid_from_beats(laid, 2.0).starts[-1] >= grid_from_beats(laid, 2.0).n_frames
