"""Play events through FluidSynth, every onset on the code grid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import FRAME
from d2m.score.arrangement import Event
from d2m.score.composition import Song

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
"""Where Debian's package ``fluid-soundfont-gm`` puts its (MIT-licensed) instruments."""

CHANNELS = {"bass": 0, "chord": 1, "lead": 2, "stab": 3, "drums": 9}
VOLUMES = {"bass": 104, "chord": 74, "lead": 84, "stab": 84, "drums": 112}
"""MIDI channel volumes: the mix."""
_SYNTH_GAIN = 0.25  # low enough that no arrangement clips inside the synthesizer
_TAIL_FRAMES = 86
_DRUM_BANK = 128
_VOLUME_CONTROL = 7
_ALL_SOUND_OFF = 120


class Band:
    """A synthesizer with the instruments of one song at a time.

    Parameters
    ----------
    soundfont
        A General MIDI soundfont.

    Raises
    ------
    DataError
        If FluidSynth or the soundfont is missing.
    """

    def __init__(self, soundfont: Path = SOUNDFONT) -> None:
        if not soundfont.is_file():
            raise DataError(
                f"The soundfont {soundfont.name} is missing: install the Debian packages "
                "libfluidsynth3 and fluid-soundfont-gm, or name another soundfont."
            )
        try:
            import fluidsynth
        except ImportError as error:
            raise DataError(
                "FluidSynth is missing: install the Debian package libfluidsynth3."
            ) from error
        self._synth: Any = fluidsynth.Synth(gain=_SYNTH_GAIN, samplerate=float(SAMPLE_RATE))
        for name in ("synth.reverb.active", "synth.chorus.active"):
            self._synth.setting(name, 0)
        self._font = self._synth.sfload(str(soundfont))

    def play(self, song: Song, events: list[Event], n_frames: int) -> NDArray[np.float32]:
        """Render events to mono audio at 22,050 Hz.

        Parameters
        ----------
        song
            Whose instruments play.
        events
            Ordered by start; those that start before frame 0 are left out.
        n_frames
            Length of the result in frames of 128 samples.

        Returns
        -------
        (n_frames * 128,)
            Audio as FluidSynth scales it; see `gain_of`.
        """
        self._reset(song)
        changes = sorted(
            [(event.start, 1, event) for event in events if event.start >= 0]
            + [(event.end, 0, event) for event in events if event.start >= 0],
            key=lambda change: change[:2],
        )
        pieces, now = [], 0
        for frame, on, event in changes:
            if frame >= n_frames:
                break
            if frame > now:
                pieces.append(self._samples(frame - now))
                now = frame
            channel = CHANNELS[event.channel]
            if on:
                self._synth.noteon(channel, event.pitch, event.velocity)
            else:
                self._synth.noteoff(channel, event.pitch)
        pieces.append(self._samples(n_frames - now))
        return np.concatenate(pieces)

    def close(self) -> None:
        """Free the synthesizer."""
        self._synth.delete()

    def _reset(self, song: Song) -> None:
        self._synth.system_reset()
        for channel in CHANNELS.values():  # the reset lets cymbals ring on
            self._synth.cc(channel, _ALL_SOUND_OFF, 0)
        self._samples(_TAIL_FRAMES)  # let the last piece's tails die away
        programs = {"bass": song.bass, "chord": song.chord, "lead": song.lead, "stab": song.stab}
        for name, program in programs.items():
            self._synth.program_select(CHANNELS[name], self._font, 0, program)
        self._synth.program_select(CHANNELS["drums"], self._font, _DRUM_BANK, song.kit)
        for name, volume in VOLUMES.items():
            self._synth.cc(CHANNELS[name], _VOLUME_CONTROL, volume)

    def _samples(self, frames: int) -> NDArray[np.float32]:
        stereo = self._synth.get_samples(frames * FRAME).reshape(-1, 2)
        mono: NDArray[np.float32] = stereo.mean(axis=1, dtype=np.float32) / 32768.0
        return mono


@contextmanager
def band(soundfont: Path = SOUNDFONT) -> Iterator[Band]:
    """Open a band and close it at the end."""
    players = Band(soundfont)
    try:
        yield players
    finally:
        players.close()


def gain_of(audio: NDArray[np.float32], *, rms: float = 0.115, peak: float = 0.95) -> float:
    """Return the factor that brings a song's full arrangement to its level.

    One factor a song, not a piece, keeps the same event at the same level everywhere,
    and so in the same codes.
    """
    level = float(np.sqrt(np.mean(np.square(audio)))) + 1e-9
    return min(rms / level, peak / (float(np.max(np.abs(audio))) + 1e-9))
