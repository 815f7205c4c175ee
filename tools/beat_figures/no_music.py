"""How often a sound that is no music is taken as a clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from d2m.perception.sound_beats import track_sound_beats
from tools.beat_figures.degrade import by_phone, in_a_room
from tools.beat_figures.recordings import read_folder
from tools.beat_figures.sounds import NO_MUSIC, RATE, Sound

LENGTHS_S = (3.0, 10.0, 25.0)
"""Lengths of the sounds (s)."""
SOUNDS_OF_A_KIND = 4
"""Sounds of each kind and length."""
SPEECH_S = 12.0
"""Recordings of speech are cut to this length (s)."""


def no_music_table(speech: Path | None, chosen_too: bool = True) -> list[str]:
    """Measure sounds, and return Markdown.

    Parameters
    ----------
    speech
        Folder of recordings of speech.
    chosen_too
        Whether to measure also the sounds that constants were chosen on.
    """
    taken: dict[tuple[bool, str], list[tuple[bool, float]]] = {}
    for chosen, kind, sound in tqdm(_sounds(speech), unit="sound"):
        if chosen and not chosen_too:
            continue
        found = track_sound_beats(sound, RATE)
        taken.setdefault((chosen, kind), []).append((found.has_beat, found.confidence))
    lines = ["## Sounds that are no music", ""]
    for chosen, name in ((False, "only measured"), (True, "constants were chosen on these")):
        mine = {kind: some for (mark, kind), some in taken.items() if mark == chosen}
        if not mine:
            continue
        lines += [
            f"{name[0].upper()}{name[1:]}:",
            "",
            "| sound | sounds | taken as clock | highest confidence |",
            "|---|---|---|---|",
        ]
        mine["all"] = [one for some in mine.values() for one in some]
        for kind, some in mine.items():
            accepted = sum(has_beat for has_beat, _ in some)
            highest = max(confidence for _, confidence in some)
            lines.append(f"| {kind} | {len(some)} | {accepted} | {highest:.2f} |")
        lines.append("")
    return lines


def _sounds(speech: Path | None) -> Iterator[tuple[bool, str, Sound]]:
    """Yield whether constants were chosen on a sound, its kind, and the sound."""
    for kind, make in NO_MUSIC.items():
        for seed in range(SOUNDS_OF_A_KIND):
            for length_s in LENGTHS_S:
                sound = make(np.random.default_rng([5, seed, round(length_s)]), length_s)
                yield seed % 2 == 1, kind, sound
                if sound.any():
                    wet = in_a_room(np.random.default_rng([6, seed]), sound)
                    yield seed % 2 == 1, f"{kind}, by phone", by_phone(wet)
    for index, sound in enumerate(read_folder(speech).values()):
        yield index % 2 == 0, "speech (recorded)", sound[: round(SPEECH_S * RATE)]
        yield index % 2 == 0, "speech (recorded), 3 s", sound[: round(3 * RATE)]
