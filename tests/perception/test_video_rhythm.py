"""The rhythm of a video as CMT measures it: tempo, flow of bars, visual beats."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.perception.step_features import joint_directogram
from d2m.perception.video_rhythm import STILL_TEMPO_BPM, VideoRhythm, measure_video_rhythm

FPS = 30.0
STANDING = np.stack([np.tile([-0.2, 0.2], 9)[:17], np.linspace(-1.0, 1.0, 17)], axis=1)


def bobbing(bpm: float, duration_s: float, size: NDArray[np.float64] | float = 0.1) -> VideoRhythm:
    """Measure a dancer who bends the knees on every beat."""
    time = np.arange(round(duration_s * FPS)) / FPS
    keypoints = np.tile(STANDING, (len(time), 1, 1))
    keypoints[:, :, 1] += (size * np.cos(2 * np.pi * time * bpm / 60.0))[:, None]
    return measure_video_rhythm(joint_directogram(keypoints, FPS), FPS, duration_s)


@pytest.mark.parametrize("bpm", [80.0, 100.0, 120.0])
def test_a_bobbing_dancer_gives_the_tempo(bpm: float) -> None:
    rhythm = bobbing(bpm, 14.4)
    assert rhythm.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert len(rhythm.bar_flow) == int(np.ceil(14.4 * rhythm.tempo_bpm / 240))


def test_movement_twice_as_large_gives_twice_the_flow_and_stronger_beats() -> None:
    size = np.repeat([0.1, 0.2], round(7.2 * FPS))
    rhythm = bobbing(100.0, 14.4, size)
    assert rhythm.tempo_bpm == pytest.approx(100.0, rel=0.02)
    small, large = rhythm.bar_flow[:2].mean(), rhythm.bar_flow[4:].mean()
    assert large == pytest.approx(2 * small, rel=0.1)
    beats = rhythm.beat_weights
    assert beats[4:].max(axis=1).min() > beats[:3].max() > 0


def test_visual_beats_lie_where_movement_stops() -> None:
    rhythm = bobbing(100.0, 14.4)
    counts = (rhythm.beat_weights > 0).sum(axis=1)
    assert counts[1:-1].min() >= 7  # the dancer stops above and below in each of four beats
    assert counts.max() <= 9


def test_a_still_dancer_has_a_tempo_and_no_beats() -> None:
    rhythm = measure_video_rhythm(np.zeros((90, 8)), FPS, 3.0)
    assert rhythm.tempo_bpm == STILL_TEMPO_BPM
    assert not rhythm.beat_weights.any()
    assert not rhythm.bar_flow.any()


def test_bars_after_the_last_frame_move_like_the_last_one() -> None:
    rhythm = measure_video_rhythm(np.ones((60, 8)), FPS, 8.0)
    assert len(rhythm.bar_flow) == 4
    assert np.allclose(rhythm.bar_flow, 8.0)


@pytest.mark.parametrize("flow", [None, np.zeros((0, 8)), np.ones((1, 8))])
def test_movement_data_is_needed(flow: NDArray[np.float64] | None) -> None:
    with pytest.raises(DataError, match="optical flow or key points"):
        measure_video_rhythm(flow, FPS, 3.0)
