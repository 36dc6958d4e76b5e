"""Reports during training that it has stalled, and at what: a saddle, a valley or a minimum."""

from __future__ import annotations

from collections import deque

import numpy as np

from ..protocol import F64, Objective, Step
from .curvature import Curvature, curvature_at

__all__ = ["PlateauWatch"]

_PRODUCTS = 20  # with the Hessian, in one look
_FEWEST = 5  # fewer show too little


class PlateauWatch:
    """Watches a training run, and uses the Hessian only when the cost falls no further.

        watch = PlateauWatch(J)
        for step in solver.steps(J, w0, tol):
            if text := watch.see(step):
                print(text)

    Progress has stalled when the mean costs of the two halves of a window of steps differ by no
    more than `stall` times the cost (at the start, if that was larger).
    Then, and each time the stall has become twice as long, it computes extreme curvatures, if the
    budget allows: together these cost at most `share` of the steps made, where a product with the
    Hessian counts as two gradients.

    Args:
        J: the objective that is minimised; on some of the rows, where all are many.
        window: the number of steps that are compared.
        stall: a relative change at most this small is a stall.
        share: the share of the work of training that curvatures may add.
        steps_per_pass: steps that read as many rows as J has; 1 if each step takes them all.
        unit: what a step is called.
        remedy: what would leave a saddle.

    Raises:
        ValueError: a number is out of its range.

    """

    def __init__(
        self,
        J: Objective,
        *,
        window: int = 50,
        stall: float = 1e-3,
        share: float = 0.02,
        steps_per_pass: float = 1.0,
        unit: str = "step",
        remedy: str = "Adam or a perturbation would leave it",
    ) -> None:
        if window < 2:
            raise ValueError(f"window must be at least 2, but it is {window}.")
        for name, value in (("stall", stall), ("share", share), ("steps_per_pass", steps_per_pass)):
            if not value > 0.0:
                raise ValueError(f"{name} must be above 0, but it is {value}.")
        self.J, self.window, self.stall, self.share = J, window, stall, share
        self.steps_per_pass, self.unit, self.remedy = steps_per_pass, unit, remedy
        self.k = -1
        """The steps made so far."""
        self.spent = 0.0
        """The work for all curvatures, in steps."""
        self.since: int | None = None
        """The step at which the stall began; None while there is progress."""
        self.curvature: Curvature | None = None
        """The last curvatures."""
        self._costs: deque[float] = deque(maxlen=window)
        self._cost = 0.0  # at the start
        self._first: F64 | float = 0.0  # the length of the gradient there, or the place
        self._next = 0  # step of the next look
        self._reported = False

    def see(self, step: Step) -> str:
        """Take a step of a solver; return a sentence if there is something to say, else ""."""
        point = step.point
        return self.take(point.value, point.w, float(np.linalg.norm(point.grad)))

    def take(self, cost: float, w: F64, gradient_norm: float | None = None) -> str:
        """Take a step of any loop; return a sentence if there is something to say, else "".

        Args:
            cost: J, or that of a mini-batch.
            w: (size,), the parameters, at which curvatures are computed if needed.
            gradient_norm: the length of the gradient; if it is not known, that of J is computed
                at the start and wherever curvatures are computed.

        """
        self.k += 1
        if self.k == 0:
            self._cost = abs(cost)
            self._first = np.array(w) if gradient_norm is None else gradient_norm
        self._costs.append(cost)
        if len(self._costs) < self.window or not np.isfinite(cost):
            return ""
        if not self._stalled(cost):
            return self._going_on()
        if self.since is None:
            self.since = self._next = self.k + 1 - self.window
        return self._look(cost, w, gradient_norm) if self.k >= self._next else ""

    def _stalled(self, cost: float) -> bool:
        costs, half = list(self._costs), self.window // 2
        change = abs(sum(costs[:half]) - sum(costs[-half:])) / half
        return change <= self.stall * max(abs(cost), self._cost)

    def _going_on(self) -> str:
        since, reported = self.since, self._reported
        self.since, self._reported = None, False
        return (
            f"The stall that began at {self.unit} {since:,} ended by {self.unit} {self.k:,}."
            if reported
            else ""
        )

    def _look(self, cost: float, w: F64, gradient_norm: float | None) -> str:
        """Compute curvatures if the budget allows; return a sentence on them."""
        assert self.since is not None
        passes = (self.share * self.k - self.spent) / self.steps_per_pass
        known = isinstance(self._first, float)
        products = min(_PRODUCTS, self.J.size, int((passes - 2.0 - (not known)) / 2.0))
        if products < min(_FEWEST, self.J.size):
            return ""
        self._next = self.k + (self.k - self.since)
        point = self.J.at(w)
        c = self.curvature = curvature_at(self.J, point, max_products=products, whole=0)
        self.spent += self.steps_per_pass * (2.0 * c.products + 2.0 + (not known))
        self._reported = True
        if not isinstance(self._first, float):
            self._first = float(np.linalg.norm(self.J.at(self._first).grad))
        first = self._first
        if gradient_norm is None:
            gradient_norm = float(np.linalg.norm(point.grad))
        share = gradient_norm / first if first > 0.0 else 1.0
        return (
            f"Plateau since {self.unit} {self.since:,}: gradient {share:.1g} of its start, "
            f"{self._what(cost, gradient_norm, c)}."
        )

    def _what(self, cost: float, gradient_norm: float, c: Curvature) -> str:
        if not len(c.values):
            return "no direction changes J"
        low = c.values[0]
        text = f"smallest curvature {low:.1g}"
        if c.down:
            return f"{text} (as at a saddle): {self.remedy}"
        if low <= c.errors[0]:
            return f"{text} (zero within its error {c.errors[0]:.1g}): Adam may leave it"
        gain = gradient_norm**2 / (2.0 * float(low))
        if gain <= self.stall * max(abs(cost), self._cost):
            return f"{text} (as at a minimum): about {gain:.1g} is left to gain"
        return (
            f"{text}, largest {c.values[-1]:.1g} (a long valley): momentum, Adam or L-BFGS would "
            f"be faster"
        )
