"""What happens between sections and groups of bars: fills, builds, crashes and their effects."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, zip_longest

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.score.draft import DRUM_PARTS, PITCHED_PARTS, Draft
from d2m.score.form import Form
from d2m.score.instruments import (
    CRASH,
    DOWNLIFTER,
    IMPACT,
    KICK,
    NOISE_SWELL,
    REVERSE_CYMBAL,
    RISER,
)
from d2m.score.notes import Note
from d2m.score.part_plan import SectionPlan
from d2m.score.song import Song, StepNote
from d2m.score.timeline import Timeline

JUMP_DRIVE = 0.2
"""Increase of the drive (0 to 1) from which a build leads into a section. Chosen by hand."""

_LONG_BUILD_BARS = 4
_ROLL_START, _ROLL_END = 0.55, 1.05  # factors of the roll's velocities: crescendo
_EARLY_ROLL = 0.7  # of the bar before the roll, which has its 8ths only
_GAP_STEPS = 2  # silence before a drop
_GAP_CHANCE = 0.4
_CRASH, _LOUD_CRASH, _SOFT_CRASH = 94, 112, 72  # velocities
_EFFECT = 92  # velocity
_IMPACT_S, _DOWN_BEATS, _REVERSE_BEATS = 1.5, 4.0, 2.0
_GROUP_BARS, _PHRASE_BARS = 4, 8
_REPLACED = tuple(part for part in DRUM_PARTS if part not in ("percussion", "busy_percussion"))


@dataclass(frozen=True, kw_only=True)
class Place:
    """What transitions are written into.

    Parameters
    ----------
    draft
        Gets the notes.
    song
        Has the fills and the roll.
    timeline
        For the effects, which are in seconds.
    stems
        The stems that play. Without drums, transitions are only silences.
    """

    draft: Draft
    song: Song
    timeline: Timeline
    stems: frozenset[str]

    @property
    def has_drums(self) -> bool:
        """Whether drums play."""
        return "drums" in self.stems


def add_transitions(
    place: Place, form: Form, plans: list[SectionPlan], rng: np.random.Generator
) -> None:
    """Write fills, builds and crashes at the ends of groups of bars and of sections."""
    edges = [*form.bars, form.end]
    starts = {plan.section.start: plan for plan in plans}
    for before, after in zip_longest(plans, plans[1:]):
        section = before.section
        bars = [(a, b) for a, b in pairwise(edges) if section.start <= a < section.end]
        _close_groups(place, bars, rng)
        if not bars:
            continue
        if after is None or after.section.start >= form.end:
            # A heavy fill would take too much of a short piece.
            _fill(place, bars[-1], min(1.0, (len(form.bars) - 1) / _GROUP_BARS))
        elif after.section.name == "drop" or after.drive - before.drive >= JUMP_DRIVE:
            _build(place, section.name, bars, rng)
        else:
            _fill(place, bars[-1], 0.35 if after.section.name == "break" else 0.7)
    for start, plan in starts.items():
        if start < form.end:
            _open_section(place, plan, is_first=start == 0)


def _close_groups(place: Place, bars: list[tuple[int, int]], rng: np.random.Generator) -> None:
    """Close each four bars with a light fill and each eight with a fuller one."""
    for number, bar in enumerate(bars[:-1], start=1):
        if number % _PHRASE_BARS == 0:
            _fill(place, bar, 0.5)
            _drum(place, "hats", bars[number][0], CRASH, _SOFT_CRASH)
        elif number % _GROUP_BARS == 0 and rng.random() < 0.8:
            _fill(place, bar, 0.0)


def _fill(place: Place, bar: tuple[int, int], weight: float) -> None:
    """Replace the end of a bar by a fill, light (0) to heavy (1)."""
    start, end = bar
    fills = place.song.fills
    if not place.has_drums or not fills:
        return
    notes = fills[round(weight * (len(fills) - 1))]
    missing = STEPS_PER_BAR - (end - start)
    notes = tuple(n for n in notes if n.step >= missing)
    if not notes:
        return
    offset = start - missing
    first = offset + min(n.step for n in notes) // STEPS_PER_BEAT * STEPS_PER_BEAT
    place.draft.clear(_REPLACED, max(first, start), end)
    _write(place, notes, offset, 1.0, 1.0)


def _build(place: Place, name: str, bars: list[tuple[int, int]], rng: np.random.Generator) -> None:
    """Lead into a stronger section: a roll that grows, a riser, no kick, and no bass at last."""
    draft, end = place.draft, bars[-1][1]
    most = _LONG_BUILD_BARS if name == "build" else 2 if len(bars) >= 6 else 1
    span = bars[-min(most, len(bars)) :]
    start = span[0][0]
    if len(bars) == 1 or (len(bars) <= 2 and name != "build"):
        start = max(start, end - STEPS_PER_BAR // 2)
    last_bar = max(start, bars[-1][0])
    if place.has_drums:
        draft.clear(_REPLACED, last_bar, end)
        draft.clear(("kick", "extra_kick"), max(start, end - 2 * STEPS_PER_BAR), end)
        if last_bar - start >= STEPS_PER_BAR:
            early = [n for n in place.song.roll if n.step % 2 == 0]
            draft.clear(("snare", "ghosts"), last_bar - STEPS_PER_BAR, last_bar)
            _write(place, tuple(early), last_bar - STEPS_PER_BAR, _ROLL_START, _EARLY_ROLL)
        missing = STEPS_PER_BAR - (end - last_bar)
        roll = tuple(n for n in place.song.roll if n.step >= missing)
        _write(place, roll, last_bar - missing, _EARLY_ROLL, _ROLL_END)
    draft.clear(("bass", "busy_bass"), end - STEPS_PER_BAR // 2, end)
    draft.clear(("hook", "response"), max(last_bar, end - STEPS_PER_BAR // 2), end)
    if rng.random() < _GAP_CHANCE and place.has_drums:
        draft.clear((*DRUM_PARTS, *PITCHED_PARTS), end - _GAP_STEPS, end)
    kind = RISER if end - start >= STEPS_PER_BAR else NOISE_SWELL
    _effect(place, start, end, kind, _EFFECT)


def _open_section(place: Place, plan: SectionPlan, *, is_first: bool) -> None:
    """Mark the beginning of a section."""
    name, start = plan.section.name, plan.section.start
    if name == "drop":
        _drum(place, "hats", start, CRASH, _LOUD_CRASH)
        _drum(place, "kick", start, KICK, _LOUD_CRASH)
        if not is_first:
            _effect_after(place, start, _IMPACT_S, IMPACT)
    elif name == "break":
        _drum(place, "hats", start, CRASH, _SOFT_CRASH)
        _effect_after(place, start, _DOWN_BEATS * place.timeline.beat_length_s, DOWNLIFTER)
    elif is_first:
        _drum(place, "kick", start, KICK, _CRASH)
        if name != "intro":
            _drum(place, "hats", start, CRASH, _CRASH)
    elif name != "build":
        _drum(place, "hats", start, CRASH, _CRASH)
        reverse = start - _REVERSE_BEATS * STEPS_PER_BEAT
        if plan.drive < JUMP_DRIVE * 2 and reverse >= 0:
            _effect(place, reverse, start, REVERSE_CYMBAL, _EFFECT - 16)


def _write(
    place: Place, notes: tuple[StepNote, ...], offset: float, first: float, last: float
) -> None:
    """Write drum notes of a bar with velocities that change from one factor to another."""
    for note in notes:
        gain = first + (last - first) * note.step / STEPS_PER_BAR
        place.draft.add("snare", offset + note.step, note.length, note.pitch, note.velocity * gain)


def _drum(place: Place, part: str, step: float, pitch: int, velocity: int) -> None:
    """Strike a drum, in place of the same drum."""
    if not place.has_drums:
        return
    same = [n for n in place.draft.notes[part] if n.step == step and n.pitch == pitch]
    for note in same:
        place.draft.notes[part].remove(note)
    place.draft.add(part, step, 1, pitch, max([velocity, *(n.velocity for n in same)]))


def _effect(place: Place, start: float, end: float, pitch: int, velocity: int) -> None:
    """Write an effect between two steps."""
    first, last = (float(t) for t in place.timeline.times_s(np.array([start, end])))
    add_effect(place, max(0.0, first), last, pitch, velocity)


def _effect_after(place: Place, step: float, length_s: float, pitch: int) -> None:
    start = place.timeline.time_s(step)
    add_effect(place, start, start + length_s, pitch, _EFFECT)


def add_effect(place: Place, start_s: float, end_s: float, pitch: int, velocity: int) -> None:
    """Write an effect between two times (s) if drums play; no two of a kind overlap."""
    if not place.has_drums or end_s - start_s < 0.05:
        return
    for other in place.draft.effects:
        overlaps = other.start_s < end_s and start_s < other.start_s + other.duration_s
        if other.pitch == pitch and overlaps:
            return
    place.draft.effects.append(
        Note(start_s=start_s, duration_s=end_s - start_s, pitch=pitch, velocity=velocity)
    )
