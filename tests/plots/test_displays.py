"""What all displays have in common."""

import inspect
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
    "CoefficientDisplay": lambda D, **how: D.from_results(LOGIT, **how),
    "CostSurfaceDisplay": lambda D, **how: D.from_estimator(MODEL, X, Y, resolution=7, **how),
    "DecisionRegionDisplay": lambda D, **how: D.from_estimator(MODEL, X, Y, resolution=20, **how),
    "EffectDisplay": lambda D, **how: D.from_results(LOGIT, "x0", **how),
    "NetworkDisplay": lambda D, **how: D.from_estimator(MODEL, **how),
    "PathDisplay": lambda D, **how: D.from_estimator(MODEL, X, Y, [0.01, 1.0], **how),
    "ReliabilityDisplay": lambda D, **how: D.from_estimator(MODEL, X, Y, **how),
    "RiskCoverageDisplay": lambda D, **how: D.from_estimator(MODEL, X, Y, **how),
    "SoftmaxStepsDisplay": lambda D, **how: D.from_estimator(MODEL, X[0], **how),
    "SpectrumDisplay": lambda D, **how: D.from_eigenvalues([1.0, 2.0], **how),
    "TrainingCurveDisplay": lambda D, **how: D.from_estimator(MODEL, **how),
    "WeightsDisplay": lambda D, **how: D.from_estimator(MODEL, **how),
}
"""{name: what makes one, given the class and how it is drawn}"""

each = pytest.mark.parametrize("name", DISPLAYS)


def made(name, **how):
    return DISPLAYS[name](getattr(plots, name), **how)


MAKERS = [
    f"{name}.{maker}"
    for name in plots.__all__
    for maker in dir(getattr(plots, name))
    if maker.startswith("from_")
]


@each
def test_a_display_draws_at_once_and_shows_nothing(name, monkeypatch) -> None:
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("shown"))
    display = made(name)
    assert display.ax_ in display.figure_.axes
    assert len(plt.get_fignums()) == 1
    display.figure_.canvas.draw()  # any warning on the way is an error


@each
def test_plot_draws_again_elsewhere_and_returns_the_display(name) -> None:
    display = made(name)
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first


@each
def test_drawing_changes_no_setting_and_leaves_other_figures_alone(name) -> None:
    before = dict(mpl.rcParams)
    other = plt.figure()
    made(name)
    assert dict(mpl.rcParams) == before
    assert other.axes == []


@each
def test_a_display_is_drawn_on_the_axes_it_is_given(name) -> None:
    for place in (
        Figure().add_subplot(),
        Figure(layout="constrained").add_gridspec(1, 2).figure.add_subplot(1, 2, 1),
        Figure().add_axes((0.1, 0.1, 0.5, 0.5)),
        Figure().subfigures(1, 2)[0].add_subplot(),
    ):
        display = made(name, ax=place)
        assert (display.ax_, display.figure_) == (place, place.figure)
        place.figure.canvas.draw()
    assert plt.get_fignums() == []


@each
def test_without_axes_nothing_is_drawn_and_nothing_may_be_said_of_drawing(name) -> None:
    display = made(name, ax=False)
    assert plt.get_fignums() == []
    assert not hasattr(display, "figure_")
    with pytest.raises(ValueError, match="ax=False draws nothing, but zorder are for drawing"):
        made(name, ax=False, zorder=3)


@pytest.mark.parametrize("maker", MAKERS)
def test_all_that_make_a_display_take_axes_and_what_plot_takes(maker) -> None:
    name, _, method = maker.partition(".")
    parameters = inspect.signature(getattr(getattr(plots, name), method)).parameters
    assert parameters["ax"].default is None
    assert parameters["kwargs"].kind is inspect.Parameter.VAR_KEYWORD


@each
def test_a_notebook_shows_a_display_unless_pyplot_does(name) -> None:
    display = made(name)
    assert display._repr_png_().startswith(b"\x89PNG")
    with plt.ion():
        assert display._repr_png_() is None
        plt.close(display.figure_)
        assert display._repr_png_().startswith(b"\x89PNG")
    assert made(name, ax=False)._repr_png_() is None


@each
def test_a_display_prints_on_a_few_lines(name) -> None:
    assert len(repr(made(name, ax=False))) < 1000


@each
def test_a_picture_is_described_in_a_few_sentences_with_numbers(name) -> None:
    text = made(name, ax=False).describe()
    assert text.endswith(".")
    assert 40 < len(text) < 700
    assert any(c.isdigit() for c in text)


@each
def test_a_display_says_what_is_missing_without_matplotlib(name, monkeypatch) -> None:
    display = made(name, ax=False)  # computing needs no matplotlib
    for module in ("matplotlib", "matplotlib.pyplot", "contourpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"not installed: pip install softlearn\[plot\]\."):
        display.plot()


def test_matplotlib_is_loaded_when_something_is_drawn_and_not_before() -> None:
    code = (
        "import sys, json\n"
        "from softlearn.plots import *\n"
        "d = TrainingCurveDisplay.from_arrays({'a': [1.0, 0.5]}, ax=False)\n"
        "before = 'matplotlib' in sys.modules\n"
        "d.plot()\n"
        "print(json.dumps([before, 'matplotlib' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, True]


def test_a_softmax_network_is_drawn_by_all_that_fit_it() -> None:
    net = SoftmaxNetwork((6,), max_iter=150, random_state=0, early_stopping=True).fit(X, Y)
    curves = plots.TrainingCurveDisplay.from_estimator(net)
    line = curves.lines_["SoftmaxNetwork", "cost"]
    np.testing.assert_array_equal(line.get_ydata(), net.history_["loss"])
    assert ("SoftmaxNetwork", "validation cost") in curves.lines_
    assert plots.NetworkDisplay.from_estimator(net).sizes == (4, 6, 3)
    regions = plots.DecisionRegionDisplay.from_estimator(net, X, Y, plane=(2, 3), resolution=10)
    assert regions.soft
    assert plots.SoftmaxStepsDisplay.from_estimator(net, X[0]).a.sum() == pytest.approx(1.0)
