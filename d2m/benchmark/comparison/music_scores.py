"""Scores of one piece of music against the dance of its clip, and against a reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.benchmark.comparison.compared_dance import ComparedDance
from d2m.benchmark.real_beats import TrueBeats, median_tempo
from d2m.benchmark.real_music import HeardMusic, hear_music
from d2m.benchmark.rhythm_scores import annotated_part
from d2m.metrics.accents import accent_ratio
from d2m.metrics.beat_information import information_gain
from d2m.metrics.beat_phases import beat_phases, mean_phase, phase_concentration
from d2m.metrics.beats import beat_continuity, beat_f_measure
from d2m.metrics.hits import hits_on_grid
from d2m.metrics.kinematic_scores import beat_alignment
from d2m.metrics.onset_bins import (
    OnsetBins,
    count_onset_bins,
    summarise_d2mgan,
    summarise_loris,
)
from d2m.metrics.sound_level import sound_level
from d2m.metrics.tempo_difference import tempo_difference

FloatArray = NDArray[np.float64]

TRACKERS = ("librosa", "network")
"""The beat trackers: `d2m.metrics.beats.music_beats` and
`d2m.perception.sound_beats.track_sound_beats`. They share nothing."""


def _no_phases() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredMusic:
    """What is measured of one piece.

    Parameters
    ----------
    scores
        By the names in `d2m.benchmark.comparison.metric_definitions`. What can't be measured is
        missing: scores of beats where no rhythm was found in the dance, for instance.
    phases : (P,)
        Phases (beats) of the beats that the network hears, in those of the dance.
    loris_bins
        Seconds with an onset, counted as LORIS does; None without a reference.
    """

    scores: dict[str, float] = field(default_factory=dict)
    phases: FloatArray = field(default_factory=_no_phases)
    loris_bins: OnsetBins | None = None


def compare_music(
    audio: NDArray[Any], sample_rate: int, dance: ComparedDance, reference: Audio | None
) -> MeasuredMusic:
    """Score a piece over the time that it shares with its clip.

    Parameters
    ----------
    audio : (N,)
        Mono audio that starts with the clip.
    sample_rate
        Its sample rate (Hz).
    dance
        The dance of the clip.
    reference : (M,), optional
        The music that belongs to the clip, at the same sample rate.
    """
    end_s = min(len(audio) / sample_rate, dance.duration_s)
    sound = np.asarray(audio[: round(end_s * sample_rate)], dtype=np.float32)
    heard = hear_music(sound, sample_rate)
    level = sound_level(sound, sample_rate)
    scores = {"loudness_lufs": level.loudness_lufs, "silent_share": level.silent_share}
    scores |= _movement_scores(heard, sound, sample_rate, dance, end_s)
    phases = np.zeros(0)
    if dance.truth is not None:
        for name, beats_s in zip(TRACKERS, (heard.librosa_s, heard.network_s), strict=True):
            phases, found = _beat_scores(beats_s, dance.truth, end_s)
            scores |= {f"{key}_{name}": value for key, value in found.items()}
    bins = None
    if reference is not None:
        bins, found = _reference_scores(sound, reference, sample_rate)
        scores |= found
    return MeasuredMusic(
        scores={key: value for key, value in scores.items() if np.isfinite(value)},
        phases=phases,
        loris_bins=bins,
    )


def _beat_scores(
    beats_s: FloatArray, truth: TrueBeats, end_s: float
) -> tuple[FloatArray, dict[str, float]]:
    """Score the beats (s) that a tracker hears, up to a time (s)."""
    true_s = annotated_part(truth.beats_s, truth, end_s)
    if len(true_s) < 2:
        return np.zeros(0), {}
    heard_s = annotated_part(np.unique(beats_s[beats_s >= 0]), truth, end_s)
    continuity = beat_continuity(heard_s, true_s)
    tempo_bpm = median_tempo(heard_s) if len(heard_s) > 1 else 0.0
    tempo = tempo_difference(tempo_bpm, median_tempo(true_s))
    phases = beat_phases(heard_s, true_s)
    return phases, {
        "beat_f": beat_f_measure(heard_s, true_s),
        "cmlt": continuity.cmlt,
        "amlt": continuity.amlt,
        "information_gain": information_gain(heard_s, true_s),
        "tempo_difference": tempo.relative,
        "tempo_at_octave": tempo.at_octave,
        "same_octave": float(tempo.factor == 1.0) if np.isfinite(tempo.factor) else np.nan,
        "phase_concentration": phase_concentration(phases),
        "mean_phase": mean_phase(phases),
    }


def _movement_scores(
    heard: HeardMusic, sound: Audio, sample_rate: int, dance: ComparedDance, end_s: float
) -> dict[str, float]:
    """Score the answers to what the dancer does, up to a time (s)."""
    scores = {}
    hits_s, kinematic_s = (one[one <= end_s] for one in (dance.hits_s, dance.kinematic_s))
    if len(hits_s):
        scores["hits_met"] = hits_on_grid(hits_s, heard.onsets_s)
    if len(kinematic_s):
        scores["alignment_music"] = beat_alignment(heard.librosa_s, kinematic_s)
        scores["alignment_dance"] = beat_alignment(kinematic_s, heard.librosa_s)
    accents_s, others_s = (one[one <= end_s] for one in (dance.accents_s, dance.other_steps_s))
    scores["onsets_at_accents"] = accent_ratio(sound, accents_s, others_s, sample_rate)
    return scores


def _reference_scores(
    sound: Audio, reference: Audio, sample_rate: int
) -> tuple[OnsetBins, dict[str, float]]:
    """Compute D2M-GAN's and LORIS' scores of a clip against a reference."""
    ours = summarise_d2mgan([count_onset_bins(sound, reference, sample_rate, "d2mgan")])
    bins = count_onset_bins(sound, reference, sample_rate, "loris")
    theirs = summarise_loris([bins])
    return bins, {
        "coverage": ours.coverage,
        "hit": ours.hit,
        "loris_bcs": theirs.bcs,
        "loris_bhs": theirs.bhs,
    }
