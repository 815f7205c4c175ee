"""From a dance to a finished soundtrack: generate, clean, level and score."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.audio.limiter import limit_true_peaks
from d2m.audio.postprocess import denoise, fade_edges, normalise_loudness
from d2m.audio.waveform import mono_at
from d2m.core.levels import SAMPLE_RATE
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.core.styles import AUTO, style_named
from d2m.generation.soundtrack import Music, MusicModel, Soundtrack
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.metrics.hits import HIT_TOLERANCE_S, hits_met
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning
from d2m.perception.sound_beats import track_sound_beats

ConditioningT = TypeVar("ConditioningT", bound=Conditioning)

FADE_OUT_S = 0.4
"""Length of the fade at the end of a soundtrack (s); chosen by hand."""


LEAST_RESPONSE = 0.3
"""Product of a hit's strength (0 to 1) and the response under which no music answers it: the
strength of the weakest hits."""


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
    events = hits_within_response(dance.events, settings.response)
    music = model.generate(replace(dance, events=events), seed=settings.seed, progress=progress)
    seconds = dict(music.seconds)
    audio = music.audio
    if not music.mastered:
        with timed(seconds, "denoise"):
            progress(stage, 0.7)
            audio = _post_process(music, settings)
    with timed(seconds, "score"):
        progress(stage, 0.9)
        mono = mono_at(audio, model.level.sample_rate)
        soundtrack = Soundtrack(
            level=model.level,
            style=dance.style,
            settings=settings,
            audio=audio,
            codes=music.codes,
            rhythm=dance.rhythm,
            music_beats_s=_music_beats_s(mono),
            score=music.score,
            tracks=music.tracks,
            stems=music.stems,
            seconds=seconds,
        )
        scores = _scores(mono, soundtrack, dance.events.hits_s)
    progress(stage, 1.0)
    return replace(soundtrack, scores=scores | music.scores)


def _music_beats_s(mono: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the beats (s) of music: the network's, or librosa's where it finds none.

    The network also finds the beats of pieces of a few seconds.
    """
    found = track_sound_beats(mono, SAMPLE_RATE).beats_s
    return found if len(found) else music_beats(mono)[1]


def hits_within_response(events: BodyEvents, response: float) -> BodyEvents:
    """Leave out the hits that are too weak for a response.

    Parameters
    ----------
    events
        Events of the body.
    response
        How strongly the movement steers the music: 1 keeps all hits, 0 none.
    """
    kept = events.hit_strengths * response >= LEAST_RESPONSE - 1e-9
    return replace(events, hits_s=events.hits_s[kept], hit_strengths=events.hit_strengths[kept])


def _scores(
    mono: NDArray[np.float32], soundtrack: Soundtrack, hits_s: NDArray[np.float64]
) -> dict[str, float]:
    """Score how the beats and, where there are any, the hits of a dance are met."""
    scores: dict[str, float] = {}
    if soundtrack.rhythm.is_found:  # steady beats that nobody dances have no score
        scores["beat_f_measure"] = beat_f_measure(
            soundtrack.music_beats_s, soundtrack.dance_beats_s
        )
    first_s, last_s = 0.0, len(mono) / SAMPLE_RATE
    if soundtrack.score is not None and len(soundtrack.score.beats_s):
        first_s, last_s = float(soundtrack.score.beats_s[0]), soundtrack.score.end_s
    played = (hits_s >= first_s - HIT_TOLERANCE_S) & (hits_s <= last_s + HIT_TOLERANCE_S)
    if played.any():
        scores["hits_met"] = hits_met(mono, hits_s[played])
    return scores


def _post_process(music: Music, settings: Settings) -> NDArray[np.float32]:
    """Clean and level the mono audio of a network."""
    cleaned = denoise(music.audio) if settings.denoise else music.audio
    faded = fade_edges(cleaned, fade_out_s=FADE_OUT_S)
    if settings.loudness:
        return normalise_loudness(faded)
    return limit_true_peaks(faded, SAMPLE_RATE)
