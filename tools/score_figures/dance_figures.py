"""How well a piece fits its dance: beats, hits and changes of section."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.benchmark.level_music import ACCENTED_STEP
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.metrics.accents import accent_ratio
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.perception.conditioning import Conditioning
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.score.notes import STEMS, Score
from tools.score_figures.beat_trackers import aubio_beats, octave_f_measure, track_beats
from tools.score_figures.changes import FAINT_SHARE, dance_changes_s, share_near, sound_novelty
from tools.score_figures.pieces import Piece
from tools.score_figures.sound_figures import Figures

FloatArray = NDArray[np.float64]

STRONG_HIT = 0.5
"""Strength (0 to 1) from which a hit of the body is strong. Chosen by hand."""
COMPARABLE_BEATS = 4
"""Beats that a piece must have more of, so that the novelty of its sound is measured."""
HIT_MET_S = 0.045
"""Largest distance (s) of a note from a hit that it meets: what viewers take as together.
Chosen by hand."""


def beat_figures(piece: Piece, dance: Conditioning) -> Figures:
    """Compare the beats that trackers find in a piece with the grid it was given.

    The grid's beats count from the first to the last that plays: for a score, up to its final
    hit. ``*_octave`` allows half and double tempo, and ``*_told`` centres the tracker's tempo
    prior at the tempo of the dance instead of 120 BPM. ``librosa_untrimmed`` keeps the beats
    that librosa finds in quiet music at both ends, but drops by default. ``on_beat_ratio`` is the
    onset strength on the beats over that halfway between them: where it is under 1, trackers
    and listeners may take the off-beats for the beats.
    """
    mono, tempo_bpm = piece.mono, dance.rhythm.tempo_bpm
    grid_s = _played_beats(piece.score, dance)
    found = {"librosa": music_beats(mono)[1], "hmm": track_beats(mono, SAMPLE_RATE)}
    aubio_s = aubio_beats(mono, SAMPLE_RATE)
    if aubio_s is not None:
        found["aubio"] = aubio_s
    figures = {}
    for name, beats_s in found.items():
        inside = beats_s[(beats_s >= grid_s[0] - 0.1) & (beats_s <= grid_s[-1] + 0.1)]
        figures[f"{name}_f"] = beat_f_measure(inside, grid_s)
        figures[f"{name}_octave"] = octave_f_measure(inside, grid_s)
    told_s = music_beats(mono, start_bpm=tempo_bpm)[1]
    inside = told_s[(told_s >= grid_s[0] - 0.1) & (told_s <= grid_s[-1] + 0.1)]
    figures["librosa_told"] = beat_f_measure(inside, grid_s)
    # By default, librosa drops beats in quiet music at both ends.
    _, kept = load_librosa().beat.beat_track(y=mono, sr=SAMPLE_RATE, units="time", trim=False)
    inside = kept[(kept >= grid_s[0] - 0.1) & (kept <= grid_s[-1] + 0.1)]
    figures["librosa_untrimmed"] = beat_f_measure(inside, grid_s)
    between_s = (grid_s[:-1] + grid_s[1:]) / 2
    figures["on_beat_ratio"] = accent_ratio(mono, grid_s, between_s)
    figures["librosa_whole_f"] = beat_f_measure(found["librosa"], dance.grid.beats_s)
    return figures


def hit_figures(piece: Piece, dance: Conditioning) -> Figures:
    """Compare the onsets of a piece at the dancer's hits with those elsewhere.

    The ratio is `d2m.metrics.accents.accent_ratio`: the mean of the strongest onset within
    70 ms of a hit, over the mean of that at all 16th steps with no hit within 70 ms.
    ``accent_ratio`` takes the 16th steps with a feature ``accent`` of at least 0.5 for the hits,
    as `d2m.benchmark.level_music` does; in slow dances, that includes all beats.
    ``off_beat_ratio`` counts only hits and steps that are at least 70 ms from a beat, so music
    that only marks the beats gains nothing. Of a score, the hits that a stab meets within 45 ms
    are counted too.
    """
    mono, events = piece.mono, dance.events
    end_s = piece.score.end_s if piece.score is not None else dance.duration_s
    inside = (events.hits_s >= dance.grid.beats_s[0] - 0.05) & (events.hits_s <= end_s + 0.05)
    hits_s, strengths = events.hits_s[inside], events.hit_strengths[inside]
    steps_s = dance.grid.times[:-1]
    steps_s = steps_s[(steps_s >= 0) & (steps_s <= end_s)]
    strong_s = hits_s[strengths >= STRONG_HIT]
    figures = {
        "hit_ratio": accent_ratio(mono, hits_s, _away(steps_s, hits_s)),
        "strong_hit_ratio": accent_ratio(mono, strong_s, _away(steps_s, hits_s)),
    }
    has_accent = dance.features[:, MOVEMENT_FEATURES.index("accent")] >= ACCENTED_STEP
    all_s = dance.grid.times[:-1]
    playing = (all_s >= 0) & (all_s <= end_s)
    accents_s, others_s = all_s[playing & has_accent], all_s[playing & ~has_accent]
    figures["accent_ratio"] = accent_ratio(mono, accents_s, others_s)
    beats_s = dance.grid.beats_s
    off_beat = _away(strong_s, beats_s)
    figures["off_beat_ratio"] = accent_ratio(mono, off_beat, _away(_away(steps_s, hits_s), beats_s))
    figures["hits_per_s"] = len(hits_s) / max(end_s, 1e-9)
    if piece.score is not None:
        answers_s = np.sort(piece.score.hits_s)
        figures["hits_met"] = share_near(hits_s, answers_s, HIT_MET_S)
        figures["strong_hits_met"] = share_near(strong_s, answers_s, HIT_MET_S)
    return figures


def section_figures(piece: Piece, dance: Conditioning) -> Figures:
    """Compare the changes of section of a score with the changes of its dance.

    ``sections_near`` is the share of the score's changes that are within one beat of a clear
    change of the dance, and ``sections_chance`` that share for bar lines in general;
    ``sections_near_any`` and ``sections_chance_any`` count faint changes too.
    ``changes_answered`` is the share of the dance's changes with a change of section within
    one beat. ``novelty_ratio`` is the audio's novelty at changes of section over that at the
    other bar lines.
    """
    score = piece.score
    if score is None:
        return {}
    beat_s = 60.0 / score.tempo_bpm
    changes_s, any_s = dance_changes_s(dance), dance_changes_s(dance, FAINT_SHARE)
    starts_s = np.array([section.start_s for section in score.sections[1:]])
    bars_s = score.downbeats_s[(score.downbeats_s > score.beats_s[0] + beat_s)]
    bars_s = bars_s[bars_s <= score.end_s + 0.01]
    figures = {
        "sections": float(len(score.sections)),
        "changes": float(len(changes_s)),
        "sections_near": share_near(starts_s, changes_s, beat_s),
        "sections_chance": share_near(bars_s, changes_s, beat_s),
        "sections_near_any": share_near(starts_s, any_s, beat_s),
        "sections_chance_any": share_near(bars_s, any_s, beat_s),
        "changes_answered": share_near(changes_s, starts_s, beat_s),
    }
    if len(score.beats_s) > COMPARABLE_BEATS:
        # Of the last two beats, there is no novelty.
        starts_s, bars_s = (one[one < score.beats_s[-2]] for one in (starts_s, bars_s))
        novelty = sound_novelty(piece.mono, score.beats_s)
        here = _at(novelty, score.beats_s, starts_s)
        elsewhere = _at(novelty, score.beats_s, _away(bars_s, starts_s))
        if len(here) and len(elsewhere) and elsewhere.mean() > 0:
            figures["novelty_ratio"] = float(here.mean() / elsewhere.mean())
    return figures


def score_figures(score: Score) -> Figures:
    """Count what a score plays: instruments, notes, and in how many of its bars each stem plays.

    Returns
    -------
    dict
        Number of instruments, notes in a beat, and shares of the bars, such as ``lead_bars``.
    """
    notes = sum(len(track.notes) for track in score.tracks)
    edges = np.append(score.downbeats_s, score.end_s)
    figures = {
        "instruments": float(sum(bool(track.notes) for track in score.tracks)),
        "notes_per_beat": notes / max(1, len(score.beats_s)),
    }
    for stem in STEMS:
        counts = np.histogram(score.onsets_s(stem), bins=edges)[0] if len(edges) > 1 else []
        figures[f"{stem}_bars"] = float(np.mean(np.asarray(counts) > 0)) if len(counts) else 0.0
    return figures


def _played_beats(score: Score | None, dance: Conditioning) -> FloatArray:
    """Return the beats (s) of the grid from the first to the last that plays."""
    beats_s = dance.grid.beats_s
    if score is None:
        return beats_s
    first_s, last_s = score.beats_s[0] - 0.05, score.end_s + 0.05
    return np.asarray(beats_s[(beats_s >= first_s) & (beats_s <= last_s)])


def _away(times_s: FloatArray, others_s: FloatArray) -> FloatArray:
    """Return the times (s) that are more than 70 ms from all others."""
    if not len(others_s) or not len(times_s):
        return times_s
    distance = np.abs(times_s[:, None] - others_s[None, :]).min(axis=1)
    return np.asarray(times_s[distance > BEAT_TOLERANCE_S])


def _at(novelty: FloatArray, beats_s: FloatArray, times_s: FloatArray) -> FloatArray:
    """Return the novelty at the beats nearest to times (s)."""
    index = [int(np.abs(beats_s - time).argmin()) for time in times_s]
    return np.asarray(novelty[index])
