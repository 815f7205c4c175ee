"""Score the music of real clips: its beats, by two trackers, against the annotated beats.

The trackers share nothing: librosa's dynamic programming on an onset envelope, and the network
of `d2m.perception.sound_beats`. The same trackers score three trivial rows: clicks on the
annotated beats (the ceiling), noise, and the music made for the next clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.benchmark.real_beats import TrueBeats, octave_f_measure
from d2m.benchmark.rhythm_scores import annotated_part
from d2m.core.levels import SAMPLE_RATE, Level
from d2m.core.settings import Settings
from d2m.generation.soundtrack import Soundtrack
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.metrics.hits import hits_met
from d2m.perception.dance import Dance
from d2m.perception.sound_beats import track_sound_beats
from d2m.pipeline import DanceToMusic

FloatArray = NDArray[np.float64]
Mono = NDArray[np.float32]

MUSIC = "music"
CLICKS = "clicks on the true beats"
NOISE = "noise"
OTHER_MUSIC = "music of another clip"
_CLICK_S, _CLICK_HZ, _CLICK_DECAY_S = 0.05, 1000.0, 0.01
_LOUDNESS = 0.3  # peak of clicks, standard deviation of noise is a third of it


@dataclass(frozen=True, kw_only=True)
class MusicScores:
    """Scores of one piece.

    Parameters
    ----------
    librosa_f, network_f
        F-measure (70 ms) of the beats that each tracker hears.
    librosa_octave, network_octave
        The same with half and double tempo allowed.
    hits_met
        `d2m.metrics.hits.hits_met` of the dancer's strongest hits.
    """

    librosa_f: float
    librosa_octave: float
    network_f: float
    network_octave: float
    hits_met: float


def score_music(
    audio: NDArray[Any],
    sample_rate: int,
    truth: TrueBeats,
    hits_s: FloatArray,
    end_s: float,
) -> MusicScores:
    """Score a piece.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Sample rate (Hz).
    truth
        The annotated beats of the clip.
    hits_s : (H,)
        The dancer's hits (s).
    end_s
        Beats and hits later than this (s) do not count: a studio version rings out after its
        last hit.
    """
    true_s = annotated_part(truth.beats_s, truth, end_s)
    found = {
        "librosa": music_beats(audio, sample_rate)[1],
        "network": track_sound_beats(np.asarray(audio, np.float32), sample_rate).beats_s,
    }
    inside = {name: annotated_part(beats_s, truth, end_s) for name, beats_s in found.items()}
    return MusicScores(
        librosa_f=beat_f_measure(inside["librosa"], true_s),
        librosa_octave=octave_f_measure(inside["librosa"], true_s),
        network_f=beat_f_measure(inside["network"], true_s),
        network_octave=octave_f_measure(inside["network"], true_s),
        hits_met=hits_met(audio, hits_s[hits_s <= end_s], sample_rate),
    )


def score_all_music(
    d2m: DanceToMusic,
    dances: dict[str, Dance],
    truths: dict[str, TrueBeats],
    levels: tuple[Level, ...],
    seed: int,
) -> dict[str, dict[str, dict[str, MusicScores]]]:
    """Make music for clips at some levels, and score it and the trivial rows.

    Parameters
    ----------
    d2m
        Makes the music.
    dances, truths
        The clips with the beats that the music follows, and their annotated beats, by name.
    levels
        Levels of the music.
    seed
        Seed of the music and of the noise.

    Returns
    -------
    dict
        Scores by level, row (`MUSIC`, `CLICKS`, `NOISE`, `OTHER_MUSIC`) and clip.
    """
    names = list(dances)
    found: dict[str, dict[str, dict[str, MusicScores]]] = {}
    for level in levels:
        pieces: dict[str, Soundtrack] = {}
        for name in tqdm(names, desc=f"music {level.name}", unit="clip"):
            pieces[name] = d2m.generate(dances[name], level, Settings(seed=seed))
        rows: dict[str, dict[str, MusicScores]] = {}
        for number, name in enumerate(tqdm(names, desc=f"scores {level.name}", unit="clip")):
            piece, truth, dance = pieces[name], truths[name], dances[name]
            end_s = dance.clip.duration_s if piece.score is None else piece.score.end_s
            length = round(dance.clip.duration_s * SAMPLE_RATE)
            other = pieces[names[(number + 1) % len(names)]]
            rng = np.random.default_rng([seed, number, 14])
            noise = (_LOUDNESS / 3 * rng.standard_normal(length)).astype(np.float32)
            heard: dict[str, tuple[Mono, int]] = {
                MUSIC: (piece.mono, piece.sample_rate),
                CLICKS: (click_audio(truth.beats_s, length), SAMPLE_RATE),
                NOISE: (noise, SAMPLE_RATE),
            }
            if len(names) > 1:
                heard[OTHER_MUSIC] = (other.mono, other.sample_rate)
            for row, (audio, rate) in heard.items():
                scores = score_music(audio, rate, truth, dance.events.hits_s, end_s)
                rows.setdefault(row, {})[name] = scores
        found[level.name] = rows
    return found


def click_audio(beats_s: FloatArray, length: int) -> Mono:
    """Return audio (length,) at 22,050 Hz with a short click on each beat (s)."""
    audio = np.zeros(length, dtype=np.float32)
    times = np.arange(round(_CLICK_S * SAMPLE_RATE)) / SAMPLE_RATE
    click = _LOUDNESS * np.sin(2 * np.pi * _CLICK_HZ * times) * np.exp(-times / _CLICK_DECAY_S)
    for start in np.round(np.asarray(beats_s) * SAMPLE_RATE).astype(int):
        part = click[: max(0, length - start)]
        audio[start : start + len(part)] += part.astype(np.float32)
    return audio
