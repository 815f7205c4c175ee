"""Read pickle files of strangers: only plain values and numpy arrays of numbers.

A pickle file is a program that may call any function. Here it can call nothing but the stand-ins
below, which only keep what they are given; arrays are then built from their bytes.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from d2m.core.errors import DataError
from d2m.media.clip_limits import display_name

MAX_PICKLE_BYTES = 500_000_000
"""Largest pickle file (bytes). Chosen by hand: an hour of AIST++ has 30 MB."""
_NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
_ORDERS = ("<", ">", "|", "=")


class _Type:
    """Stands for `numpy.dtype`."""

    def __init__(self, name: object = "", *_: object) -> None:
        self.name, self.order = name, "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]

    def numpy(self) -> np.dtype[Any]:
        if self.name not in _NUMBERS or self.order not in _ORDERS:
            raise pickle.UnpicklingError("an array of other things than numbers")
        return np.dtype(f"{self.order}{self.name}")


class _Array:
    """Stands for `numpy.ndarray`."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def numpy(self) -> Any:
        if len(self.state) != 5 or not isinstance(self.state[2], _Type):
            raise pickle.UnpicklingError("an incomplete array")
        _, shape, kind, is_fortran, data = self.state
        raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
        values = np.frombuffer(raw, dtype=kind.numpy())
        return values.reshape(shape, order="F" if is_fortran else "C")


class _Scalar:
    """Stands for a number of numpy."""

    def __init__(self, kind: object = None, data: object = b"", *_: object) -> None:
        self.kind, self.data = kind, data

    def numpy(self) -> Any:
        if not isinstance(self.kind, _Type):
            raise pickle.UnpicklingError("an incomplete number")
        raw = self.data.encode("latin1") if isinstance(self.data, str) else self.data
        return np.frombuffer(raw, dtype=self.kind.numpy(), count=1)[0]  # type: ignore[call-overload]


def _bytes(text: object = "", encoding: object = "latin1", *_: object) -> bytes:
    """Stand for `_codecs.encode`, with which old protocols store bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("a text in an unusual encoding")
    return text.encode("latin1")


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
    ("_codecs", "encode"): _bytes,
}
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _STAND_INS[_module, "_reconstruct"] = _Array
    _STAND_INS[_module, "scalar"] = _Scalar


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name}") from None

    def persistent_load(self, pid: object) -> Any:
        raise pickle.UnpicklingError(f"a reference to {pid!r}")


def read_pickle(path: Path) -> dict[str, Any]:
    """Read a pickle file that holds a dictionary of values and numpy arrays, and nothing else.

    Raises
    ------
    DataError
        If the file can't be read, is larger than `MAX_PICKLE_BYTES`, or holds other objects.
    """
    name = display_name(path)
    expected = "expected a pickle file of AIST++ with numpy arrays only"
    try:
        if path.stat().st_size > MAX_PICKLE_BYTES:
            raise DataError(
                f"{name} has more than {MAX_PICKLE_BYTES / 1e6:.0f} MB: split it into dances."
            )
        with path.open("rb") as file:
            stored = _Unpickler(file, encoding="latin1").load()
        if not isinstance(stored, dict):
            raise DataError(f"{name} holds no dictionary: {expected}.")
        return {str(key): _plain(value) for key, value in stored.items()}
    except DataError:
        raise
    except Exception as error:  # damaged pickle files raise errors of any kind
        raise DataError(
            f"{name} can't be read, because it is damaged or holds other objects: {expected}."
        ) from error


def _plain(value: Any) -> Any:
    return value.numpy() if isinstance(value, _Array | _Scalar) else value
