import numpy as np
import pytest
from sklearn.datasets import load_wine

from softlearn import SoftmaxRegression
from softlearn.cli.fitting.cross_validation import GRID, cross_validate
from softlearn.cli.fitting.splitting import folds
from softlearn.cli.inspect.measures import scores_of
from softlearn.cli.sources import Dataset
from softlearn.cli.terminal.progress import ProgressDisplay

X, Y = load_wine(return_X_y=True)
QUIET = ProgressDisplay(quiet=True)


def test_the_curve_is_the_log_loss_of_cold_fits_on_the_other_folds():
    data = Dataset("matrix", X, Y)
    curve = cross_validate(data, None, SoftmaxRegression(), 0, QUIET)
    fold = folds(Y, 5, 0)
    for i in (2, 4, 6):
        losses = []
        for k in range(5):
            model = SoftmaxRegression(C=GRID[i]).fit(X[fold != k], Y[fold != k])
            log_P = model.predict_log_proba(X[fold == k])
            losses.append(scores_of(log_P, Y[fold == k], model.classes_).log_loss)
        assert curve["log_loss"][i] == pytest.approx(np.mean(losses), rel=2e-2)
        assert curve["standard_error"][i] == pytest.approx(
            np.std(losses, ddof=1) / np.sqrt(5), rel=5e-2
        )


def test_the_best_is_where_the_curve_is_lowest():
    curve = cross_validate(Dataset("matrix", X, Y), None, SoftmaxRegression(), 1, QUIET)
    assert curve["best"] == GRID[int(np.argmin(curve["log_loss"]))]
    assert curve["C"] == GRID


def test_a_class_with_one_row_is_in_every_training_part():
    y = np.where(np.arange(len(Y)) == 7, 9, Y)
    curve = cross_validate(Dataset("matrix", X, y), None, SoftmaxRegression(), 0, QUIET)
    assert np.isfinite(curve["log_loss"]).all()


def test_rows_of_weight_zero_are_not_trained_on():
    weights = np.ones(len(Y))
    weights[Y == 2] = 1e-9
    plain = cross_validate(Dataset("matrix", X, Y), None, SoftmaxRegression(), 0, QUIET)
    weighed = cross_validate(Dataset("matrix", X, Y), weights, SoftmaxRegression(), 0, QUIET)
    assert min(weighed["log_loss"]) > 2.0 * min(plain["log_loss"])
