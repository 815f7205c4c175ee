"""Published D2M-GAN scores (Zhu et al., ECCV 2022) next to those of the bundled weights.

The published scores were measured on other music, other dances and with VGGish as the genre
embedding, so the comparison shows the results of one protocol on two data sets, not a
ranking. Values that the paper does not report are left out.
"""

from __future__ import annotations

from d2m.benchmark.document import Table
from d2m.benchmark.metric_table import GENERATED, ORIGINAL, SHUFFLED, finite_mean
from d2m.benchmark.results import Results

PUBLISHED_ON_AIST = (
    ("Dance2Music", "83.5", "82.4", "7.0"),
    ("Foley Music", "74.1", "69.4", "8.1"),
    ("CMT", "85.5", "83.5", "11.6"),
    ("D2M-GAN, high", "88.2", "84.7", "24.4"),
    ("D2M-GAN, low", "92.3", "91.7", "26.7"),
)
"""Beats coverage, beats hit and genre accuracy (%) on AIST++, from Zhu et al. 2022."""
PUBLISHED_ON_TIKTOK = (
    ("D2M-GAN, high", "88.4", "82.3", "–"),
    ("D2M-GAN, low", "87.1", "83.9", "–"),
)
"""Beats coverage and beats hit (%) on TikTok Dance-Music, from Zhu et al. 2022."""
ABLATIONS = (
    "the motion input",
    "the visual input",
    "the genre input",
    "feature matching",
    "the codebook commitment loss",
    "the waveform loss",
    "the mel loss",
)
"""Inputs of the generators and losses (`d2m.models.losses.LossWeights`) that training can omit."""


def comparison_table(results: Results) -> Table:
    """Build a table of the published scores and ours: coverage, hit and genre accuracy (%)."""
    rows: list[tuple[str, ...]] = [
        ("published, AIST++: " + row[0], *row[1:]) for row in PUBLISHED_ON_AIST
    ]
    rows += [("published, TikTok: " + row[0], *row[1:]) for row in PUBLISHED_ON_TIKTOK]
    # The reference rows are the same at both levels, so they appear once.
    references: dict[str, tuple[str, ...]] = {}
    for level, found in results.levels.items():
        for row in (GENERATED, ORIGINAL, SHUFFLED):
            if row not in found.music:
                continue
            samples = found.music[row]
            keys = ("coverage", "hit", "genre")
            values = tuple(f"{100 * finite_mean(samples[key]):.1f}" for key in keys)
            if row == GENERATED:
                rows.append((f"ours, held-out pieces: {level}", *values))
            else:
                references.setdefault(row, (row, *values))
    return Table(
        head=("", "coverage (%)", "hit (%)", "genre accuracy (%)"),
        rows=(*rows, *references.values()),
    )
