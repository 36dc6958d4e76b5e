"""Sparse matrices in SciPy's .npz format, checked before SciPy reads them."""

from __future__ import annotations

import io
import re
from typing import Any

import scipy.sparse as sp

from ..sealed import check_npy, read_members
from .errors import ModelFileError

__all__ = ["check_npz"]

_SPARSE_MEMBERS = re.compile(r"(?:data|indices|indptr|format|shape|_is_array)\.npy")


def check_npz(data: bytes, name: str) -> None:
    """Raise `ModelFileError` unless the bytes are one CSR matrix whose indices are in bounds."""
    for member, content in read_members(data, _SPARSE_MEMBERS).items():
        check_npy(content, f"{name}/{member}")
    matrix: Any = sp.load_npz(io.BytesIO(data))
    if matrix.format != "csr":
        raise ModelFileError(f"its matrix {name} is {matrix.format}; only CSR is known.")
    matrix.check_format(full_check=True)  # SciPy's products trust the indices
