"""Cost curves: learning rates too small and too large, and a network that learns by heart."""

from picture import new, save
from points import SIX

from softlearn import SoftmaxNetwork
from softlearn.plots import TrainingCurveDisplay
from softlearn.plots.palette import INK
from softlearn.solve import GradientDescent, Stochastic

RATES = (0.03, 0.3, 3.0, 10.0)
STEPS = 100
EPOCHS = 150


def costs():
    """Return {rate: cost before each step} of gradient descent, and the proven minimum."""
    X, y = SIX["C = 6, clouds"]
    found = {}
    for rate in RATES:
        solver = Stochastic(GradientDescent(rate), batch_size=len(y), epochs=STEPS)
        net = SoftmaxNetwork((), solver=solver, n_iter_no_change=STEPS, random_state=0)
        found[rate] = net.fit(X, y).loss_curve_
    best = SoftmaxNetwork((), solver="newton-cg", tol=1e-6).fit(X, y)
    assert best.gap_ <= 1e-6
    return found, best.loss_


def network():
    """Return a network that was trained on half of the points, and watched on the others."""
    X, y = SIX["C = 3, clouds"]
    rate = {"learning_rate": "constant", "learning_rate_init": 0.02}
    net = SoftmaxNetwork((64,), max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=0, **rate)
    return net.fit(X[::2], y[::2], validation_data=(X[1::2], y[1::2]))


def draw():
    """Return the figure and what it shows."""
    found, minimum = costs()
    figure = new(7.0)
    above, below = figure.subplots(2, 1)
    named = {f"rate {r:g}": costs for r, costs in found.items()}
    rates = TrainingCurveDisplay.from_arrays(named, ax=above)
    above.axhline(minimum, color=INK, linewidth=1, label=f"proven minimum {minimum:.3f}")
    above.legend()
    above.set_title("gradient descent on all rows", loc="left", fontsize=10.5)
    watched = TrainingCurveDisplay.from_estimator(network(), name="network", ax=below)
    below.set_title(
        "64 hidden units; 60 points to learn from, 60 to watch", loc="left", fontsize=10.5
    )
    return figure, (
        f"{rates.describe()} The proven minimum is {minimum:.3f}. Below: {watched.describe()}"
    )


if __name__ == "__main__":
    save(__file__, *draw())
