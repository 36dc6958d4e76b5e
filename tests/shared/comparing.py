"""Two objectives compared: all that may be asked of a point."""

import numpy as np
from numpy.typing import NDArray

from softlearn.objective import SoftmaxObjective

F64 = NDArray[np.float64]


def at_random(J: SoftmaxObjective, seed: int = 0, scale: float = 0.5) -> tuple[F64, F64]:
    """Return a point and a direction."""
    rng = np.random.default_rng(seed)
    w, v = scale * rng.normal(size=(2, J.size))
    return w, v


def everything(J: SoftmaxObjective, w: F64, v: F64) -> list[F64 | float]:
    """Return value, gradient, Hessian products, a line and a bound."""
    point = J.at(w)
    line = point.along(v)
    return [
        *(
            point.value,
            point.grad,
            point.hvp(v),
            point.hvp(v, 0.3),
            *line(0.7),
            line.point(0.7).grad,
        ),
        J.at(w).hvp(v),  # asked first for the product
        point.bound(-0.01 * point.grad),
    ]


def assert_same(J: SoftmaxObjective, other: SoftmaxObjective, rtol: float = 1e-12) -> None:
    w, v = at_random(J)
    for a, b in zip(everything(J, w, v), everything(other, w, v), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
