"""The recorded sounds of all instruments: an index read at once, audio read when needed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from d2m.core.errors import DataError

SOUNDS = Path(__file__).resolve().parent / "sounds"
"""Folder of the recordings and their index."""
_INDEX = "index.json"
_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class SoundOrigin:
    """Where sounds of an instrument come from.

    Parameters
    ----------
    title
        Name of the collection or sample.
    by
        Who made it.
    licence
        Its licence, an SPDX name where there is one.
    source
        Where it was taken from.
    """

    title: str
    by: str
    licence: str
    source: str

    @property
    def origin(self) -> str:
        """Title, maker and source in one line."""
        return f"{self.title}, by {self.by}; {self.source}"


@dataclass(frozen=True, kw_only=True)
class SampleZone:
    """One recording, and the notes that it serves.

    Parameters
    ----------
    file
        Name of its file in the folder.
    start, frames
        First frame in the file, and length.
    root
        MIDI note number that sounds when it is played as it is, not always a whole one.
    low, high
        Lowest and highest pitch that it serves.
    softest, loudest
        Lowest and highest velocity that it serves.
    gain_db
        Gain (dB) that brings it to its level at velocity 100.
    lead
        Frames before the moment that is heard as the note's time.
    loop
        First frame and end of the loop, or None if it rings out by itself.
    pan
        Place in the stereo image, -1 (left) to 1 (right).
    choke
        Group in which a note cuts the one before; 0 is none.
    fits
        Whether it is stretched to end with its note.
    """

    file: str
    start: int
    frames: int
    root: float
    low: int
    high: int
    softest: int
    loudest: int
    gain_db: float
    lead: int
    loop: tuple[int, int] | None
    pan: float
    choke: int
    fits: bool


@dataclass(frozen=True, kw_only=True)
class SampledInstrument:
    """An instrument of the bank.

    Parameters
    ----------
    name
        Key of `d2m.score.instruments.INSTRUMENTS`.
    kind
        ``"pitched"``, ``"kit"`` or ``"effects"``. Kits and effects play each pitch as
        recorded and ring out.
    rate
        Frames per second of its recordings (Hz).
    release_s
        Time in which a note fades after its end (s).
    single
        Whether a new note cuts the one before.
    curve
        Exponent from velocity (1 at 100) to amplitude.
    brightness_db
        Loss (dB) of high frequencies from the highest velocity to the lowest.
    variation
        How much repeated notes differ in tuning and level, 0 to 1.
    spread
        How far low pitches are to the left and high ones to the right, 0 to 1.
    zones
        Its recordings.
    origins
        Where they come from.
    """

    name: str
    kind: str
    rate: int
    release_s: float
    single: bool
    curve: float
    brightness_db: float
    variation: float
    spread: float
    zones: tuple[SampleZone, ...]
    origins: tuple[SoundOrigin, ...]

    def zones_for(self, pitch: int, velocity: int) -> tuple[SampleZone, ...]:
        """Return the recordings that serve a note; several of them take turns.

        Pitches beyond the range get the nearest recording. A drum that the kit lacks gets none.
        """
        if self.kind != "pitched":
            near = [zone for zone in self.zones if zone.low == pitch]
        else:
            nearest = min(self.zones, key=lambda zone: _distance(pitch, zone.low, zone.high))
            near = [zone for zone in self.zones if zone.low == nearest.low]
        return tuple(zone for zone in near if zone.softest <= velocity <= zone.loudest)


@dataclass(eq=False)
class SoundBank:
    """All instruments; the audio of each is read when it is first asked for.

    Parameters
    ----------
    folder
        Where the recordings are.
    instruments
        By name.
    """

    folder: Path
    instruments: dict[str, SampledInstrument]
    _files: dict[str, NDArray[np.int16]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_folder(cls, folder: Path = SOUNDS) -> SoundBank:
        """Read the index of a folder.

        Raises
        ------
        DataError
            If the index is missing or damaged.
        """
        path = folder / _INDEX
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != _FORMAT:
                raise ValueError(data["format"])
            entries = data["instruments"].items()
            instruments = {name: _instrument(name, entry) for name, entry in entries}
        except FileNotFoundError as error:
            raise DataError(
                f"The instruments' sounds are missing: {path} isn't there. Install D2M again."
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"The index of the instruments' sounds, {path}, is damaged. Install D2M again."
            ) from error
        return cls(folder=folder, instruments=instruments)

    def instrument(self, name: str) -> SampledInstrument:
        """Return an instrument by name.

        Raises
        ------
        DataError
            If the bank lacks it.
        """
        if name not in self.instruments:
            raise DataError(f"The sound bank has no instrument {name!r}.")
        return self.instruments[name]

    def origins(self, name: str) -> tuple[SoundOrigin, ...]:
        """Return where an instrument's sounds come from, for a sheet of rights."""
        return self.instrument(name).origins

    def audio(self, zone: SampleZone) -> NDArray[np.int16]:
        """Return a recording, `(N, C)`, as it was stored.

        Raises
        ------
        DataError
            If its file is missing or damaged.
        """
        if zone.file not in self._files:
            self._files[zone.file] = self._read(zone.file)
        audio = self._files[zone.file][zone.start : zone.start + zone.frames]
        if len(audio) < zone.frames:
            raise DataError(f"The sound file {self.folder / zone.file} is too short.")
        return audio

    def _read(self, name: str) -> NDArray[np.int16]:
        path = self.folder / name
        if not path.is_file():
            raise DataError(f"The sound file {path} is missing. Install D2M again.")
        try:
            audio: NDArray[np.int16] = sf.read(path, dtype="int16", always_2d=True)[0]
        except (RuntimeError, OSError) as error:
            raise DataError(f"The sound file {path} is damaged. Install D2M again.") from error
        return audio


def _distance(pitch: int, low: int, high: int) -> int:
    return max(low - pitch, pitch - high, 0)


def _instrument(name: str, entry: dict[str, Any]) -> SampledInstrument:
    zones = tuple(
        SampleZone(**(zone | {"loop": tuple(zone["loop"]) if zone["loop"] else None}))
        for zone in entry["zones"]
    )
    origins = tuple(SoundOrigin(**origin) for origin in entry["origins"])
    return SampledInstrument(name=name, **(entry | {"zones": zones, "origins": origins}))
