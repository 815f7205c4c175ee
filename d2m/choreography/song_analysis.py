"""Analyse a song for a dance: its sound, beats, downbeats and onsets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.choreography.beat_grid import even_grid, whole_grid
from d2m.core.beat_tempo import tempo_text
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.core.progress import Progress, silent
from d2m.media.clip_limits import display_name
from d2m.media.clip_part import ClipPart
from d2m.media.song_file import SongLimits
from d2m.media.song_sandbox import DecodedSong, decode_song
from d2m.perception.beat_times import ONSET_HOP, ONSET_LEAD_S, onset_rise, refined_peak
from d2m.perception.sound_beats import ALMOST_SILENT, track_sound_beats

FloatArray = NDArray[np.float64]

NO_BEAT = "The song has no steady beat, so the dance keeps a plain {}."
"""What a person is told about a song without a beat."""
PLAIN_TEMPO_BPM = 100.0
"""Tempo (BPM) of a dance to a sound in which no beat is found at all. Chosen by hand: a tempo at
which every style can be danced."""
_DAMAGED = (
    "Only {:.1f} s of {:.1f} s can be played, because the file is damaged or broke off, so the"
    " dance ends there."
)
# Less than this is not worth a warning (s). Chosen by hand.
_MISSING_S = 0.5
# An onset is the peak of the rise of the spectrum within so many frames: 30 ms, as librosa looks
# back.
_ONSET_FRAMES = round(0.03 * SAMPLE_RATE / ONSET_HOP)
_READING, _BEATS = "Reading the song", "Finding the beats of the song"


@dataclass(frozen=True, kw_only=True, eq=False)
class SongAnalysis:
    """What is known about a song, or the part of it that is danced to.

    All times are counted from the start of the part (s).

    Parameters
    ----------
    path
        The file.
    name
        Its name for people, without its ending.
    start_s, duration_s
        Where the part starts in the song, and how long it lasts (s).
    audio : (N,)
        The part, mono at `d2m.core.levels.SAMPLE_RATE`.
    beats_s : (B,)
        Ascending beat times of the whole part: where the song has none, they go on evenly.
    downbeats_s : (D,)
        The beats that start a bar.
    tempo_bpm
        Mean tempo of the beats (BPM).
    has_beat
        Whether the song is music with a steady beat. If not, the beats are even.
    confidence
        How sure that is, 0 to 1.
    onsets_s : (M,)
        When notes and strokes begin.
    warnings
        Sentences for people.
    """

    path: Path
    name: str
    start_s: float
    duration_s: float
    audio: Audio
    beats_s: FloatArray
    downbeats_s: FloatArray
    tempo_bpm: float
    has_beat: bool
    confidence: float
    onsets_s: FloatArray
    warnings: tuple[str, ...]


def analyse_song(
    path: Path,
    *,
    start_s: float = 0.0,
    length_s: float | None = None,
    limits: SongLimits | None = None,
    progress: Progress = silent,
) -> SongAnalysis:
    """Read a song, or a part of it, and find its beats.

    Parameters
    ----------
    path
        Any audio file, or a video, whose sound is used.
    start_s, length_s
        The part (s); by default the whole song.
    limits
        Limits on the song.
    progress
        Called with the stage and the share of it that is done.

    Returns
    -------
    SongAnalysis
        The song. If it has no steady beat, that is a warning and the beats are even.

    Raises
    ------
    AudioError
        If the file is no song or is silent, or the part is outside of it or of the limits.
    SettingsError
        If the part is not possible.
    """
    part = ClipPart(start_s=start_s, length_s=length_s)
    progress(_READING, 0.0)
    song = decode_song(path, part, sample_rate=SAMPLE_RATE, is_mono=True, limits=limits)
    audio = np.clip(song.samples[0], -1.0, 1.0)
    progress(_BEATS, 0.0)
    tracked = track_sound_beats(audio, SAMPLE_RATE)
    if tracked.reason == ALMOST_SILENT:
        raise AudioError(
            f"The song {display_name(path)} is silent, so there is nothing to dance to: send"
            " another one."
        )
    warnings = [*_missing_end(song, part)]
    if tracked.has_beat:
        grid = whole_grid(tracked.beats_s, tracked.downbeats_s, song.duration_s)
    else:
        grid = even_grid(tracked.beats_s, song.duration_s, PLAIN_TEMPO_BPM)
        warnings.append(NO_BEAT.format(tempo_text(grid.tempo_bpm)))
    progress(_BEATS, 1.0)
    return SongAnalysis(
        path=path,
        name=Path(display_name(path)).stem,
        start_s=start_s,
        duration_s=song.duration_s,
        audio=audio,
        beats_s=grid.beats_s,
        downbeats_s=grid.downbeats_s,
        tempo_bpm=grid.tempo_bpm,
        has_beat=tracked.has_beat,
        confidence=tracked.confidence,
        onsets_s=_onsets(audio),
        warnings=tuple(warnings),
    )


def _missing_end(song: DecodedSong, part: ClipPart) -> Iterator[str]:
    """Yield a warning if less of a song can be played than its file declares."""
    expected_s = song.info.file_s - part.start_s
    if part.length_s is not None:
        expected_s = min(expected_s, part.length_s)
    if song.info.is_length_known and expected_s - song.duration_s > _MISSING_S:
        yield _DAMAGED.format(song.duration_s, expected_s)


def _onsets(audio: Audio) -> FloatArray:
    """Return when notes and strokes begin (s): librosa's peaks of the rise of the spectrum."""
    librosa = load_librosa()
    rise = onset_rise(audio)
    # librosa's default looks only back, so it finds a frame before the peak.
    frames = librosa.onset.onset_detect(
        onset_envelope=rise, sr=SAMPLE_RATE, hop_length=ONSET_HOP, post_max=_ONSET_FRAMES
    )
    peaks = np.array([refined_peak(rise, int(frame)) for frame in frames])
    onsets = peaks * ONSET_HOP / SAMPLE_RATE + ONSET_LEAD_S
    found: FloatArray = onsets[onsets < len(audio) / SAMPLE_RATE]
    return found
