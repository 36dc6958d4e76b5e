"""What all displays have in common."""

import json
import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_iris

import softlearn.plots as plots
from softlearn import SoftmaxNetwork, SoftmaxRegression
from softlearn.inference import mnlogit

X, Y = load_iris(return_X_y=True)
MODEL = SoftmaxRegression().fit(X, Y)

LOGIT = mnlogit(X[50:, :2], Y[50:])

DISPLAYS = {
    "CoefficientDisplay": lambda D: D.from_results(LOGIT),
    "CostSurfaceDisplay": lambda D: D.from_estimator(MODEL, X, Y, resolution=7),
    "DecisionRegionDisplay": lambda D: D.from_estimator(MODEL, X, Y, resolution=20),
    "EffectDisplay": lambda D: D.from_results(LOGIT, "x0"),
    "NetworkDisplay": lambda D: D.from_estimator(MODEL),
    "ReliabilityDisplay": lambda D: D.from_estimator(MODEL, X, Y),
    "RiskCoverageDisplay": lambda D: D.from_estimator(MODEL, X, Y),
    "SoftmaxStepsDisplay": lambda D: D.from_estimator(MODEL, X[0]),
    "SpectrumDisplay": lambda D: D.from_eigenvalues([1.0, 2.0]),
    "TrainingCurveDisplay": lambda D: D.from_estimator(MODEL),
    "WeightsDisplay": lambda D: D.from_estimator(MODEL),
}

each = pytest.mark.parametrize("name", DISPLAYS)


def made(name):
    return DISPLAYS[name](getattr(plots, name))


def test_these_are_all_the_displays() -> None:
    assert list(DISPLAYS) == plots.__all__ == dir(plots)
    with pytest.raises(AttributeError, match=r"'softlearn.plots' has no attribute 'Pie'"):
        _ = plots.Pie


@each
def test_plot_draws_returns_the_display_and_shows_nothing(name, monkeypatch) -> None:
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("shown"))
    display = made(name)
    assert display.plot() is display
    assert display.ax_ in display.figure_.axes
    display.figure_.canvas.draw()  # any warning on the way is an error


@each
def test_plot_changes_no_setting_and_leaves_other_figures_alone(name) -> None:
    before = dict(mpl.rcParams)
    other = plt.figure()
    made(name).plot()
    assert dict(mpl.rcParams) == before
    assert other.axes == []


@each
def test_plot_draws_on_the_axes_it_is_given(name) -> None:
    for place in (
        Figure().add_subplot(),
        Figure(layout="constrained").add_gridspec(1, 2).figure.add_subplot(1, 2, 1),
        Figure().add_axes((0.1, 0.1, 0.5, 0.5)),
    ):
        display = made(name).plot(place)
        assert (display.ax_, display.figure_) == (place, place.figure)
        place.figure.canvas.draw()
    assert plt.get_fignums() == []


@each
def test_a_picture_is_described_in_a_few_sentences_with_numbers(name) -> None:
    text = made(name).describe()
    assert text.endswith(".")
    assert 40 < len(text) < 700
    assert any(c.isdigit() for c in text)


@each
def test_a_display_says_what_is_missing_without_matplotlib(name, monkeypatch) -> None:
    display = made(name)  # computing needs no matplotlib
    for module in ("matplotlib", "matplotlib.pyplot", "contourpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"not installed: pip install softlearn\[plot\]\."):
        display.plot()


def test_matplotlib_is_loaded_when_something_is_drawn_and_not_before() -> None:
    code = (
        "import sys, json\n"
        "from softlearn.plots import *\n"
        "d = TrainingCurveDisplay.from_arrays(a=[1.0, 0.5])\n"
        "before = 'matplotlib' in sys.modules\n"
        "d.plot()\n"
        "print(json.dumps([before, 'matplotlib' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, True]


def test_a_softmax_network_is_drawn_by_all_that_fit_it() -> None:
    net = SoftmaxNetwork((6,), max_iter=150, random_state=0, early_stopping=True).fit(X, Y)
    curves = plots.TrainingCurveDisplay.from_estimator(net).plot()
    line = curves.lines_["SoftmaxNetwork", "cost"]
    np.testing.assert_array_equal(line.get_ydata(), net.history_["loss"])
    assert ("SoftmaxNetwork", "validation cost") in curves.lines_
    assert plots.NetworkDisplay.from_estimator(net).sizes == (4, 6, 3)
    regions = plots.DecisionRegionDisplay.from_estimator(net, X, Y, plane=(2, 3), resolution=10)
    assert regions.plot().soft
    assert plots.SoftmaxStepsDisplay.from_estimator(net, X[0]).a.sum() == pytest.approx(1.0)
