"""Floor 1: blocks of rows.  Where the data lie is known here and nowhere else."""

from .dense import DenseBlock, DenseRows
from .repeats import Distinct, merge_repeated_rows
from .rows import MANY, Block, Rows, mapped
from .sheet import Sheet
from .sparse import SparseBlock, SparseRows
from .storage import as_rows
from .zeros import to_csr

__all__ = [
    "MANY",
    "Block",
    "DenseBlock",
    "DenseRows",
    "Distinct",
    "Rows",
    "Sheet",
    "SparseBlock",
    "SparseRows",
    "as_rows",
    "merge_repeated_rows",
    "mapped",
    "to_csr",
]
