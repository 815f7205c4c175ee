"""Render note events with FluidSynth and a General MIDI soundfont.

Every onset falls on a whole frame of the code grid, so that the same note always gives the
same waveform inside its codes.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import FRAME
from d2m.training.loops.loop_arrangement import NoteEvent
from d2m.training.loops.loop_songs import LoopSong

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
"""FluidR3 (MIT licence), where Debian's package ``fluid-soundfont-gm`` installs it."""

MIDI_CHANNELS = {"bass": 0, "chord": 1, "lead": 2, "stab": 3, "drums": 9}
"""MIDI channel numbers counted from 0. General MIDI reserves channel 9 for drums."""
CHANNEL_VOLUMES = {"bass": 104, "chord": 74, "lead": 84, "stab": 84, "drums": 112}
"""MIDI volume (0 to 127) of each channel in the mix. Chosen by hand."""

_SYNTH_GAIN = 0.25  # FluidSynth's gain; low enough that no arrangement clips inside it
_RELEASE_FRAMES = 86  # 0.5 s: the longest that notes of the previous rendering ring on
_DRUM_BANK = 128  # bank of the percussion kits in a General MIDI soundfont
_VOLUME_CONTROL = 7  # MIDI control change number: channel volume
_ALL_SOUND_OFF = 120  # MIDI control change number


class SoundfontSynthesizer:
    """A FluidSynth instance with one soundfont; use it as a context manager.

    Parameters
    ----------
    soundfont
        Path of a General MIDI soundfont.

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
        self._font: int = self._synth.sfload(str(soundfont))

    def __enter__(self) -> SoundfontSynthesizer:
        """Return the synthesizer."""
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the synthesizer."""
        self.close()

    def render(self, song: LoopSong, events: list[NoteEvent], n_frames: int) -> NDArray[np.float32]:
        """Render note events to mono audio at 22,050 Hz.

        Parameters
        ----------
        song
            The song whose instruments are used.
        events
            Note events sorted by onset. Events before frame 0 are ignored.
        n_frames
            Length of the result in frames of 128 samples.

        Returns
        -------
        (n_frames * 128,)
            Audio at FluidSynth's level; see `normalisation_gain`.
        """
        self._reset(song)
        changes = sorted(
            [(event.start, 1, event) for event in events if event.start >= 0]
            + [(event.end, 0, event) for event in events if event.start >= 0],
            key=lambda change: change[:2],
        )
        chunks, now = [], 0
        for frame, on, event in changes:
            if frame >= n_frames:
                break
            if frame > now:
                chunks.append(self._samples(frame - now))
                now = frame
            channel = MIDI_CHANNELS[event.channel]
            if on:
                self._synth.noteon(channel, event.pitch, event.velocity)
            else:
                self._synth.noteoff(channel, event.pitch)
        chunks.append(self._samples(n_frames - now))
        return np.concatenate(chunks)

    def close(self) -> None:
        """Free the memory of FluidSynth."""
        self._synth.delete()

    def _reset(self, song: LoopSong) -> None:
        """Silence all channels and load the song's instruments."""
        self._synth.system_reset()
        for channel in MIDI_CHANNELS.values():  # the reset alone does not silence cymbals
            self._synth.cc(channel, _ALL_SOUND_OFF, 0)
        self._samples(_RELEASE_FRAMES)
        programs = {"bass": song.bass, "chord": song.chord, "lead": song.lead, "stab": song.stab}
        for name, program in programs.items():
            self._synth.program_select(MIDI_CHANNELS[name], self._font, 0, program)
        self._synth.program_select(MIDI_CHANNELS["drums"], self._font, _DRUM_BANK, song.kit)
        for name, volume in CHANNEL_VOLUMES.items():
            self._synth.cc(MIDI_CHANNELS[name], _VOLUME_CONTROL, volume)

    def _samples(self, frames: int) -> NDArray[np.float32]:
        stereo = self._synth.get_samples(frames * FRAME).reshape(-1, 2)
        mono: NDArray[np.float32] = stereo.mean(axis=1, dtype=np.float32) / 32768.0
        return mono


def normalisation_gain(
    audio: NDArray[np.float32], *, rms: float = 0.115, peak: float = 0.95
) -> float:
    """Return the factor that scales audio to an RMS level without exceeding a peak.

    Apply the gain of a song's full arrangement to all its arrangements: the same note then
    has the same level, and so the same codes, in each of them.

    Parameters
    ----------
    audio : (N,)
        Audio of the full arrangement.
    rms
        Target RMS level (full scale is 1). Chosen by hand.
    peak
        Highest absolute sample value of the result (full scale is 1).
    """
    level = float(np.sqrt(np.mean(np.square(audio)))) + 1e-9
    return min(rms / level, peak / (float(np.max(np.abs(audio))) + 1e-9))
