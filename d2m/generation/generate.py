"""From a dance to a finished soundtrack: generate, clean, level and score."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.audio.beat_ducking import duck_between_beats
from d2m.audio.postprocess import denoise, fade_edges, limit_peaks, normalise_loudness
from d2m.audio.waveform import mono_at
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.core.styles import AUTO, style_named
from d2m.generation.soundtrack import MusicModel, Soundtrack
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.perception.conditioning import Conditioning

ConditioningT = TypeVar("ConditioningT", bound=Conditioning)

FADE_OUT_S = 0.4
"""Length of the fade at the end of a soundtrack (s); chosen by hand."""


def generate_soundtrack(
    model: MusicModel[ConditioningT],
    dance: ConditioningT,
    settings: Settings,
    *,
    progress: Progress = silent,
) -> Soundtrack:
    """Generate, clean, level and score the music of a dance.

    Parameters
    ----------
    model
        Generates the music.
    dance
        The dance.
    settings
        Their style, seed and post-processing are used.
    progress
        Called with the name of the stage and the share done.

    Returns
    -------
    Soundtrack
        As long as the dance.
    """
    if settings.style != AUTO:
        dance = replace(dance, style=style_named(settings.style))
    stage = f"Generating music ({model.level.name})"
    progress(stage, 0.0)
    music = model.generate(dance, seed=settings.seed, progress=progress)
    seconds = dict(music.seconds)
    beats_s = dance.rhythm.beats_s
    audio = music.audio
    if not music.mastered:
        with timed(seconds, "denoise"):
            progress(stage, 0.7)
            audio = _post_process(audio, beats_s, settings, model.beat_ducking_db)
    with timed(seconds, "score"):
        progress(stage, 0.9)
        _, music_beats_s = music_beats(mono_at(audio, model.level.sample_rate))
    soundtrack = Soundtrack(
        level=model.level,
        style=dance.style,
        settings=settings,
        song=music.song,
        audio=audio,
        codes=music.codes,
        rhythm=dance.rhythm,
        music_beats_s=music_beats_s,
        score=music.score,
        stems=music.stems,
        seconds=seconds,
    )
    f_measure = beat_f_measure(music_beats_s, soundtrack.dance_beats_s)
    progress(stage, 1.0)
    return replace(soundtrack, scores={"beat_f_measure": f_measure})


def _post_process(
    audio: NDArray[np.float32], beats_s: NDArray[np.float64], settings: Settings, ducking_db: float
) -> NDArray[np.float32]:
    """Clean and level the mono audio of a network."""
    cleaned = denoise(audio) if settings.denoise else audio
    if ducking_db:
        cleaned = duck_between_beats(cleaned, beats_s, depth_db=ducking_db)
    faded = fade_edges(cleaned, fade_out_s=FADE_OUT_S)
    return normalise_loudness(faded) if settings.loudness else limit_peaks(faded)
