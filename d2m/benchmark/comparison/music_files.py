"""Read the music of a system from any file, and write compact copies for players."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.loudness import measure_loudness
from d2m.audio.postprocess import TARGET_LUFS, limit_peaks
from d2m.audio.waveform import Audio, mono_at
from d2m.benchmark.comparison.midi_audio import play_midi
from d2m.benchmark.comparison.pairing import MIDI_ENDINGS
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.media.atomic_write import atomic_write
from d2m.media.clip_limits import display_name
from d2m.media.mp4_writer import AacEncoder, create_mp4
from d2m.media.song_file import SongLimits
from d2m.media.song_sandbox import decode_song
from d2m.score.sound_bank import SOUNDS, SoundBank

SHORTEST_COMPARED_S = 2.0
"""Shortest time (s) that a file and its clip must share: the length of D2M-GAN's segments."""
PLAYER_BIT_RATE = 64_000
"""AAC bit rate per channel of the copies for players (bit/s). Chosen by hand."""
_LIMITS = SongLimits(min_duration_s=0.05)


@dataclass(frozen=True, kw_only=True, eq=False)
class MusicFile:
    """The sound of a file.

    Parameters
    ----------
    channels : (C, N)
        One channel, or left and right, at 44.1 kHz.
    duration_s
        Length of the music in the file (s); of a MIDI file, that of its notes.
    """

    channels: NDArray[np.float32]
    duration_s: float

    @property
    def mono(self) -> Audio:
        """The sound (M,) in one channel at 22,050 Hz."""
        return mono_at(self.channels, STUDIO_SAMPLE_RATE, SAMPLE_RATE)


def read_music_file(path: Path, longest_s: float) -> MusicFile:
    """Read a sound file, the sound of a video, or a MIDI file.

    Parameters
    ----------
    path
        The file. It is decoded in a child process with limited time and memory.
    longest_s
        A MIDI file is played up to this time (s).

    Raises
    ------
    AudioError
        If it can't be read, or is shorter than `SHORTEST_COMPARED_S`.
    """
    if path.suffix.lower().removeprefix(".") in MIDI_ENDINGS:
        channels, duration_s = play_midi(path, _bank(), longest_s)
    else:
        song = decode_song(path, sample_rate=STUDIO_SAMPLE_RATE, limits=_LIMITS)
        channels, duration_s = np.array(song.samples), song.duration_s
    if duration_s < SHORTEST_COMPARED_S:
        raise AudioError(
            f"The music in {display_name(path)} lasts {duration_s:.2f} s: expected at least "
            f"{SHORTEST_COMPARED_S:g} s."
        )
    if not np.isfinite(channels).all():
        raise AudioError(f"The sound of {display_name(path)} holds values that are not finite.")
    return MusicFile(channels=channels, duration_s=duration_s)


def write_player_copy(path: Path, audio: NDArray[np.float32], sample_rate: int) -> None:
    """Write a compact copy (AAC in MP4) at the loudness of all copies; silence stays silent.

    Parameters
    ----------
    path
        Path of the ``.m4a`` file.
    audio : (N,), (1, N) or (2, N)
        The sound.
    sample_rate
        Its sample rate (Hz).
    """
    channels = np.atleast_2d(np.asarray(audio, dtype=np.float32))
    loudness = measure_loudness(channels[0] if len(channels) == 1 else channels, sample_rate)
    if np.isfinite(loudness):
        channels = limit_peaks(
            channels * np.float32(10 ** ((TARGET_LUFS - loudness) / 20)), sample_rate=sample_rate
        )
    with atomic_write(path) as temporary, create_mp4(temporary) as container:
        encoder = AacEncoder(
            container, np.clip(channels, -1, 1), sample_rate, bit_rate=PLAYER_BIT_RATE
        )
        encoder.finish(Fraction(channels.shape[1], sample_rate))


@cache
def _bank() -> SoundBank:
    return SoundBank.from_folder(SOUNDS)
