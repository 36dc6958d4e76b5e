"""Exact reformulations of a problem, made before it is solved and undone after.

Each is a change of variables that keeps the minimum of J, so solutions and bounds of the new
problem hold for the original.  It maps weights and biases to the new problem (`reduce`) and back
(`expand`).
"""

from .affine import spreads
from .chain import OF_COLUMNS, REDUCTIONS, Chain, Reduction, presolve
from .exact import tall_rank
from .reduction import Change, Reduced, with_columns, with_rows

__all__ = [
    "OF_COLUMNS",
    "REDUCTIONS",
    "Chain",
    "Change",
    "Reduced",
    "Reduction",
    "presolve",
    "spreads",
    "tall_rank",
    "with_columns",
    "with_rows",
]
