"""Estimates of a multinomial logit, their errors, and the fit as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from .._internal.format import quoted
from ..protocol import F64
from .columns import Columns
from .covariance import Covariance, covariance, information, inverse
from .sample import Sample

__all__ = ["Contrast", "Estimates"]


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
class Estimates:
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

    @cached_property
    def spreads(self) -> dict[str, float]:
        """About a standard deviation of each column of numbers but those of 0 and 1.

        It is 1, 2 or 5 times a power of 10.
        """
        found = {}
        for name, x in zip(self.sample.columns, self.sample.X.T, strict=True):
            if name in self.design.given and not np.isin(x, (0.0, 1.0)).all():
                exponent, digits = divmod(float(np.log10(x.std())), 1.0)
                unit = min((1.0, 2.0, 5.0, 10.0), key=lambda u: abs(np.log10(u) - digits))
                found[name] = unit * 10.0**exponent
        return found

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
        return self.sample.parameters - len(self.others) * self.sample.has_constant

    @property
    def df_resid(self) -> float:
        """Observations less parameters."""
        return self.nobs - self.sample.parameters

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2.0 * (self.sample.parameters - self.llf)

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.nobs)) * self.sample.parameters - 2.0 * self.llf

    # -- one class against another

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


def _interval(params: F64, errors: F64, alpha: float) -> F64:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, but it is {alpha}.")
    half = stats.norm.isf(alpha / 2.0) * errors
    return np.stack([params - half, params + half], axis=-1)
