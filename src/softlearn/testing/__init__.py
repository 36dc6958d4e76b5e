"""Conformance suites: what a new storage, model, objective, solver or update rule must hold.

    check_rows(rows, X)          a storage gives the rows it was given
    check_model(model)           logits and their derivatives fit together
    check_objective(J)           value, gradient, Hessian products, lines and bounds fit together
    check_solver(solver)         a solver finds minima, and claims nothing false
    check_passes(passes)         passes over all rows are those of the definition, and pure
    check_engine(engine)         an engine keeps rows, and gives the bits of LocalEngine
    check_rule(rule)             an update rule is pure, goes downhill and can be resumed

Each raises AssertionError with a sentence.  One line in a test is enough:

    def test_my_storage_is_a_storage():
        check_rows(MyRows(X), X)

They need no test framework and draw the same numbers at every run.
"""

from .engines import check_engine
from .models import check_model
from .objectives import check_objective
from .passes import check_passes
from .rows import check_rows
from .rules import check_rule
from .solvers import check_solver

__all__ = [
    "check_engine",
    "check_model",
    "check_objective",
    "check_passes",
    "check_rows",
    "check_rule",
    "check_solver",
]
