"""Blocks of rows.  Only this room depends on how data are stored."""

from .as_rows import as_rows
from .dense import DenseBlock, DenseRows, rows_at_once
from .on_disk import KEPT, ArrayFile, DenseRowsOnDisk, SparseRowsOnDisk
from .rows import Block, Rows, cut, mapped
from .sparse import SparseBlock, SparseRows
from .tensor import TensorRows

__all__ = [
    "KEPT",
    "ArrayFile",
    "Block",
    "DenseBlock",
    "DenseRows",
    "DenseRowsOnDisk",
    "Rows",
    "SparseBlock",
    "SparseRows",
    "SparseRowsOnDisk",
    "TensorRows",
    "as_rows",
    "cut",
    "mapped",
    "rows_at_once",
]
