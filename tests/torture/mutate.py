"""Damage files at random; the damage depends only on the seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Mutation = Callable[[random.Random, bytearray], None]
_BOXES = re.compile(
    rb"(moov|trak|mdia|minf|stbl|stsd|stts|ctts|stsc|stsz|stco|co64|stss|elst|edts|mvhd|tkhd|mdhd"
    rb"|hdlr|mdat|moof|traf|trun|tfhd|tfdt|avcC|hvcC|av1C|vpcC|esds|colr|pasp|ftyp|avc1|mp4a"
    rb"|sinf|schm|tenc|keys|udta|clap|RIFF|LIST|idx1|strh|strf|avih|00dc|01wb)"
)
_BOUNDARY_VALUES = (
    0,
    1,
    7,
    8,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x10000,
    2**31 - 1,
    2**31,
    2**32 - 1,
)


def damaged(data: bytes, seed: int) -> tuple[bytes, str]:
    """Return a damaged file and the names of the mutations."""
    rng = random.Random(seed)
    result, done = bytearray(data), []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8))):
        mutation = rng.choice(_MUTATIONS)
        if len(result) > 16:
            mutation(rng, result)
        done.append(mutation.__name__.strip("_"))
    return bytes(result), ", ".join(done)


def _position(rng: random.Random, data: bytearray) -> int:
    """Return a position; those near the beginning and the end, where indexes are, are likelier."""
    size = len(data)
    low, high = rng.choice(((0, size), (0, min(size, 600)), (max(0, size - 3000), size)))
    return rng.randrange(low, high)


def _flip_bits(rng: random.Random, data: bytearray) -> None:
    for _ in range(rng.choice((1, 2, 8, 64))):
        data[_position(rng, data)] ^= 1 << rng.randrange(8)


def _set_bytes(rng: random.Random, data: bytearray) -> None:
    for _ in range(rng.choice((1, 4, 32))):
        data[_position(rng, data)] = rng.randrange(256)


def _noise(rng: random.Random, data: bytearray) -> None:
    at = _position(rng, data)
    length = min(len(data) - at, rng.choice((16, 200, 2000)))
    data[at : at + length] = rng.randbytes(length)


def _zeros(rng: random.Random, data: bytearray) -> None:
    at = _position(rng, data)
    length = min(len(data) - at, rng.choice((4, 16, 200, 2000)))
    data[at : at + length] = bytes(length)


def _swap_chunks(rng: random.Random, data: bytearray) -> None:
    length = rng.choice((4, 64, 1000))
    one, other = sorted(_position(rng, data) for _ in range(2))
    if one + length <= other and other + length <= len(data):
        first = bytes(data[one : one + length])
        data[one : one + length] = data[other : other + length]
        data[other : other + length] = first


def _cut_off(rng: random.Random, data: bytearray) -> None:
    del data[_position(rng, data) :]


def _cut_out(rng: random.Random, data: bytearray) -> None:
    at = _position(rng, data)
    del data[at : at + rng.choice((1, 4, 100, 1000))]


def _double(rng: random.Random, data: bytearray) -> None:
    at = _position(rng, data)
    data[at:at] = data[at : at + rng.choice((4, 64, 1000)) * rng.choice((1, 10))]


def _boundary_value(rng: random.Random, data: bytearray) -> None:
    at, width = _position(rng, data), rng.choice((1, 2, 4, 8))
    number = rng.choice(_BOUNDARY_VALUES) % (1 << 8 * width)
    data[at : at + width] = number.to_bytes(width, rng.choice(("big", "little")))


def _box(rng: random.Random, data: bytearray) -> None:
    """Change the size or the name of a box, or one of its first numbers."""
    found = [match.start() for match in _BOXES.finditer(data)]
    if not found:
        return _boundary_value(rng, data)
    at = rng.choice(found)
    place = at + rng.choice((-4, -4, 0, 4, 8, 8, 12, 12, 16, 20, 24, 28, 32, 48))
    if place == at:
        other = rng.choice(found)
        data[at : at + 4] = data[other : other + 4]
        return None
    if 0 <= place <= len(data) - 4:
        old = int.from_bytes(data[place : place + 4], "big")
        near = (old + rng.randrange(-64, 65), old * 2, old // 2, old << 8, old * 1000)
        new = rng.choice((rng.choice(_BOUNDARY_VALUES), rng.choice(near))) % 2**32
        data[place : place + 4] = new.to_bytes(4, "big")
    return None


_MUTATIONS: tuple[Mutation, ...] = (
    *(_flip_bits, _set_bytes, _noise, _zeros, _swap_chunks),
    *(_cut_off, _cut_out, _double, _boundary_value, _box, _box, _box),
)
