r"""Softmax and its derivatives: the one place where a softmax's exp and log are written.

    t = e^z,   a = t / sum(t)                softmax
    dz = a - y                               the residual: gradient of the cross-entropy in z
    A v = a * (v - <a, v>)                   the curvature: its Hessian in z times v

Examples are rows and classes the last axis (``axis=-1``); the course this library grew from puts
examples in columns: use ``axis=0`` there, or transpose.

Accuracy.  With m the largest logit, log a_k = (z_k - m) - log1p(s), where s sums e^(z_j - m) over
every j but the largest: no cancellation, so a probability close to 1 keeps all its digits
in its logarithm.  The rounding error of z_k - m is itself computed (Moller's two-difference) and
added back; sums over classes have about one rounding error.  float32 is computed in float64.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "softmax",
    "log_softmax",
    "hardmax",
    "cross_entropy",
    "loss",
    "residual",
    "curvature",
]

Floats = NDArray[np.floating[Any]]
F64 = NDArray[np.float64]

_SUM_TO_ONE = 1e-6  # rows of soft labels may miss 1 by the rounding of float32 sums
_CUT = 1.5 * 2.0**27  # x + _CUT - _CUT is x to a multiple of 2^-25, for x from 0 to 1


def softmax(Z: ArrayLike, axis: int = -1) -> Floats:
    """Return the probabilities a = e^z / sum(e^z) of the logits Z.

    Args:
        Z: logits, any shape, float32 or float64 (integers become float64); -inf means
            probability 0.
        axis: the axis of the classes.

    Returns:
        Probabilities of the shape and dtype of Z.

    Raises:
        ValueError: Z holds NaN or +inf, a row is -inf throughout, or there are no classes.

    >>> import numpy as np
    >>> z = np.array([5.0, 2.0, -1.0, 3.0])
    >>> t = np.exp(z)
    >>> np.round(t, 1), round(float(t.sum()), 1)
    (array([148.4,   7.4,   0.4,  20.1]), 176.3)
    >>> np.round(softmax(z), 3)
    array([0.842, 0.042, 0.002, 0.114])

    With two classes it is the logistic function, to the last digit:

    >>> float(softmax([1.5, 0.0])[0]) == 1.0 / (1.0 + float(np.exp(-1.5)))
    True

    The course's columns of examples: ``axis=0``.

    >>> np.round(softmax(np.array([[5.0, 0.0], [2.0, 0.0]]), axis=0), 3)
    array([[0.953, 0.5  ],
           [0.047, 0.5  ]])
    """
    Z, rows = _rows(Z, axis)
    E, _, s = _exponentials(rows)[1:]
    return _restore(E / (1.0 + s)[..., None], Z, axis)


def log_softmax(Z: ArrayLike, axis: int = -1) -> Floats:
    """Return log a = z - log(sum(e^z)), never clipped.

    Args:
        Z: logits, any shape, float32 or float64; -inf gives -inf.
        axis: the axis of the classes.

    Returns:
        Log-probabilities of the shape and dtype of Z; within 4 ulp in float64.

    Raises:
        ValueError: as `softmax`.

    >>> float(log_softmax([0.0, -1e4])[1])
    -10000.0
    """
    Z, rows = _rows(Z, axis)
    return _restore(_log_probabilities(rows), Z, axis)


def hardmax(Z: ArrayLike, axis: int = -1) -> Floats:
    """Return 1 at the largest logit and 0 elsewhere (the first of several equal ones).

    Args:
        Z: logits, any shape.
        axis: the axis of the classes.

    Returns:
        An array of 0 and 1 of the shape and dtype of Z.

    Raises:
        ValueError: as `softmax`.

    >>> hardmax([5.0, 2.0, -1.0, 3.0])
    array([1., 0., 0., 0.])
    """
    Z, rows = _rows(Z, axis)
    H = np.zeros_like(rows)
    np.put_along_axis(H, rows.argmax(-1)[..., None], 1.0, -1)
    return _restore(H, Z, axis)


def cross_entropy(Z: ArrayLike, Y: ArrayLike, axis: int = -1) -> Floats:
    """Return the cost of each example, L = -sum_k y_k log a_k with a = softmax(z).

    It takes logits; for probabilities y_hat use `loss(y_hat, y)`.

    Args:
        Z: logits, any shape, float32 or float64.  If they look like probabilities, a warning
            says so.
        Y: integer labels (the shape of Z without `axis`) or rows of probabilities (the shape
            of Z).
        axis: the axis of the classes.

    Returns:
        One loss per example, of Z's dtype, in nats (the cost J is their mean).

    Raises:
        ValueError: as `softmax`; a label outside 0 .. C - 1; rows of Y that are not
            probabilities; shapes that do not fit.

    >>> import numpy as np
    >>> L = cross_entropy([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]], [0, 1])
    >>> np.round(L, 3), round(float(L.mean()), 3)  # the cost J is the mean of the losses
    (array([0.408, 0.095]), 0.251)
    """
    Z, rows = _rows(Z, axis)
    targets = _targets(Y, Z, rows, axis)
    if _probable(rows):
        _warn_of_probabilities("cross_entropy", "softlearn.loss(y_hat, y)")
    return _expected(_log_probabilities(rows), *targets, Z)


def loss(y_hat: ArrayLike, y: ArrayLike, axis: int = -1) -> Floats:
    """Return the cost of each example, L = -sum_k y_k log y_hat_k, from probabilities y_hat.

    If you have logits, use `cross_entropy`: it stays exact for probabilities next to 0 and 1, where
    y_hat has lost digits.

    Args:
        y_hat: probabilities, any shape, float32 or float64, as `softmax` gives them.
        y: integer labels (the shape of y_hat without `axis`) or rows of probabilities (the shape
            of y_hat).
        axis: the axis of the classes.

    Returns:
        One loss per example, of y_hat's dtype, in nats (the cost J is their mean); inf where the
        true class was given no chance.

    Raises:
        ValueError: rows of y_hat or y that are not probabilities; a label outside 0 .. C - 1;
            shapes that do not fit.

    >>> import numpy as np
    >>> round(float(loss([0.3, 0.2, 0.1, 0.4], [0.0, 1.0, 0.0, 0.0])), 3)  # -log 0.2
    1.609
    >>> np.round(loss([[0.3, 0.2, 0.1, 0.4], [0.5, 0.25, 0.125, 0.125]], [1, 0]), 3)
    array([1.609, 0.693])
    """
    y_hat, rows = _rows(y_hat, axis, "y_hat")
    if rows.size and rows.shape[-1] > 1 and not _probable(rows):
        raise ValueError(
            "y_hat must hold rows of probabilities: at least 0, with sum 1. Of logits use "
            "cross_entropy."
        )
    targets = _targets(y, y_hat, rows, axis, "y")
    with np.errstate(divide="ignore"):
        return _expected(np.log(rows), *targets, y_hat)


def residual(Z: ArrayLike, Y: ArrayLike, axis: int = -1) -> Floats:
    """Return dz = softmax(z) - y, the gradient of the cross-entropy with respect to z.

    For an integer label the entry of the true class is computed as minus the sum of the others,
    so that it keeps its digits when the probability is close to 1.  It takes logits; for
    probabilities y_hat and rows y of probabilities, compute y_hat - y.

    Args:
        Z: logits, any shape, float32 or float64.  If they look like probabilities, a warning
            says so.
        Y: labels or probabilities, as in `cross_entropy`.
        axis: the axis of the classes.

    Returns:
        An array of the shape and dtype of Z, which sums to 0 over `axis`.

    Raises:
        ValueError: as `cross_entropy`.

    >>> import numpy as np
    >>> np.round(residual(np.log([0.3, 0.2, 0.1, 0.4]), [0, 1, 0, 0]), 12)
    array([ 0.3, -0.8,  0.1,  0.4])
    """
    Z, rows = _rows(Z, axis)
    labels, P = _targets(Y, Z, rows, axis)
    if _probable(rows):
        _warn_of_probabilities("residual", "y_hat - y")
    E, _, s = _exponentials(rows)[1:]
    R = E / (1.0 + s)[..., None]
    if labels is not None:
        at = labels[..., None]
        np.put_along_axis(R, at, 0.0, -1)
        np.put_along_axis(R, at, -R.sum(-1)[..., None], -1)
    else:
        R -= P
    return _restore(R, Z, axis)


def curvature(P: ArrayLike, V: ArrayLike, axis: int = -1) -> Floats:
    """Return A v = p * (v - <p, v>), the Hessian of the cross-entropy in z times v.

    v is first shifted by its entry at the largest p, which changes nothing in exact arithmetic
    and keeps the digits of p (1 - p) when p is close to 1.

    Args:
        P: probabilities, as `softmax` gives them.
        V: directions in logit space, the shape of P.
        axis: the axis of the classes.

    Returns:
        An array of the shape of P; its dtype is the wider of the two.

    Raises:
        ValueError: the shapes differ, or rows of P are not probabilities.

    >>> import numpy as np
    >>> np.round(curvature([0.5, 0.5], [1.0, -1.0]), 3)
    array([ 0.5, -0.5])
    """
    P, V = np.asarray(P), np.asarray(V)
    if P.shape != V.shape:
        raise ValueError(f"P and V must have one shape, but P has {P.shape} and V has {V.shape}.")
    rows, W = np.moveaxis(P, axis, -1), np.moveaxis(V, axis, -1)
    if rows.size and rows.shape[-1] > 1 and not _probable(rows):
        raise ValueError("P must hold rows of probabilities, as softmax gives them.")
    top = rows.argmax(-1)[..., None]
    T = W - np.take_along_axis(W, top, -1)
    T -= (rows * T).sum(-1)[..., None]
    T *= rows
    out: Floats = np.moveaxis(T, -1, axis)
    return out


# ---------------------------------------------------------------- inside


def _rows(Z: ArrayLike, axis: int, name: str = "Z") -> tuple[Floats, F64]:
    """Check Z; return it as an array, and as float64 with the classes on a contiguous last axis.

    (NumPy sums pairwise, which is accurate, only along a contiguous axis.)
    """
    Z = np.asarray(Z)
    if Z.dtype not in (np.float32, np.float64):
        if not (np.issubdtype(Z.dtype, np.number) or Z.dtype == bool) or Z.dtype.kind == "c":
            raise ValueError(f"{name} must hold real numbers, but its dtype is {Z.dtype}.")
        Z = Z.astype(np.float64)
    if Z.ndim == 0:
        raise ValueError(
            f"{name} must have at least one axis, the classes, but it is a single number."
        )
    if not -Z.ndim <= axis < Z.ndim:
        raise ValueError(f"axis={axis} is not an axis of {name}, which has {Z.ndim}.")
    if Z.shape[axis] == 0:
        raise ValueError(f"{name} has no classes: its shape is {Z.shape} and axis is {axis}.")
    rows = np.ascontiguousarray(np.moveaxis(Z, axis, -1), dtype=np.float64)
    top = rows.max(-1)
    if not np.isfinite(top).all():
        if np.isnan(top).any():
            raise ValueError(
                f"{name} holds NaN: a softmax of NaN has no meaning. Remove those rows."
            )
        if (top == np.inf).any():
            raise ValueError(f"{name} holds +inf: its softmax is not defined. Use finite logits.")
        raise ValueError(f"{name} has a row of -inf only: no class is possible there.")
    return Z, rows


def _exponentials(rows: F64) -> tuple[F64, F64, F64, F64]:
    """Return z - m, e^(z - m) with 1 at the top, the correction of z - m, and s without the top."""
    at = rows.argmax(-1)[..., None]
    m = np.take_along_axis(rows, at, -1)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        D = rows - m
        back = D + m
        lost = (rows - back) - (m - (back - D))  # the rounding error of the subtraction
        lost[~np.isfinite(lost)] = 0.0
        E = np.exp(D)
        E += E * lost
    np.put_along_axis(E, at, 0.0, -1)
    s = _sum(E)
    np.put_along_axis(E, at, 1.0, -1)
    return D, E, lost, s


def _sum(A: F64) -> F64:
    """Return the sum of A >= 0 along its last axis, with about one rounding error in all.

    Each term is cut into a multiple of 2^-25 (of the largest, rounded up to a power of 2), whose
    sum is exact for up to 2^28 terms, and a rest so small that its rounding is negligible.
    Reference: Rump, Ogita and Oishi, SIAM J. Sci. Comput. 31 (2008), section 3.
    """
    top = A.max(-1)
    exponent = np.frexp(top)[1]
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        scaled = np.ldexp(A, -exponent[..., None])
        coarse = (scaled + _CUT) - _CUT
        total = np.ldexp(coarse.sum(-1) + (scaled - coarse).sum(-1), exponent)
    out: F64 = np.where(np.isfinite(top), total, top)
    return out


def _log_probabilities(rows: F64) -> F64:
    D, _, lost, s = _exponentials(rows)
    out: F64 = D - (np.log1p(s)[..., None] - lost)
    return out


def _restore(rows: F64, Z: Floats, axis: int) -> Floats:
    with np.errstate(under="ignore", over="ignore"):
        out: Floats = np.moveaxis(rows, -1, axis).astype(Z.dtype, copy=False)
    return out


def _probable(rows: Floats) -> bool:
    """Whether all rows look like probabilities; usually the first row decides."""
    if rows.shape[-1] < 2 or not rows.size:
        return False  # with a single class there is no way to tell
    first = rows.reshape(-1, rows.shape[-1])[:1]
    return all(
        bool((some >= 0.0).all() and (np.abs(some.sum(-1) - 1.0) <= _SUM_TO_ONE).all())
        for some in (first, rows)
    )


def _warn_of_probabilities(function: str, instead: str) -> None:
    warnings.warn(
        f"Z looks like probabilities (its rows are at least 0 and sum to 1), but {function} takes "
        f"logits: of probabilities y_hat use {instead}.",
        stacklevel=3,
    )


def _expected(L: F64, labels: NDArray[np.intp] | None, P: F64, Z: Floats) -> Floats:
    """Return -L of each label, or the sum of P times -L, in the dtype of Z."""
    if labels is not None:
        cost = -np.take_along_axis(L, labels[..., None], -1)[..., 0]
    else:
        with np.errstate(invalid="ignore"):  # 0 * -inf, which counts as 0
            cost = _sum(np.where(P > 0.0, P * -L, 0.0))
    out: Floats = np.asarray(cost + 0.0).astype(Z.dtype)[()]  # + 0.0: -0.0 becomes 0.0
    return out


def _targets(
    Y: ArrayLike, Z: Floats, rows: F64, axis: int, name: str = "Y"
) -> tuple[NDArray[np.intp] | None, F64]:
    """Return Y as labels, or None and Y as probabilities with the class axis last."""
    Y = np.asarray(Y)
    if Y.shape == Z.shape:
        P = np.moveaxis(Y, axis, -1).astype(np.float64)
        if not (P >= 0.0).all() or (np.abs(P.sum(-1) - 1.0) > _SUM_TO_ONE).any():
            raise ValueError(f"{name} must hold rows of probabilities: at least 0, with sum 1.")
        return None, P
    if Y.shape != rows.shape[:-1]:
        raise ValueError(
            f"{name} has shape {Y.shape}; it must be {rows.shape[:-1]} (labels) or {Z.shape} "
            "(probabilities)."
        )
    if Y.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold integer labels, but its dtype is {Y.dtype}.")
    if Y.size and (Y.min() < 0 or Y.max() >= rows.shape[-1]):
        raise ValueError(
            f"{name} must hold labels from 0 to {rows.shape[-1] - 1}, but they run from "
            f"{Y.min()} to {Y.max()}."
        )
    return Y.astype(np.intp), rows
