"""The music's beats are heard where the clock has them, in the decoded video."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from d2m.core.levels import HIGH, LOW, STUDIO, Level
from d2m.perception.dance import Dance
from d2m.pipeline import DanceToMusic

TAPS = tuple(float(one) for one in np.arange(0.35, 2.9, 0.5))
DRUMS_ONLY = {"style": "house", "seed": 3, "bass": False, "chords": False, "lead": False}


@pytest.fixture(scope="module")
def pipeline() -> DanceToMusic:
    return DanceToMusic()


@pytest.fixture(scope="module")
def dance(pipeline: DanceToMusic, short_clip: Path) -> Dance:
    return pipeline.perceive(short_clip, taps_s=TAPS)


def attacks_ms(path: Path, beats_s: np.ndarray) -> np.ndarray:
    """Return how much later than a beat the sound rises there (ms), where a drum stands out."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        sound = np.concatenate([one.to_ndarray() for one in container.decode(audio=0)], axis=1)
    step = rate // 1000
    mono = np.abs(sound).sum(axis=0)
    level = np.sqrt((mono[: len(mono) // step * step].reshape(-1, step) ** 2).mean(axis=1))
    late = []
    for centre in np.round(beats_s * 1000).astype(int):
        if 60 <= centre <= len(level) - 60:
            before, near = level[centre - 60 : centre - 15].max(), level[centre - 15 : centre + 40]
            if near.max() > 3 * before:
                late.append(int(np.argmax(near > before + 0.3 * (near.max() - before))) - 15)
    return np.array(late)


@pytest.mark.e2e
@pytest.mark.parametrize("level", [STUDIO, HIGH, LOW], ids=lambda level: level.name)
def test_drums_are_heard_on_the_tapped_beats(
    pipeline: DanceToMusic, dance: Dance, tmp_path: Path, level: Level
) -> None:
    np.testing.assert_allclose(dance.rhythm.beats_s[:5], TAPS[:5], atol=0.001)
    made = pipeline.generate(dance, level, taps_s=TAPS, out=tmp_path, **DRUMS_ONLY)
    late = attacks_ms(made.paths["mp4"], dance.rhythm.beats_s)
    assert len(late) >= 2
    assert abs(np.median(late)) <= 4
    assert np.abs(late).max() <= 12
