"""Tables and sentences on the beats of real clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite

import numpy as np

from d2m.benchmark.document import Block, BulletList, Heading, Paragraph, Table
from d2m.benchmark.real_music import MusicScores
from d2m.benchmark.real_rhythm_results import ClipRhythm, RealRhythmResults, undisputed
from d2m.benchmark.rhythm_scores import BeatMatch
from d2m.benchmark.rhythm_statistics import (
    Calibration,
    CalibrationBin,
    calibrate,
    mean_interval,
    shift_histogram,
)

SHIFT_RIGHT = 1 / 8
"""Largest best shift (beats) of beats that lie on the dancer's, not between them."""
NEAR_SHIFT = 1 / 4
"""Best shift (beats) under which beats are late or early, rather than between the true ones."""

_FIGURES: tuple[tuple[str, str], ...] = (
    ("tempo_right", "tempo"),
    ("tempo_octave", "tempo, octave aside"),
    ("f70", "F 70 ms"),
    ("f70_octave", "F 70 ms, octave aside"),
    ("f100", "F 100 ms"),
    ("f100_octave", "F 100 ms, octave aside"),
    ("shifted_f70", "F 70 ms after best shift"),
)


def calibrations_of(clips: Mapping[str, ClipRhythm]) -> dict[str, Calibration]:
    """Compare the probabilities of clips with what came true.

    Parameters
    ----------
    clips
        Scores of one clock by clip.

    Returns
    -------
    dict
        Of the confidence (the tempo is right, octave aside), of the phase confidence (the best
        shift is at most `SHIFT_RIGHT`; only where the tempo is right), and of the candidates.
    """
    scored = [*clips.values()]
    on_time = [one for one in scored if one.match.tempo_octave and isfinite(one.match.best_shift)]
    candidates = [guess for one in scored for guess in one.candidates]
    return {
        "confidence: tempo right": calibrate(
            [one.confidence for one in scored], [bool(one.match.tempo_octave) for one in scored]
        ),
        "phase confidence: on the beat": calibrate(
            [one.phase_confidence for one in on_time],
            [abs(one.match.best_shift) <= SHIFT_RIGHT for one in on_time],
        ),
        "candidates: right": calibrate(
            [one.probability for one in candidates], [one.right for one in candidates]
        ),
    }


def totals_table(results: RealRhythmResults) -> Table:
    """Build the table of means over clips: clocks, then trivial rows."""
    rows: dict[str, list[list[BeatMatch]]] = {}
    for clock, clips in results.clocks.items():
        chosen = {f"clock {clock}": undisputed(clips)}
        if len(chosen[f"clock {clock}"]) < len(clips):
            chosen[f"clock {clock}, with disputed beats"] = dict(clips)
        rows |= {
            row: [[one.match] for one in kept.values()] for row, kept in chosen.items() if kept
        }
    for row, trivial in results.trivial.items():
        some = [matches for title, matches in trivial.items() if title in results.certain]
        rows |= {row: some} if some else {}

    def cell(matches: list[list[BeatMatch]], key: str) -> str:
        values = [float(np.mean([getattr(one, key) for one in clip])) for clip in matches]
        return mean_interval(values, results.seed).as_text()

    return Table(
        head=("", "clips", *(title for _, title in _FIGURES)),
        rows=tuple(
            (name, str(len(matches)), *(cell(matches, key) for key, _ in _FIGURES))
            for name, matches in rows.items()
        ),
    )


def clock_blocks(clock: str, clips: Mapping[str, ClipRhythm]) -> list[Block]:
    """Return the section on one clock; nothing without clips."""
    if not clips:
        return []
    calibrations = calibrations_of(clips)
    bins = tuple(
        (name, f"{one.low:.1f} to {one.high:.1f}", str(one.count), *_shares(one))
        for name, found in calibrations.items()
        for one in found.bins
    )
    scores = tuple(
        f"Brier score, {name}: {found.brier:.3f} (constant: {found.base_brier:.3f})."
        for name, found in calibrations.items()
        if found.bins
    )
    return [
        Heading(text=f"Clock {clock}"),
        _clips_table(clips),
        BulletList(items=tuple(_sentences([*clips.values()]))),
        _shifts_table([one.match for one in clips.values()]),
        Table(head=("probability", "range", "number", "predicted", "came true"), rows=bins),
        BulletList(items=scores),
    ]


def _shifts_table(matches: Sequence[BeatMatch]) -> Table:
    """Build the histogram of the best shifts, apart for wrong tempi, which no shift puts right."""
    rows = {}
    for name, right in (("tempo right, octave aside", 1.0), ("tempo wrong", 0.0)):
        rows[name] = shift_histogram(
            [one.best_shift for one in matches if one.tempo_octave == right]
        )
    shifts = next(iter(rows.values()))
    return Table(
        head=("best shift (beats)", *(f"{shift:+.3f}" for shift in shifts)),
        rows=tuple((name, *map(str, counts.values())) for name, counts in rows.items()),
    )


def _shares(one: CalibrationBin) -> tuple[str, str]:
    return f"{one.predicted:.2f}", f"{one.found:.2f}"


def _clips_table(clips: Mapping[str, ClipRhythm]) -> Table:
    head = "clip|true BPM|BPM|octave|F 70|octave aside|F 100|octave aside|best shift|F 70 then"
    head += "|on 16ths|bent|unsure|confidence|phase confidence|candidates|clock"

    def row(title: str, one: ClipRhythm) -> tuple[str, ...]:
        match = one.match
        right = "".join("✓" if guess.right else "✗" for guess in one.candidates)
        values = (match.f70, match.f70_octave, match.f100, match.f100_octave)
        return (
            f"{title} *" if one.disputed else title,
            f"{one.true_bpm:.1f}",
            _number(match.tempo_bpm, 1),
            match.octave,
            *(f"{value:.2f}" for value in values),
            f"{match.best_shift:+.2f}" if isfinite(match.best_shift) else "–",
            f"{match.shifted_f70:.2f}",
            f"{_number(one.hits_on_grid)} ({_number(one.chance_on_grid)})",
            f"{_number(one.hits_on_bent_grid)} ({_number(one.chance_on_bent_grid)})",
            "yes" if one.unsure else "no",
            f"{one.confidence:.2f}",
            f"{one.phase_confidence:.2f}",
            right or "–",
            f"{one.clock}: {one.reason}" if one.reason else one.clock,
        )

    return Table(
        head=tuple(head.split("|")), rows=tuple(row(title, one) for title, one in clips.items())
    )


def _sentences(clips: list[ClipRhythm]) -> list[str]:
    """Return counts over the clips in words."""

    def count(chosen: list[ClipRhythm], true: Callable[[ClipRhythm], bool]) -> str:
        return f"{sum(map(true, chosen))} of {len(chosen)}"

    def has_tempo(one: ClipRhythm) -> bool:
        return bool(one.match.tempo_octave)

    sure = [one for one in clips if not one.unsure]
    unsure = [one for one in clips if one.unsure]
    octaves = [one.match.octave for one in clips]
    named = ", ".join(
        f"{name} {octaves.count(name)}" for name in ("half", "same", "double", "other")
    )
    guessed = [one for one in clips if one.candidates]
    near = [
        -60_000 / one.true_bpm * one.match.best_shift
        for one in clips
        if one.match.octave == "same" and abs(one.match.best_shift) < NEAR_SHIFT
    ]
    found = [
        f"octave of the tempo: {named}.",
        f"tempo right, octave aside: {count(sure, has_tempo)} where sure, "
        f"{count(unsure, has_tempo)} where unsure.",
        f"the clock is the sound in {count(clips, lambda one: one.clock == 'sound')} clips.",
    ]
    if guessed:
        first = count(guessed, lambda one: one.candidates[0].right)
        top = count(guessed, lambda one: any(guess.right for guess in one.candidates))
        found.append(f"the first candidate is right in {first} clips, one of all in {top}.")
        found.append(f"candidates that are right, by shift: {_right_by_shift(guessed)}.")
    if near:
        found.append(
            f"where the octave is the same and the best shift is under a quarter of a beat, the "
            f"beats are {np.median(near):+.0f} ms late (median of {len(near)} clips)."
        )
    return found


def _right_by_shift(clips: list[ClipRhythm]) -> str:
    guesses = [guess for one in clips for guess in one.candidates]
    parts = []
    for shift in sorted({guess.shift_beats for guess in guesses}):
        some = [guess.right for guess in guesses if guess.shift_beats == shift]
        parts.append(f"{shift:+.2f} beats {sum(some)} of {len(some)}")
    return ", ".join(parts)


def music_blocks(results: RealRhythmResults) -> list[Block]:
    """Return the section on the music, level by level."""
    keys = tuple(MusicScores.__dataclass_fields__)
    blocks: list[Block] = [
        Heading(text="The music itself"),
        Paragraph(
            text=f"Music made with the clock {results.music_clock}; the beats that two trackers "
            "hear in it, librosa's and the network of the clip's sound, against the true beats. "
            "Beats after the last hit of the score do not count."
        ),
    ]
    for level, rows in results.music.items():
        head = ("", "clips", *(key.replace("_", " ") for key in keys))
        lines = []
        for row, clips in rows.items():
            some = [one for title, one in clips.items() if title in results.certain]
            found = [[getattr(one, key) for one in some] for key in keys]
            cells = (mean_interval(values, results.seed).as_text() for values in found)
            lines.append((row, str(len(some)), *cells))
        by_clip = tuple(
            (
                title if title in results.certain else f"{title} *",
                *(_number(getattr(one, key)) for key in keys),
            )
            for title, one in next(iter(rows.values())).items()
        )
        blocks += [
            Heading(text=f"Level {level}", depth=3),
            Table(head=head, rows=tuple(lines)),
            Table(head=("clip", *head[2:]), rows=by_clip),
        ]
    return blocks


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if isfinite(value) else "–"
