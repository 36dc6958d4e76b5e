r"""Array members: NumPy's .npy and SciPy's .npz, checked before either library reads them.

A header is believed only when it is exactly what NumPy writes and promises exactly the bytes that
follow it: then nothing large can be allocated and nothing but numbers and text can appear.
"""

from __future__ import annotations

import io
import math
import re
from typing import Any

import numpy as np
import scipy.sparse as sp

from .errors import ModelFileError
from .zipped import read_members

__all__ = ["check_npy", "check_npz", "stored_npz"]

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<>|][bifuUSmM][0-9]{1,9}(?:\[[0-9]*[a-zA-Z]{1,2}\])?)', "
    rb"'fortran_order': (?:True|False), "
    rb"'shape': \((|[0-9]{1,18},|[0-9]{1,18}(?:, [0-9]{1,18}){1,31})\), \} *\n"
)
_SPARSE_MEMBERS = re.compile(r"(?:data|indices|indptr|format|shape|_is_array)\.npy")
_EMPTY_SIDE = 1_000_000


def check_npy(data: bytes, name: str) -> None:
    """Raise `ModelFileError` unless the bytes are one whole array of numbers, text or times."""
    size = int.from_bytes(data[8:10], "little")
    header = _HEADER.fullmatch(data[10 : 10 + size])
    if not data.startswith(_MAGIC) or header is None:
        raise ModelFileError(f"its array {name} has a header that NumPy would not write.")
    dtype = np.dtype(header[1].decode())
    shape = [int(side) for side in header[2].decode().split(",") if side]
    body = memoryview(data)[10 + size :]
    expected = math.prod(shape) * dtype.itemsize
    if expected != len(body) or max(shape, default=0) > max(len(body), _EMPTY_SIDE):
        raise ModelFileError(
            f"its array {name} claims {expected} bytes and has {len(body)}: the shape is wrong."
        )
    if expected:
        _check_values(np.frombuffer(body, dtype), name)


def _check_values(values: np.ndarray[tuple[int], np.dtype[np.generic]], name: str) -> None:
    """Refuse bit patterns that are no value: NumPy's loops rely on there being none."""
    if values.dtype.kind == "b" and (values.view(np.uint8) > 1).any():
        raise ModelFileError(f"its array {name} has truth values that are neither 0 nor 1.")
    if values.dtype.kind == "U":
        points = values.view(np.dtype("u4").newbyteorder(values.dtype.byteorder))
        if (points > 0x10FFFF).any():
            raise ModelFileError(f"its array {name} has characters that do not exist.")


def check_npz(data: bytes, name: str) -> None:
    """Raise `ModelFileError` unless the bytes are one CSR matrix whose indices are in bounds."""
    for member, content in read_members(data, _SPARSE_MEMBERS).items():
        check_npy(content, f"{name}/{member}")
    matrix: Any = sp.load_npz(io.BytesIO(data))
    if matrix.format != "csr":
        raise ModelFileError(f"its matrix {name} is {matrix.format}; only CSR is known.")
    matrix.check_format(full_check=True)  # SciPy's products trust the indices


def stored_npz(data: bytes) -> bytes:
    """Return the .npz without compression, the only form in which one is read."""
    buffer = io.BytesIO()
    sp.save_npz(buffer, sp.load_npz(io.BytesIO(data)), compressed=False)
    return buffer.getvalue()
