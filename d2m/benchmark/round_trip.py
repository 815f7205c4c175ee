"""The round trip: from a song to a drawn dance, and from its picture to new music."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from d2m.benchmark.dance_songs import EvaluationSong
from d2m.benchmark.real_music import hear_music
from d2m.choreography.music_to_dance import MusicToDance
from d2m.core.levels import STUDIO
from d2m.core.settings import Settings
from d2m.metrics.beats import beat_f_measure
from d2m.pipeline import DanceToMusic

TEMPO_SHARE = 0.02
"""Largest relative difference of the tempo of the new music from the song's. Chosen by hand."""


def round_trip(song: EvaluationSong, folder: Path, weights: Path) -> dict[str, Any]:
    """Draw a dance to a song, make music for the video, and compare that with the song.

    The new music follows the picture only, though the video has the song as its sound.

    Parameters
    ----------
    song
        The song.
    folder
        For the files of the dance.
    weights
        Checkpoints folder.

    Returns
    -------
    dict
        ``title``, ``tempo_bpm`` of the new music, ``tempo_met`` (whether it is within
        `TEMPO_SHARE`), ``beat_f`` (70 ms) of the beats that the new music follows, and
        ``heard_f``, that of the beats that librosa hears in it.
    """
    made = MusicToDance(checkpoints=weights).generate(
        song.analysis.path, style=song.style, out=folder / f"round-{song.number}"
    )
    back = DanceToMusic(checkpoints=weights)
    settings = Settings(beats="dance", style=song.style)
    dance = back.perceive(made.paths["mp4"], settings)
    music = back.generate(dance, STUDIO, settings)
    heard_s = hear_music(music.mono, music.sample_rate).librosa_s
    tempo_bpm = dance.rhythm.tempo_bpm
    end_s = song.duration_s
    return {
        "title": song.title,
        "tempo_bpm": tempo_bpm,
        "tempo_met": abs(tempo_bpm / song.tempo_bpm - 1) <= TEMPO_SHARE,
        "beat_f": beat_f_measure(dance.rhythm.beats_s[dance.rhythm.beats_s <= end_s], song.beats_s),
        "heard_f": beat_f_measure(heard_s[heard_s <= end_s], song.beats_s),
    }
