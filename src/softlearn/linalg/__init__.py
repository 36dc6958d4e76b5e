"""Factors of badly scaled and of singular matrices, by LAPACK."""

from .cholesky import (
    COMMON,
    DETERMINED,
    RIDGE,
    Factor,
    factor_of,
    pivoted_cholesky,
    scaled_cholesky,
    solve_each,
)
from .lapack import add_product, add_square, cholesky, solve_packed

__all__ = [
    "COMMON",
    "DETERMINED",
    "RIDGE",
    "Factor",
    "add_product",
    "add_square",
    "cholesky",
    "factor_of",
    "pivoted_cholesky",
    "scaled_cholesky",
    "solve_each",
    "solve_packed",
]
