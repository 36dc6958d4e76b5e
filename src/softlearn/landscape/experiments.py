r"""Are local minima rare in high dimensions, and which critical points lie high?  Both measured.

If the signs of the d curvatures at a critical point were independent coin tosses, a share of 2^-d
would be minima.  They are not: eigenvalues repel each other, and high points curve down more than
low ones.

    gaussian_function(d)        a random cost
    share_of_minima(d)          of its critical points, those that are found
    expected_share(d)           of all of them, by the formula of Kac and Rice
    index_and_cost(J, starts)   of a network: which share of curvatures points down, and J there
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, spearmanr

from ..function import Function
from ..protocol import F64, Objective
from .critical import critical_points
from .curvature import curvature_at
from .verdict import Kind

__all__ = [
    "IndexAndCost",
    "Share",
    "expected_share",
    "gaussian_function",
    "index_and_cost",
    "share_of_minima",
]

_WAVES = 200
_DIGITS = 9  # decimals of the cost
_SIDE = 20.0  # of the cube that starts are drawn from, in units of the function's own length


@dataclass(frozen=True)
class Share:
    """A share, and a 95 % interval for it."""

    value: float
    low: float
    high: float
    points: int
    """How many critical points, or random matrices, it was taken from."""


def gaussian_function(d: int, seed: int = 0, waves: int = _WAVES) -> Function:
    """Return a random function of d variables with a Gaussian law.

    f(w) = sum_j (a_j cos(k_j'w) + b_j sin(k_j'w)) / sqrt(waves), with a, b and k standard normal:
    the more waves, the closer to the field with covariance exp(-|w - v|^2 / 2).

    Reference: Rahimi and Recht, NeurIPS (2007).

    """
    rng = np.random.default_rng(seed)
    K = rng.normal(size=(waves, d))
    a, b = rng.normal(size=(2, waves)) / sqrt(waves)

    def both(w: F64) -> tuple[float, F64]:
        c, s = np.cos(K @ w), np.sin(K @ w)
        return float(a @ c + b @ s), (b * c - a * s) @ K

    def product(w: F64, v: F64) -> F64:
        x = K @ w
        out: F64 = -((a * np.cos(x) + b * np.sin(x)) * (K @ v)) @ K
        return out

    return Function(both, d, product)


def share_of_minima(
    d: int, functions: int = 20, starts: int = 20, seed: int = 0, within: float = np.inf
) -> Share:
    """Return which share of the critical points of random functions are minima.

    The length of each function's gradient is minimised from random starts.  The points found are a
    biased sample: saddles attract from further away than minima.  Those close to a start are an
    unbiased one, since every neighbourhood is equally likely to contain a start.

    Args:
        d: the dimension.
        functions: how many.
        starts: for each.
        seed: of functions and starts.
        within: count only points no further from a start than this; 0.5 is close.

    Raises:
        ValueError: no critical point was found.

    """
    rng, kinds = np.random.default_rng([seed, d]), list[Kind]()
    for _ in range(functions):
        f = gaussian_function(d, int(rng.integers(1 << 62)))
        places = _SIDE * rng.random(size=(starts, d))
        for p in critical_points(f, places):
            if np.linalg.norm(places - p.w, axis=1).min() <= within:
                kinds.append(p.verdict.kind)
    if not kinds:
        raise ValueError("No critical point was found: give more functions or starts.")
    minima, points = sum(kind is Kind.MINIMUM for kind in kinds), len(kinds)
    interval = binomtest(minima, points).proportion_ci(method="wilson")
    return Share(minima / points, interval.low, interval.high, points)


def expected_share(d: int, draws: int = 20_000, seed: int = 0) -> Share:
    """Return which share of all critical points are minima, for the Gaussian field of `waves` = oo.

    By Kac and Rice it is E(|det H|; H > 0) / E|det H|, where H is the Hessian of the field: H = G
    + x I, G a matrix of the Gaussian orthogonal ensemble (variance 1 off the diagonal, 2 on it)
    and x standard normal.  The mean over x is an integral, that over G one over `draws`.

    Reference: Adler and Taylor, Random Fields and Geometry (2007), chapter 11; Bray and Dean, PRL
    98 (2007).

    """
    rng = np.random.default_rng([seed, d])
    A = rng.normal(size=(draws, d, d))
    eigenvalues = np.linalg.eigvalsh((A + A.transpose(0, 2, 1)) / sqrt(2.0))
    x = np.linspace(-12.0, 12.0, 481)
    bell = np.exp(-0.5 * x * x)
    above, all_ = np.empty(draws), np.empty(draws)
    for i, values in enumerate(eigenvalues):
        H = values[:, None] + x
        weight = np.abs(H.prod(axis=0)) * bell
        above[i], all_[i] = weight[(H > 0.0).all(axis=0)].sum(), weight.sum()
    share = float(above.sum() / all_.sum())
    error = float(np.std(above - share * all_) / (sqrt(draws) * all_.mean()))
    return Share(share, share - 1.96 * error, share + 1.96 * error, draws)


@dataclass(frozen=True)
class IndexAndCost:
    """Critical points of one cost: their values, and their shares of negative curvatures."""

    cost: F64
    """(m,) J."""
    index: F64
    """(m,) the share of curvatures surely below zero, flat directions left out."""
    correlation: float
    """Spearman's, of the two; nan if one of them does not vary."""
    low: float
    """The lower end of its 95 % interval, by bootstrap."""
    high: float
    """The upper end."""

    def __str__(self) -> str:
        return (
            f"The rank correlation of index and cost over {len(self.cost)} critical points is "
            f"{self.correlation:.2f} ({self.low:.2f} to {self.high:.2f})."
        )


def index_and_cost(
    J: Objective,
    starts: F64,
    *,
    tol: float = 1e-6,
    max_steps: int = 200,
    reach: float | None = 1.0,
    resamples: int = 2000,
    seed: int = 0,
) -> IndexAndCost:
    """Find critical points of J, all their curvatures, and whether those that lie high curve down.

    Points of the same cost and index are taken for copies by a symmetry, and count once.

    Args:
        J: the objective; each step computes its whole Hessian, so it must be small.
        starts: (m, size), the starts of the searches.
        tol, max_steps, reach: as in `critical_points`.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ValueError: fewer than three critical points were found.

    Reference: Dauphin et al., NeurIPS (2014), figure 1.

    """
    found = critical_points(J, starts, tol=tol, max_steps=max_steps, reach=reach)
    if len(found) < 3:
        raise ValueError(
            f"Only {len(found)} critical points were found: give more starts or a larger tol."
        )
    rows = []
    for p in found:
        c = curvature_at(J, J.at(p.w), whole=J.size)
        rows.append((round(p.value, _DIGITS), c.down / len(c.values)))
    cost, index = np.array(sorted(set(rows))).T
    return _correlated(cost, index, resamples, seed)


def _correlated(cost: F64, index: F64, resamples: int, seed: int) -> IndexAndCost:
    rng, m = np.random.default_rng(seed), len(cost)

    def spearman(at: NDArray[np.integer]) -> float:
        if np.ptp(cost[at]) == 0.0 or np.ptp(index[at]) == 0.0:
            return np.nan
        return float(spearmanr(cost[at], index[at]).statistic)

    again = np.array([spearman(rng.integers(m, size=m)) for _ in range(resamples)])
    known = again[~np.isnan(again)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return IndexAndCost(cost, index, spearman(np.arange(m)), float(low), float(high))
