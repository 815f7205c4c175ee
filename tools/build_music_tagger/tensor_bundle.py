"""Read the tensors of a TensorFlow checkpoint (a "tensor bundle") without TensorFlow.

A bundle has two files. ``.index`` is a sorted string table in LevelDB's format: blocks of
entries whose keys share prefixes, and a footer that locates the block of blocks. The values
are protocol buffers (``BundleEntryProto``) with the type, the shape, and where the raw numbers
lie in ``.data-00000-of-00001``. Only what one-part checkpoints of 32-bit floats need is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA_FILE = ".data-00000-of-00001"
INDEX_FILE = ".index"
_FOOTER = 48  # bytes at the end of the table: two handles, padding, and the magic number
_MAGIC = 0xDB4775248B80FB57  # of LevelDB's tables
_FLOAT32 = 1  # TensorFlow's number of the type
_DTYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5  # field numbers of an entry
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers


def read_bundle(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read all tensors of 32-bit floats in a checkpoint's folder.

    Parameters
    ----------
    folder
        Holds ``.index`` and ``.data-00000-of-00001``.

    Returns
    -------
    dict
        Tensors by name.

    Raises
    ------
    ValueError
        If the files are not such a checkpoint.
    """
    index = (folder / INDEX_FILE).read_bytes()
    data = (folder / DATA_FILE).read_bytes()
    tensors = {}
    for key, value in table_entries(index):
        numbers, texts = _message(value)
        if not key or numbers.get(_DTYPE) != _FLOAT32:  # the entry without a key is a header
            continue
        sizes = _message(texts.get(_SHAPE, [b""])[0])[1].get(2, [])
        shape = [_message(size)[0].get(1, 0) for size in sizes]
        start = numbers.get(_OFFSET, 0)
        flat = np.frombuffer(data[start : start + numbers.get(_SIZE, 0)], "<f4")
        if flat.size != int(np.prod(shape)):
            raise ValueError(f"The tensor {key.decode()} has {flat.size} numbers, not {shape}.")
        tensors[key.decode()] = flat.reshape(shape)
    return tensors


def table_entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a sorted string table.

    Raises
    ------
    ValueError
        If it is none, or compressed.
    """
    footer = table[-_FOOTER:]
    if len(footer) < _FOOTER or int.from_bytes(footer[-8:], "little") != _MAGIC:
        raise ValueError("The index is not a sorted string table.")
    _, _, place = _handle(footer, 0)  # of a block of metadata, which is not used
    start, size, _ = _handle(footer, place)
    for _, value in _block_entries(table, start, size):
        yield from _block_entries(table, *_handle(value, 0)[:2])


def _block_entries(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of a block, whose keys omit what they share with the key before."""
    if table[start + size] != 0:
        raise ValueError("A block of the index is compressed.")
    block = table[start : start + size]
    n_restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (n_restarts + 1)
    place, key = 0, b""
    while place < end:
        shared, place = _varint(block, place)
        fresh, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + fresh]
        place += fresh
        yield key, block[place : place + length]
        place += length


def _handle(data: bytes, place: int) -> tuple[int, int, int]:
    """Return the offset and size of a block, and the place after them."""
    start, place = _varint(data, place)
    size, place = _varint(data, place)
    return start, size, place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, the lowest first, and the place after it."""
    number = shift = 0
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7


def _message(data: bytes) -> tuple[dict[int, int], dict[int, list[bytes]]]:
    """Return the whole numbers and the texts of a protocol buffer by field number."""
    numbers: dict[int, int] = {}
    texts: dict[int, list[bytes]] = {}
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        field, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            numbers[field], place = _varint(data, place)
        elif wire == _BYTES:
            length, place = _varint(data, place)
            texts.setdefault(field, []).append(data[place : place + length])
            place += length
        elif wire in (_FIXED32, _FIXED64):
            place += 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"A protocol buffer has the unknown wire type {wire}.")
    return numbers, texts
