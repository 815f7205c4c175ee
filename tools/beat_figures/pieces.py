"""Music of this project with known beats, clean and as a telephone records it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import mono_at
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import STYLES, style_named
from d2m.generation.studio import StudioModel
from d2m.perception.clip_analysis import POSE_FPS
from d2m.perception.conditioning import condition
from d2m.training.data.dances import procedural_dance, view
from tools.beat_figures.degrade import by_phone, in_a_room, mixed
from tools.beat_figures.sounds import RATE, Sound, applause, crowd

SEEDS = 6
"""Pieces of each style."""
PIECE_S = 12.0
"""Length of a piece (s)."""
TEMPI_BPM = (66.0, 145.0)
"""Range of the tempi (BPM)."""
RATIOS_DB = (10, 0)
"""How much louder the music is than the noise (dB)."""
FIRST_DANCER = 61_000
"""Seed of the first procedural dancer that the pieces are made for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownPiece:
    """A piece whose beats are known.

    Parameters
    ----------
    name, seed
        Its style, and its seed.
    sound : (N,)
        Mono, at `tools.beat_figures.sounds.RATE`.
    beats_s : (B,)
        Beats of the score (s).
    end_s
        Its last hit (s): later beats do not count.
    """

    name: str
    seed: int
    sound: Sound
    beats_s: NDArray[np.float64]
    end_s: float


def known_pieces(seeds: range) -> Iterator[KnownPiece]:
    """Compose and play a piece of each style for each of some seeds."""
    model = StudioModel.from_pretrained()
    for index, style in enumerate(STYLES):
        for seed in seeds:
            tempo_bpm = float(np.random.default_rng([77, index, seed]).uniform(*TEMPI_BPM))
            dancer = FIRST_DANCER + 10 * index + seed
            dance = view(procedural_dance(dancer, tempo_bpm=tempo_bpm, duration_s=PIECE_S), 0.2)
            points = dance.keypoints[:: round(dance.fps / POSE_FPS), :, :2]
            conditioning = condition(points, POSE_FPS, settings=Settings(tempo_bpm=tempo_bpm))
            music = model.generate(replace(conditioning, style=style_named(style)), seed=seed)
            if music.score is None:
                continue
            yield KnownPiece(
                name=style,
                seed=seed,
                sound=mono_at(np.asarray(music.audio, np.float32), STUDIO_SAMPLE_RATE, RATE),
                beats_s=music.score.beats_s,
                end_s=music.score.end_s,
            )


def as_recorded(piece: KnownPiece, speech: Sound) -> dict[str, Sound]:
    """Return a piece as it is, by telephone in a room, and there with noise (by title)."""
    rng = np.random.default_rng([9, len(piece.name), piece.seed])
    size_s = len(piece.sound) / RATE
    noises = {
        "crowd": crowd(rng, size_s) + 0.5 * applause(rng, size_s),
        "speech": speech,
    }
    wet = in_a_room(rng, piece.sound)
    recorded = {"clean": piece.sound, "room and phone": by_phone(wet)}
    for title, noise in noises.items():
        for ratio_db in RATIOS_DB:
            recorded[f"{title} at {ratio_db} dB"] = by_phone(mixed(wet, noise, ratio_db))
    return recorded
