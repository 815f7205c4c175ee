"""A corpus of short pieces, and hand-made results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m.benchmark.metric_table import (
    CODEC,
    GENERATED,
    ORIGINAL,
    RANDOM,
    SHUFFLED,
    TRUE_BEATS,
)
from d2m.benchmark.results import Excerpt, LevelResults, Results
from d2m.core.levels import SAMPLE_RATE
from tests.training.conftest import bank, one_thread, small_corpus

__all__ = ["bank", "one_thread", "small_corpus"]

STEPS = 32


@pytest.fixture(scope="session")
def short_corpus(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut the small corpus to the first two bars of each piece."""
    folder = tmp_path_factory.mktemp("short")
    for name in ("pieces", "audio"):
        (folder / name).mkdir()
    for path in (small_corpus / "pieces").glob("*.npz"):
        with np.load(path) as stored:
            piece = dict(stored)
        piece["starts"] = piece["starts"][: STEPS + 1]
        for name in ("position", "features", "visual"):
            piece[name] = piece[name][:STEPS]
        np.savez(folder / "pieces" / path.name, **piece)
        sound, rate = soundfile.read(small_corpus / "audio" / f"{path.stem}.flac")
        length = int(piece["starts"][-1]) * 128
        soundfile.write(folder / "audio" / f"{path.stem}.flac", sound[:length], rate)
    return folder


@pytest.fixture
def hand_made() -> Results:
    """Return results of level high for three pieces, with round numbers."""

    def rows(**values: tuple[float, float, float]) -> dict[str, np.ndarray]:
        return {key: np.array(value) for key, value in values.items()}

    music = {
        GENERATED: rows(mel_l1=(0.2, 0.3, 0.4), beat_f=(0.8, 0.9, 1.0), coverage=(1.0, 1.0, 1.2)),
        ORIGINAL: rows(mel_l1=(0.0, 0.0, 0.0), beat_f=(0.9, 0.9, 1.0), coverage=(1.0, 1.0, 1.0)),
        SHUFFLED: rows(mel_l1=(0.6, 0.7, 0.6), beat_f=(0.1, 0.2, 0.3), coverage=(1.0, 1.3, 1.0)),
        RANDOM: rows(mel_l1=(0.9, 0.9, 0.9), beat_f=(0.1, 0.1, 0.1), coverage=(2.0, 2.0, 2.0)),
    }
    for samples in music.values():
        samples |= rows(
            accents=(2.0, 2.5, np.nan),
            hit=(0.9, 0.9, 0.9),
            loris_coverage=(1.0, 1.0, 1.0),
            loris_hit=(1.0, 1.0, 1.0),
            genre=(0.5, 0.5, 0.8),
        )
    figures = {
        "mel_ratio": 1.1,
        "zeroed_rise": 0.25,
        "speed_s": 0.5,
        "speed_best_s": 0.4,
        "codebook_used": 0.5,
        "codebook_perplexity": 700.0,
        "genre_unseen": 0.7,
    }
    figures |= {
        f"diversity_{kind}_{unit}": value
        for kind, value in {"seeds": 1.0, "styles": 2.0, "originals": 4.0}.items()
        for unit in ("embedding", "mel")
    }
    high = LevelResults(
        codec={CODEC: rows(mel_l1=(0.2, 0.2, 0.23), convergence=(0.3, 0.3, 0.3))},
        music=music,
        changes={"dance zeroed": rows(codes_changed=(0.5, 0.5, 0.5))},
        dances={"dancers": {TRUE_BEATS: rows(beat_f=(0.8, 0.8, 0.8))}},
        curves={ORIGINAL: np.ones(53), GENERATED: np.linspace(0, 2, 53)},
        figures=figures,
    )
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE // 2).astype(np.float32)
    return Results(
        levels={"high": high},
        facts={"held-out pieces": "three, <made> by hand."},
        weights={"codec_high.safetensors": {"bytes": 2_000_000, "sha256": "0123456789ab"}},
        excerpts=[Excerpt(title="00-00", clips={ORIGINAL: 0.1 * noise, GENERATED: 0.2 * noise})],
    )
