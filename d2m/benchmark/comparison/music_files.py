"""Read the music of a system from any file, and write compact copies for players."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from d2m.audio.limiter import limit_true_peaks
from d2m.audio.loudness import measure_loudness
from d2m.audio.postprocess import TARGET_LUFS
from d2m.audio.waveform import Audio, mono_at
from d2m.benchmark.comparison.midi_audio import play_midi
from d2m.benchmark.comparison.pairing import MIDI_ENDINGS
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_file import read_audio
from d2m.media.clip_limits import display_name
from d2m.media.mp4_writer import AacEncoder, create_mp4
from d2m.score.sound_bank import SOUNDS, SoundBank

SHORTEST_COMPARED_S = 2.0
"""Shortest time (s) that a file and its clip must share: the length of D2M-GAN's segments."""
PLAYER_BIT_RATE = 64_000
"""AAC bit rate of the copies for players (bit/s). Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MusicFile:
    """The sound of a file.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Its sample rate (Hz).
    duration_s
        Length of the music in the file (s); of a MIDI file, that of its notes.
    """

    audio: Audio
    sample_rate: int
    duration_s: float

    @cached_property
    def scored(self) -> Audio:
        """The sound (M,) at 22,050 Hz, at which it is scored."""
        return mono_at(self.audio, self.sample_rate, SAMPLE_RATE)


def read_music_file(path: Path, longest_s: float) -> MusicFile:
    """Read a sound file, the sound of a video, or a MIDI file.

    Parameters
    ----------
    path
        The file.
    longest_s
        A MIDI file is played up to this time (s).

    Raises
    ------
    AudioError
        If it can't be read, or is shorter than `SHORTEST_COMPARED_S`.
    """
    if path.suffix.lower().removeprefix(".") in MIDI_ENDINGS:
        stereo, duration_s = play_midi(path, _bank(), longest_s)
        audio: Audio = stereo.mean(axis=0)
    else:
        audio = read_audio(path, STUDIO_SAMPLE_RATE)
        duration_s = len(audio) / STUDIO_SAMPLE_RATE
    if duration_s < SHORTEST_COMPARED_S:
        raise AudioError(
            f"The music in {display_name(path)} lasts {duration_s:.2f} s: expected at least "
            f"{SHORTEST_COMPARED_S:g} s."
        )
    if not np.isfinite(audio).all():
        raise AudioError(f"The sound of {display_name(path)} holds values that are not finite.")
    return MusicFile(audio=audio, sample_rate=STUDIO_SAMPLE_RATE, duration_s=duration_s)


def write_player_copy(path: Path, audio: Audio, sample_rate: int) -> None:
    """Write a compact copy (AAC in MP4) at the loudness of all copies; silence stays silent.

    Parameters
    ----------
    path
        Path of the ``.m4a`` file.
    audio : (N,)
        Mono audio.
    sample_rate
        Its sample rate (Hz).
    """
    sound = np.asarray(audio, dtype=np.float32)
    loudness = measure_loudness(sound, sample_rate)
    if np.isfinite(loudness):
        gain = np.float32(10 ** ((TARGET_LUFS - loudness) / 20))
        sound = limit_true_peaks(gain * sound, sample_rate)
    channels = np.clip(sound, -1, 1)[None]
    with atomic_write(path) as temporary, create_mp4(temporary) as container:
        encoder = AacEncoder(container, channels, sample_rate, bit_rate=PLAYER_BIT_RATE)
        encoder.finish(Fraction(len(sound), sample_rate))


@cache
def _bank() -> SoundBank:
    return SoundBank.from_folder(SOUNDS)
