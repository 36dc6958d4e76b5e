"""Floor 1: blocks of rows.  Where the data lie is known here and nowhere else."""

from .merge import Merged, merged
from .repeats import Distinct, distinct
from .rotate import Rotated, rotated
from .rows import MANY, Block, DenseBlock, DenseRows, Rows, SparseBlock, SparseRows, as_rows, mapped
from .sheet import Sheet
from .zeros import packed

__all__ = [
    "MANY",
    "Block",
    "DenseBlock",
    "DenseRows",
    "Distinct",
    "Merged",
    "Rotated",
    "Rows",
    "Sheet",
    "SparseBlock",
    "SparseRows",
    "as_rows",
    "distinct",
    "mapped",
    "merged",
    "packed",
    "rotated",
]
