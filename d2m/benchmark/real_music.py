"""Score the music of real clips: its beats, by two trackers, against the annotated beats.

The trackers share nothing: librosa's dynamic programming on an onset envelope, and the network
of `d2m.perception.sound_beats`. The same trackers score three trivial rows: clicks on the
annotated beats (the ceiling), noise, and the music made for the clip before.
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
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.metrics.hits import hits_on_grid, prominent_onsets
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
        Share of the dancer's strongest hits as in `d2m.metrics.hits.hits_met`.
    """

    librosa_f: float
    librosa_octave: float
    network_f: float
    network_octave: float
    hits_met: float


@dataclass(frozen=True, kw_only=True, eq=False)
class HeardMusic:
    """What is heard in a piece.

    Parameters
    ----------
    librosa_s, network_s : (B,), (C,)
        Beats (s) by each tracker.
    onsets_s : (O,)
        Onsets (s) that stand out, see `d2m.metrics.hits.prominent_onsets`.
    """

    librosa_s: FloatArray
    network_s: FloatArray
    onsets_s: FloatArray


def hear_music(audio: NDArray[Any], sample_rate: int) -> HeardMusic:
    """Track the beats and onsets of mono audio (N,) at a sample rate (Hz)."""
    return HeardMusic(
        librosa_s=music_beats(audio, sample_rate)[1],
        network_s=track_sound_beats(np.asarray(audio, np.float32), sample_rate).beats_s,
        onsets_s=prominent_onsets(audio, sample_rate),
    )


def score_music(
    heard: HeardMusic, truth: TrueBeats, hits_s: FloatArray, end_s: float
) -> MusicScores:
    """Score a piece.

    Parameters
    ----------
    heard
        What is heard in it.
    truth
        The annotated beats of the clip.
    hits_s : (H,)
        The dancer's hits (s).
    end_s
        Beats and hits later than this (s) do not count: a studio version rings out after its
        last hit.
    """
    true_s = annotated_part(truth.beats_s, truth, end_s)
    librosa_s = annotated_part(heard.librosa_s, truth, end_s)
    network_s = annotated_part(heard.network_s, truth, end_s)
    return MusicScores(
        librosa_f=beat_f_measure(librosa_s, true_s),
        librosa_octave=octave_f_measure(librosa_s, true_s),
        network_f=beat_f_measure(network_s, true_s),
        network_octave=octave_f_measure(network_s, true_s),
        hits_met=hits_on_grid(hits_s[hits_s <= end_s], heard.onsets_s),
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
    trivial: dict[str, dict[str, HeardMusic]] = {CLICKS: {}, NOISE: {}}
    for number, name in enumerate(names):
        length = round(dances[name].clip.duration_s * SAMPLE_RATE)
        noise = np.random.default_rng([seed, number, 14]).standard_normal(length)
        trivial[NOISE][name] = hear_music(_LOUDNESS / 3 * noise, SAMPLE_RATE)
        clicks = click_audio(truths[name].beats_s, length)
        trivial[CLICKS][name] = hear_music(clicks, SAMPLE_RATE)
    found: dict[str, dict[str, dict[str, MusicScores]]] = {}
    for level in levels:
        pieces: dict[str, HeardMusic] = {}
        ends_s: dict[str, float] = {}
        for name in tqdm(names, desc=f"music {level.name}", unit="clip"):
            piece = d2m.generate(dances[name], level, Settings(seed=seed))
            pieces[name] = hear_music(piece.mono, piece.sample_rate)
            ends_s[name] = piece.score.end_s if piece.score else dances[name].clip.duration_s
        others = {name: pieces[names[index - 1]] for index, name in enumerate(names)}
        rows = {MUSIC: pieces, **trivial} | ({OTHER_MUSIC: others} if len(names) > 1 else {})
        found[level.name] = {
            row: {
                name: score_music(one, truths[name], dances[name].events.hits_s, ends_s[name])
                for name, one in heard.items()
            }
            for row, heard in rows.items()
        }
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
