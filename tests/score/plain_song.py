"""A song written by hand, small and plain, for exact assertions."""

from __future__ import annotations

from d2m.score.instruments import CLOSED_HAT, CRASH, KICK, OPEN_HAT, SHAKER, SNARE
from d2m.score.song import Groove, Phrase, Song, StepNote

BARS = 8


def plain_song(*, swing_percent: float = 50.0, looseness_ms: float = 3.0, seed: int = 5) -> Song:
    """Return a song in C major: four on the floor, a chord per bar, a hook of two bars."""
    groove = _phrase(hook_bars=(0, 2, 4, 6))
    drop = _phrase(hook_bars=range(BARS))
    quiet = {p: n for p, n in groove.parts.items() if p in ("pad", "chords", "hats", "stab")}
    fill = tuple(_note(step, SNARE, 80 + 4 * i) for i, step in enumerate(range(8, 16)))
    return Song(
        style="house",
        sub_genre="Plain",
        seed=seed,
        key=0,
        mode="major",
        groove=Groove(
            swing_percent=swing_percent,
            swing_steps=1,
            delays_ms={"snare": 6.0},
            looseness_ms=looseness_ms,
        ),
        instruments={
            **dict.fromkeys(("kick", "snare", "hats", "ghosts"), "kit_house"),
            **dict.fromkeys(("busy_hats", "extra_kick", "percussion"), "kit_house"),
            "bass": "synth_bass",
            "busy_bass": "synth_bass",
            "chords": "electric_piano",
            "riff": "clean_guitar",
            "stab": "electric_piano",
            "pad": "synth_pad",
            "hook": "pluck",
            "response": "fm_bell",
            "effects": "effects",
        },
        phrases={"groove": groove, "drop": drop, "break": Phrase(parts=quiet)},
        fills=(fill[6:], fill[4:], fill),
        roll=tuple(_note(step, SNARE, 90) for step in range(16)),
        ending={
            "kick": (_note(0, KICK, 118),),
            "hats": (_note(0, CRASH, 110),),
            "bass": (_note(0, 36, 110, 16),),
            "chords": tuple(_note(0, p, 100, 16) for p in (60, 64, 67)),
        },
        full_energy=0.7,
    )


def _note(step: float, pitch: int, velocity: int = 100, length: float = 1) -> StepNote:
    return StepNote(step=step, length=length, pitch=pitch, velocity=velocity)


def _phrase(hook_bars: tuple[int, ...] | range) -> Phrase:
    steps = range(16 * BARS)
    parts = {
        "kick": [_note(s, KICK, 112) for s in steps if s % 4 == 0],
        "snare": [_note(s, SNARE, 104) for s in steps if s % 8 == 4],
        "ghosts": [_note(s, SNARE, 34) for s in steps if s % 16 == 7],
        "hats": [_note(s, CLOSED_HAT, 80) for s in steps if s % 2 == 0],
        "busy_hats": [_note(s, OPEN_HAT, 66) for s in steps if s % 4 == 2],
        "extra_kick": [_note(s, KICK, 88) for s in steps if s % 16 == 14],
        "percussion": [_note(s, SHAKER, 60) for s in steps if s % 4 == 2],
        "bass": [_note(s, 36 + s // 16 % 4, 100, 2) for s in steps if s % 4 == 2],
        "busy_bass": [_note(s, 48, 90) for s in steps if s % 16 == 15],
        "chords": [
            _note(s, p + s // 16 % 4, 88, 3) for s in steps if s % 8 == 3 for p in (60, 64, 67)
        ],
        "pad": [
            _note(s, p + s // 16 % 4, 70, 32) for s in steps if s % 32 == 0 for p in (64, 67, 72)
        ],
        "riff": [_note(s, 72, 76) for s in steps if s % 16 in (6, 9)],
        "stab": [
            _note(s, p + s // 16 % 4, 110, 4) for s in steps if s % 8 == 0 for p in (60, 64, 67, 72)
        ],
        "hook": [_note(16 * bar + s, 74 + s, 98, 2) for bar in hook_bars for s in (0, 3, 6, 10)],
        "response": [_note(16 * bar + 12, 79, 84, 2) for bar in range(1, BARS, 2)],
    }
    return Phrase(parts={name: tuple(notes) for name, notes in parts.items()})
