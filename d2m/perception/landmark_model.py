"""MediaPipe's landmark network without the part that segments the person.

The network of the installed package (modules/pose_landmark) also draws a mask of the person,
which nobody reads here, and which takes a quarter of its time. The calculations that only the
mask needs are taken out of the model; all others stay as they are, so the landmarks stay equal
to the last bit. The file is a FlatBuffer of TensorFlow Lite
(https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

import numpy as np

_MODEL = Path("modules") / "pose_landmark" / "pose_landmark_full.tflite"
_MASK_SHAPE = [1, 256, 256, 1]
# Numbers of the fields that are read, from the schema.
_MODEL_SUBGRAPHS = 2
_GRAPH_TENSORS, _GRAPH_OUTPUTS, _GRAPH_OPERATORS = 0, 2, 3
_OPERATOR_INPUTS, _OPERATOR_OUTPUTS = 1, 2
_TENSOR_SHAPE = 0


@lru_cache(maxsize=1)
def landmark_model() -> bytes:
    """Return the landmark network of the installed package, without its mask."""
    import mediapipe

    return without_mask((Path(mediapipe.__file__).parent / _MODEL).read_bytes())


def without_mask(model: bytes) -> bytes:
    """Leave out what only the mask of a landmark network needs.

    Parameters
    ----------
    model
        A model of TensorFlow Lite.

    Returns
    -------
    bytes
        The same model, in which another output stands in the place of the mask, and fewer
        operators are listed; the model itself if it has no mask.
    """
    tables = _Tables(model)
    (graph,) = tables.tables(tables.root, _MODEL_SUBGRAPHS)
    tensors = tables.tables(graph, _GRAPH_TENSORS)
    outputs = tables.numbers(graph, _GRAPH_OUTPUTS)
    shapes = [tables.numbers(tensors[index], _TENSOR_SHAPE) for index in outputs]
    if _MASK_SHAPE not in shapes:
        return model
    mask = shapes.index(_MASK_SHAPE)
    smallest = min(range(len(outputs)), key=lambda place: int(np.prod(shapes[place])))
    operators = tables.tables(graph, _GRAPH_OPERATORS)
    made_by = {
        made: place
        for place, operator in enumerate(operators)
        for made in tables.numbers(operator, _OPERATOR_OUTPUTS)
    }
    needed, queue = set[int](), [one for place, one in enumerate(outputs) if place != mask]
    while queue:
        place = made_by.get(queue.pop())
        if place is not None and place not in needed:
            needed.add(place)
            queue += tables.numbers(operators[place], _OPERATOR_INPUTS)
    tables.set_number(graph, _GRAPH_OUTPUTS, mask, outputs[smallest])
    tables.keep(graph, _GRAPH_OPERATORS, [operators[place] for place in sorted(needed)])
    return bytes(tables.data)


class _Tables:
    """Reads the tables of a FlatBuffer, and changes vectors in place; positions are bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.root = self._read("I", 0)

    def tables(self, table: int, field: int) -> list[int]:
        """Return the positions of the tables in a vector."""
        start, count = self._vector(table, field)
        places = (start + 4 * index for index in range(count))
        return [place + self._read("I", place) for place in places]

    def numbers(self, table: int, field: int) -> list[int]:
        """Return the numbers of 32 bits in a vector."""
        start, count = self._vector(table, field)
        return list(struct.unpack_from(f"<{count}i", self.data, start))

    def set_number(self, table: int, field: int, index: int, value: int) -> None:
        """Change a number in a vector."""
        struct.pack_into("<i", self.data, self._vector(table, field)[0] + 4 * index, value)

    def keep(self, table: int, field: int, kept: list[int]) -> None:
        """Keep only some of the tables in a vector, given by their positions."""
        start, _ = self._vector(table, field)
        for index, position in enumerate(kept):
            place = start + 4 * index
            struct.pack_into("<I", self.data, place, position - place)
        struct.pack_into("<I", self.data, start - 4, len(kept))

    def _vector(self, table: int, field: int) -> tuple[int, int]:
        """Return the position of a vector's first element and their number; 0, 0 if missing."""
        layout = table - self._read("i", table)
        entry = 4 + 2 * field
        offset = self._read("H", layout + entry) if entry < self._read("H", layout) else 0
        if not offset:
            return 0, 0
        vector = table + offset + self._read("I", table + offset)
        return vector + 4, self._read("I", vector)

    def _read(self, kind: str, position: int) -> int:
        (value,) = struct.unpack_from(f"<{kind}", self.data, position)
        return int(value)
