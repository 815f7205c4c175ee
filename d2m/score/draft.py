"""A score while it is being arranged: notes by part in 16th steps, and effects in seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from d2m.core.metrical_grid import BARS_PER_PHRASE, STEPS_PER_BAR
from d2m.score.notes import Note
from d2m.score.song import PART_STEMS, Song, StepNote

HALF_BAR_STEPS = STEPS_PER_BAR // 2
"""Steps of a cell, the half bar in which parts are switched on and off."""
CELLS_PER_PHRASE = BARS_PER_PHRASE * 2
DRUM_PARTS = tuple(part for part, stem in PART_STEMS.items() if stem == "drums")
"""The parts that drums play."""
PITCHED_PARTS = tuple(
    part for part, stem in PART_STEMS.items() if stem in ("bass", "chords", "lead")
)
"""The parts that play pitches."""

_LONG = 6.0  # steps from which a note sustains the harmony
_MIN_CARRIED = 2.0  # steps that must be left of a note for it to be struck again


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """Half a bar of a piece.

    Parameters
    ----------
    start, length
        First step, and steps, at most `HALF_BAR_STEPS`.
    phrase
        Name of the phrase.
    index
        Half bar of the phrase, 0 to 15.
    parts
        The parts that play.
    shifts
        Semitones by which parts are transposed.
    gain
        Factor of the velocities.
    """

    start: int
    length: int
    phrase: str
    index: int
    parts: frozenset[str]
    shifts: dict[str, int]
    gain: float


@dataclass(kw_only=True)
class Draft:
    """What is arranged so far.

    Parameters
    ----------
    notes
        Notes of each part, with steps from the first beat; not sorted.
    effects
        Notes of the effects (s).
    chords
        The chord for stabs from each of some steps.
    bends_s
        Time (s) by which all notes at a step are moved towards the dancer.
    """

    notes: dict[str, list[StepNote]] = field(default_factory=lambda: {p: [] for p in PART_STEMS})
    effects: list[Note] = field(default_factory=list)
    chords: dict[int, list[StepNote]] = field(default_factory=dict)
    bends_s: dict[float, float] = field(default_factory=dict)

    def add(self, part: str, step: float, length: float, pitch: int, velocity: float) -> None:
        """Add a note; its velocity is limited to 1 to 127."""
        limited = int(min(127, max(1, round(velocity))))
        self.notes[part].append(StepNote(step=step, length=length, pitch=pitch, velocity=limited))

    def clear(
        self, parts: Iterable[str], start: float, end: float, *, resume: bool = False
    ) -> None:
        """Silence parts between two steps.

        Parameters
        ----------
        parts
            Names of the parts.
        start, end
            Notes that begin from ``start`` to ``end`` are removed, and earlier ones end there.
        resume
            Whether notes that would still sound after ``end`` are struck again there.
        """
        for part in parts:
            kept = []
            for note in self.notes[part]:
                last = note.step + note.length
                if not start <= note.step < end:
                    cut = note.step < start < last
                    kept.append(replace(note, length=start - note.step) if cut else note)
                if resume and note.step < end and last - end >= _MIN_CARRIED:
                    kept.append(replace(note, step=end, length=last - end))
            self.notes[part] = kept

    def clear_short(self, parts: Iterable[str], start: float, end: float) -> None:
        """Remove the notes of less than a beat and a half that begin from ``start`` to ``end``."""
        for part in parts:
            self.notes[part] = [
                n for n in self.notes[part] if not start <= n.step < end or n.length >= _LONG
            ]

    def sounding(self, part: str, step: float) -> list[StepNote]:
        """Return the notes of a part that sound at a step or begin there."""
        return [n for n in self.notes[part] if n.step <= step < n.step + n.length]

    def chord_at(self, step: float) -> list[StepNote]:
        """Return the chord for a stab at a step."""
        earlier = [start for start in self.chords if start <= step]
        return self.chords[max(earlier)] if earlier else []

    def scale(self, parts: Iterable[str], start: float, end: float, gain: float) -> None:
        """Multiply the velocities of the notes that begin from ``start`` to ``end``."""
        for part in parts:
            self.notes[part] = [
                replace(n, velocity=int(min(127, max(1, round(n.velocity * gain)))))
                if start <= n.step < end
                else n
                for n in self.notes[part]
            ]


def place_cells(draft: Draft, song: Song, cells: list[Cell]) -> None:
    """Write the notes of a song's phrases into a draft.

    A note rings on over the end of its cell only if the phrase goes on in the next. Where a
    part enters in the middle of a long note, the note is struck again.

    Parameters
    ----------
    draft
        Gets the notes.
    song
        The material.
    cells
        Consecutive half bars.
    """
    by_cell = {name: _by_cell(phrase.parts) for name, phrase in song.phrases.items()}
    spans = _open_spans(cells)
    for at, cell in enumerate(cells):
        before = cells[at - 1] if at else None
        chord = by_cell[cell.phrase].get("stab", _NOTHING)[0][cell.index]
        if chord and "stab" in song.instruments:
            draft.chords[cell.start] = chord
        for part in sorted(cell.parts):
            if part not in song.instruments:
                continue
            starting, carried = by_cell[cell.phrase].get(part, _NOTHING)
            goes_on = before is not None and part in before.parts and _follows(before, cell)
            notes = starting[cell.index]
            if not goes_on and part in PITCHED_PARTS:
                notes = carried[cell.index] + notes
            limit = spans[part][at]
            for note in notes:
                if note.step < cell.length:
                    step = cell.start + note.step
                    length = (
                        min(note.length, limit - step) if part in PITCHED_PARTS else note.length
                    )
                    pitch = note.pitch + cell.shifts.get(part, 0)
                    draft.add(part, step, length, pitch, note.velocity * cell.gain)


_NOTHING: tuple[list[list[StepNote]], list[list[StepNote]]] = (
    [[] for _ in range(CELLS_PER_PHRASE)],
    [[] for _ in range(CELLS_PER_PHRASE)],
)


def _by_cell(
    parts: dict[str, tuple[StepNote, ...]],
) -> dict[str, tuple[list[list[StepNote]], list[list[StepNote]]]]:
    """Return for each part the notes that start in each cell, and the rests of those before."""
    found = {}
    for part, notes in parts.items():
        starting: list[list[StepNote]] = [[] for _ in range(CELLS_PER_PHRASE)]
        carried: list[list[StepNote]] = [[] for _ in range(CELLS_PER_PHRASE)]
        for note in notes:
            first = int(note.step // HALF_BAR_STEPS)
            starting[first].append(replace(note, step=note.step - first * HALF_BAR_STEPS))
            end = note.step + note.length
            for later in range(first + 1, CELLS_PER_PHRASE):
                left = end - later * HALF_BAR_STEPS
                if left < _MIN_CARRIED:
                    break
                carried[later].append(replace(note, step=0, length=left))
        found[part] = (starting, carried)
    return found


def _follows(before: Cell, cell: Cell) -> bool:
    return (
        before.phrase == cell.phrase
        and cell.index == before.index + 1
        and before.start + before.length == cell.start
    )


def _open_spans(cells: list[Cell]) -> dict[str, list[int]]:
    """Return for each part and cell the step until which the part goes on without a break."""
    spans = {part: [0] * len(cells) for part in PART_STEMS}
    for at in range(len(cells) - 1, -1, -1):
        cell = cells[at]
        after = cells[at + 1] if at + 1 < len(cells) else None
        on = after is not None and _follows(cell, after)
        for part in cell.parts:
            goes_on = on and after is not None and part in after.parts
            spans[part][at] = spans[part][at + 1] if goes_on else cell.start + cell.length
    return spans
