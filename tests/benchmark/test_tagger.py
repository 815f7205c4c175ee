"""The tagger's checkpoint, read without TensorFlow."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from d2m.benchmark.tagger import Tagger
from d2m.benchmark.tensor_bundle import read_bundle, table_entries


def varint(number: int) -> bytes:
    data = b""
    while number > 0x7F:
        data += bytes([number & 0x7F | 0x80])
        number >>= 7
    return data + bytes([number])


def block(entries: list[tuple[int, bytes, bytes]]) -> bytes:
    """Return a block of entries: the length of the shared prefix, the rest of the key, a value."""
    data = b"".join(
        varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value
        for shared, rest, value in entries
    )
    return data + struct.pack("<II", 0, 1)


def tensor_entry(shape: tuple[int, ...], start: int, size: int) -> bytes:
    dims = b"".join(b"\x12" + varint(len(d)) + d for d in (b"\x08" + varint(n) for n in shape))
    return (
        b"\x08\x01\x12" + varint(len(dims)) + dims + b"\x20" + varint(start)
        + b"\x28" + varint(size) + b"\x35" + bytes(4)
    )  # fmt: skip


def write_bundle(folder: Path) -> None:
    kernel, bias = np.arange(6, dtype="<f4"), np.array([7.5], dtype="<f4")
    (folder / ".data-00000-of-00001").write_bytes(kernel.tobytes() + bias.tobytes())
    entries = [
        (0, b"", b"\x08\x01"),
        (0, b"dense/bias", tensor_entry((1,), 24, 4)),
        (6, b"kernel", tensor_entry((2, 3), 0, 24)),
    ]
    data = block(entries)
    index = block([(0, b"z", varint(0) + varint(len(data)))])
    table = data + bytes(5)
    start = len(table)
    table += index + bytes(5)
    footer = varint(0) + varint(0) + varint(start) + varint(len(index))
    footer = footer.ljust(40, b"\0") + (0xDB4775248B80FB57).to_bytes(8, "little")
    (folder / ".index").write_bytes(table + footer)


def test_a_checkpoint_is_read(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    tensors = read_bundle(tmp_path)
    assert sorted(tensors) == ["dense/bias", "dense/kernel"]
    assert tensors["dense/kernel"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tensors["dense/bias"].tolist() == [7.5]


def test_other_files_are_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a sorted string table"):
        list(table_entries(bytes(100)))
    with pytest.raises(ValueError, match="musicnn"):
        Tagger(tmp_path)
