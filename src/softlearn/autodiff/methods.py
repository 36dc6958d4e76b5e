"""Methods by name, the same for Python and the command line."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from numbers import Real
from typing import Any

from .._internal.format import quoted
from ..protocol import Solver
from ..solve import (
    LBFGS,
    Adam,
    GradientDescent,
    Momentum,
    Newton,
    PerturbedGradientDescent,
    RMSprop,
    SaddleFreeNewton,
)

__all__ = ["NAMES", "solver_named"]

_RATED: dict[str, Callable[..., Solver]] = {
    "adam": Adam,
    "gradient-descent": GradientDescent,
    "momentum": Momentum,
    "perturbed-gradient-descent": PerturbedGradientDescent,
    "rmsprop": RMSprop,
}
_OTHERS: dict[str, Callable[..., Solver]] = {
    "lbfgs": LBFGS,
    "newton-cg": Newton,
    "saddle-free-newton": SaddleFreeNewton,
}
NAMES = ("auto", *sorted([*_RATED, *_OTHERS]))
"""All names of methods."""


def solver_named(name: str, rate: Any = None, called: str = "learning_rate") -> Solver | None:
    """Return the solver or update rule of that name; None for "auto".

    Args:
        rate: a number above 0, or a schedule; None for the method's own.
        called: what the user calls the rate.

    """
    if name not in NAMES:
        close = difflib.get_close_matches(name.replace("_", "-").lower(), NAMES, 1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ValueError(
            f"method must be a solver or an update rule, such as LBFGS() or Adam(0.01), or one of "
            f"{', '.join(map(repr, NAMES))}, but it is {name!r}{hint}."
        )
    if rate is None:
        return None if name == "auto" else {**_RATED, **_OTHERS}[name]()
    if name not in _RATED:
        raise ValueError(f"{name} takes no {called}; those that do are {', '.join(_RATED)}.")
    if not callable(rate) and not (isinstance(rate, Real) and 0.0 < float(rate) < math.inf):
        raise ValueError(f"{called} must be a number above 0, but it is {quoted(rate)}.")
    return _RATED[name](rate)
