"""scikit-learn's own checks of estimators pass, at several settings."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxRegression

# Without a penalty much of the checks' data has no finite optimum, or none that can be proven,
# which we warn of; the check of weights against repetitions has 15 rows and 30 columns, which
# separate all classes: where a fit stops on its way to infinity is no property of the data.
SETTINGS = [
    SoftmaxRegression(),
    SoftmaxRegression(solver="lbfgs"),
    SoftmaxRegression(solver="liblinear"),
    SoftmaxRegression(solver="lbfgs", C=np.inf),
    SoftmaxRegression(class_weight="balanced"),
    SoftmaxRegression(warm_start=True, n_jobs=2),
]


def without_an_optimum(estimator):
    """Name the checks that ask for one optimum where there is none."""
    why = "the rows can be separated: there is no optimum to agree on"
    kinds = ("dense", "sparse") if np.isinf(estimator.C) else ()
    return {f"check_sample_weight_equivalence_on_{kind}_data": why for kind in kinds}


@pytest.mark.filterwarnings("ignore:There is no finite optimum")
@pytest.mark.filterwarnings("ignore:Stopped where float64:sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(SETTINGS, expected_failed_checks=without_an_optimum)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
