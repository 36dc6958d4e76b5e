"""A multinomial logit's estimates: their errors, tests and effects, against any base class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .._internal.format import quoted
from ..estimators.sklearn.label_arrays import label_array
from ..protocol import F64
from .columns import Columns
from .covariance import KINDS, Covariance, covariance, information, inverse, left_out, row_leverage
from .effects import Effect, Prediction, average_comparison, average_slope, prediction
from .sample import Sample
from .summary import html, summary_frame, text
from .terms import TermTest, likelihood_ratio, score, wald

__all__ = ["Contrast", "InferenceResults"]


class Contrast(NamedTuple):
    """Log odds of one class against another, by column."""

    columns: tuple[str, ...]
    params: F64
    bse: F64

    @property
    def zvalues(self) -> F64:
        """Estimates divided by their standard errors."""
        return self.params / self.bse

    @property
    def pvalues(self) -> F64:
        """Two-sided p-values, normal."""
        return np.asarray(2.0 * stats.norm.sf(np.abs(self.zvalues)))

    def conf_int(self, alpha: float = 0.05) -> F64:
        """Return intervals, (p, 2)."""
        return _interval(self.params, self.bse, alpha)

    def rows(self, alpha: float = 0.05) -> list[tuple[Any, ...]]:
        """Return name, estimate, error, z, p and both ends of the interval of each column."""
        numbers = [self.params, self.bse, self.zvalues, self.pvalues, *self.conf_int(alpha).T]
        return list(zip(self.columns, *(a.tolist() for a in numbers), strict=True))


@dataclass(frozen=True, eq=False)
class InferenceResults:
    r"""Estimates of a multinomial logit, and what is known of their errors.

    The log odds of class k against the base class are X b_k; all tables have a row for each column
    of X ("const" first) and a column for each class but the base.  They are data frames where X is
    one, else arrays.

    Attributes:
        distance_: a proven bound on the distance of the estimates from the maximum, in standard
            errors.  For "firth" how far from stationary they are.
        method: "ml" or "firth".

    Reference: McFadden, in Frontiers in Econometrics (1974).

    """

    sample: Sample
    coefficients: F64
    """(K, p) parameters, zeros for the base class."""
    base: int
    distance_: float
    method: str = "ml"
    of: Covariance = field(default_factory=Covariance)
    design: Columns = field(default_factory=lambda: Columns(()))
    """How columns of X were made into numbers."""

    @property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """Columns of each factor that was made into dummies."""
        return self.design.terms

    @property
    def references(self) -> dict[str, str]:
        """The level of each factor that has no dummy."""
        return {name: levels[0] for name, levels in self.design.factors.items()}

    # -- estimates

    @cached_property
    def _P(self) -> F64:
        return self.sample.probabilities(self.coefficients)

    @cached_property
    def _unscaled(self) -> F64:
        """The inverse information for the columns `sample.Z`, (K, p, K, p)."""
        return inverse(information(self.sample, self._P), self.base)

    @cached_property
    def _V(self) -> F64:
        """The covariance of the coefficients, (K, p, K, p), zeros for the base class."""
        V = covariance(self.sample, self._P, self._unscaled, self.base, self.of)
        L = self.sample.spread
        return np.asarray(np.einsum("ab,kblc,dc->kald", L, V, L, optimize=True))

    @property
    def others(self) -> list[int]:
        """The classes but the base."""
        return [k for k in range(self.sample.K) if k != self.base]

    @property
    def params(self) -> Any:
        """Log odds against the base class, (p, K - 1)."""
        return self._table(self.coefficients[self.others].T)

    @property
    def bse(self) -> Any:
        """Standard errors, (p, K - 1)."""
        return self._table(self.errors)

    @cached_property
    def errors(self) -> F64:
        """Standard errors as an array, (p, K - 1)."""
        diagonal = np.einsum("kjkj->kj", self._V)[self.others]
        return np.asarray(np.sqrt(np.maximum(diagonal, 0.0)).T)

    @property
    def zvalues(self) -> Any:
        """Estimates divided by their standard errors."""
        return self._table(self.coefficients[self.others].T / self.errors)

    @property
    def pvalues(self) -> Any:
        """Two-sided p-values, normal."""
        z = self.coefficients[self.others].T / self.errors
        return self._table(2.0 * stats.norm.sf(np.abs(z)))

    def conf_int(self, alpha: float = 0.05) -> F64:
        """Return intervals, (K - 1, p, 2), of level 1 - alpha."""
        return _interval(self.coefficients[self.others], self.errors.T, alpha)

    def rrr(self, alpha: float = 0.05) -> tuple[Any, F64]:
        """Return relative risk ratios exp(params), (p, K - 1), and intervals (K - 1, p, 2)."""
        return self._table(np.exp(self.coefficients[self.others].T)), np.exp(self.conf_int(alpha))

    def cov_params(self) -> F64:
        """Return the covariance of the parameters, all columns of one class after another."""
        size = len(self.others) * self.sample.X.shape[1]
        return np.asarray(self._V[self.others][:, :, self.others].reshape(size, size))

    # -- the fit as a whole

    @property
    def nobs(self) -> float:
        """How many observations there are: the sum of the weights."""
        return self.sample.total

    @cached_property
    def llf(self) -> float:
        """The log-likelihood."""
        return self.sample.log_likelihood(self.coefficients)

    @cached_property
    def llnull(self) -> float:
        """The log-likelihood of the class frequencies; without a constant of 1 / K for each."""
        return self.sample.null_log_likelihood()

    @property
    def llr(self) -> float:
        """The likelihood-ratio statistic against it."""
        return 2.0 * (self.llf - self.llnull)

    @property
    def llr_pvalue(self) -> float:
        """Its p-value."""
        return float(stats.chi2.sf(self.llr, self.df_model))

    @property
    def prsquared(self) -> float:
        """McFadden's 1 - llf / llnull."""
        return 1.0 - self.llf / self.llnull

    @property
    def df_model(self) -> int:
        """Parameters but the intercepts."""
        return self._parameters - len(self.others) * self.sample.has_constant

    @property
    def df_resid(self) -> float:
        """Observations less parameters."""
        return self.nobs - self._parameters

    @property
    def _parameters(self) -> int:
        return int(len(self.others) * self.sample.X.shape[1])

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2.0 * (self._parameters - self.llf)

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.nobs)) * self._parameters - 2.0 * self.llf

    # -- the same estimates, seen otherwise; nothing is fitted again

    def rebase(self, label: Any) -> InferenceResults:
        """Return the results against another base class."""
        base = self._class(label)
        return replace(self, base=base, coefficients=self.coefficients - self.coefficients[base])

    def contrast(self, label: Any, against: Any) -> Contrast:
        """Return the log odds of a class against any other."""
        k, l = self._class(label), self._class(against)
        if k == l:
            raise ValueError(f"A class cannot be compared with itself: {quoted([label])}.")
        return self._contrast(k, l)

    def by_class(self) -> list[tuple[Any, Contrast]]:
        """Return each class but the base, and its log odds against that."""
        return [(self.sample.classes[k], self._contrast(k, self.base)) for k in self.others]

    def _contrast(self, k: int, l: int) -> Contrast:
        V = np.einsum("kjlj->jkl", self._V)
        variance = V[:, k, k] + V[:, l, l] - V[:, k, l] - V[:, l, k]
        params = self.coefficients[k] - self.coefficients[l]
        return Contrast(self.sample.columns, params, np.sqrt(np.maximum(variance, 0.0)))

    def with_cov(self, cov_type: str, groups: ArrayLike | None = None) -> InferenceResults:
        """Return the results with another covariance.

        Args:
            cov_type: "nonrobust", "HC0", "HC1" (times n / (n - parameters)), "HC3" (leverage by
                block) or "cluster" (times G / (G - 1)).
            groups: (n,) the cluster of each row, for "cluster".

        """
        if cov_type not in KINDS:
            raise ValueError(f"cov_type must be one of {', '.join(KINDS)}, but it is {cov_type!r}.")
        if (groups is not None) != (cov_type == "cluster"):
            raise ValueError("groups name the cluster of each row, for cov_type='cluster' alone.")
        if self.of.sampling and cov_type == "nonrobust":
            raise ValueError("Sampling weights need a sandwich: cov_type='HC0', for example.")
        codes = None
        if groups is not None:
            given = label_array(groups, "groups")
            if given.shape != self.sample.y.shape:
                n = len(self.sample.y)
                raise ValueError(f"groups must have one entry for each of {n} rows.")
            counted = np.unique(given[self.sample.weights > 0.0])
            # a row of weight 0 belongs to any cluster, and adds none
            codes = np.searchsorted(counted, given) % len(counted)
            if len(counted) < 2:
                raise ValueError("groups must be at least two clusters.")
        return replace(self, of=replace(self.of, kind=cov_type, groups=codes))

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
        return {name: self._comparison(name, *pair) for name, pair in of.items()}

    def _comparison(self, name: str, low: Any, high: Any) -> Effect:
        if name in self.terms:
            dummies = self.terms[name]
            columns = self._columns(dummies)
            values = [
                np.array([float(d == f"{name}[{level}]") for d in dummies]) for level in (low, high)
            ]
            for level, value in zip((low, high), values, strict=True):
                if not value.any() and str(level) != self.references[name]:
                    raise ValueError(f"{name} has no level {level!r}.")
        else:
            columns, values = self._columns([name]), [np.array([v]) for v in (low, high)]
            if not all(v.dtype.kind in "biuf" and np.isfinite(v).all() for v in values):
                raise ValueError(f"{name} is compared at two numbers, not {low!r} and {high!r}.")
        return average_comparison(self.sample, self.coefficients, self._V, columns, *values)

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

    def _table(self, values: F64) -> Any:
        if self.sample.frame is None:
            return values
        names = [str(c) for c in self.sample.classes[self.others]]
        return self.sample.frame(values, index=list(self.sample.columns), columns=names)

    def _class(self, label: Any) -> int:
        found = [k for k, name in enumerate(self.sample.classes.tolist()) if name == label]
        if not found:
            raise ValueError(
                f"There is no class {label!r}; there are {quoted(self.sample.classes)}."
            )
        return found[0]

    def _columns(self, names: Sequence[str]) -> list[int]:
        for name in names:
            if name not in self.sample.columns:
                raise ValueError(
                    f"There is no column {name!r}; there are {', '.join(self.sample.columns)}."
                )
        return [self.sample.columns.index(name) for name in names]


def _several(names: Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _interval(params: F64, errors: F64, alpha: float) -> F64:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, but it is {alpha}.")
    half = stats.norm.isf(alpha / 2.0) * errors
    return np.stack([params - half, params + half], axis=-1)
