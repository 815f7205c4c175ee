"""The figures of both levels that are reported, and their goals."""

from __future__ import annotations

from dataclasses import dataclass

AT_MOST, AT_LEAST = "<=", ">="
"""How a figure is compared with its goal."""
MUSIC_NOTES = "music_notes"
"""Key of the notes kept of recorded music, whose goal depends on what was kept before."""


@dataclass(frozen=True, kw_only=True)
class LevelRow:
    """A figure of both levels.

    Parameters
    ----------
    title
        What it is.
    key
        Key of the values of a piece.
    over
        Key of the denominators, if the figure is a ratio of means.
    rise
        Whether the ratio is shown as a rise (ratio - 1), in percent.
    compare, goals
        `AT_MOST` or `AT_LEAST`, and the goals of high and low; None without one.
    """

    title: str
    key: str
    over: str = ""
    rise: bool = False
    compare: str = AT_MOST
    goals: tuple[float, float] | None = None


LEVEL_ROWS = (
    LevelRow(title="codec, log-mel L1 (decades)", key="codec_log_mel", goals=(0.15, 0.10)),
    LevelRow(title="codec, spectral convergence", key="codec_convergence", goals=(0.28, 0.15)),
    LevelRow(
        title="codec, notes kept, without drums (F1)",
        key="notes_tonal",
        compare=AT_LEAST,
        goals=(0.75, 0.88),
    ),
    LevelRow(
        title="codec, notes kept, full mix (F1)",
        key="notes_mix",
        compare=AT_LEAST,
        goals=(0.75, 0.88),
    ),
    LevelRow(
        title="codec, pitches kept, without drums (correlation)",
        key="notes_tonal_pitch",
        compare=AT_LEAST,
    ),
    LevelRow(
        title="codec, pitches kept, full mix (correlation)", key="notes_mix_pitch", compare=AT_LEAST
    ),
    LevelRow(title="real music, log-mel L1 (decades)", key="music_codec_log_mel"),
    LevelRow(title="real music, spectral convergence", key="music_codec_convergence"),
    LevelRow(title="real music, notes kept (F1)", key=MUSIC_NOTES, compare=AT_LEAST),
    LevelRow(
        title="real music, pitches kept (correlation)", key="music_notes_pitch", compare=AT_LEAST
    ),
    LevelRow(
        title="tagger's distance to studio over that of two songs of a style",
        key="generated_embedding",
        over="song_embedding",
        goals=(0.5, 0.35),
    ),
    LevelRow(title="beat F, librosa", key="beat_f_librosa", compare=AT_LEAST, goals=(0.95, 0.95)),
    LevelRow(
        title="beat F, network tracker", key="beat_f_network", compare=AT_LEAST, goals=(0.95, 0.95)
    ),
    LevelRow(title="beats coverage as in D2M-GAN (1 is best)", key="generated_coverage"),
    LevelRow(title="beats hit as in D2M-GAN", key="generated_beats_hit", compare=AT_LEAST),
    LevelRow(title="hits met", key="hits_met", compare=AT_LEAST),
    LevelRow(title="accents over other steps", key="accents", compare=AT_LEAST, goals=(2.3, 2.3)),
    LevelRow(
        title="dance zeroed, rise of log-mel L1",
        key="still_log_mel",
        over="generated_log_mel",
        rise=True,
        compare=AT_LEAST,
        goals=(0.40, 0.40),
    ),
    LevelRow(
        title="another's dance, rise of log-mel L1",
        key="other_log_mel",
        over="generated_log_mel",
        rise=True,
        compare=AT_LEAST,
        goals=(0.80, 0.80),
    ),
    LevelRow(
        title="correlation of log-mels with studio", key="generated_correlation", compare=AT_LEAST
    ),
)
"""All rows, in the order of the table."""
PAIR_ROWS = (
    LevelRow(
        title="low nearer to studio than high (share of pieces)",
        key="generated_correlation",
        compare=AT_LEAST,
        goals=(0.9, 0.9),
    ),
)
"""Rows that compare low with high: the share of pieces in which low's value is larger."""
