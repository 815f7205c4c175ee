"""Numbers of the paper that ours stand beside (Zhu et al., ECCV 2022).

They are of other music, other dances and another genre embedding (VGGish), so they say what
the same protocol gave there, not who is better. What is not known to us is left out.
"""

from __future__ import annotations

from d2m.benchmark.document import Grid
from d2m.benchmark.metric_table import GENERATED, ORIGINAL, SHUFFLED, mean
from d2m.benchmark.results import Results

AIST = (
    ("Dance2Music", "83.5", "82.4", "7.0"),
    ("Foley Music", "74.1", "69.4", "8.1"),
    ("CMT", "85.5", "83.5", "11.6"),
    ("D2M-GAN, high", "88.2", "84.7", "24.4"),
    ("D2M-GAN, low", "92.3", "91.7", "26.7"),
)
"""AIST++: beats coverage, beats hit, genre accuracy (%)."""
TIKTOK = (("D2M-GAN, high", "88.4", "82.3", "–"), ("D2M-GAN, low", "87.1", "83.9", "–"))
"""TikTok Dance-Music: beats coverage, beats hit (%)."""
ABLATIONS = (
    "without the motion input",
    "without the visual input",
    "without the genre input",
    "without feature matching",
    "without commitment to the codebook",
    "without the waveform loss",
    "without the mel loss",
)
"""Rows that `d2m.models.losses.LossWeights` and the generators' inputs can switch off."""


def comparison(results: Results) -> Grid:
    """Return the paper's rows beside ours: coverage, hit and genre accuracy (%)."""
    rows: list[tuple[str, ...]] = [("paper, AIST++: " + row[0], *row[1:]) for row in AIST]
    rows += [("paper, TikTok: " + row[0], *row[1:]) for row in TIKTOK]
    for level, found in results.levels.items():
        for row in (GENERATED, ORIGINAL, SHUFFLED):
            if row not in found.music:
                continue
            samples = found.music[row]
            name = f"ours, held-out takes: {level}" if row == GENERATED else f"{row} ({level})"
            keys = ("coverage", "hit", "genre")
            rows.append((name, *(f"{100 * mean(samples[key]):.1f}" for key in keys)))
    return Grid(
        head=("", "coverage (%)", "hit (%)", "genre accuracy (%)"),
        rows=_once(rows),
    )


def _once(rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Name references that are the same at both levels once."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        name = row[0].split(" (")[0] if row[0].startswith((ORIGINAL, SHUFFLED)) else row[0]
        found.setdefault(name, (name, *row[1:]))
    return tuple(found.values())
