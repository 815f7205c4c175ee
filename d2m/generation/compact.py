"""Playing the bundled weights: one coherent piece on the dance's grid of 16th steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from d2m.checkpoints import codec_path, generator_path, load_codec, load_generator
from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.metrical_grid import PHRASE_STEPS, STEPS_PER_BAR
from d2m.core.progress import Progress, timed
from d2m.core.styles import Style, songs_of
from d2m.generation.soundtrack import Music
from d2m.perception.dance import Dance


def choose_song(style: Style, seed: int) -> tuple[int, int]:
    """Return what a seed chooses: a song of the style, and a bar of its phrase (0 to 7)."""
    rng = np.random.default_rng(seed)
    songs = songs_of(style)
    return songs[int(rng.integers(len(songs)))], 2 * int(rng.integers(4))


def play_compact(
    dance: Dance,
    level: Level,
    *,
    style: Style,
    seed: int,
    checkpoints: Path,
    seconds: dict[str, float],
    tell: Progress,
) -> Music:
    """Play the compact weights to a dance.

    Parameters
    ----------
    dance, level, style, seed
        What to make.
    checkpoints
        Folder of the weights.
    seconds
        Takes the time (s) of each stage.
    tell
        Told of the stage.

    Raises
    ------
    CheckpointError
        If the weights are missing or damaged.
    """
    from d2m.generation.sampling import decode_codes, generate_codes

    stage = f"Making the music ({level.name})"
    tell(stage, 0.0)
    with timed(seconds, "load"):
        codec = load_codec(level, codec_path(level, checkpoints))
        generator = load_generator(level, generator_path(level, checkpoints))
    song, first_bar = choose_song(style, seed)
    position = (dance.grid.position + first_bar * STEPS_PER_BAR) % PHRASE_STEPS
    with timed(seconds, "generate"):
        tell(stage, 0.1)
        codes = generate_codes(
            generator,
            codec,
            level,
            song=song,
            grid=replace(dance.grid, position=position),
            features=dance.features,
            visual=dance.visual,
            seed=seed,
        )
    with timed(seconds, "decode"):
        tell(stage, 0.3)
        audio = decode_codes(codec, level, codes)[: round(dance.clip.duration_s * SAMPLE_RATE)]
    return Music(audio=audio, codes=codes, song=song)
