"""Floor 1: blocks of rows.  Where the data lie is known here and nowhere else."""

from .merge import Merged, merged
from .rows import Block, DenseBlock, DenseRows, Rows, SparseBlock, SparseRows, as_rows

__all__ = [
    "Block",
    "DenseBlock",
    "DenseRows",
    "Merged",
    "Rows",
    "SparseBlock",
    "SparseRows",
    "as_rows",
    "merged",
]
