r"""A problem: what is minimised.

J(w) = sum_i s_i CE(y_i, softmax(Z_i(w)))  +  penalty(w),    sum_i s_i = 1
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data import Rows
from .elastic_net import ElasticNet, GroupedElasticNet
from .linear import Linear
from .names import Names
from .penalty import L2
from .targets import checked_targets, checked_weights

__all__ = ["Penalty", "Problem"]

F64 = NDArray[np.float64]
Penalty: TypeAlias = L2 | ElasticNet


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows, targets and weights, a model, and a penalty on its parameters.

    Make one with `Problem.of`, which checks its arguments.
    """

    rows: Rows
    Y: NDArray[Any]
    """Labels 0 .. C - 1 (n,), or rows of probabilities (n, C)."""
    s: F64
    """(n,) the share of each row in the sum of all weights."""
    model: Linear
    penalty: Penalty
    names: Names = field(default_factory=Names)
    """The names of classes and features in messages."""
    doubt: str = ""
    """Why no lower bound can be proven, in a sentence, or ''; bounds hold if `spared` is given."""
    spared: NDArray[np.bool_] | None = None
    """(d,) columns for which bounds assume any penalty from none to this one."""

    @classmethod
    def of(
        cls,
        rows: Rows,
        Y: NDArray[Any],
        model: Any,
        l2: float = 0.0,
        weights: F64 | None = None,
        names: Names | None = None,
        l1_ratio: float = 0.0,
        grouped: bool = False,
        factors: F64 | None = None,
    ) -> Problem:
        """Return the problem for targets and weights as the user gives them.

        Args:
            rows: the features, as `softlearn.data.as_rows` gives them.
            Y: labels 0 .. C - 1, (n,) integers, or rows of probabilities, (n, C).
            model: computes logits from rows, such as `Linear`.
            l2: strength of the penalty l2/2 ||W||^2; biases are free.
            weights: (n,) weights of the rows, at least 0, or None for 1 each.
            names: what to call classes and features in messages.
            l1_ratio: the share of the strength that is that of |W| instead: see `ElasticNet`.
            grouped: whether |W| is the sum of the lengths of the features' weights.
            factors: (d,) a factor of each feature's penalty, or None for 1 each.

        Raises:
            ValueError: Y or weights do not fit.

        """
        targets = checked_targets(Y, rows.n, model.C)
        s = checked_weights(weights, rows.n)
        penalty: Penalty = L2(l2, model.weights)
        if l1_ratio or factors is not None:
            penalty = (GroupedElasticNet if grouped else ElasticNet)(l2, model, l1_ratio, factors)
        return cls(rows, targets, s, model, penalty, names or Names())

    @property
    def labelled(self) -> bool:
        """Whether the targets are labels and not rows of probabilities."""
        return self.Y.ndim == 1

    def labels(self, span: slice) -> NDArray[Any]:
        """Return the targets of a span: (n_k,), or probabilities with classes first (C, n_k)."""
        Y: NDArray[Any] = self.Y[span].T
        return Y

    @cached_property
    def shares(self) -> F64:
        """The share of each class in the weight of the rows, (C,)."""
        if self.labelled:
            return np.bincount(self.Y, self.s, self.model.C).astype(np.float64)
        return np.asarray(self.s @ self.Y)

    def with_penalty(self, l2: float) -> Problem:
        """Return the same problem with another strength of its penalty."""
        return replace(self, penalty=replace(self.penalty, strength=l2))

    def subset(self, rows: NDArray[np.intp], factor: F64) -> Problem:
        """Return the problem over some rows, their weights s_i multiplied by `factor`."""
        s = self.s[rows] * factor
        return replace(self, rows=self.rows.subset(rows), Y=self.Y[rows], s=s)
