r"""Covariances of the maximum-likelihood estimates.

    I = sum_i s_i (diag p_i - p_i p_i') (x) x_i x_i'          the information
    V = I^-1                                                  "nonrobust"
    V (sum_i u_i u_i') V,  u_i = s_i (y_i - p_i) (x) x_i      "HC0" for sampling weights
    V (sum_g (sum_{i in g} u_i) (...)') V                     "cluster"

All are kept over all K classes, (K, p, K, p), with zeros for the base class: another base is then a
change of coordinates, and no refit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from ..estimators.sklearn.label_arrays import label_array
from ..protocol import F64
from .sample import Sample, moments, spans

__all__ = ["KINDS", "Covariance", "covariance", "information", "inverse", "row_leverage"]

KINDS = ("nonrobust", "HC0", "HC1", "HC3", "cluster")


@dataclass(frozen=True)
class Covariance:
    """Which covariance is meant."""

    kind: str = "nonrobust"
    groups: NDArray[Any] | None = None
    """(n,) clusters, numbered from 0."""
    sampling: bool = False
    """Whether a row of weight s is one row that stands for s, and not s rows."""

    @classmethod
    def asked(
        cls, sample: Sample, kind: str, groups: ArrayLike | None, sampling: bool = False
    ) -> Covariance:
        """Return what a user asks for.

        Raises:
            ValueError: there is no such covariance of the sample.

        """
        if kind not in KINDS:
            raise ValueError(f"cov_type must be one of {', '.join(KINDS)}, but it is {kind!r}.")
        if (groups is not None) != (kind == "cluster"):
            raise ValueError("groups name the cluster of each row, for cov_type='cluster' alone.")
        if sampling and kind == "nonrobust":
            raise ValueError("Sampling weights need a sandwich: cov_type='HC0', for example.")
        of = cls(kind, None if groups is None else _clusters(sample, groups), sampling)
        n = of.rows(sample)
        if kind == "HC1" and n <= sample.parameters:
            raise ValueError(
                f"HC1 needs more rows than parameters, but there are {n:g} and {sample.parameters}."
            )
        return of

    @property
    def clusters(self) -> int:
        """How many clusters there are, 0 where they play no part."""
        return 0 if self.groups is None else int(self.groups.max()) + 1

    def rows(self, sample: Sample) -> float:
        """Return how many rows there are, as the kind of weights counts them."""
        return float((sample.weights > 0.0).sum()) if self.sampling else sample.total

    def correction(self, sample: Sample) -> float:
        """Return the factor for small samples."""
        if self.kind == "HC1":
            n = self.rows(sample)
            return n / (n - sample.parameters)
        return self.clusters / (self.clusters - 1.0) if self.kind == "cluster" else 1.0

    def sentence(self) -> str:
        """Say what it is."""
        return {
            "nonrobust": "the inverse of the information",
            "HC0": "the sandwich, HC0",
            "HC1": "the sandwich times n / (n - parameters), HC1",
            "HC3": "the sandwich of residuals divided by 1 - leverage (by block), HC3",
            "cluster": f"the sandwich of {self.clusters} clusters, times G / (G - 1)",
        }[self.kind]


def _clusters(sample: Sample, groups: ArrayLike) -> NDArray[Any]:
    """Return the cluster of each row, numbered from 0."""
    given = label_array(groups, "groups")
    if given.shape != sample.y.shape:
        raise ValueError(f"groups must have one entry for each of {len(sample.y)} rows.")
    counted = np.unique(given[sample.weights > 0.0])
    if len(counted) < 2:
        raise ValueError("groups must be at least two clusters.")
    # a row of weight 0 belongs to any cluster, and adds none
    return np.searchsorted(counted, given) % len(counted)


def information(sample: Sample, P: F64) -> F64:
    """Return the information over all classes for the columns `sample.Z`, (K, p, K, p)."""
    info = -moments(sample.Z, np.sqrt(sample.weights)[:, None] * P)
    for k in range(sample.K):  # rows of blocks add up to zero; 1 - p_k would cancel
        info[k, :, k] = 0.0
        info[k, :, k] = -info[k].sum(1)
    return info


def inverse(info: F64, base: int) -> F64:
    """Return its inverse over the classes but the base, with zeros for that.

    Raises:
        ValueError: it has none.

    """
    K, p = info.shape[:2]
    others = [k for k in range(K) if k != base]
    size = len(others) * p
    A = info[others][:, :, others].reshape(size, size)
    scale = 1.0 / np.sqrt(np.maximum(np.diag(A), np.finfo(np.float64).tiny))
    try:
        factor = la.cho_factor(A * scale[:, None] * scale)
    except (la.LinAlgError, ValueError):
        raise ValueError(
            "There are no standard errors: the information is singular in double precision, since "
            "classes are nearly separable, or columns nearly depend on each other."
        ) from None
    V = np.zeros_like(info)
    inv = la.cho_solve(factor, np.eye(size)) * scale[:, None] * scale
    V[np.ix_(others, range(p), others, range(p))] = (0.5 * (inv + inv.T)).reshape(
        len(others), p, len(others), p
    )
    return V


def row_leverage(Z: F64, V: F64) -> F64:
    """Return X_i V X_i' of rows, (n, K, K), V that of the columns `sample.Z`."""
    K = len(V)
    H = np.empty((len(Z), K, K))
    for k in range(K):
        for l in range(k + 1):
            H[:, k, l] = H[:, l, k] = np.einsum("ij,ij->i", Z @ V[k, :, l, :], Z)
    return H


def left_out(sample: Sample, P: F64, V: F64, base: int, left: F64) -> F64:
    """Return (I - A_i H_i)^-1 r_i, (n, K): about the residuals of fits without the row.

    Args:
        sample, P, V, base: as of `covariance`.
        left: (n,) the weight that is left out: the row's, or 1 for one of the rows it stands for.

    """
    others = [k for k in range(sample.K) if k != base]
    V, eye = V[others][:, :, others], np.eye(len(others))
    Q, R = P[:, others], sample.residuals(P)[:, others]
    out = np.zeros_like(P)
    for rows in spans(len(P), len(others) ** 2):
        H, q = row_leverage(sample.Z[rows], V), Q[rows]
        A = left[rows, None, None] * (q[:, :, None] * eye - q[:, :, None] * q[:, None, :])
        out[rows, others] = np.linalg.solve(eye - A @ H, R[rows, :, None])[:, :, 0]
    return out


def covariance(sample: Sample, P: F64, V: F64, base: int, of: Covariance) -> F64:
    """Return the covariance over all classes for the columns `sample.Z`, (K, p, K, p).

    Args:
        sample: what was fitted.
        P: (n, K) its probabilities.
        V: the inverse information.
        base: the class whose parameters are 0.
        of: which one.

    """
    if of.kind == "nonrobust":
        return V
    K, Z, s = sample.K, sample.Z, sample.weights
    if of.kind == "HC3":
        R = left_out(sample, P, V, base, s if of.sampling else (s > 0.0).astype(np.float64))
    else:
        R = sample.residuals(P)
    if of.groups is not None:
        of_group = sp.csr_array((s, (of.groups, np.arange(len(s)))), (of.clusters, len(s)))
        U = np.stack([np.asarray(of_group @ (R[:, k, None] * Z)) for k in range(K)])
        meat = np.einsum("kgi,lgj->kilj", U, U)
    else:
        q = s**2 if of.sampling else s
        meat = moments(Z, np.sqrt(q)[:, None] * R)
    p = Z.shape[1]
    flat = V.reshape(K * p, K * p)
    out = of.correction(sample) * (flat @ meat.reshape(K * p, K * p) @ flat)
    return np.asarray(out.reshape(V.shape))
