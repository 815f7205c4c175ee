"""The second half of the pipeline: from a dance to music at one level."""

from __future__ import annotations

from pathlib import Path

from d2m.audio.beat_ducking import duck_between_beats
from d2m.audio.postprocess import denoise, fade_edges, limited, normalise_loudness
from d2m.checkpoints import CHECKPOINTS, import_dropped_files, missing_line
from d2m.checkpoints.registry import family_named
from d2m.core.errors import CheckpointError
from d2m.core.levels import Level
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.core.styles import AUTO, style_named
from d2m.generation.compact import choose_song, play_compact
from d2m.generation.d2mgan import D2MGANModel
from d2m.generation.soundtrack import Music, Soundtrack
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.perception.dance import Dance

__all__ = [
    "D2MGANModel",
    "Music",
    "Soundtrack",
    "check_weights",
    "choose_song",
    "compose",
]

FADE_OUT_S = 0.4


def check_weights(weights: str, levels: tuple[Level, ...], checkpoints: Path = CHECKPOINTS) -> None:
    """Refuse weights that can't play, before a minute is spent on the clip.

    Files that a person has put into the folder of the weights are installed first, if they
    are what is missing.

    Raises
    ------
    SettingsError
        If the family is unknown.
    CheckpointError
        If a level of it does not exist or is not installed; it says how to get it.
    """
    family = family_named(weights)
    if any(missing_line(family.name, level, checkpoints) for level in family.levels):
        import_dropped_files(checkpoints)
    # What can never be had comes before what is missing.
    for level in sorted(levels, key=lambda level: level in family.levels):
        if line := missing_line(weights, level, checkpoints):
            raise CheckpointError(line)


def compose(
    dance: Dance,
    level: Level,
    settings: Settings,
    *,
    checkpoints: Path = CHECKPOINTS,
    published: D2MGANModel | None = None,
    tell: Progress = silent,
) -> Soundtrack:
    """Generate, decode, clean and score the music of a dance.

    Parameters
    ----------
    dance
        What `d2m.perception.dance.perceive` saw.
    level
        At which level.
    settings
        Its style, seed, weights and cleaning count here.
    checkpoints
        Folder of the weights.
    published
        Plays published weights; a new one by default.
    tell
        Told of each stage.

    Raises
    ------
    SettingsError
        If the family is unknown.
    CheckpointError
        If the weights are missing or damaged.
    """
    check_weights(settings.weights, (level,), checkpoints)
    family = family_named(settings.weights)
    style = dance.style if settings.style == AUTO else style_named(settings.style)
    seconds: dict[str, float] = {}
    stage = f"Generating music ({level.name})"
    if family.segments:
        player = published or D2MGANModel(checkpoints)
        music = player.play(family, level, dance, style=style, seconds=seconds, tell=tell)
    else:
        music = play_compact(
            dance,
            level,
            style=style,
            seed=settings.seed,
            checkpoints=checkpoints,
            seconds=seconds,
            tell=tell,
        )
    with timed(seconds, "denoise"):
        tell(stage, 0.7)
        clean = denoise(music.audio) if settings.denoise else music.audio
        if not family.segments:
            clean = duck_between_beats(clean, dance.rhythm.beats_s)  # makes its beats heard
        faded = fade_edges(clean, fade_out_s=FADE_OUT_S)
        audio = normalise_loudness(faded) if settings.loudness else limited(faded)
    with timed(seconds, "score"):
        tell(stage, 0.9)
        _, beats = music_beats(audio)
        scores = {"beat_f_measure": beat_f_measure(beats, dance.rhythm.beats_s)}
    tell(stage, 1.0)
    return Soundtrack(
        level=level,
        style=style,
        settings=settings,
        song=music.song,
        audio=audio,
        codes=music.codes,
        rhythm=dance.rhythm,
        music_beats_s=beats,
        scores=scores,
        seconds=seconds,
    )
