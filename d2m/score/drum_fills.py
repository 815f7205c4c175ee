"""Drum fills and build-up rolls of one bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2m.core.metrical_grid import STEPS_PER_BAR
from d2m.score.drum_patterns import drum_notes, merge
from d2m.score.instruments import (
    CLAP,
    CLOSED_HAT,
    HIGH_CONGA,
    HIGH_TOM,
    KICK,
    LOW_CONGA,
    LOW_TOM,
    MID_TOM,
    OPEN_HAT,
    RIM,
    SNARE,
    SNARE_2,
)
from d2m.score.song import StepNote
from d2m.score.step_rhythms import draw_hits

if TYPE_CHECKING:
    import numpy as np

    from d2m.score.sub_genres.sub_genre import Layers

N_FILLS = 6
"""Fills that a song has (count)."""

_ACOUSTIC: tuple[Layers, ...] = (
    ((SNARE, "............xorX"),),
    ((SNARE, "............x.oX"), (KICK, "............x.x.")),
    ((SNARE, "............xx.."), (MID_TOM, "..............x."), (LOW_TOM, "...............X")),
    ((SNARE, "..........x.oxoX"), (KICK, "........x..x....")),
    ((SNARE, "........xoxo...."), (HIGH_TOM, "............xx.."), (LOW_TOM, "..............xX")),
    ((SNARE, "........x..x..x."), (KICK, "..........x..x.x"), (OPEN_HAT, "..............x.")),
    ((SNARE, "x..x..x.x..x..xX"), (KICK, "..x..x.x..x..x..")),
    (
        (SNARE, "X.xoxo.........."),
        (HIGH_TOM, "......xx........"),
        (MID_TOM, "........xoxo...."),
        (LOW_TOM, "............xoxX"),
    ),
    ((SNARE, "xoxoxoxoXoxxXxxX"), (KICK, "x...x...x...x...")),
)
_HIP_HOP: tuple[Layers, ...] = (
    ((SNARE, "..............rX"),),
    ((SNARE, "............X..x"), (KICK, ".............xx.")),
    ((SNARE, "............X.xx"), (OPEN_HAT, "..............x.")),
    ((KICK, "........x..x.x.."), (SNARE, "............X..X")),
    ((SNARE, "..........x.X.xX"), (KICK, "........X....x..")),
    ((SNARE, "........o.xoX.xX"), (KICK, "X..x............")),
    ((KICK, "X..x..x........."), (SNARE, "....X...xoxoXoxX"), (CLAP, "....X.......X...")),
    ((SNARE, "X..X..X.X..X.XXX"), (KICK, ".x..x..x..x.x...")),
)
_TRAP: tuple[Layers, ...] = (
    ((CLOSED_HAT, "............xrrr"), (CLAP, "............X...")),
    ((SNARE, "............x.xX"), (CLOSED_HAT, "............xrxr")),
    ((KICK, "..........x..x.."), (SNARE, "............X.XX")),
    ((SNARE, "........x..x..xX"), (CLAP, "............X...")),
    ((SNARE, "........xoxoxxrr"), (KICK, "........X......."), (CLOSED_HAT, "xxxxxxxx........")),
    ((HIGH_TOM, "........xx......"), (MID_TOM, "..........xx...."), (LOW_TOM, "............xxXX")),
    ((SNARE, "x..x..x.x..x..xX"), (CLAP, "....X.......X..."), (KICK, "X.......X.......")),
    ((SNARE, "xoxoxoxoxxxxrrrr"), (CLAP, "....X.......X...")),
)
_ELECTRONIC: tuple[Layers, ...] = (
    ((CLAP, "............x.xX"),),
    ((SNARE, "............xoxX"), (KICK, "............x...")),
    ((CLAP, "............X..X"), (OPEN_HAT, "............x.x.")),
    ((KICK, "........x..x..x."), (CLAP, "............X.xX")),
    ((SNARE, "........x..x..xX"), (KICK, "........x...x...")),
    ((SNARE, "........xoxoxxXX"), (KICK, "X...X...X...X...")),
    ((HIGH_TOM, "x..x............"), (MID_TOM, "......x..x......"), (LOW_TOM, "............x.xX")),
    ((SNARE, "x.x.x.x.xxxxXXXX"), (CLAP, "x...x...x...x...")),
)
_DISCO: tuple[Layers, ...] = (
    ((SNARE, "............xxXX"), (KICK, "............x...")),
    ((OPEN_HAT, "............x.x."), (SNARE, "............X.oX"), (KICK, "............x...")),
    ((SNARE, "............xx.."), (LOW_TOM, "..............xX"), (KICK, "............x...")),
    ((HIGH_TOM, "........xx......"), (MID_TOM, "..........xx...."), (LOW_TOM, "............xxXX")),
    ((SNARE, "........xoxoxxXX"), (KICK, "x...x...x...x...")),
    ((SNARE, "........X..X..X."), (KICK, "x...x...x..x..x."), (OPEN_HAT, "..............x.")),
    (
        (SNARE, "xxxx............"),
        (HIGH_TOM, "....xxxx........"),
        (MID_TOM, "........xxxx...."),
        (LOW_TOM, "............xxXX"),
        (KICK, "x...x...x...x..."),
    ),
    ((SNARE, "xoxoxoxoxxxxXXXX"), (KICK, "x...x...x...x...")),
)
_LATIN: tuple[Layers, ...] = (
    ((HIGH_CONGA, "............xx.."), (LOW_CONGA, "..............xX")),
    ((SNARE, "............xoxX"), (KICK, "............x...")),
    ((SNARE, "............X..X"), (LOW_TOM, "..............x.")),
    ((HIGH_TOM, "........x.xx...."), (LOW_TOM, "............x.xX"), (KICK, "........x...x...")),
    ((SNARE, "........xx.x.xxX"), (KICK, "........x.x.x...")),
    (
        (HIGH_CONGA, "xx..xx.........."),
        (LOW_CONGA, "..xx..xx........"),
        (SNARE, "........xoxoxxXX"),
    ),
    ((SNARE, "x..x..x...x.x..."), (LOW_TOM, ".............xxX"), (KICK, "..x..x.x...x....")),
    (
        (SNARE, "xoxX............"),
        (HIGH_TOM, "....xxxx........"),
        (MID_TOM, "........xxxx...."),
        (LOW_TOM, "............xxXX"),
    ),
)
_BRUSHES: tuple[Layers, ...] = (
    ((SNARE, "............o.x."),),
    ((SNARE, "............o.ox"), (KICK, "............o...")),
    ((RIM, "............x..x"), (MID_TOM, "..............o.")),
    ((SNARE, "........o.o.x.xx"),),
    ((HIGH_TOM, "........o.x....."), (LOW_TOM, "............x.xx")),
    ((SNARE, "....o.o.o.x.x.xX"), (KICK, "x.......x.......")),
    ((SNARE, "o.o.o.o.x.x.xxxX"), (LOW_TOM, "........x...x...")),
)
_HEAVY: tuple[Layers, ...] = (
    ((SNARE, "............X.XX"), (KICK, "............X...")),
    ((LOW_TOM, "............X..X"), (KICK, "............X..X")),
    ((KICK, "........X..X..X."), (SNARE, "............X..X")),
    ((SNARE, "........X..X..XX"), (SNARE_2, "............X..."), (KICK, "........X.......")),
    ((LOW_TOM, "........X.XX...."), (MID_TOM, "............X.XX"), (KICK, "X...X...X...X...")),
    ((SNARE, "X..X..X.X.X.XXXX"), (KICK, "X.....X...X.....")),
    ((LOW_TOM, "X.XXX.XX........"), (SNARE, "........X.XXXXXX"), (KICK, "X...X...X...X...")),
    ((SNARE, "xoxoxxxxXxXxrrrr"), (LOW_TOM, "X...X...X...X..."), (KICK, "X...X...X...X...")),
)

FILL_KINDS: dict[str, tuple[Layers, ...]] = {
    "acoustic": _ACOUSTIC,
    "hip-hop": _HIP_HOP,
    "trap": _TRAP,
    "electronic": _ELECTRONIC,
    "disco": _DISCO,
    "latin": _LATIN,
    "brushes": _BRUSHES,
    "heavy": _HEAVY,
}
"""Fills of each kind of drumming, from light to heavy: drums and rhythms of one bar."""

# Build-ups: quarter, eighth and 16th notes towards the bar line.
_ROLLS: dict[str, tuple[str, ...]] = {
    "brushes": ("o.o.o.o.o.o.x.xx", "o...o.o.o.o.x.xx"),
    "heavy": ("X..X..X.X.X.XXXX", "X...X...X.X.XXXX", "X.X.X.X.XXXXXXXX"),
    "trap": ("x...x...x.x.xxrr", "x..x..x..x..xxrr", "xxxxxxxxxxxxrrrr"),
}
_USUAL_ROLLS = ("x.x.x.x.xxxxxxrr", "x...x...x.x.xxxx", "xxxxxxxxxxxxxxrr", "x.x.xxx.x.xxxxxx")
# Velocity at the first step of a bar over that at its last (ratios).
_FILL_GROWTH, _ROLL_GROWTH = 0.82, 0.42


def compose_fills(rng: np.random.Generator, kind: str) -> tuple[tuple[StepNote, ...], ...]:
    """Draw `N_FILLS` fills of a kind, from light to heavy."""
    options = FILL_KINDS[kind]
    count = min(N_FILLS, len(options))
    chosen = sorted(rng.choice(len(options), size=count, replace=False).tolist())
    return tuple(_bar(rng, options[number], 98, _FILL_GROWTH) for number in chosen)


def compose_roll(
    rng: np.random.Generator, kind: str, drums: tuple[int, ...]
) -> tuple[StepNote, ...]:
    """Draw a roll of one bar, from soft to loud, on the drums of the backbeat."""
    rolls = _ROLLS.get(kind, _USUAL_ROLLS)
    rhythm = rolls[int(rng.integers(len(rolls)))]
    return _bar(rng, tuple((drum, rhythm) for drum in drums), 108, _ROLL_GROWTH)


def _bar(
    rng: np.random.Generator, layers: Layers, velocity: float, growth: float
) -> tuple[StepNote, ...]:
    notes = []
    for drum, rhythm in layers:
        for note in drum_notes(draw_hits(rng, rhythm), drum, velocity):
            level = growth + (1 - growth) * note.step / (STEPS_PER_BAR - 1)
            notes.append(
                StepNote(
                    step=note.step,
                    length=note.length,
                    pitch=note.pitch,
                    velocity=int(min(127, max(12, round(note.velocity * level)))),
                )
            )
    return merge(notes)
