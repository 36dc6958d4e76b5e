"""Checks the parameters of `SoftmaxNetwork` and combines them into training settings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from ...networks.activations import ACTIVATIONS
from ...networks.initial import SCHEMES
from ...networks.trainer import Update
from ...protocol import F64
from ...solve import LBFGS, Adam, AdamW, GradientDescent, Momentum, Newton, RMSprop
from ...solve.schedules import rate_at
from .predictions import activation_of

__all__ = ["CONSTRAINTS", "Choices", "Rates", "choose", "update_for"]

_at_least_0 = Interval(Real, 0, None, closed="left")
_share = Interval(Real, 0, 1, closed="left")
_count = Interval(Integral, 1, None, closed="left")

_DETERMINISTIC = {"lbfgs": LBFGS(), "newton-cg": Newton("none", name="newton-cg")}
_NAMED: dict[str, Callable[[Any], Any]] = {
    "adam": lambda e: Adam(e.learning_rate_init, beta1=e.beta_1, beta2=e.beta_2, epsilon=e.epsilon),
    "adamw": lambda e: AdamW(
        e.learning_rate_init,
        beta1=e.beta_1,
        beta2=e.beta_2,
        epsilon=e.epsilon,
        weight_decay=e.alpha,
    ),
    "momentum": lambda e: Momentum(e.learning_rate_init, beta=e.momentum),
    "rmsprop": lambda e: RMSprop(e.learning_rate_init, epsilon=e.epsilon),
    "sgd": lambda e: Momentum(
        e.learning_rate_init, beta=e.momentum, form="sum", nesterov=e.nesterovs_momentum
    ),
}

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", _count],
    "activation": [StrOptions({*ACTIVATIONS, "logistic"})],
    "solver": [StrOptions({*_NAMED, *_DETERMINISTIC}), HasMethods("steps")],
    "alpha": [_at_least_0],
    "batch_size": [StrOptions({"auto"}), _count],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive", "cosine"}), callable],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [_at_least_0],
    "max_iter": [StrOptions({"auto"}), _count],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [_at_least_0],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [_share],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "beta_1": [_share],
    "beta_2": [_share],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [_count, Options(Real, {np.inf})],
    "max_fun": [_count],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "dropout": [_share],
    "clip": [Interval(Real, 0, None, closed="neither"), None],
    "init": [StrOptions(set(SCHEMES))],
    "center": ["boolean"],
    "n_jobs": [None, Integral],
    "checkpoint": [str, HasMethods("__fspath__"), None],
    "checkpoint_every": [_count],
    "resume": ["boolean"],
}

_BATCH = 128
_STEPS = 10_000  # max_iter="auto": so many steps, in
_EPOCHS = (20, 200)  # at least and at most so many epochs
_FULL_STEPS = 1000
_SMALLEST_RATE = 1e-6


@dataclass(frozen=True)
class Rates:
    """Learning rates of the steps, from the parameters of the estimator."""

    kind: Any
    """A name, or a function of the step."""
    initial: float
    power: float
    total: int
    """The number of steps of the whole training, for "cosine"."""
    divisions: int = 0
    """The number of times that "adaptive" has divided the rate by 5."""

    def of(self, first: int, count: int, seen: int) -> F64:
        """Return the rates of the steps first, first + 1, ..., after `seen` rows."""
        k = np.arange(first, first + count)
        if callable(self.kind):
            return np.array([rate_at(self.kind, int(i)) for i in k], dtype=np.float64)
        if self.kind == "cosine":
            t = np.minimum(k / max(self.total, 1), 1.0)
            return np.asarray(self.initial * 0.5 * (1.0 + np.cos(np.pi * t)), dtype=np.float64)
        rate = self.initial / 5.0**self.divisions
        if self.kind == "invscaling":
            rate /= (seen + 1.0) ** self.power
        return np.full(count, rate)

    @property
    def ends(self) -> bool:
        """Whether training ends when its loss falls no further; a cosine ends by itself."""
        return not isinstance(self.kind, str) or self.kind != "cosine"

    def slower(self) -> Rates | None:
        """Return "adaptive" rates a fifth as large, None where it is time to stop."""
        if self.kind != "adaptive" or self.initial / 5.0**self.divisions <= _SMALLEST_RATE:
            return None
        return replace(self, divisions=self.divisions + 1)


@dataclass(frozen=True)
class Choices:
    """The training settings for n rows."""

    hidden: tuple[int, ...]
    activation: str
    rule: Any
    """An update rule, None with a solver that takes all rows."""
    solver: Any
    """A solver that takes all rows, None with a rule."""
    batch_size: int
    epochs: int
    rates: Rates
    clip: float | None
    seed: int
    mean_batch: float
    """The average weight of a batch: alpha / mean_batch is the l2 of the objective."""
    alpha: float

    @property
    def l2(self) -> float:
        """The strength of the penalty l2 / 2 ||W||^2 beside the mean loss."""
        return self.alpha / self.mean_batch if self.alpha else 0.0


def choose(estimator: Any, n: int, total: float, forever: bool = False) -> Choices:
    """Return the training settings of a `SoftmaxNetwork` for n rows of total weight `total`.

    Args:
        estimator: has the parameters.
        n: rows to train on.
        total: the sum of their weights.
        forever: for `partial_fit`, which has no known end: "cosine" stays constant.

    Raises:
        ValueError, TypeError: a parameter does not fit the others.

    """
    hidden, seed = _hidden(estimator.hidden_layer_sizes), _seed(estimator.random_state)
    rule, solver, own = _solver(estimator.solver, estimator, bool(hidden))
    batch, epochs, clip = estimator.batch_size, estimator.max_iter, estimator.clip
    if own is not None:  # a `Stochastic` has its own
        batch, epochs, clip, seed = own.batch_size, own.epochs, own.clip, own.seed
    batch = n if rule is None else min(_BATCH if batch == "auto" else int(batch), n)
    steps = -(-n // batch)
    if epochs == "auto":
        low, high = _EPOCHS
        epochs = _FULL_STEPS if rule is None else min(max(-(-_STEPS // steps), low), high)
    kind, initial = estimator.learning_rate, float(estimator.learning_rate_init)
    if not isinstance(estimator.solver, str) and rule is not None:
        kind, initial = _of_rule(rule)
    if forever and kind == "cosine":
        kind = "constant"
    mean_batch, alpha = batch * total / n, float(estimator.alpha)
    if alpha and not mean_batch > alpha / sys.float_info.max:
        raise ValueError(
            f"alpha={alpha:g} over the weight of a batch, {mean_batch:g}, is beyond the range of "
            "numbers; give a smaller alpha, or larger weights."
        )
    return Choices(
        hidden=hidden,
        activation=activation_of(estimator.activation),
        rule=rule,
        solver=solver,
        batch_size=batch,
        epochs=int(epochs),
        rates=Rates(kind, initial, float(estimator.power_t), steps * int(epochs)),
        clip=clip,
        seed=seed,
        mean_batch=mean_batch,
        alpha=0.0 if estimator.solver == "adamw" else alpha,
    )


def update_for(rule: Any) -> Update | None:
    """Return the kernels' name of a rule of softlearn's; None for any other rule."""
    makers: dict[type, Callable[[Any], Update]] = {
        GradientDescent: lambda r: Update("descent"),
        Momentum: lambda r: Update(
            "momentum", beta=r.beta, average=r.form == "average", nesterov=r.nesterov
        ),
        RMSprop: lambda r: Update("rmsprop", beta2=r.beta, epsilon=r.epsilon),
        Adam: lambda r: Update("adam", beta=r.beta1, beta2=r.beta2, epsilon=r.epsilon),
        AdamW: lambda r: Update(
            "adam", beta=r.beta1, beta2=r.beta2, epsilon=r.epsilon, decay=r.weight_decay
        ),
    }
    maker = makers.get(type(rule))
    return None if maker is None else maker(rule)


def _solver(solver: Any, estimator: Any, curved: bool) -> tuple[Any, Any, Any]:
    """Return (rule, solver of all rows, the `Stochastic` it came in); some are None."""
    if isinstance(solver, type):
        raise TypeError(
            f"solver must be a name or an object, such as {solver.__name__}(), but is the class "
            f"{solver.__name__}."
        )
    if isinstance(solver, str):
        if solver in _DETERMINISTIC:
            return None, solver if not curved else _DETERMINISTIC[solver], None
        return _NAMED[solver](estimator), None, None
    if hasattr(solver, "rule"):
        return solver.rule, None, solver
    if hasattr(solver, "update") and getattr(solver, "learning_rate", 0.0) is not None:
        return solver, None, None
    return None, solver, None


def _of_rule(rule: Any) -> tuple[Any, float]:
    """Return the schedule of a rule's own learning rate, and its first value."""
    rate = getattr(rule, "learning_rate", np.nan)
    return (rate, float(rate(0))) if callable(rate) else ("constant", float(rate))


def _hidden(sizes: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer; a number is one layer."""
    sizes = tuple(sizes) if isinstance(sizes, Iterable) else (sizes,)
    if not all(isinstance(n, Integral) and int(n) >= 1 for n in sizes):
        raise ValueError(
            f"hidden_layer_sizes must be whole numbers of at least 1, but it is {sizes}."
        )
    return tuple(int(n) for n in sizes)


def _seed(random_state: Any) -> int:
    """Return an integer seed; a RandomState, or NumPy's own for None, is advanced by one draw."""
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
