"""What is known to be right is not checked again, and nothing else is let through."""

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from sklearn.utils._param_validation import InvalidParameterError

from softlearn import SoftmaxRegression
from softlearn.estimators.sklearn.checks import _usual
from softlearn.estimators.sklearn.labels import encode_labels

X = np.random.default_rng(0).normal(size=(20, 2))
y = np.arange(20) % 3


@given(
    nps.arrays(
        st.sampled_from(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]),
        st.integers(1, 40),
        elements={"min_value": 0, "max_value": 100},
    )
)
def test_small_numbers_are_told_apart_as_numpy_does(labels: Any) -> None:
    codes, classes = encode_labels(labels)
    want, of_row = np.unique(labels, return_inverse=True)
    np.testing.assert_array_equal(classes, want)
    assert classes.dtype == want.dtype
    np.testing.assert_array_equal(codes, of_row)
    assert codes.dtype == np.intp


@pytest.mark.parametrize(
    "labels", [[-5, 3, -5], [2**62, 0, 1], [300, 0, 300], [2**63 - 1, 0, 0], [7, 7, 9]]
)
def test_other_numbers_too(labels: list[int]) -> None:
    codes, classes = encode_labels(np.array(labels))
    assert classes.tolist() == sorted(set(labels))
    assert classes[codes].tolist() == labels


@pytest.mark.parametrize("first", [{"C": 1.0}, {"fit_intercept": True}, {"max_iter": 5}])
@pytest.mark.parametrize(
    "then", [{"C": -1.0}, {"C": "1"}, {"fit_intercept": 1.5}, {"max_iter": -5}, {"tol": np.nan}]
)
def test_a_wrong_parameter_is_found_however_many_were_right(
    first: dict[str, Any], then: dict[str, Any]
) -> None:
    model = SoftmaxRegression(**first).fit(X, y)
    model.fit(X, y)
    with pytest.raises(InvalidParameterError):
        model.set_params(**then).fit(X, y)
    with pytest.raises(InvalidParameterError):
        model.fit(X, y)


def test_equal_numbers_of_another_type_are_other_parameters() -> None:
    SoftmaxRegression(max_iter=1000).fit(X, y)
    with pytest.raises(InvalidParameterError):
        SoftmaxRegression(max_iter=1000.0).fit(X, y)


def test_parameters_that_may_change_are_checked_each_time() -> None:
    class Solver:
        name = "none"

        def steps(self, J: Any, w0: Any, tol: float) -> Any:
            raise NotImplementedError

    model = SoftmaxRegression(solver=Solver())  # type: ignore[arg-type]
    model._validate_params()
    del Solver.steps
    with pytest.raises(InvalidParameterError):
        model._validate_params()


def test_a_subclass_has_its_own_constraints() -> None:
    class Narrow(SoftmaxRegression):
        _parameter_constraints: ClassVar[dict[str, Any]] = {
            **SoftmaxRegression._parameter_constraints,
            "C": [str],
        }

    SoftmaxRegression(C=3.0).fit(X, y)
    with pytest.raises(InvalidParameterError):
        Narrow(C=3.0).fit(X, y)


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        (X, y),
        (X.astype(np.float32), y.astype(str)),
        (np.asfortranarray(X), y > 0),
        (X[::2], y[::2].astype(np.uint8)),
    ],
)
def test_arrays_that_need_no_change_are_used_as_they_are(features: Any, labels: Any) -> None:
    assert _usual(features, labels)
    assert SoftmaxRegression().fit(features, labels).n_features_in_ == 2


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        (X[:, 0], y),
        (X[:5], y),
        (X[:0], y[:0]),
        (X[:, :0], y),
        (np.where(X > 1.0, np.nan, X), y),
        (np.where(X > 1.0, np.inf, X), y),
        (X, y + 0.5),
        (X + 0j, y),
        (X, None),
        (X, y.astype(object) + 0.5),
    ],
)
def test_whatever_is_wrong_with_arrays_is_still_said(features: Any, labels: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        SoftmaxRegression().fit(features, labels)


@pytest.mark.parametrize(
    "features", [X.astype(">f8"), X.astype(int), X.tolist(), X.astype(np.float16), X.astype(object)]
)
def test_arrays_that_need_a_change_get_it(features: Any) -> None:
    got = SoftmaxRegression().fit(features, y)
    want = SoftmaxRegression().fit(np.asarray(features, dtype=np.float64), y)
    np.testing.assert_allclose(got.coef_, want.coef_, rtol=1e-9)


@pytest.mark.parametrize("wide", [[1e308, 1e308], [np.inf, -np.inf]])
def test_entries_whose_sum_is_not_finite_are_left_to_scikit_learn(wide: list[float]) -> None:
    assert not _usual(np.array([wide] * 20), y)


def test_names_of_features_are_forgotten_when_an_array_follows() -> None:
    pandas = pytest.importorskip("pandas")
    model = SoftmaxRegression().fit(pandas.DataFrame(X, columns=["a", "b"]), y)
    assert list(model.feature_names_in_) == ["a", "b"]
    model.fit(X, y)
    assert not hasattr(model, "feature_names_in_")
    assert model.fit(X[:, :1], y).n_features_in_ == 1
