"""scikit-learn's own checks pass for calibrated classifiers and for those that decide by cost."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from softlearn import SoftmaxRegression
from softlearn.decide import CalibratedSoftmax, DecisionClassifier

SETTINGS = [
    CalibratedSoftmax(SoftmaxRegression()),
    DecisionClassifier(SoftmaxRegression()),
    DecisionClassifier(LogisticRegression(), reject_cost=1.0),
]


@pytest.mark.filterwarnings("ignore:The temperature is", "ignore:There is no finite optimum")
@parametrize_with_checks(SETTINGS)
def test_scikit_learn_finds_nothing_amiss(estimator, check):
    check(estimator)
