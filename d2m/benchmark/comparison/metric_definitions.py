"""What a comparison measures: names, units, definitions and sources, for all reports."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.benchmark.comparison.music_scores import TRACKERS

UP, DOWN, NEITHER = "higher is better", "lower is better", "neither is better"


@dataclass(frozen=True, kw_only=True)
class ComparisonMetric:
    """One metric.

    Parameters
    ----------
    key
        Its key in JSON and CSV.
    label
        Its name in tables.
    better
        `UP`, `DOWN` or `NEITHER`.
    definition
        What it is, in which unit, with its source.
    is_main
        Whether systems are compared pair by pair in it.
    """

    key: str
    label: str
    better: str
    definition: str
    is_main: bool = False


_TRACKED = (
    (
        "beat_f",
        "Beat F",
        UP,
        "F-measure of the beats heard in the music within 70 ms of the dance's beats, 0 to 1 "
        "(mir_eval).",
        True,
    ),
    ("cmlt", "CMLt", UP, "Share of beats that follow the dance's at its own tempo, 0 to 1.", False),
    (
        "amlt",
        "AMLt",
        UP,
        "The same with half tempo, double tempo and off-beats allowed, 0 to 1.",
        False,
    ),
    (
        "information_gain",
        "Information gain",
        UP,
        "How far the beats keep one phase to the dance's, whichever it is, 0 to 1. Beats of a "
        "short clip never score 0.",
        False,
    ),
    (
        "tempo_difference",
        "Tempo difference",
        DOWN,
        "Difference of the tempi over the dance's tempo.",
        False,
    ),
    (
        "tempo_at_octave",
        "Tempo difference, octave aside",
        DOWN,
        "The same after the factor of 1/3, 1/2, 1, 2 or 3 that fits best.",
        False,
    ),
    (
        "same_octave",
        "Same octave",
        UP,
        "Share of clips in which that factor is 1.",
        False,
    ),
    (
        "phase_concentration",
        "Phase concentration",
        UP,
        "How much the phases of the music's beats in those of the dance agree, 0 to 1: a constant "
        "shift keeps 1.",
        False,
    ),
    (
        "mean_phase",
        "Mean phase",
        NEITHER,
        "Mean phase (beats, -0.5 to 0.5): 0 is on the beat, positive is late. Its mean over clips "
        "hides phases that differ, so look at the plot.",
        False,
    ),
)
_OTHERS = (
    ComparisonMetric(
        key="hits_met",
        label="Hits met",
        better=UP,
        definition="Share of the dancer's strongest hits that an onset which stands out meets "
        "within 45 ms, 0 to 1. Music that is independent of the dance meets 0.36 at most on "
        "average.",
        is_main=True,
    ),
    ComparisonMetric(
        key="onsets_at_accents",
        label="Onsets at accents",
        better=UP,
        definition="Onset strength at 16th steps with an accent of the movement, over that at all "
        "others. 1 if the music does not care.",
        is_main=True,
    ),
    ComparisonMetric(
        key="alignment_music",
        label="Beat alignment, from music",
        better=UP,
        definition="Beat Alignment Score: mean over the music's beats of exp(-d^2 / (2 sigma^2)), "
        "d the distance to the nearest kinematic beat, sigma 50 ms (as Bailando; beats by "
        "librosa).",
    ),
    ComparisonMetric(
        key="alignment_dance",
        label="Beat alignment, from dance",
        better=UP,
        definition="The same as the mean over the kinematic beats (as FACT).",
    ),
    ComparisonMetric(
        key="coverage",
        label="Beats coverage",
        better=NEITHER,
        definition="D2M-GAN: seconds with an onset over those of the reference. Can exceed 1. "
        "Clicks at any tempo reach 1, so read it beside the rows of clicks.",
    ),
    ComparisonMetric(
        key="hit",
        label="Beats hit",
        better=UP,
        definition="D2M-GAN: share of the reference's seconds with an onset that have one too. "
        "Clicks at any tempo reach 1.",
    ),
    ComparisonMetric(
        key="loris_bcs",
        label="BCS",
        better=UP,
        definition="LORIS, with its own picking of onsets: seconds with an onset in both over "
        "those of the music.",
    ),
    ComparisonMetric(
        key="loris_bhs",
        label="BHS",
        better=UP,
        definition="LORIS: seconds with an onset in both over those of the reference.",
    ),
    ComparisonMetric(
        key="genre_right",
        label="Genre accuracy",
        better=UP,
        definition="Share of pieces whose nearest reference, in the embedding named below, "
        "belongs to a dance of the same genre. The clip's own reference is among them, as in the "
        "D2M-GAN paper.",
    ),
    ComparisonMetric(
        key="loudness_lufs",
        label="Loudness",
        better=NEITHER,
        definition="Loudness of the file (LUFS, ITU-R BS.1770-4), before players are levelled.",
    ),
    ComparisonMetric(
        key="silent_share",
        label="Silent share",
        better=NEITHER,
        definition="Share of the time that is silent, 0 to 1.",
    ),
    ComparisonMetric(
        key="length_difference_s",
        label="Length difference",
        better=NEITHER,
        definition="Length of the file less that of the clip (s). Scores count over the time that "
        "both share.",
    ),
)
COMPARISON_METRICS: tuple[ComparisonMetric, ...] = (
    *(
        ComparisonMetric(
            key=f"{key}_{tracker}",
            label=f"{label} ({tracker})",
            better=better,
            definition=definition,
            is_main=is_main,
        )
        for key, label, better, definition, is_main in _TRACKED
        for tracker in TRACKERS
    ),
    *_OTHERS,
)
"""The metrics of one piece, in the order of tables."""
SYSTEM_METRICS: tuple[ComparisonMetric, ...] = (
    ComparisonMetric(
        key="loris_f1",
        label="LORIS F1",
        better=UP,
        definition="Harmonic mean of the means of BCS and BHS.",
    ),
    ComparisonMetric(
        key="loris_csd",
        label="CSD",
        better=DOWN,
        definition="Standard deviation of BCS over clips.",
    ),
    ComparisonMetric(
        key="loris_hsd",
        label="HSD",
        better=DOWN,
        definition="Standard deviation of BHS over clips.",
    ),
    ComparisonMetric(
        key="frechet_distance",
        label="FAD",
        better=DOWN,
        definition="Frechet distance between the embeddings of the pieces and of the references. "
        "It depends on the embedding, on the references and on their number: never compare it "
        "with a value from elsewhere.",
    ),
    ComparisonMetric(
        key="diversity",
        label="Diversity",
        better=NEITHER,
        definition="Mean distance between the embeddings of a system's pieces: compare it with "
        "that of the references.",
    ),
)
"""The metrics of all pieces of a system together. They have no interval."""
