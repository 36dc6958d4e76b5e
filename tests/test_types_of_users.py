"""What type checkers know in a user's script: mypy and Pyright read this file (dev.py check),
and the test runs it."""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from softlearn import (
    RegularizationPath,
    SoftmaxNetwork,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    Status,
    load,
    minimize,
    regularization_path,
    save,
)
from softlearn.landscape import Verdict
from softlearn.plots import DecisionRegionDisplay

y = np.arange(60) % 3
X = np.random.default_rng(0).normal(size=(60, 2)) + y[:, None]


def test_a_fit_and_what_it_says_are_typed(tmp_path: Path) -> None:
    model = SoftmaxRegression(C=2.0).fit(X, y)
    assert_type(model, SoftmaxRegression)
    assert_type(model.set_params(C=1.0), SoftmaxRegression)
    assert_type(model.get_params(), dict[str, Any])
    assert_type(model.predict(X), NDArray[Any])
    assert_type(model.predict_proba(X), NDArray[Any])
    assert_type(model.coef_, NDArray[np.float64])
    assert_type(model.intercept_, NDArray[np.float64])
    assert_type(model.gap_, float)
    assert_type(model.objective_, float)
    assert_type(model.status_, Status)
    assert_type(model.score(X, y), float)
    save(model, tmp_path / "model.softlearn")
    again = load(tmp_path / "model.softlearn", SoftmaxRegression)
    assert_type(again, SoftmaxRegression)
    assert again.gap_ == model.gap_


def test_the_other_estimators_are_typed() -> None:
    network = SoftmaxNetwork((4,), random_state=0).fit(X, y)
    assert_type(network, SoftmaxNetwork)
    assert_type(network.predict(X), NDArray[Any])
    assert_type(network.loss_curve_, list[float])
    assert_type(network.status_, Status)
    assert_type(SoftmaxRegressionCV(Cs=2, cv=3), SoftmaxRegressionCV)
    path = regularization_path(X, y, Cs=[0.1, 1.0])
    assert_type(path, RegularizationPath)
    assert_type(path.gaps, NDArray[np.float64])


def test_what_minimize_finds_is_typed() -> None:
    def J(w: float) -> float:
        return w**2 - 10 * w + 25

    found = minimize(J, w0=0.0)
    assert_type(found.value, float)
    assert_type(found.verdict, Verdict | None)
    assert_type(found.status, Status)


def test_displays_are_typed() -> None:
    model = SoftmaxRegression().fit(X, y)
    display = DecisionRegionDisplay.from_estimator(model, X, y, resolution=20)
    assert_type(display, DecisionRegionDisplay)
    assert_type(display.plot(), DecisionRegionDisplay)
