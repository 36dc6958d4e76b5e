"""scikit-learn's own checks of estimators pass for classifiers with p-values."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxRegression
from softlearn.decide import ConformalSets, NoneOfThese

# The checks compare predictions with the largest probabilities, which holds where nothing is called
# none: at an alpha for which their data has too few rows, of which a warning speaks.
SETTINGS = [
    NoneOfThese(SoftmaxRegression(), alpha=1e-4, cv=2),
    ConformalSets(LogisticRegression(), alpha=1e-4, cv=2, per_class=True, conformity_score="aps"),
]


@pytest.mark.filterwarnings("ignore:Nothing will be called", "ignore:Every set holds")
@parametrize_with_checks(SETTINGS)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
