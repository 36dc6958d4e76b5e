"""Exact reformulations of a problem, made before it is solved and undone after.

Each is a change of variables that leaves the minimum of J where it is, so a solution there is one
here, and so is a bound.  A step knows the way there (`reduce`) and back (`expand`) for weights and
biases.
"""

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
    "tall_rank",
    "with_columns",
    "with_rows",
]
