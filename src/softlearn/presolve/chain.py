"""Which reformulations are made of a problem, in which order, and the way back through all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..data import Rows, SparseRows
from .affine import Affine, affine, spreads
from .row_space import project_to_row_space
from .single_row_columns import merge_single_row_columns
from .whiten import Whitened, whitened

__all__ = ["Presolved", "presolve"]

F64 = NDArray[np.float64]
Name = Callable[[int], str]
_TOO_LARGE = "The values of {column} are too large beside a penalty so strong."
_LISTED = 5  # columns that a sentence names


class _Step(Protocol):
    """A change of variables that leaves the minimum where it is."""

    @property
    def d(self) -> int:
        """The number of columns of X before it."""
        ...

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the new weights and biases."""
        ...

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the old ones."""
        ...


@dataclass(frozen=True, eq=False)
class Presolved:
    """Rows that are easier to solve for, and how weights and biases get there and back."""

    rows: Rows
    given: Rows
    """The rows as the user holds them."""
    steps: tuple[_Step, ...]
    rounds: bool
    """Whether the way back rounds so much that J is to be asked again."""
    kept: NDArray[np.intp] | None = None
    """The columns that were not set aside; None for all."""
    note: str = ""
    """Which columns were set aside, in a sentence, or ''."""
    doubt: str = ""
    """Why nothing can be proven, in a sentence, or ''."""
    capped: NDArray[np.bool_] | None = None
    """Which columns of the rows were divided although there is a penalty, if any was."""
    digits: str = ""
    """What takes more digits than float64 has, if anything does."""

    @property
    def d(self) -> int:
        """The number of columns of X."""
        return self.given.d

    def columns(self, some: NDArray[np.intp]) -> F64:
        """Return some of the user's rows, of the columns that the rows here are made from."""
        X = self.given.take(some)
        return X[:, self.kept] if self.kept is not None else X

    def reduce(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the parameters of the rows here for those of the user's."""
        for step in self.steps:
            W, b = step.reduce(W, b)
        return W, b

    def expand(self, W: F64, b: F64) -> tuple[F64, F64]:
        """Return the parameters of the user's rows for those of the rows here."""
        for step in reversed(self.steps):
            W, b = step.expand(W, b)
        return W, b

    def weights(self, W: F64) -> F64:
        """Return the user's weights times the spread of each column: what tells rows apart."""
        out: F64 = self.expand(W, np.zeros(0))[0] * spreads(self.given)
        return out


def presolve(rows: Rows, bias: bool, penalised: bool, name: Name) -> Presolved | None:
    """Return an equivalent problem that is easier to solve; None where there is nothing to gain.

    Args:
        rows: the features.
        bias: whether biases are free.
        penalised: whether there is a penalty on the weights, which few changes leave as it is.
        name: of a column, for messages.

    """
    steps: list[_Step] = []
    given, step = rows, affine(rows, bias, penalised)
    if step is not None:
        steps.append(step)
        rows = step.rows
    found = None
    if not penalised:
        found = whitened(rows, bias, given)
    elif step is None or not step.power.any():
        fewer = (
            merge_single_row_columns(rows)
            if isinstance(rows, SparseRows)
            else project_to_row_space(rows)
        )
        if fewer is not None:
            steps.append(fewer)
            rows = fewer.rows
    digits = "" if step is None else _far(step, name)
    if found is None:
        rounds = step is not None and bool(step.shift.any())
        capped, doubt = None, ""
        if penalised and step is not None and step.power.any():
            capped = step.power > 0
            doubt = _TOO_LARGE.format(column=name(int(np.argmax(step.power))))
        done = Presolved(
            rows, given, tuple(steps), rounds, doubt=doubt, capped=capped, digits=digits
        )
        return done if steps else None
    steps.append(found)
    note = _named("set aside, because others determine", found.dependent, name)
    doubt = _named("set aside, because, up to rounding, others determine", found.doubtful, name)
    if doubt:
        doubt += " What its last digits could explain is not known, so nothing is proven."
    nearly = digits or _close(found, name)
    return Presolved(found.rows, given, tuple(steps), True, found.kept, note, doubt, digits=nearly)


def _named(what: str, columns: NDArray[np.intp], name: Name) -> str:
    if not len(columns):
        return ""
    one, more = len(columns) == 1, len(columns) - _LISTED
    listed = ", ".join(name(int(j)) for j in columns[:_LISTED])
    listed += f" and {more} more" if more > 0 else ""
    start = f"{listed[0].upper()}{listed[1:]}"
    return f"{start} {'was' if one else 'were'} {what} {'it' if one else 'them'}."


def _far(step: Affine, name: Name) -> str:
    """Name the column whose mean is farthest from zero beside its spread."""
    if not step.shift.any():
        return ""
    j = int(np.argmax(np.abs(step.shift) / np.ldexp(1.0, np.minimum(step.power, 1000))))
    return (
        f"{name(j)} lies about {abs(step.shift[j]):.0e} from zero, so the intercept needs more "
        "digits; take off a constant before the fit"
    )


def _close(found: Whitened, name: Name) -> str:
    """Say which column it is of which the others leave least."""
    if not len(found.kept):
        return ""
    left = np.abs(np.diagonal(found.R[:, found.kept]))
    size = np.linalg.norm(found.R[:, found.kept], axis=0)
    j = int(found.kept[int(np.argmin(left / size))])
    return f"columns nearly depend on each other, among them {name(j)}"
