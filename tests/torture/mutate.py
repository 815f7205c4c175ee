"""Damages files at random, but the same way again for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Mutation = Callable[[random.Random, bytearray], None]
_BOXES = re.compile(
    rb"(moov|trak|mdia|minf|stbl|stsd|stts|ctts|stsc|stsz|stco|co64|stss|elst|edts|mvhd|tkhd|mdhd"
    rb"|hdlr|mdat|moof|traf|trun|tfhd|tfdt|avcC|hvcC|av1C|vpcC|esds|colr|pasp|ftyp|avc1|mp4a"
    rb"|RIFF|LIST|idx1|strh|strf|avih|00dc|01wb)"
)
_TELLING = (0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 2**31 - 1, 2**31, 2**32 - 1)


def damaged(data: bytes, seed: int) -> tuple[bytes, str]:
    """Return a damaged file and, in words, what was done to it."""
    chance = random.Random(seed)
    result, done = bytearray(data), []
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8))):
        mutation = chance.choice(_MUTATIONS)
        if len(result) > 16:
            mutation(chance, result)
        done.append(mutation.__name__.strip("_"))
    return bytes(result), ", ".join(done)


def _place(chance: random.Random, data: bytearray) -> int:
    """Return a place; the beginning and the end, where the index is, come more often."""
    size = len(data)
    low, high = chance.choice(((0, size), (0, min(size, 600)), (max(0, size - 3000), size)))
    return chance.randrange(low, high)


def _flip_bits(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 2, 8, 64))):
        data[_place(chance, data)] ^= 1 << chance.randrange(8)


def _set_bytes(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 4, 32))):
        data[_place(chance, data)] = chance.randrange(256)


def _noise(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    length = min(len(data) - at, chance.choice((16, 200, 2000)))
    data[at : at + length] = chance.randbytes(length)


def _zeros(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    length = min(len(data) - at, chance.choice((4, 16, 200, 2000)))
    data[at : at + length] = bytes(length)


def _swap_chunks(chance: random.Random, data: bytearray) -> None:
    length = chance.choice((4, 64, 1000))
    one, other = sorted(_place(chance, data) for _ in range(2))
    if one + length <= other and other + length <= len(data):
        first = bytes(data[one : one + length])
        data[one : one + length] = data[other : other + length]
        data[other : other + length] = first


def _cut_off(chance: random.Random, data: bytearray) -> None:
    del data[_place(chance, data) :]


def _cut_out(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    del data[at : at + chance.choice((1, 4, 100, 1000))]


def _double(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at:at] = data[at : at + chance.choice((4, 64, 1000)) * chance.choice((1, 10))]


def _telling_number(chance: random.Random, data: bytearray) -> None:
    at, width = _place(chance, data), chance.choice((1, 2, 4, 8))
    number = chance.choice(_TELLING) % (1 << 8 * width)
    data[at : at + width] = number.to_bytes(width, chance.choice(("big", "little")))


def _box(chance: random.Random, data: bytearray) -> None:
    """Change the size of a box, its name, or one of its first numbers."""
    found = [match.start() for match in _BOXES.finditer(data)]
    if not found:
        return _telling_number(chance, data)
    at = chance.choice(found)
    place = at + chance.choice((-4, -4, 0, 4, 8, 8, 12, 12, 16, 20, 24, 28, 32, 48))
    if place == at:
        other = chance.choice(found)
        data[at : at + 4] = data[other : other + 4]
        return None
    if 0 <= place <= len(data) - 4:
        old = int.from_bytes(data[place : place + 4], "big")
        near = (old + chance.randrange(-64, 65), old * 2, old // 2, old << 8, old * 1000)
        new = chance.choice((chance.choice(_TELLING), chance.choice(near))) % 2**32
        data[place : place + 4] = new.to_bytes(4, "big")
    return None


_MUTATIONS: tuple[Mutation, ...] = (
    *(_flip_bits, _set_bytes, _noise, _zeros, _swap_chunks),
    *(_cut_off, _cut_out, _double, _telling_number, _box, _box, _box),
)
