"""The music tagger's checkpoint, read without TensorFlow and converted."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from d2m.models.music_tagger import MusicTagger
from tools.build_music_tagger.__main__ import converted, tag_names
from tools.build_music_tagger.tensor_bundle import read_bundle, table_entries


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


def test_other_files_are_no_checkpoint() -> None:
    with pytest.raises(ValueError, match="not a sorted string table"):
        list(table_entries(bytes(100)))


def theirs() -> dict[str, np.ndarray]:
    """Return tensors with the names and shapes of the checkpoint, and random values."""
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"dense/kernel": (1506, 200), "dense_1/kernel": (200, 50)}
    filters = [(7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51),
               (7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64)]  # fmt: skip
    for index, shape in enumerate(filters):
        shapes[f"conv2d_{index}/kernel" if index else "conv2d/kernel"] = shape
    for name, shape in list(shapes.items()):
        shapes[name.replace("kernel", "bias")] = shape[-1:]
    sizes = [1, *(shape[-1] for shape in filters), 1506, 200]
    for index, size in enumerate(sizes):
        name = f"batch_normalization_{index}" if index else "batch_normalization"
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            shapes[f"{name}/{part}"] = (size,)
    return {name: rng.random(shape, np.float32) for name, shape in shapes.items()}


def test_all_parameters_are_converted() -> None:
    tensors = theirs()
    ours = converted(tensors)
    expected = {
        name: tuple(values.shape)
        for name, values in MusicTagger([]).state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert {name: tuple(values.shape) for name, values in ours.items()} == expected
    kernel = tensors["conv2d_1/kernel"]
    assert ours["bands.1.filters.weight"][5, 0, 3, 60] == kernel[3, 60, 0, 5]
    assert ours["layers.0.0.weight"][7, 500, 2] == tensors["conv2d_5/kernel"][2, 500, 0, 7]
    assert ours["output.weight"][4, 100] == tensors["dense_1/kernel"][100, 4]
    variance = tensors["batch_normalization_9/moving_variance"]
    assert np.array_equal(ours["normalise_pooled.running_var"].numpy(), variance)


def test_the_names_of_the_tags_are_read() -> None:
    assert tag_names("SR = 1\nMTT_LABELS = ['x']\nMSD_LABELS = ['rock', '00s']\n") == [
        "rock",
        "00s",
    ]
    with pytest.raises(ValueError, match="no tags"):
        tag_names("SR = 1")
