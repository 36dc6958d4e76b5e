"""The curvature of a cost at a point: its spectrum away from flat directions, with error bounds.

Up to 300 parameters the whole Hessian is computed (`forms`), each entry with its error; `inertia`
decides which signs are sure.  An eigenvalue of the whole matrix is known to within the norm of all
errors.  Where that exceeds its size, the curvature along the direction that `inertia` has found is
reported instead, with its own error.  Beyond, Lanczos's method gives the extreme eigenvalues.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point
from .forms import Form, form_at
from .hessian import Hessian
from .inertia import Inertia, inertia, spectral
from .ladder import EPS
from .lanczos import Ritz, accurate, lanczos
from .symmetries import Flat, flat_directions

__all__ = ["Curvature", "curvature_at"]

_WHOLE = 300  # parameters up to which the whole Hessian is computed
_PRODUCTS = 90  # for Lanczos's method
_ACCURACY = 1e-3  # of the extreme eigenvalues, relative to the largest
_TRUST = 1e-6  # of the largest curvature: for Lanczos's method smaller ones count as zero


@dataclass(frozen=True)
class Curvature:
    """The eigenvalues of the Hessian away from flat directions, with their errors."""

    values: F64
    """(m,) ascending: all, or Ritz values."""
    errors: F64
    """(m,) an eigenvalue of the Hessian lies within the error of each."""
    slack: float
    """The error of the curvature along any direction."""
    down: int
    """Eigenvalues below zero, or a lower bound on how many there are."""
    up: int
    """Eigenvalues above zero, or a lower bound on how many there are."""
    low: F64
    """(size,) of length 1, the direction of the smallest."""
    high: F64
    """(size,) of length 1, the direction of the largest."""
    null: F64
    """(k, size) the directions found whose curvature is zero within its error."""
    exact: bool
    """Whether these are all eigenvalues."""
    unseen: float
    """How far beyond the extremes eigenvalues may lie, except with a chance of 1e-6; 0 if exact."""
    flat: dict[str, int]
    """How many directions were set aside, by name."""
    products: int
    """Products with the Hessian that this took."""
    signs: Inertia | None = None
    """The directions behind down and up, if exact."""
    form: Form | None = None
    """The Hessian as computed, if exact."""

    @property
    def size(self) -> float:
        """The largest |curvature|."""
        return float(np.abs(self.values).max(initial=0.0))


def curvature_at(
    J: Objective, point: Point, seed: int = 0, max_products: int = _PRODUCTS, whole: int = _WHOLE
) -> Curvature:
    """Return the curvature of J at a point.

    Args:
        max_products: the most products, beyond `whole` parameters.
        whole: up to this many parameters, and up to `max_products`, all eigenvalues are computed;
            0 for never.

    """
    if not (np.isfinite(point.value) and np.isfinite(point.grad).all()):
        raise ValueError("J or its gradient is not finite at w: choose another w.")
    flat = flat_directions(J, point, seed)
    with np.errstate(all="ignore"):
        if not flat.left or (whole and flat.left <= max(max_products, whole)):
            return _all(form_at(J, point, seed), flat)
        return _ends(Hessian(J, point, flat), max_products, np.random.default_rng(seed))


def _all(form: Form, flat: Flat) -> Curvature:
    B = flat.basis()
    A, E = form.between(B, B)
    if not np.isfinite(A).all():
        raise ValueError("The Hessian of J is not finite at w: choose another w.")
    A, slack = 0.5 * (A + A.T), spectral(E)
    scale = float(np.abs(A).max(initial=0.0)) or 1.0
    values, V = np.linalg.eigh(A / scale)
    values, slack = scale * values, slack + len(B) * EPS * scale
    vectors = V.T @ B if len(B) else np.zeros((1, B.shape[1]))
    signs = inertia(form, B, A, E)
    values, errors, vectors = _resolved(values, vectors, slack, signs)
    return Curvature(
        values=values,
        errors=errors,
        slack=slack,
        down=int((signs.curves < 0.0).sum()),
        up=int((signs.curves > 0.0).sum()),
        low=vectors[0],
        high=vectors[-1],
        null=signs.null,
        exact=True,
        unseen=0.0,
        flat=flat.counts,
        products=form.products,
        signs=signs,
        form=form,
    )


def _resolved(values: F64, vectors: F64, slack: float, signs: Inertia) -> tuple[F64, F64, F64]:
    """Return eigenvalues, errors and vectors; small ones as curvatures of their own direction."""
    errors = np.full(len(values), slack)
    drown = np.abs(values) <= slack
    if not drown.any():
        return values, errors, vectors
    rows = np.vstack([signs.sure, signs.null])
    length = np.linalg.norm(rows, axis=1)
    alone = np.r_[signs.curves, signs.null_curves] / length**2
    error = np.r_[signs.errors, signs.null_errors] / length**2
    known = np.r_[np.ones(len(signs.curves), bool), np.zeros(len(signs.null), bool)]
    least = np.argsort(np.where(known, np.abs(alone), 0.0), kind="stable")[: int(drown.sum())]
    values = np.r_[values[~drown], alone[least]]
    errors = np.r_[errors[~drown], error[least]]
    vectors = np.vstack([vectors[~drown], rows[least] / length[least, None]])
    order = np.argsort(values, kind="stable")
    return values[order], errors[order], vectors[order]


def _ends(H: Hessian, max_products: int, rng: np.random.Generator) -> Curvature:
    def slack(found: Ritz) -> float:
        return H.noise(found) + _TRUST * found.size

    def enough(found: Ritz) -> bool:
        """Whether J curves both ways, and how much; to exclude it takes all products."""
        both = found.values[0] < -slack(found) and found.values[-1] > slack(found)
        return both and accurate(found, 1, 1, _ACCURACY)

    size = len(H.flat.idle)
    found = lanczos(
        H, lambda: H.flat.away(rng.normal(size=size)), H.dimension, max_products, enough
    )
    low, high, errors = found.vector(0), found.vector(-1), found.bounds + slack(found)
    return Curvature(
        values=found.values,
        errors=errors,
        slack=slack(found),
        # Ritz values are the eigenvalues of the Hessian on a subspace, so it has at least as many
        # below zero as they are (Cauchy), however far they are from any of its own.
        down=int((found.values < -slack(found)).sum()),
        up=int((found.values > slack(found)).sum()),
        low=low,
        high=high,
        null=low[None] if abs(found.values[0]) <= errors[0] else np.zeros((0, size)),
        exact=False,
        unseen=found.unseen(),
        flat=H.flat.counts,
        products=H.products,
    )
