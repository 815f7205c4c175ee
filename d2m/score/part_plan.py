"""Which parts play when: the energy of the dance, its arms, legs and hands decide."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import BARS_PER_PHRASE, STEPS_PER_BAR
from d2m.score.draft import DRUM_PARTS, HALF_BAR_STEPS, Cell
from d2m.score.form import Form, FormSection
from d2m.score.instruments import INSTRUMENTS
from d2m.score.movement import Movement
from d2m.score.options import ScoreOptions
from d2m.score.song import PART_STEMS, Song
from d2m.score.timeline import Timeline

BUSY_MOVEMENT = 0.6
"""Speed of arms or legs (0 to 1) from which they add their busy parts. Chosen by hand."""
FAST_BPM = 150.0
"""Tempo (BPM) from which 16ths are too fast for busy parts, but at full energy."""

_CORE = ("kick", "snare", "hats", "bass", "chords")
_PHRASE_OF = {"drop": "drop", "break": "break"}  # the other sections play the groove
# How much stronger or weaker than the dance a section plays.
_BIAS = {"intro": -0.15, "groove": 0.0, "build": 0.0, "drop": 0.25, "break": -0.3, "outro": -0.1}
# How much the drive grows within a section, and within the only one of a piece.
_GROWTH, _GROWTH_ALONE = {"groove": 0.15, "build": 0.3, "outro": -0.2}, 0.4
_GHOST_DRIVE, _RIFF_DRIVE, _PAD_DRIVE, _PERCUSSION_DRIVE = 0.3, 0.45, 0.6, 0.4
_SOFTEST, _LOUDEST = 0.86, 1.05  # factors of the velocities at drive 0 and 1
_GROUP_BARS = 4
# What may be left out for a group of four bars, so that groups differ.
_OPTIONAL = ("riff", "percussion", "ghosts", "pad", "response")
_RAISED_SHARE = 0.5  # of a group's time with raised hands from which the hook is an octave up
# Orders in which parts enter in an intro.
_INTRO_ORDERS = (
    (("hats", "kick"), ("bass",), ("snare", "percussion"), ("chords", "riff"), ("pad",)),
    (("chords", "hats"), ("kick",), ("percussion", "bass"), ("snare",), ("riff",)),
    (("kick", "percussion"), ("hats", "pad"), ("bass",), ("snare", "chords")),
    (("riff", "kick"), ("hats",), ("bass", "snare"), ("chords", "percussion")),
)


@dataclass(frozen=True, kw_only=True)
class SectionPlan:
    """How strongly a section plays, and what.

    Parameters
    ----------
    section
        The section.
    drive
        Strength, 0 to 1, of dance, name and options.
    order
        Parts in the order in which they enter, for an intro; else empty.
    hook_from
        Bar of the section from which the hook plays.
    growth
        How much the drive grows from the first bar to the last.
    drop_from
        Bar of the section from which it plays the song's drop: the second half of the only
        section of a piece.
    """

    section: FormSection
    drive: float
    order: tuple[tuple[str, ...], ...]
    hook_from: int
    growth: float
    drop_from: int

    def drive_at(self, bar: int, n_bars: int) -> float:
        """Return the drive in one of the bars of the section."""
        return self.drive + self.growth * (bar / max(1, n_bars - 1) - 0.5)


def plan_sections(
    song: Song, form: Form, options: ScoreOptions, rng: np.random.Generator
) -> list[SectionPlan]:
    """Decide how strongly each section plays."""
    plans = []
    for section in form.sections:
        of_dance = min(1.0, section.energy / max(song.full_energy, 0.05))
        drive = 0.5 * of_dance + 0.5 * section.level + _BIAS[section.name]
        drive = 1.0 - (1.0 - float(np.clip(drive, 0.0, 1.0))) ** options.energy
        bars = max(1, (section.end - section.start) // STEPS_PER_BAR)
        order = _INTRO_ORDERS[rng.integers(len(_INTRO_ORDERS))] if section.name == "intro" else ()
        alone = section.end - section.start >= form.end
        late = bars >= BARS_PER_PHRASE and section.name != "drop" and rng.random() < 0.6
        plans.append(
            SectionPlan(
                section=section,
                drive=drive,
                order=order,
                hook_from=_GROUP_BARS if late else 0,
                growth=_GROWTH_ALONE if alone else _GROWTH.get(section.name, 0.0),
                drop_from=(bars + 1) // 2 if alone and bars >= _GROUP_BARS else bars,
            )
        )
    return plans


def plan_cells(
    song: Song,
    form: Form,
    plans: list[SectionPlan],
    movement: Movement,
    timeline: Timeline,
    options: ScoreOptions,
    rng: np.random.Generator,
) -> list[Cell]:
    """Decide for each half bar which parts of which phrase play.

    Returns
    -------
    list of Cell
        Consecutive, up to the last hit.
    """
    raised = _raised_steps(movement, timeline)
    edges = [*form.bars, form.end]
    cells: list[Cell] = []
    left_out = ""
    for plan in plans:
        section = plan.section
        bars = [(a, b) for a, b in pairwise(edges) if section.start <= a < section.end]
        phrase = _PHRASE_OF.get(section.name, "groove")
        order = _phrase_bars(bars)
        for number, (start, end) in enumerate(bars):
            if number == plan.drop_from:
                phrase = "drop"
            if number % _GROUP_BARS == 0:
                playing = _bar_parts(plan, number, len(bars), options)
                playing &= {p for p in song.phrases[phrase].parts if p in song.instruments}
                left_out = _leave_out(left_out, playing, plan, number, rng)
                up = raised[start : start + _GROUP_BARS * STEPS_PER_BAR]
                lifted = len(up) > 0 and float(up.mean()) >= _RAISED_SHARE
            base = _bar_parts(plan, number, len(bars), options) - {left_out}
            for half, at in enumerate(range(start, end, HALF_BAR_STEPS)):
                length = min(HALF_BAR_STEPS, end - at)
                drive = plan.drive_at(number, len(bars))
                parts = base | _busy_parts(section, drive, movement, at, timeline, options)
                cells.append(
                    Cell(
                        start=at,
                        length=length,
                        phrase=phrase,
                        index=2 * order[number] + half,
                        parts=frozenset(p for p in parts if _is_on(p, options)),
                        shifts=_shifts(song, phrase, lifted, options),
                        gain=_SOFTEST + (_LOUDEST - _SOFTEST) * drive,
                    )
                )
    return cells


def _phrase_bars(bars: list[tuple[int, int]]) -> list[int]:
    """Return the bar of the phrase for each bar of a section.

    A section ends with the last bars of the phrase, which lead on; an incomplete first bar is
    the phrase's last.
    """
    pickup = (
        [BARS_PER_PHRASE - 1] if len(bars) > 1 and bars[0][1] - bars[0][0] < STEPS_PER_BAR else []
    )
    count = len(bars) - len(pickup)
    order = [k % BARS_PER_PHRASE for k in range(count)]
    rest = count % BARS_PER_PHRASE
    if count > 4 and rest:
        closing = min(2, rest)
        order[-closing:] = range(BARS_PER_PHRASE - closing, BARS_PER_PHRASE)
    return pickup + order


def _leave_out(
    previous: str, playing: set[str], plan: SectionPlan, bar: int, rng: np.random.Generator
) -> str:
    """Choose the part that rests for the next group of bars, another than before."""
    if bar == 0 and plan.section.name in ("drop", "intro"):
        return ""
    choices = [part for part in _OPTIONAL if part in playing]
    if plan.section.name != "drop" and bar >= plan.hook_from + _GROUP_BARS:
        choices += ["hook"] if "hook" in playing else []
    if playing & {"pad", "riff"} and "chords" in playing and bar:
        choices.append("chords")
    choices = [part for part in choices if part != previous]
    return choices[rng.integers(len(choices))] if choices else ""


def _bar_parts(plan: SectionPlan, bar: int, n_bars: int, options: ScoreOptions) -> set[str]:
    """Return the parts of a bar of a section, without those that movement adds."""
    name = plan.section.name
    drive = plan.drive_at(bar, n_bars) + 0.3 * (options.density - 1.0)
    if name == "intro":
        entered = 1 + int(bar * len(plan.order) / max(1, n_bars))
        late = n_bars > _GROUP_BARS and bar >= n_bars // 2  # a long intro hints at the melody
        return {part for group in plan.order[:entered] for part in group} | (
            {"hook"} if late else set()
        )
    if name == "break":
        light = set(_CORE) - {"kick", "snare"} | {"pad", "percussion"}
        return light | ({"hook"} if bar >= n_bars // 2 else set())
    parts = set(_CORE)
    for part, least in (("ghosts", _GHOST_DRIVE), ("riff", _RIFF_DRIVE), ("pad", _PAD_DRIVE)):
        if drive >= least or name == "drop":
            parts.add(part)
    if name in ("groove", "drop", "outro") and bar >= plan.hook_from:
        parts.add("hook")
        if bar % _GROUP_BARS >= _GROUP_BARS // 2:
            parts.add("response")
    if name == "build":
        parts.add("riff")
    if name == "outro" and bar >= (n_bars + 1) // 2:
        parts -= {"riff", "pad", "response"}
    return parts


def _busy_parts(
    section: FormSection,
    drive: float,
    movement: Movement,
    start: int,
    timeline: Timeline,
    options: ScoreOptions,
) -> set[str]:
    """Return the parts that arms and legs add in the half bar from a step."""
    if section.name in ("intro", "break") or options.density <= 0.0:
        return set()
    least = BUSY_MOVEMENT - 0.35 * (options.density - 1.0) - 0.15 * (drive - 0.5)
    if timeline.tempo_bpm >= FAST_BPM:
        least += 0.25
    scale = 0.5 + 0.5 * options.energy
    arms = scale * movement.mean("upper", start, start + HALF_BAR_STEPS)
    legs = scale * movement.mean("lower", start, start + HALF_BAR_STEPS)
    parts: set[str] = set()
    if arms >= least or drive >= 0.9:
        parts |= {"busy_hats"}
    if arms >= least - 0.1 or drive >= _PERCUSSION_DRIVE + 0.3:
        parts |= {"percussion"}
    if arms >= least + 0.1:
        parts |= {"busy_percussion"}
    if legs >= least:
        parts |= {"extra_kick", "busy_bass"}
    return parts


def _is_on(part: str, options: ScoreOptions) -> bool:
    """Return whether the options let a part play."""
    if part in DRUM_PARTS:
        return options.drums
    return bool(getattr(options, PART_STEMS[part], True))


def _raised_steps(movement: Movement, timeline: Timeline) -> NDArray[np.bool_]:
    """Return for each step whether the hands are up, (S,)."""
    up = np.zeros(movement.n_steps, dtype=bool)
    for start, end in timeline.steps(movement.events.raised_s.ravel()).reshape(-1, 2):
        up[max(0, round(start)) : max(0, round(end))] = True
    return up


def _shifts(song: Song, phrase: str, lifted: bool, options: ScoreOptions) -> dict[str, int]:
    """Return the octave of the melody: up with raised hands or bright, down if dark."""
    octaves = int(lifted or options.brightness >= 1.6) - int(options.brightness <= 0.3)
    if not octaves:
        return {}
    shifts: dict[str, int] = {}
    for part in ("hook", "response"):
        notes = song.phrases[phrase].parts.get(part, ())
        if part in song.instruments and notes:
            info = INSTRUMENTS[song.instruments[part]]
            pitches = [note.pitch + 12 * octaves for note in notes]
            if info.lowest <= min(pitches) and max(pitches) <= info.highest:
                shifts[part] = 12 * octaves
    return shifts
