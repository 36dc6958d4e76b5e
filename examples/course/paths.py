"""The four optimizers of the chapter with the same learning rate, and the paths they take."""

from itertools import islice

import numpy as np
from picture import new

from softlearn.plots import CostSurfaceDisplay, TrainingCurveDisplay
from softlearn.solve import Adam, GradientDescent, Momentum, RMSprop

RATE = 0.05
RULES = {
    "gradient descent": GradientDescent(RATE),
    "momentum": Momentum(RATE),
    "RMSprop": RMSprop(RATE),
    "Adam": Adam(RATE),
}


def path(J, rule, start, arrived, most=50_000):
    """Return w (steps + 1, 2) of a rule from its start until `arrived(w)`."""
    steps = [np.asarray(start, dtype=float)]
    for step in islice(rule.steps(J, steps[0], 0.0), 1, most):
        steps.append(step.point.w)
        if arrived(step.point.w):
            break
    return np.array(steps)


def crossings(J, start, arrived):
    """Return {rule: path}."""
    return {name: path(J, rule, start, arrived) for name, rule in RULES.items()}


def draw_crossings(J, paths, x_range, y_range, formula):
    """Return the figure, surface above and cost by step below, and what it shows."""
    marks = [k for k in J.known if k.kind in ("minimum", "saddle", "plateau")]
    named = {f"{name}, {len(w) - 1:,} steps": w for name, w in paths.items()}
    figure = new(8.6)
    above, below = figure.subplots(2, 1, height_ratios=(3, 2))
    surface = CostSurfaceDisplay.from_function(
        J, x_range, y_range, trajectories=named, marks=marks, resolution=101, ax=above
    )
    above.set(title=formula, xlabel="$w_1$", ylabel="$w_2$")
    costs = {name: [J(v) for v in w[1:]] for name, w in named.items()}
    TrainingCurveDisplay.from_arrays(costs, ax=below, legend=False)
    below.set(xscale="log", ylabel="$J$")
    surface.trajectories = paths  # whose description counts the steps itself
    return figure, surface.describe()
