"""The plot of a dance for a song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from d2m.rendering.dance_plot import draw_dance_plot
from d2m.rendering.palette import LIGHT
from tests.rendering.test_plots import DURATION_S, RATE, columns, drum, pixels

BEATS_S = np.arange(0.4, 8.0, 0.5)


def draw(path: Path, stops_s: np.ndarray, *, has_beat: bool = True) -> str:
    return draw_dance_plot(
        path,
        title="Song, House",
        duration_s=DURATION_S,
        audio=drum(BEATS_S),
        sample_rate=RATE,
        onsets_s=BEATS_S,
        music_beats_s=BEATS_S,
        tempo_bpm=120.0,
        has_beat=has_beat,
        offsets=np.abs(np.sin(np.arange(120) / 15 * 2 * np.pi)),
        offsets_fps=15.0,
        kinematic_beats_s=stops_s,
        dark=path.with_name("dark.png"),
    )


def test_beats_that_meet_are_joined_and_counted(tmp_path: Path) -> None:
    stops = np.sort(np.concatenate([BEATS_S[::2] + 0.08, BEATS_S[1::4] + 0.2]))
    text = draw(tmp_path / "plot.png", stops)
    assert columns(pixels(tmp_path / "plot.png", LIGHT.match)[150:, 160:]) == 8
    assert "16 beats (120 BPM)" in text
    assert "12 beats of movement" in text
    assert "8 of the dancer's meet one of the song's within 100 ms" in text
    dark = np.asarray(Image.open(tmp_path / "dark.png").convert("L"))
    assert dark[0].max() < 60


def test_without_a_beat_nothing_is_compared(tmp_path: Path) -> None:
    text = draw(tmp_path / "plot.png", BEATS_S, has_beat=False)
    assert not pixels(tmp_path / "plot.png", LIGHT.match)[150:, 160:].any()
    assert "no beat found in it" in text
    assert "not compared" in text
