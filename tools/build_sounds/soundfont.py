"""Reads a SoundFont 2 or 3 file: presets, instruments, zones, modulators and samples."""

from __future__ import annotations

import io
import itertools
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile as sf

KEY_RANGE, VELOCITY_RANGE, INSTRUMENT, SAMPLE_ID = 43, 44, 41, 53
SIGNED_DEFAULTS = {
    8: 13500,  # cutoff of the filter, absolute cents
    21: -12000,  # delays, attacks, holds, decays and releases, timecents
    23: -12000,
    **dict.fromkeys((25, 26, 27, 28, 30, 33, 34, 35, 36, 38), -12000),
    56: 100,  # scale tuning, cents a key
    58: -1,  # root key that overrides the sample's
}
"""Values of generators that are not 0 by default, by number (SoundFont 2.04, section 8.1.3)."""


@dataclass(frozen=True)
class Modulator:
    """A modulator: a source that changes a generator.

    Parameters
    ----------
    source, target, amount, amount_source, transform
        As in the file.
    """

    source: int
    target: int
    amount: int
    amount_source: int
    transform: int

    @property
    def identity(self) -> tuple[int, int, int]:
        """What two modulators share if one replaces the other."""
        return self.source, self.target, self.amount_source


@dataclass
class Zone:
    """Generators and modulators of a zone, after its global zone.

    Parameters
    ----------
    generators
        Signed values by generator number.
    modulators
        By identity.
    """

    generators: dict[int, int] = field(default_factory=dict)
    modulators: dict[tuple[int, int, int], Modulator] = field(default_factory=dict)

    def covers(self, key: int, velocity: int) -> bool:
        """Return whether a note falls into the zone's key and velocity ranges."""
        for number, value in ((KEY_RANGE, key), (VELOCITY_RANGE, velocity)):
            raw = self.generators.get(number, 127 << 8) & 0xFFFF
            if not (raw & 0xFF) <= value <= (raw >> 8):
                return False
        return True


@dataclass(frozen=True)
class SampleHeader:
    """Where a sample lies, and how it is tuned.

    Parameters
    ----------
    name, start, end, loop_start, loop_end, rate, root, correction, kind
        As in the file; loop points count from the sample's own start.
    """

    name: str
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    root: int
    correction: int
    kind: int


class SoundFont:
    """A parsed SoundFont file.

    Parameters
    ----------
    path
        An ``.sf2`` or ``.sf3`` file.
    """

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._parts = self._chunks()
        self.samples = self._headers()
        records = self._records("phdr", "<20sHHH12x", 38)
        bags = [record[3] for record in records]
        zones = self._zones("pbag", "pgen", "pmod")
        self._presets = {
            (record[2], record[1]): self._merged(zones[first:last])
            for record, first, last in zip(records[:-1], bags[:-1], bags[1:], strict=True)
        }
        records = self._records("inst", "<20sH", 22)
        bags = [record[1] for record in records]
        zones = self._zones("ibag", "igen", "imod")
        self._instruments = [
            self._merged(zones[first:last], ends_with=SAMPLE_ID)
            for first, last in itertools.pairwise(bags)
        ]

    def _chunks(self) -> dict[str, tuple[int, int]]:
        parts = {}
        at = 12
        while at < len(self._data):
            name, size = self._data[at : at + 4], struct.unpack_from("<I", self._data, at + 4)[0]
            if name == b"LIST":
                at += 12
                continue
            parts[name.decode("latin1")] = (at + 8, size)
            at += 8 + size + size % 2
        return parts

    def _records(self, chunk: str, layout: str, size: int) -> list[tuple]:
        start, length = self._parts[chunk]
        return [
            struct.unpack_from(layout, self._data, at)
            for at in range(start, start + length - size + 1, size)
        ]

    def _headers(self) -> list[SampleHeader]:
        headers = []
        for name, start, end, a, b, rate, root, fix, _, kind in self._records(
            "shdr", "<20sIIIIIBbHH", 46
        ):
            base = 0 if kind & 0x10 else start
            label = name.split(b"\0")[0].decode("latin1")
            headers.append(
                SampleHeader(label, start, end, a - base, b - base, rate, root, fix, kind)
            )
        return headers

    def _zones(self, bag: str, generator: str, modulator: str) -> list[Zone]:
        bags = self._records(bag, "<HH", 4)
        generators = self._records(generator, "<Hh", 4)
        modulators = self._records(modulator, "<HHhHH", 10)
        zones = []
        for (g0, m0), (g1, m1) in itertools.pairwise(bags):
            made = [Modulator(*record) for record in modulators[m0:m1]]
            zones.append(Zone(dict(generators[g0:g1]), {m.identity: m for m in made}))
        return zones

    @staticmethod
    def _merged(zones: list[Zone], ends_with: int = INSTRUMENT) -> list[Zone]:
        shared = Zone()
        if zones and ends_with not in zones[0].generators:
            shared, zones = zones[0], zones[1:]
        return [
            Zone(shared.generators | z.generators, shared.modulators | z.modulators)
            for z in zones
            if ends_with in z.generators
        ]

    def voices(
        self, bank: int, program: int, key: int, velocity: int
    ) -> list[tuple[dict[int, int], list[Modulator], SampleHeader]]:
        """Return what sounds for a note: generators, modulators and sample of each voice."""
        found = []
        for outer in self._presets[bank, program]:
            if not outer.covers(key, velocity):
                continue
            for zone in self._instruments[outer.generators[INSTRUMENT]]:
                if not zone.covers(key, velocity):
                    continue
                values = SIGNED_DEFAULTS | zone.generators
                for number, value in outer.generators.items():
                    if number not in (KEY_RANGE, VELOCITY_RANGE, INSTRUMENT):
                        values[number] = values.get(number, 0) + value
                added = list(outer.modulators.values())
                header = self.samples[zone.generators[SAMPLE_ID]]
                found.append((values, [*zone.modulators.values(), *added], header))
        return found

    @lru_cache(maxsize=256)  # noqa: B019, one font lives as long as the program
    def audio(self, header: SampleHeader) -> np.ndarray:
        """Return a sample's audio as floats."""
        base = self._parts["smpl"][0]
        if header.kind & 0x10:
            raw = self._data[base + header.start : base + header.end]
            return sf.read(io.BytesIO(raw), dtype="float64")[0]
        raw = self._data[base + 2 * header.start : base + 2 * header.end]
        return np.frombuffer(raw, dtype="<i2") / 32768
