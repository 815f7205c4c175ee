"""Published figures of music for dances, each with its source and protocol.

A figure that was not at hand is missing here, and shown as such: nothing is filled in.
"""

from __future__ import annotations

from dataclasses import dataclass

from d2m.benchmark.listening.study import COHERENCE, QUALITY
from d2m.core.levels import HIGH, LOW

AIST_TABLE, TIKTOK_TABLE, OPINION_TABLE = "table1", "tiktok", "table2"
"""Keys of the tables of rhythm and genre, and of listeners' opinions."""
LENGTH_TABLE, INPUT_TABLE, LOSS_TABLE, DESIGN_TABLE = "table3", "table4", "table5", "table6"
"""Keys of the tables of ablations: segment lengths, inputs, losses, architecture."""
COVERAGE, HIT, GENRE, OTHER_GENRE = "coverage", "hit", "genre", "genre_other"
"""Columns of the tables of rhythm and genre (%); the last one leaves out the clip's own music."""
ORIGINAL_ROW, COPY_ROW = "original music", "codec's copy"
"""Rows of the clip's own music, as it is and through a codec."""
NOT_AT_HAND = "not at hand"
"""What stands in the place of a published figure that is not known here."""
D2MGAN_SOURCE = (
    "Zhu et al., Quantized GAN for Complex Music Generation from Dance Videos, ECCV 2022"
)
"""Source of the figures of the tables."""
RHYTHM_PROTOCOL = (
    "segments of 2 s; beats coverage and hit in one-second bins of onsets, against the segment's "
    "own music; genre by the nearest original segment in VGGish embeddings"
)
"""Protocol of the paper's figures of rhythm and genre."""
OPINION_PROTOCOL = "ratings from 1 to 5 by 26 people of 15 clips each"
"""Protocol of the paper's mean opinion scores; the quality of sound alone has its own raters."""

PUBLISHED_RHYTHM: dict[tuple[str, str], dict[str, float]] = {
    (AIST_TABLE, "dance2music"): {COVERAGE: 83.5, HIT: 82.4, GENRE: 7.0},
    (AIST_TABLE, "foley-music"): {COVERAGE: 74.1, HIT: 69.4, GENRE: 8.1},
    (AIST_TABLE, "cmt"): {COVERAGE: 85.5, HIT: 83.5, GENRE: 11.6},
    (AIST_TABLE, HIGH.name): {COVERAGE: 88.2, HIT: 84.7, GENRE: 24.4},
    (AIST_TABLE, LOW.name): {COVERAGE: 92.3, HIT: 91.7, GENRE: 26.7},
    (TIKTOK_TABLE, HIGH.name): {COVERAGE: 88.4, HIT: 82.3},
    (TIKTOK_TABLE, LOW.name): {COVERAGE: 87.1, HIT: 83.9},
}
"""Figures (%) of the paper by table and row; high and low are its own networks."""
PUBLISHED_OPINIONS: dict[str, dict[str, float]] = {
    "random": {COHERENCE: 2.0},
    "dance2music": {COHERENCE: 2.8},
    "foley-music": {COHERENCE: 2.8},
    "cmt": {COHERENCE: 3.0},
    HIGH.name: {COHERENCE: 3.5, QUALITY: 3.5},
    LOW.name: {COHERENCE: 3.3, QUALITY: 3.7},
    COPY_ROW: {QUALITY: 3.5},
    ORIGINAL_ROW: {COHERENCE: 4.6, QUALITY: 4.8},
}
"""Mean opinion scores of the paper by row."""


@dataclass(frozen=True, kw_only=True)
class LaterFigures:
    """Figures that a later paper states for its own system.

    Parameters
    ----------
    system
        Name of the system.
    coverage, hit, f1
        Beats coverage, beats hit and their F1 (%); None where it is not at hand.
    protocol
        Lengths of the clips, and what else differs.
    """

    system: str
    coverage: float | None = None
    hit: float | None = None
    f1: float | None = None
    protocol: str


LATER_FIGURES = (
    LaterFigures(system="CDCD", coverage=93.9, hit=90.7, protocol="2 s"),
    LaterFigures(
        system="LORIS", coverage=98.6, hit=90.8, f1=94.5, protocol="25 s, protocol of LORIS"
    ),
    LaterFigures(system="PN-Diffusion", coverage=97.7, hit=93.7, f1=95.7, protocol="5 s; FAD 5.62"),
    LaterFigures(system="GACA-DiT", coverage=98.1, hit=98.7, f1=98.5, protocol="5 s, 44.1 kHz"),
    LaterFigures(
        system="PF-D2M",
        hit=99.8,
        f1=94.3,
        protocol="unseen songs mBR0, mMH0, mLO2 and mJB5; no pose, several dancers",
    ),
    LaterFigures(
        system="textual inversion with MusicGen",
        coverage=41.0,
        hit=39.0,
        f1=40.0,
        protocol="a stricter protocol",
    ),
)
"""Later systems on AIST++. Their protocols differ, so their figures can't be ranked."""
