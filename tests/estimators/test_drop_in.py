"""In place of LogisticRegression: the same optimum, attributes, shapes and outputs."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone, is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale
from sklearn.utils.validation import check_is_fitted

from softlearn import SoftmaxRegression, Status

IRIS = load_iris(return_X_y=True)
NOISY = make_classification(
    300, 8, n_informative=5, n_redundant=0, n_classes=4, flip_y=0.4, random_state=1
)
TWO = make_classification(
    200, 6, n_informative=4, n_redundant=0, weights=[0.3], flip_y=0.3, random_state=2
)
DATA = {
    "iris": IRIS,
    "wine, scaled": (scale(load_wine().data), load_wine().target),
    "breast cancer, scaled": (scale(load_breast_cancer().data), load_breast_cancer().target),
    "digits, 500 rows": (load_digits().data[:500] / 16.0, load_digits().target[:500]),
    "noisy": NOISY,
    "two classes": TWO,
}
# What scikit-learn's newton-cholesky leaves undone, and rounding, as a relative gap.
THEIR_GAP = 3e-13

each_set = pytest.mark.parametrize("data", DATA.values(), ids=DATA)


def reference(**parameters):
    return LogisticRegression(
        **{"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000, **parameters}
    )


def centred(model):
    """Return weights and intercepts in the form whose sum over the classes is zero."""
    W = np.column_stack([model.coef_, model.intercept_])
    return W if len(W) == 1 else W - W.mean(0)


def certified_distance(model, n):
    """Return the largest distance of weights with these gaps: ||W - W*||^2 <= 2 (J - J*) / l2."""
    gaps = np.sqrt(model.gap_ + THEIR_GAP) + np.sqrt(THEIR_GAP)
    return gaps * np.sqrt(2.0 * model.objective_ * model.C * n)


# -- the optimum


@each_set
@pytest.mark.parametrize("C", [1e-4, 1e-2, 1.0, 1e2, 1e4])
def test_the_weights_are_as_close_to_theirs_as_the_certificate_says(data, C):
    X, y = data
    ours, theirs = SoftmaxRegression(C=C).fit(X, y), reference(C=C).fit(X, y)
    assert ours.status_ is Status.CONVERGED
    assert np.linalg.norm(ours.coef_ - theirs.coef_) <= certified_distance(ours, len(X))
    assert np.abs(ours.predict_proba(X) - theirs.predict_proba(X)).max() < 1e-5


@pytest.mark.parametrize("data", [NOISY, TWO], ids=["four classes", "two classes"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.filterwarnings("ignore:Setting penalty=None")  # which scikit-learn 1.8 says of C=inf
def test_without_a_penalty_the_weights_are_theirs_too(data, fit_intercept):
    ours = SoftmaxRegression(C=np.inf, fit_intercept=fit_intercept, tol=1e-10).fit(*data)
    theirs = reference(C=np.inf, fit_intercept=fit_intercept).fit(*data)
    np.testing.assert_allclose(centred(ours), centred(theirs), rtol=0, atol=1e-4)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"])
@pytest.mark.parametrize("data", [IRIS, TWO], ids=["three classes", "two classes"])
def test_every_name_of_a_solver_gives_the_same_optimum(data, solver):
    ours, theirs = SoftmaxRegression(solver=solver).fit(*data), reference().fit(*data)
    assert ours.gap_ <= 1e-6
    assert np.linalg.norm(ours.coef_ - theirs.coef_) <= certified_distance(ours, len(data[0]))


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("intercept_scaling", [1, 7.5])
@pytest.mark.parametrize("dual", [False, True])
def test_liblinear_penalises_the_intercept_as_there(C, intercept_scaling, dual):
    settings = {"C": C, "intercept_scaling": intercept_scaling, "dual": dual}
    ours = SoftmaxRegression(solver="liblinear", **settings).fit(*TWO)
    theirs = reference(solver="liblinear", max_iter=100_000, random_state=0, **settings).fit(*TWO)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-4)


def test_no_other_solver_penalises_the_intercept():
    penalised = SoftmaxRegression(C=0.01, solver="liblinear").fit(*TWO).intercept_
    free = SoftmaxRegression(C=0.01).fit(*TWO).intercept_
    assert abs(penalised) < 0.9 * abs(free)


def test_liblinear_answers_for_many_classes_and_sparse_rows_too():
    X, y = IRIS
    dense = SoftmaxRegression(solver="liblinear").fit(X, y)
    sparse = SoftmaxRegression(solver="liblinear").fit(sp.csr_array(X), y)
    assert dense.coef_.shape == (3, 4)
    np.testing.assert_allclose(dense.coef_, sparse.coef_, atol=1e-6)
    np.testing.assert_allclose(dense.intercept_, sparse.intercept_, atol=1e-6)


# -- attributes, shapes and methods


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("data", [IRIS, TWO], ids=["three classes", "two classes"])
def test_attributes_and_outputs_have_their_shapes_and_kinds(data, fit_intercept):
    X, y = data
    ours = SoftmaxRegression(fit_intercept=fit_intercept).fit(X, y)
    theirs = reference(fit_intercept=fit_intercept).fit(X, y)
    for name in ("coef_", "intercept_", "classes_", "n_iter_"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert (mine.shape, mine.dtype) == (other.shape, other.dtype)
    assert ours.n_features_in_ == theirs.n_features_in_
    assert not ours.intercept_.any() or fit_intercept
    for method in ("decision_function", "predict", "predict_proba", "predict_log_proba"):
        mine, other = getattr(ours, method)(X), getattr(theirs, method)(X)
        assert (mine.shape, mine.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(mine, other, atol=1e-5)
    assert ours.score(X, y) == theirs.score(X, y)
    weight = np.arange(len(y))
    assert ours.score(X, y, weight) == pytest.approx(theirs.score(X, y, weight))


def test_every_public_name_of_logistic_regression_is_there_except_callbacks():
    X, y = IRIS
    ours, theirs = dir(SoftmaxRegression().fit(X, y)), dir(reference().fit(X, y))
    missing = {name for name in theirs if not name.startswith("_")} - set(ours)
    assert missing <= {"set_callbacks", "multi_class"}  # which went in scikit-learn 1.8


def test_it_is_a_classifier_that_can_be_cloned_sparsified_and_fitted_again():
    X, y = IRIS
    model = SoftmaxRegression(C=3.0)
    with pytest.raises(AttributeError, match="not fitted"):
        _ = model.status_
    assert is_classifier(model)
    assert clone(model).get_params() == model.get_params()
    before = model.fit(X, y).predict_proba(X)
    check_is_fitted(model)
    assert model.sparsify() is model
    np.testing.assert_allclose(model.predict_proba(X), before, rtol=1e-12)
    assert model.densify() is model
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert model.set_params(C=0.1).fit(X, y).coef_.shape == (3, 4)


def test_log_probabilities_are_exact_where_theirs_are_minus_infinity():
    model = SoftmaxRegression().fit(*IRIS)
    model.coef_, model.intercept_ = np.diag([3000.0, 0, -3000.0])[:, [0, 1, 2, 0]], np.zeros(3)
    row = np.array([[1.0, 0.0, 1.0, 0.0]])
    np.testing.assert_allclose(model.predict_log_proba(row), [[0.0, -3000.0, -6000.0]])
    assert model.predict_proba(row).tolist() == [[1.0, 0.0, 0.0]]


def test_predictions_of_many_rows_are_those_of_each_row():
    X, y = load_digits(return_X_y=True)
    model = SoftmaxRegression(C=0.01).fit(X[:300], y[:300])
    many = np.tile(X, (8, 1))
    each = model.decision_function(X)
    np.testing.assert_allclose(model.decision_function(many), np.tile(each, (8, 1)), rtol=1e-12)
