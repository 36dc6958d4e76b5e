"""What is known of a multinomial logit: tests, effects, other bases and covariances, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..protocol import F64
from .covariance import Covariance, left_out, row_leverage
from .effects import (
    Effect,
    Prediction,
    average_comparison,
    average_prediction,
    average_slope,
    prediction,
)
from .estimates import Estimates
from .overview import Overview, overview
from .summary import html, summary_frame, text
from .terms import TermTest, likelihood_ratio, score, wald

__all__ = ["InferenceResults"]


@dataclass(frozen=True, eq=False)
class InferenceResults(Estimates):
    """Estimates of a multinomial logit, and what can be asked of them without another fit."""

    # -- the same estimates, seen otherwise

    def rebase(self, label: Any) -> InferenceResults:
        """Return the results against another base class."""
        base = self._class(label)
        return replace(self, base=base, coefficients=self.coefficients - self.coefficients[base])

    def with_cov(self, cov_type: str, groups: ArrayLike | None = None) -> InferenceResults:
        """Return the results with another covariance.

        Args:
            cov_type: "nonrobust", "HC0", "HC1" (times n / (n - parameters)), "HC3" (leverage by
                block) or "cluster" (times G / (G - 1)).
            groups: (n,) the cluster of each row, for "cluster".

        Raises:
            ValueError: there is no such covariance.

        """
        return replace(self, of=Covariance.asked(self.sample, cov_type, groups, self.of.sampling))

    # -- tests

    @property
    def has_ratios(self) -> bool:
        """Whether likelihood ratios are chi-squared: of maximum likelihood, errors not robust."""
        return self.method == "ml" and self.of.kind == "nonrobust"

    def wald_test(self, R: ArrayLike, q: ArrayLike = 0.0) -> TermTest:
        """Test R b = q, b the parameters in the order of `cov_params`."""
        b = self.coefficients[self.others].ravel()
        matrix = np.atleast_2d(np.asarray(R, dtype=np.float64))
        if matrix.shape[1] != len(b):
            raise ValueError(f"R must have {len(b)} columns, but it has {matrix.shape[1]}.")
        return wald(matrix @ b - np.asarray(q, dtype=np.float64), matrix, self.cov_params())

    def test_terms(
        self, terms: Mapping[str, Sequence[str]] | Sequence[str], method: str = "lr"
    ) -> dict[str, TermTest]:
        """Test whether columns play a part, each term by itself.

        Args:
            terms: {name: columns and factors}, or names of columns and of factors.
            method: "lr" (fits again without them), "wald" or "score".

        """
        if method not in ("lr", "wald", "score"):
            raise ValueError(f"method must be 'lr', 'wald' or 'score', but it is {method!r}.")
        if method != "wald" and self.method == "firth":
            raise ValueError("Firth's estimates have Wald tests alone: give method='wald'.")
        if method != "wald" and self.of.kind != "nonrobust":
            raise ValueError(f"With cov_type={self.of.kind!r} only method='wald' means something.")
        if not isinstance(terms, Mapping):
            terms = {name: [name] for name in _several(terms)}
        return {name: self._test(self._of_terms(c), method) for name, c in terms.items()}

    def _of_terms(self, names: Sequence[str]) -> list[int]:
        """Return the columns of names, each once; a factor stands for its dummies."""
        factors = self.terms
        made = [column for name in _several(names) for column in factors.get(name, (name,))]
        if not made:
            raise ValueError("A term must have at least one column.")
        return sorted(set(self._columns(made)))

    def _test(self, columns: list[int], method: str) -> TermTest:
        if method == "wald":
            b = self.coefficients[np.ix_(self.others, columns)].ravel()
            p, size = self.sample.X.shape[1], len(self.others)
            picked = [k * p + j for k in range(size) for j in columns]
            R = np.eye(size * p)[picked]
            return wald(b, R, self.cov_params())
        test = likelihood_ratio if method == "lr" else score
        return test(self.sample, self.llf, self.base, columns)

    # -- effects on probabilities

    def average_slopes(self, columns: Sequence[str] | None = None) -> dict[str, Effect]:
        """Return the mean of dp_k / dx_j over the rows, with delta-method errors."""
        every = self.sample.columns[int(self.sample.const) :]
        names = every if columns is None else _several(columns)
        return {
            name: average_slope(self.sample, self._P, self.coefficients, self._V, j)
            for name, j in zip(names, self._columns(names), strict=True)
        }

    def average_comparisons(self, of: Mapping[str, tuple[Any, Any]]) -> dict[str, Effect]:
        """Return mean changes of probabilities from one value to another, with errors.

        Args:
            of: {column: (from, to)}; for a factor two of its levels, its other dummies being 0.

        """
        found = {}
        for name, pair in of.items():
            columns, (low, high) = self._settings(name, list(pair))
            found[name] = average_comparison(
                self.sample, self.coefficients, self._V, columns, low, high
            )
        return found

    def average_predictions(self, name: str, values: Sequence[Any]) -> Prediction:
        """Return mean probabilities where a column has each of these values in all rows, (m, K).

        Args:
            name: a column, or a factor, whose values are its levels.
            values: (m,) of them.

        """
        columns, settings = self._settings(name, list(values))
        return average_prediction(self.sample, self.coefficients, self._V, columns, settings)

    def _settings(self, name: str, values: list[Any]) -> tuple[list[int], list[F64]]:
        """Return the columns that a name stands for, and what each value of it makes of them."""
        if name in self.terms:
            levels = self.design.factors[name]
            for value in values:
                if str(value) not in levels:
                    raise ValueError(f"{name} has no level {value!r}.")
            columns = self._columns(self.terms[name])
            return columns, [
                np.array([float(str(value) == level) for level in levels[1:]]) for value in values
            ]
        numbers = [np.array([value]) for value in values]
        if not all(v.dtype.kind in "biuf" and np.isfinite(v).all() for v in numbers):
            raise ValueError(f"{name} is a column of numbers, whose values cannot be {values!r}.")
        return self._columns([name]), numbers

    def get_prediction(self, X: ArrayLike) -> Prediction:
        """Return probabilities of new rows, with errors.

        Args:
            X: a data frame with the columns that were fitted, or (n, d) numbers with a column for
                each parameter but "const".

        """
        rows = self.design.numbers(X)
        if not np.isfinite(rows).all():
            raise ValueError(f"X holds no number in row {np.argwhere(~np.isfinite(rows))[0, 0]}.")
        if self.sample.const:
            rows = np.column_stack([np.ones(len(rows)), rows])
        return prediction(rows, self.coefficients, self._V)

    @cached_property
    def overview(self) -> Overview:
        """Whether each column plays a part, and its mean effect."""
        return overview(self)

    # -- rows

    @cached_property
    def leverage(self) -> F64:
        """(n,) the trace of each row's block A_i X_i V X_i'; they add up to the parameters."""
        H, P, s = row_leverage(self.sample.Z, self._unscaled), self._P, self.sample.weights
        own = np.einsum("ik,ikk->i", P, H) - np.einsum("ik,ikl,il->i", P, H, P)
        return np.asarray(s * own)

    def influence(self) -> F64:
        """Return how the parameters change without each row, (n, K - 1, p), to first order."""
        R = left_out(self.sample, self._P, self._unscaled, self.base, self.sample.weights)
        R = R * self.sample.weights[:, None]
        change = -np.einsum("kalb,il,ib->ika", self._unscaled, R, self.sample.Z, optimize=True)
        return np.asarray(change[:, self.others] @ self.sample.spread.T)

    # -- tables

    def summary_frame(self, alpha: float = 0.05) -> Any:
        """Return all estimates as a data frame, a row for each class and column."""
        return summary_frame(self, alpha)

    def summary(self, alpha: float = 0.05) -> str:
        """Return the tables as text."""
        return text(self, alpha)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html(self)

    def _columns(self, names: Sequence[str]) -> list[int]:
        for name in names:
            if name not in self.sample.columns:
                raise ValueError(
                    f"There is no column {name!r}; there are {', '.join(self.sample.columns)}."
                )
        return [self.sample.columns.index(name) for name in names]


def _several(names: Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names
