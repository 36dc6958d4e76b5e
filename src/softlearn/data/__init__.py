"""Floor 1: blocks of rows.  Where the data lie is known here and nowhere else."""

from .dense import DenseBlock, DenseRows
from .repeats import Distinct, distinct
from .rows import MANY, Block, Rows, mapped
from .sheet import Sheet
from .sparse import SparseBlock, SparseRows
from .storage import as_rows
from .zeros import packed

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
    "distinct",
    "mapped",
    "packed",
]
