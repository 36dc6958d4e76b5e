"""Fits tell of their progress to `logging.getLogger("softlearn")`, if the user asks."""

import logging
import re

import numpy as np
import pytest
from sklearn.datasets import load_iris

from softlearn import (
    SoftmaxNetwork,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    minimize,
    regularization_path,
)

X, Y = load_iris(return_X_y=True)
CS = [0.1, 1.0]


@pytest.fixture
def lines(caplog):
    """Return the levels and lines that a call logs at a level."""

    def of(level, call):
        caplog.clear()
        with caplog.at_level(level, "softlearn"):
            result = call()
        assert {r.name for r in caplog.records} <= {"softlearn"}
        return result, [(r.levelname, r.getMessage()) for r in caplog.records]

    return of


def test_nothing_is_told_without_a_wish_and_nothing_printed(lines, capsys) -> None:
    assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("softlearn").handlers)
    assert lines(logging.WARNING, lambda: SoftmaxRegression().fit(X, Y))[1] == []
    lines(logging.DEBUG, lambda: SoftmaxRegression().fit(X, Y))
    assert capsys.readouterr().out == ""


def test_a_fit_logs_its_end_as_info_and_its_steps_as_debug(lines) -> None:
    fit = SoftmaxRegression(solver="newton-cg").fit
    model, told = lines(logging.INFO, lambda: fit(X, Y))
    ((level, line),) = told
    assert level == "INFO"
    steps = int(model.n_iter_[0])
    assert line.startswith(f"SoftmaxRegression: CONVERGED after {steps} steps of newton-cg")
    assert f"J = {model.objective_:.10g}, gap {model.gap_:.1e}" in line
    _, told = lines(logging.DEBUG, lambda: fit(X, Y))
    assert [level for level, _ in told] == ["DEBUG"] * (steps + 1) + ["INFO"]
    assert told[steps][1].startswith(f"step {steps:4d}")


def test_verbose_prints_the_lines_that_are_logged(lines, capsys) -> None:
    _, told = lines(logging.DEBUG, lambda: SoftmaxRegression(verbose=1).fit(X, Y))
    assert capsys.readouterr().out.splitlines() == [
        line for level, line in told if level == "DEBUG"
    ]
    net = SoftmaxNetwork((4,), max_iter=3, random_state=0, verbose=True)
    _, told = lines(logging.INFO, lambda: net.fit(X, Y))
    assert capsys.readouterr().out == "".join(f"{line}\n" for _, line in told[:3])
    assert told[0][1].startswith("epoch   1/3  loss")
    assert told[-1] == ("INFO", f"SoftmaxNetwork: TRAINED after 3 epochs. {net.status_detail_}")


def test_folds_and_values_of_C_have_a_line_each(lines) -> None:
    model = SoftmaxRegressionCV(Cs=CS, cv=3)
    _, told = lines(logging.INFO, lambda: model.fit(X, Y))
    assert [line.partition(": ")[0] for _, line in told] == [
        *("C = 0.1", "C = 1", "fold 1"),
        *("C = 0.1", "C = 1", "fold 2"),
        *("C = 0.1", "C = 1", "fold 3"),
        "SoftmaxRegressionCV",
    ]
    _, told = lines(logging.INFO, lambda: regularization_path(X, Y, Cs=CS))
    assert [line.partition(": ")[0] for _, line in told] == ["C = 0.1", "C = 1"]


def test_minimisations_of_a_function_log_too(lines) -> None:
    def J(w):
        return 3.0 * np.sum(w**4)

    start, grad = np.array([1.0, 2.0]), lambda w: 12.0 * w**3
    found, told = lines(logging.DEBUG, lambda: minimize(J, start, "lbfgs", grad=grad))
    values = [float(re.search(r"J = (\S+)", line)[1]) for level, line in told if level == "DEBUG"]
    assert len(values) >= found.n_steps
    assert values[0] == pytest.approx(51.0)  # J of the user, not a multiple of it
    assert told[-1] == ("INFO", f"minimize: {found}")
