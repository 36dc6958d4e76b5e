"""Arrays are checked before they are made."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from forging import X, Y, refused, with_members

from softlearn import SoftmaxRegression, save
from softlearn.model_file.files import MODEL_FILE
from softlearn.sealed import sealed


def npy(header: str, body: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
    text = header.encode() + b"\n"
    return magic + len(text).to_bytes(2, "little") + text + body


HEADERS = {
    "ten terabytes": ("'<f8'", "False", "(1250000000000,)"),
    "more than there is": ("'<f8'", "False", "(5,)"),
    "less than there is": ("'<f8'", "False", "(3,)"),
    "nothing, a million million times": ("'<U0'", "False", "(1000000000000,)"),
    "empty rows without end": ("'<f8'", "False", "(1000000000000, 0)"),
    "a negative side": ("'<f8'", "False", "(-4,)"),
    "objects": ("'|O'", "False", "(4,)"),
    "a structure": ("[('a', '<f8')]", "False", "(4,)"),
    "void": ("'|V8'", "False", "(4,)"),
    "complex numbers": ("'<c16'", "False", "(2,)"),
    "a dtype that does not exist": ("'<f7'", "False", "(4,)"),
    "an order that is no truth value": ("'<f8'", "1", "(4,)"),
    "a call": ("'<f8'", "False", "(print(4),)"),
    "a nest": ("'<f8'", "False", "(" * 9000),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_an_array_header_is_not_believed(header, whole, path):
    descr, order, shape = header
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    refused(path, with_members(whole, **{"0_npy": npy(text, bytes(32))}))


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff", b"PK\x03\x04"])
def test_an_array_without_a_header_is_refused(data, whole, path):
    refused(path, with_members(whole, **{"0_npy": data}), "header")


def test_values_that_are_none_are_refused(whole, path):
    form = "{{'descr': '{}', 'fortran_order': False, 'shape': (1,), }}"
    truth = npy(form.format("|b1"), b"\x02")
    refused(path, with_members(whole, **{"0_npy": truth}), "neither 0 nor 1")
    letter = npy(form.format("<U1"), b"\xff\xff\xff\xff")
    refused(path, with_members(whole, **{"0_npy": letter}), "characters that do not exist")


def stored(matrix: Any, compressed: bool = False, **changes: Any) -> bytes:
    """Return the .npz of a matrix, members of it changed."""
    buffer = io.BytesIO()
    sp.save_npz(buffer, matrix, compressed=False)
    arrays = {**np.load(io.BytesIO(buffer.getvalue())), **changes}
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


MATRIX = sp.csr_matrix(np.eye(3, 4))
MATRICES = {
    "columns out of bounds": stored(MATRIX, indices=np.array([0, 1, 10**6], np.int32)),
    "columns before the first": stored(MATRIX, indices=np.array([0, 1, -5], np.int32)),
    "rows that go back": stored(MATRIX, indptr=np.array([0, 5, 2, 3], np.int32)),
    "rows past the end": stored(MATRIX, indptr=np.array([0, 1, 2, 99], np.int32)),
    "a shape too small": stored(MATRIX, shape=np.array([3, 1])),
    "another format": stored(sp.csc_matrix(np.eye(3, 4))),
    "a format that does not exist": stored(MATRIX, format=np.array(b"evil")),
    "a member too many": stored(MATRIX, evil=np.zeros(1)),
    "compression": stored(MATRIX, compressed=True),
    "no archive": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("data", MATRICES.values(), ids=MATRICES)
def test_a_sparse_matrix_that_is_none_is_refused(data, path):
    save(SoftmaxRegression().fit(X, Y).sparsify(), path)
    members = MODEL_FILE.open(path.read_bytes())
    name = next(name for name in members if name.endswith(".npz"))
    refused(path, sealed({**members, name: data}))
