"""How generated music fits its dance, and how near it is to the studio version.

Before it is compared with the studio version, all audio is brought to its loudness
(`at_loudness_of`), both as mono at 22,050 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio, log_mel
from d2m.benchmark.codec_copies import Figures, notes_kept
from d2m.benchmark.listeners import Listeners
from d2m.benchmark.unseen_pieces import (
    UnseenPiece,
    at_loudness_of,
    motionless,
    with_other_dancer,
)
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import BEAT_TOLERANCE_S
from d2m.generation.compact import CompactModel
from d2m.metrics.accents import accent_ratio
from d2m.metrics.beats import beat_f_measure, beats_scores, music_beats
from d2m.metrics.codec import log_mel_l1
from d2m.metrics.hits import hits_met
from d2m.perception.conditioning import Conditioning
from d2m.perception.sound_beats import track_sound_beats
from d2m.perception.step_features import MOVEMENT_FEATURES

ACCENTED_STEP = 0.5
"""Least value of the feature ``accent`` of a 16th step with an accent. Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Generated:
    """The music that a level makes for a dance.

    Parameters
    ----------
    audio : (N,)
        As it comes from the codec, before post-processing.
    same_score
        Whether the score's notes are those of the studio version.
    """

    audio: Audio
    same_score: bool


def generated_music(model: CompactModel, piece: UnseenPiece) -> Generated:
    """Generate the music of a level for a piece's dance, with the seed of the piece."""
    music = model.generate(piece.dance, seed=piece.seed)
    same = music.score is not None and music.score.tracks == piece.score.tracks
    audio = np.asarray(music.audio, dtype=np.float32)
    return Generated(audio=audio, same_score=same)


def dance_figures(audio: Audio, dance: Conditioning, end_s: float) -> Figures:
    """Measure beats, hits and accents of mono audio at 22,050 Hz against the true dance.

    Parameters
    ----------
    audio : (N,)
        Music.
    dance
        The dance, with its true beats.
    end_s
        When the music ends (s); what the dancer does afterwards does not count.

    Returns
    -------
    dict
        The F-measure of the beats that librosa (`d2m.metrics.beats`) and the network tracker
        (`d2m.perception.sound_beats`) find, the share of hits met, and the accent ratio.
    """
    last_s = end_s + BEAT_TOLERANCE_S
    beats_s = dance.rhythm.beats_s
    beats_s = beats_s[beats_s <= last_s]
    found = {
        "beat_f_librosa": music_beats(audio)[1],
        "beat_f_network": track_sound_beats(audio, SAMPLE_RATE).beats_s,
    }
    figures = {
        name: beat_f_measure(times_s[times_s <= last_s], beats_s) for name, times_s in found.items()
    }
    hits_s = dance.events.hits_s
    figures["hits_met"] = hits_met(audio, hits_s[hits_s <= last_s])
    steps_s = dance.grid.times[:-1]
    accented = dance.features[:, MOVEMENT_FEATURES.index("accent")] >= ACCENTED_STEP
    playing = (steps_s >= 0) & (steps_s <= end_s)
    accents_s, others_s = steps_s[playing & accented], steps_s[playing & ~accented]
    figures["accents"] = accent_ratio(audio, accents_s, others_s)
    return figures


def studio_figures(audio: Audio, piece: UnseenPiece, listeners: Listeners) -> Figures:
    """Compare mono audio with the studio version of the piece it stands for.

    Returns
    -------
    dict
        Log-mel L1 (decades), correlation of the log-mels, F-measure of the notes and
        correlation of the pitches, the distance of the embeddings, and D2M-GAN's scores.
    """
    sound = at_loudness_of(audio, piece.studio)
    figures = {
        "log_mel": log_mel_l1(sound, piece.studio),
        "correlation": log_mel_correlation(sound, piece.studio),
    }
    scores = beats_scores(sound, piece.studio)
    figures |= {"coverage": scores.coverage, "beats_hit": scores.hit}
    figures |= notes_kept("notes", sound, piece.studio, listeners.transcribe)
    if listeners.embed is not None:
        apart = listeners.embed(sound) - listeners.embed(piece.studio)
        figures["embedding"] = float(np.linalg.norm(apart))
    return figures


def level_music_figures(
    model: CompactModel, piece: UnseenPiece, music: Generated, listeners: Listeners
) -> Figures:
    """Measure the music of a level.

    ``still_log_mel`` and ``other_log_mel`` are the log-mel L1 of the music for the same beats
    without movement, and with another dancer's, against the studio version of the true dance.
    """
    figures = dance_figures(music.audio, piece.dance, piece.score.end_s)
    near = studio_figures(music.audio, piece, Listeners(embed=listeners.embed))
    figures |= {f"generated_{key}": value for key, value in near.items()}
    figures["same_score"] = float(music.same_score)
    other = with_other_dancer(piece.dance, piece.seed)
    for name, dance in (("still", motionless(piece.dance)), ("other", other)):
        changed = model.generate(dance, seed=piece.seed).audio
        figures[f"{name}_log_mel"] = log_mel_l1(at_loudness_of(changed, piece.studio), piece.studio)
    return figures


def log_mel_correlation(audio: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the correlation of the log-mel spectrograms of two recordings, -1 to 1."""
    length = min(len(audio), len(reference))
    one, other = (
        log_mel(np.asarray(sound[:length], dtype=np.float32)) for sound in (audio, reference)
    )
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
