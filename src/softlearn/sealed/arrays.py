r"""Arrays in NumPy's .npy format, checked before NumPy reads them.

A header is accepted only when it is exactly what NumPy writes and promises exactly the bytes that
follow it: then nothing large can be allocated and nothing but numbers and text can appear.
"""

from __future__ import annotations

import io
import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UnsoundFileError

__all__ = ["array_bytes", "check_npy", "read_array"]

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<>|][bifuUSmM][0-9]{1,9}(?:\[[0-9]*[a-zA-Z]{1,2}\])?)', "
    rb"'fortran_order': (?:True|False), "
    rb"'shape': \((|[0-9]{1,18},|[0-9]{1,18}(?:, [0-9]{1,18}){1,31})\), \} *\n"
)
_EMPTY_SIDE = 1_000_000


def check_npy(data: bytes, name: str) -> None:
    """Raise `UnsoundFileError` unless the bytes are one whole array of numbers, text or times."""
    size = int.from_bytes(data[8:10], "little")
    header = _HEADER.fullmatch(data[10 : 10 + size])
    if not data.startswith(_MAGIC) or header is None:
        raise UnsoundFileError(f"its array {name} has a header that NumPy would not write.")
    dtype = np.dtype(header[1].decode())
    shape = [int(side) for side in header[2].decode().split(",") if side]
    body = memoryview(data)[10 + size :]
    expected = math.prod(shape) * dtype.itemsize
    if expected != len(body) or max(shape, default=0) > max(len(body), _EMPTY_SIDE):
        raise UnsoundFileError(
            f"its array {name} claims {expected} bytes and has {len(body)}: the shape is wrong."
        )
    if expected:
        _check_values(np.frombuffer(body, dtype), name)


def _check_values(values: np.ndarray[tuple[int], np.dtype[np.generic]], name: str) -> None:
    """Refuse bit patterns that are no value: NumPy's loops rely on there being none."""
    if values.dtype.kind == "b" and (values.view(np.uint8) > 1).any():
        raise UnsoundFileError(f"its array {name} has truth values that are neither 0 nor 1.")
    if values.dtype.kind == "U":
        points = values.view(np.dtype("u4").newbyteorder(values.dtype.byteorder))
        if (points > 0x10FFFF).any():
            raise UnsoundFileError(f"its array {name} has characters that do not exist.")


def read_array(data: bytes, name: str) -> NDArray[Any]:
    """Return the array of a member that is checked."""
    check_npy(data, name)
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def array_bytes(array: NDArray[Any]) -> bytes:
    """Return an array in the .npy format.

    Raises:
        ValueError: it holds objects.

    """
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
