"""The second half of the pipeline: from a dance to music at one level."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.checkpoints import CHECKPOINTS, codec_path, generator_path, load_codec, load_generator
from d2m.evaluation.beats import beat_f_measure, music_beats
from d2m.grid import PHRASE_STEPS, STEPS_PER_BAR
from d2m.levels import SAMPLE_RATE, Level
from d2m.media.audio import denoise, fade_edges, normalise_loudness
from d2m.media.pulse import pulse
from d2m.perceive import Dance
from d2m.perception.rhythm import Rhythm
from d2m.progress import Progress, silent, timed
from d2m.styles import Style, songs_of

FADE_OUT_S = 0.4


@dataclass(frozen=True, kw_only=True)
class Soundtrack:
    """Music for one dance at one level.

    Parameters
    ----------
    level, style, song, seed
        What was chosen; ``song`` is the index in the generator's table.
    audio : (N,)
        Mono in [-1, 1] at 22,050 Hz, as long as the clip.
    codes : (T,)
        Its VQ codes.
    rhythm
        The dance's rhythm.
    music_beats_s : (M,)
        Beats (s) that a beat tracker hears in the music.
    scores
        Figures by name; ``beat_f_measure`` is against the dance's beats at 70 ms.
    seconds
        Time that each stage took (s).
    paths
        Files written, by kind (``"wav"``, ``"mp4"``, ``"png"``), if any.
    alt_text
        What the beat plot shows, in words, if it was drawn.
    """

    level: Level
    style: Style
    song: int
    seed: int
    audio: NDArray[np.float32]
    codes: NDArray[np.int64]
    rhythm: Rhythm
    music_beats_s: NDArray[np.float64]
    scores: dict[str, float]
    seconds: dict[str, float]
    paths: dict[str, Path] = field(default_factory=dict)
    alt_text: str = ""

    @property
    def sample_rate(self) -> int:
        """Samples a second of the audio (Hz)."""
        return SAMPLE_RATE


def choose_song(style: Style, seed: int) -> tuple[int, int]:
    """Return what a seed chooses: a song of the style, and a bar of its phrase (0 to 7)."""
    rng = np.random.default_rng(seed)
    songs = songs_of(style)
    return songs[int(rng.integers(len(songs)))], 2 * int(rng.integers(4))


def compose(
    dance: Dance,
    level: Level,
    *,
    style: Style,
    seed: int,
    checkpoints: Path = CHECKPOINTS,
    tell: Progress = silent,
) -> Soundtrack:
    """Generate, decode, clean and score the music of a dance.

    Parameters
    ----------
    dance
        What `d2m.perceive.perceive` saw.
    level, style, seed
        What to make.
    checkpoints
        Folder of the weights.
    tell
        Told of each stage.

    Raises
    ------
    CheckpointError
        If the weights are missing or damaged.
    """
    from d2m.models.sampling import decode_codes, generate_codes

    seconds: dict[str, float] = {}
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
    with timed(seconds, "denoise"):
        tell(stage, 0.7)
        audio = pulse(denoise(audio), dance.rhythm.beats_s)
        audio = normalise_loudness(fade_edges(audio, fade_out_s=FADE_OUT_S))
    with timed(seconds, "score"):
        tell(stage, 0.9)
        _, beats = music_beats(audio)
        scores = {"beat_f_measure": beat_f_measure(beats, dance.rhythm.beats_s)}
    tell(stage, 1.0)
    return Soundtrack(
        level=level,
        style=style,
        song=song,
        seed=seed,
        audio=audio,
        codes=codes,
        rhythm=dance.rhythm,
        music_beats_s=beats,
        scores=scores,
        seconds=seconds,
    )
