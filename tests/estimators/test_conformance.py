"""scikit-learn's own checks of estimators pass, at several settings, with no failure expected."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxRegression

# Without a penalty much of the checks' data has no finite optimum, which we warn of; the check of
# weights against repetitions has 15 rows and 30 columns, where only the gradient methods, whose
# steps stay in the span of the rows, single out one answer among many.
SETTINGS = [
    SoftmaxRegression(),
    SoftmaxRegression(solver="lbfgs"),
    SoftmaxRegression(solver="liblinear"),
    SoftmaxRegression(solver="lbfgs", C=np.inf),
    SoftmaxRegression(class_weight="balanced"),
    SoftmaxRegression(warm_start=True, n_jobs=2),
]


@pytest.mark.filterwarnings("ignore:There is no finite optimum")
@parametrize_with_checks(SETTINGS)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
