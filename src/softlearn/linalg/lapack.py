"""Routines of SciPy's BLAS and LAPACK that release the interpreter's lock.

`scipy.linalg.blas` and `scipy.linalg.lapack` hold the lock while they work, so threads that
factorise matrices of several classes wait for each other.  SciPy exports the same routines for
Cython, and ctypes releases the lock while it calls them.  Where an exported table has an unknown
form, the wrappers are used.

Arrays are float64 and in Fortran order, unless said otherwise; they are changed in place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray
from scipy.linalg import cython_blas, cython_lapack

from ..protocol import F64

__all__ = ["add_product", "add_square", "cholesky", "solve_packed"]

_INT = ctypes.c_int
_COUNTS = {"dsyrk": 10, "dpotrf": 5, "dpftrs": 8, "dgemm": 13, "sgemm": 13}


def add_product(A: NDArray[Any], B: NDArray[Any], onto: NDArray[Any]) -> None:
    """Add A B to `onto`, in its memory.

    All are float64 or all float32.  Of A and B the entries of a row or those of a column lie side
    by side, of `onto` those of a row.
    """
    if not (onto.size and A.shape[1]):
        return
    assert A.dtype == B.dtype == onto.dtype
    assert onto.shape[1] == 1 or onto.strides[1] == onto.itemsize
    single = onto.dtype == np.float32
    run = _routine("sgemm" if single else "dgemm")
    if run is None:
        onto += A @ B
    else:  # BLAS sees the transposes: onto' += B' A'
        (of_B, step_B), (of_A, step_A), (_, step) = _stored(B), _stored(A), _stored(onto)
        m, n, k = _INT(onto.shape[1]), _INT(onto.shape[0]), _INT(A.shape[1])
        one = ctypes.c_float(1.0) if single else ctypes.c_double(1.0)
        run(of_B, of_A, m, n, k, one, B, step_B, A, step_A, one, onto, step)


def _stored(A: NDArray[Any]) -> tuple[bytes, ctypes.c_int]:
    """Return whether BLAS, which reads columns, must transpose A', and the step between them."""
    rows, columns = A.shape
    if columns < 2 or A.strides[1] == A.itemsize:
        return b"N", _INT(A.strides[0] // A.itemsize if rows > 1 else max(columns, 1))
    assert rows < 2 or A.strides[0] == A.itemsize
    return b"T", _INT(A.strides[1] // A.itemsize)


def add_square(A: F64, onto: F64) -> F64:
    """Add A A' (e, e) to `onto`, of which the lower half counts, for A (e, m); return it."""
    _require(A, onto)
    run = _routine("dsyrk")
    if not onto.size:
        return onto
    if run is None:
        return np.asarray(la.blas.dsyrk(1.0, A, beta=1.0, c=onto, lower=1, overwrite_c=1))
    e, m = A.shape
    one = ctypes.c_double(1.0)
    run(b"L", b"N", _INT(e), _INT(m), one, A, _INT(e), one, onto, _INT(e))
    return onto


def cholesky(M: F64) -> bool:
    """Overwrite the lower half of M (e, e) with its factor L; return whether there is one."""
    _require(M)
    run, info, e = _routine("dpotrf"), _INT(0), len(M)
    if run is None:
        L, failed = la.lapack.dpotrf(M, lower=1, overwrite_a=1, clean=0)
        M[...] = L
        return not failed
    run(b"L", _INT(e), M, _INT(max(e, 1)), info)
    return info.value == 0


def solve_packed(packed: F64, b: F64) -> F64:
    """Replace b (e,) or (e, any) by (L L')^-1 b, L packed as LAPACK's dtrttf does; return it."""
    _require(packed, b)
    run, info, e = _routine("dpftrs"), _INT(0), len(b)
    many = 1 if b.ndim == 1 else b.shape[1]
    if run is None:
        b[...] = la.lapack.dpftrs(e, packed, b, uplo="L")[0]
    elif b.size:
        run(b"N", b"L", _INT(e), _INT(many), packed, b, _INT(e), info)
    return b


def _require(*arrays: F64) -> None:
    for A in arrays:
        assert A.dtype == np.float64
        assert A.flags.f_contiguous


@cache
def _routine(name: str) -> Callable[..., None] | None:
    """Return the routine; None where the table has not the expected form."""
    table = (cython_lapack if name.startswith("dp") else cython_blas).__pyx_capi__
    if name not in table:
        return None
    capsule = table[name]
    signature = _python("PyCapsule_GetName", ctypes.c_char_p)(capsule)
    of = signature.decode().partition("(")[2].rstrip(")").split(", ")
    known = all(x in ("char *", "int *") or x.endswith(("_d *", "_s *")) for x in of)
    if not known or len(of) != _COUNTS[name]:
        return None
    pointer = _python("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.c_char_p)(capsule, signature)
    routine = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(of))(pointer)

    def run(*arguments: Any) -> None:
        routine(*map(_address, arguments))

    return run


def _python(name: str, result: Any, *arguments: Any) -> Any:
    """Return a function of Python's own C interface."""
    return ctypes.PYFUNCTYPE(result, ctypes.py_object, *arguments)((name, ctypes.pythonapi))


def _address(x: Any) -> Any:
    """Return the address of an array or a C number; text is one already."""
    if isinstance(x, np.ndarray):
        return x.ctypes.data
    return x if isinstance(x, bytes) else ctypes.addressof(x)
