"""What has no theory, or no estimates, gets a sentence and no table."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference_values import hsbdemo
from sklearn.datasets import load_iris

from softlearn import SoftmaxNetwork, SoftmaxRegression
from softlearn.inference import NoMaximumError, inference, mnlogit


def test_separable_classes_have_no_table_and_are_named() -> None:
    frame = load_iris(as_frame=True)
    with pytest.raises(NoMaximumError, match=r"'0' can be told.*petal.*method='firth'"):
        mnlogit(frame.data, frame.target)


def test_a_separating_dummy_is_named() -> None:
    X, y = hsbdemo()
    X["sep"] = ((y == "general") & (X["write"] > 55)).astype(float)
    with pytest.raises(NoMaximumError, match=r"academic.*'sep' above 0.*general.*no finite"):
        mnlogit(X, y)


def test_collinear_columns_are_named() -> None:
    X, y = hsbdemo()
    X["again"] = 2.0 * X["write"] + 1.0
    with pytest.raises(ValueError, match=r"'(again|write)' is a combination of '(write|again)'"):
        mnlogit(X, y)
    X["again"] = 3.0
    with pytest.raises(ValueError, match="'again' is constant"):
        mnlogit(X, y)


def test_penalised_estimates_have_no_p_values() -> None:
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="a penalty shrinks them"):
        inference(SoftmaxRegression().fit(X, y), X, y)


def test_online_estimates_and_networks_have_none_either() -> None:
    X, y = load_iris(return_X_y=True)
    online = SoftmaxRegression(C=np.inf).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="no proven optimum"):
        inference(online, X, y)
    network: Any = SoftmaxNetwork((2,))
    with pytest.raises(ValueError, match="must be a SoftmaxRegression"):
        inference(network, X, y)


def test_other_rows_than_those_of_the_fit_are_refused() -> None:
    X, y = hsbdemo()
    x = X[["write"]]
    model = SoftmaxRegression(C=np.inf, tol=1e-10).fit(x, y)
    with pytest.raises(ValueError, match="must be those of the fit"):
        inference(model, x.iloc[:150], y[:150])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"base": "cook"}, "base must be one of the classes"),
        ({"weights": "pounds"}, "weights must be"),
        ({"method": "bayes"}, "method must be"),
        ({"cov_type": "HC9"}, "cov_type must be one of"),
        ({"cov_type": "cluster"}, "groups name the cluster"),
        ({"groups": [1, 2]}, "one entry for each of 200 rows"),
        ({"sample_weight": -np.ones(200)}, "Negative values .* `sample_weight`"),
        ({"sample_weight": np.full(200, 1e200)}, "another unit"),
        ({"sample_weight": np.zeros(200)}, "non-zero number"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, Any], words: str) -> None:
    X, y = hsbdemo()
    with pytest.raises(ValueError, match=words):
        mnlogit(X, y, **arguments)


def test_missing_values_are_named() -> None:
    X, y = hsbdemo()
    X.loc[7, "write"] = np.nan
    with pytest.raises(ValueError, match=r"row 7, column 'write'"):
        mnlogit(X, y)
    with pytest.raises(ValueError, match="missing value in row 3"):
        mnlogit(pd.DataFrame({"a": ["u", "v", "u", None, "v", "u"]}), [0, 1, 0, 1, 0, 1])


def test_names_of_columns_classes_and_levels_are_checked() -> None:
    X, y = hsbdemo()
    r = mnlogit(X, y)
    with pytest.raises(ValueError, match="There is no column 'age'"):
        r.test_terms(["age"])
    with pytest.raises(ValueError, match="There is no class 'cook'"):
        r.rebase("cook")
    with pytest.raises(ValueError, match="ses has no level 'top'"):
        r.average_comparisons({"ses": ("low", "top")})
    with pytest.raises(ValueError, match="cannot be compared with itself"):
        r.contrast("general", "general")
    with pytest.raises(ValueError, match="only method='wald'"):
        r.with_cov("HC0").test_terms(["write"])


def test_all_columns_that_hold_a_class_at_an_end_are_named_before_a_fit() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], 40)
    table = pd.DataFrame(rng.normal(size=(120, 3)), columns=["x", "low", "high"])
    table["low"] = np.where(y == "a", -5.0, table["low"])
    table["high"] = np.where(y == "c", table["high"], 7.0)
    with pytest.raises(NoMaximumError, match=r"'a'.*'low' above -5.*'b', 'c'.*with \['high'\]"):
        mnlogit(table, y)
    assert np.isfinite(mnlogit(table, y, method="firth").bse.to_numpy()).all()
    mnlogit(table[["x"]], y)
    # without an intercept another value than 0 separates nothing
    kept = mnlogit(table[["x", "low"]], y, fit_intercept=False)
    assert kept.distance_ < 1e-6


def test_a_correction_that_has_no_value_is_refused_when_it_is_asked_for() -> None:
    X, y = np.random.default_rng(0).normal(size=(6, 2)), np.arange(6) % 3
    with pytest.raises(ValueError, match="HC1 needs more rows than parameters"):
        mnlogit(X, y, method="firth").with_cov("HC1")
