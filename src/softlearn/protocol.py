"""The protocol between what is minimised (`Objective`) and how (`Solver`); it needs NumPy alone."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .vector_space import VectorSpace

__all__ = [
    "F64",
    "Direction",
    "LinearMap",
    "Line",
    "Objective",
    "Point",
    "Preconditioner",
    "Result",
    "Solver",
    "Status",
    "Step",
    "TraceRecord",
    "length",
]

F64 = NDArray[np.float64]
_SQUARES = 1e-140, 1e140  # lengths whose squares neither overflow nor underflow


def length(v: F64) -> float:
    """Return the Euclidean length of v, also where squares of its entries overflow or underflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        plain = math.sqrt(v.dot(v))
        if _SQUARES[0] < plain < _SQUARES[1] or not len(v):
            return plain
        largest = float(np.abs(v).max())
        return largest * float(np.linalg.norm(v / largest)) if 0.0 < largest < np.inf else largest


LinearMap = Callable[[F64], F64]
"""v -> A v."""


@dataclass(frozen=True)
class Preconditioner:
    """An approximate inverse of the Hessian, and what making it cost."""

    solve: LinearMap
    """r -> M^-1 r, symmetric and positive definite, M close to the Hessian."""
    passes: float
    """The cost of making it, in passes over the data; it decides how long to keep it."""

    def __call__(self, r: F64) -> F64:
        """Return M^-1 r."""
        return self.solve(r)


class Status(enum.Enum):
    """How a minimisation ended; the value is the sentence a user reads."""

    CONVERGED = "Converged: the objective is proven to be within the tolerance of its minimum."
    STATIONARY = (
        "Stopped at a point where the gradient is within the tolerance; this objective offers no "
        "bound on the distance from its minimum."
    )
    STOPPED_BY_USER = "Stopped by the user: this is what was reached so far."
    LIMIT_REACHED = "Stopped at the limit of steps given: the tolerance was not reached."
    ROUNDING = (
        "Stopped where float64 arithmetic can lower the objective no further; rounding keeps the "
        "proven bound above the tolerance."
    )
    NO_FINITE_OPTIMUM = (
        "There is no finite optimum: the classes can be separated, or one has no weight, so some "
        "weights or intercepts grow without bound."
    )
    ONLINE = (
        "Updated batch by batch: close to the fit on all rows together, which alone would be "
        "proven."
    )
    STUCK = (
        "Stopped where no step lowers the objective further; the gradient is not within the "
        "tolerance."
    )
    UNBOUNDED = "The objective falls without end: it has no minimum."
    NOT_FINITE = "Stopped because the objective is not finite (NaN or infinity)."
    TRAINED = (
        "Trained for the epochs that were asked for; how far a network is from the best one is not "
        "known."
    )
    STOPPED_EARLY = "Stopped early: the log-loss on the validation rows fell no further."
    STALLED = "Stopped because the training loss fell no further."

    def __str__(self) -> str:
        return self.value

    @property
    def ok(self) -> bool:
        """Whether the point found is proven to be within the tolerance of the minimum."""
        return self is Status.CONVERGED

    @property
    def settled(self) -> bool:
        """Whether the solver went as far as it can, with a proof or without."""
        return self in (Status.CONVERGED, Status.STATIONARY, Status.ROUNDING)


class Direction(NamedTuple):
    """A solution of Newton's equations (H + damping G) v = -grad by a direct method."""

    v: F64
    r: F64
    """The residual grad + (H + damping G) v."""
    decrement: float
    """-<grad, v>/2: the gain that the quadratic model predicts."""
    remaining: float
    """r' M^-1 r / 2, M the matrix as it was factorised: an estimate of the remaining gain."""
    logits: Any = None
    """Data of v that the objective has computed already, for `Point.along` and `Point.bound`."""


class Line(Protocol):
    """The objective along a direction d from a point w: t -> J(w + t d)."""

    def __call__(self, t: float) -> tuple[float, float]:
        """Return the value and the slope at t."""
        ...

    def point(self, t: float) -> Point:
        """Return the point w + t d."""
        ...


class Point(Protocol):
    """J at one w.  Fields are computed on first access; nothing is changed later."""

    @property
    def w(self) -> F64:
        """The parameters, one flat vector."""
        ...

    @property
    def value(self) -> float:
        """J(w)."""
        ...

    @property
    def grad(self) -> F64:
        """The gradient of J at w."""
        ...

    def hvp(self, v: F64, damping: float = 0.0, rtol: float = 0.0) -> F64:
        """Return (H + damping G) v, H the Hessian at w and G a positive semidefinite metric.

        For a softmax objective G measures the squared change of the logits; for a plain function
        it is the identity.  With `rtol` a relative error of that size is allowed, as a rule; it may
        be larger where features' means are far larger than their spreads.
        """
        ...

    def along(self, d: F64 | Direction) -> Line:
        """Return the line through w in direction d."""
        ...

    def preconditioner(self, kind: str, seed: int, damping: float = 0.0) -> Preconditioner | None:
        """Return a cheap approximate inverse of H + damping G, or None if there is none."""
        ...

    def direction(self, damping: float = 0.0) -> Direction | None:
        """Solve Newton's equations by a direct method where that is cheap; None where it is not."""
        ...

    def bound(self, v: F64 | Direction | None = None, r: F64 | None = None) -> float:
        """Return a proven lower bound on the minimum of J (-inf where none can be given).

        v, if given, is a Newton direction or any other guess of (minimiser - w), and r is
        grad + H v where it is known.  The more accurate they are, the tighter the bound and the
        less work it takes; the bound holds whatever they are.
        """
        ...

    def gap_along(self, v: F64, r: F64) -> float:
        """Estimate J(w) - bound(v) cheaply from r = grad + H v (inf if there is no bound)."""
        ...


class Objective(Protocol):
    """A function to minimise."""

    @property
    def size(self) -> int:
        """The number of parameters."""
        ...

    @property
    def floor(self) -> float:
        """A value that J is known never to go below; -inf if none is known."""
        ...

    @property
    def has_bound(self) -> bool:
        """Whether points may prove a lower bound; if not, the gradient decides when to stop."""
        ...

    @property
    def resolution(self) -> float:
        """A value of J of at most this is zero to rounding, and no gap is claimed for it.

        0 where J has no bound.
        """
        ...

    @property
    def low_precision(self) -> float:
        """The relative error of `Point.hvp` if one is allowed (`rtol`); 0 where it is not faster.

        Solvers compare some products with exact ones, and give them up beyond this error.
        """
        ...

    @property
    def doubt(self) -> str:
        """Why no bound can be proven for this J, in a sentence; '' if one may be."""
        ...

    @property
    def passes(self) -> float:
        """How many times the data have been read so far."""
        ...

    @property
    def vectors(self) -> VectorSpace:
        """The operations on vectors of parameters."""
        ...

    def at(self, w: F64) -> Point:
        """Return J at w."""
        ...

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Objective]:
        """Yield the objective over random batches of examples, one epoch of them."""
        ...

    def diagnose(self, point: Point, d: F64) -> str:
        """Say why J has no minimum along d, in one sentence; '' if it may have one."""
        ...


@dataclass(slots=True)  # not frozen: that takes three times as long, and each step makes one
class Step:
    """One step of a solver: where it is now, and the best lower bound it has proven (or -inf)."""

    point: Point
    lower: float = -np.inf
    decrement: float = np.inf
    """Newton's estimate of J(w) - min J, where the solver has one."""
    note: str = ""
    stuck: bool = False
    """The solver can lower the objective no further in float64."""
    unbounded: str = ""
    """Why J has no minimum, once the solver has seen it."""
    searching: bool = False
    """True if the solver must continue even with a short gradient: w is, or may be, at a saddle."""
    dual: Any = None
    """What proves the bound, where more than the bound follows from it."""
    course: Mapping[str, Any] | None = None
    """Numbers and arrays that the solver needs, beside w, to go on from here to the same bits."""


class TraceRecord(NamedTuple):
    """What was known after a step: seconds, passes over the data, J(w), the relative gap."""

    time: float
    passes: float
    objective: float
    gap: float


class Solver(Protocol):
    """A frozen record of choices that yields steps.

    `tol` is the relative gap that is wanted: a solver may use it to know how accurately to work,
    but `minimize` decides when to stop.
    """

    @property
    def name(self) -> str:
        """The name by which users choose it."""
        ...

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        ...


@dataclass(frozen=True)
class Result:
    """Where a minimisation ended, and what is proven about it."""

    w: F64
    value: float
    lower: float
    gap: float
    """(value - lower) / |value|: the proven relative distance from the minimum; inf if unknown."""
    status: Status
    detail: str
    gradient_norm: float
    n_steps: int
    trace: list[TraceRecord] = field(default_factory=list)
    dual: Any = None
    """What proves the bound, where more than the bound follows from it."""
