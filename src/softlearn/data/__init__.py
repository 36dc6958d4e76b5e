"""Floor 1: blocks of rows.  Where the data lie is known here and nowhere else."""

from .rows import Block, DenseBlock, DenseRows, Rows, SparseBlock, SparseRows, as_rows

__all__ = ["Block", "DenseBlock", "DenseRows", "Rows", "SparseBlock", "SparseRows", "as_rows"]
