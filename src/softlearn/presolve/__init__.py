"""Exact reformulations of a problem, made before it is solved and undone after.

Each is a change of variables that leaves the minimum of J where it is, so a solution there is one
here, and so is a bound.  A step knows the way there (`reduce`) and back (`expand`) for weights and
biases.
"""

from .chain import Presolved, presolve
from .exact import tall_rank

__all__ = ["Presolved", "presolve", "tall_rank"]
