"""The beats found in music of this project, against those of its score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tqdm import tqdm

from d2m.perception.sound_beats import track_sound_beats
from tools.beat_figures.pieces import PIECE_S, SEEDS, as_recorded, known_pieces
from tools.beat_figures.recordings import read_folder
from tools.beat_figures.scores import BeatScores, score_beats
from tools.beat_figures.sounds import RATE, voice

Row = tuple[BeatScores, bool]


def music_table(speech: Path | None, chosen_too: bool = True) -> list[str]:
    """Measure pieces in all conditions, and return Markdown.

    Parameters
    ----------
    speech
        Folder of recordings of speech; made-up speech without one.
    chosen_too
        Whether to measure also the pieces that constants were chosen on.
    """
    voices = list(read_folder(speech).values())
    voices = voices or [voice(np.random.default_rng([3, i]), PIECE_S) for i in range(8)]
    seeds = range(SEEDS) if chosen_too else range(0, SEEDS, 2)
    rows: dict[tuple[bool, str], list[Row]] = {}
    for index, piece in enumerate(tqdm(known_pieces(seeds), unit="piece")):
        chosen = piece.seed % 2 == 1
        speaker = voices[(2 * index + chosen) % len(voices)]
        for title, sound in as_recorded(piece, speaker).items():
            found = track_sound_beats(sound, RATE)
            scores = score_beats(found.beats_s, piece.beats_s, piece.end_s)
            rows.setdefault((chosen, title), []).append((scores, found.has_beat))
    lines = ["## Music of this project", ""]
    for chosen, name in ((False, "only measured"), (True, "constants were chosen on these")):
        mine = {title: some for (mark, title), some in rows.items() if mark == chosen}
        if not mine:
            continue
        mine["all with noise"] = [row for t, some in mine.items() if " at " in t for row in some]
        lines += [
            f"Pieces with {'odd' if chosen else 'even'} seeds ({name}):",
            "",
            *_table(mine),
            "",
        ]
    return lines


def _table(rows: dict[str, list[Row]]) -> list[str]:
    lines = [
        "| sound | pieces | F | F, octave allowed | tempo right | taken | F of those taken "
        "| taken with F below .7 | bias (ms) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, some in rows.items():
        scores, taken = [row[0] for row in some], np.array([row[1] for row in some])
        octave = np.array([one.octave_f for one in scores])
        bias_ms = 1000 * float(np.nanmean([one.bias_s for one in scores]))
        lines.append(
            f"| {title} | {len(some)} | {np.mean([one.f for one in scores]):.2f} "
            f"| {octave.mean():.2f} | {np.mean([one.tempo_right for one in scores]):.2f} "
            f"| {taken.mean():.2f} | {octave[taken].mean() if taken.any() else np.nan:.2f} "
            f"| {int((octave[taken] < 0.7).sum())} | {bias_ms:+.1f} |"
        )
    return lines
