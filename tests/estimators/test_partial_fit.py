"""partial_fit: one batch is a fit, many come close to one, and all it keeps are plain arrays."""

import _thread
import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from softlearn import SoftmaxRegression, Status
from softlearn.passes import Blocks

X, Y = make_classification(
    1200, 8, n_informative=6, n_redundant=0, n_classes=4, flip_y=0.3, random_state=1
)
CLASSES = [0, 1, 2, 3]


def in_batches(size, X=X, y=Y, weights=None, classes=CLASSES, **parameters):
    model = SoftmaxRegression(**parameters)
    for start in range(0, len(y), size):
        part = slice(start, start + size)
        s = None if weights is None else weights[part]
        model.partial_fit(X[part], y[part], classes, s)
    return model


@pytest.mark.parametrize("parameters", [{}, {"C": np.inf}, {"fit_intercept": False}, {"C": 0.01}])
@pytest.mark.parametrize("classes", [4, 2])
def test_one_batch_is_a_fit(parameters, classes):
    y = Y % classes
    online = SoftmaxRegression(**parameters).partial_fit(X, y, classes=range(classes))
    whole = SoftmaxRegression(tol=1e-9, **parameters).fit(X, y)
    np.testing.assert_allclose(online.coef_, whole.coef_, atol=1e-4)
    np.testing.assert_allclose(online.intercept_, whole.intercept_, atol=1e-4)


@pytest.mark.parametrize("size", [10, 60, 400])
@pytest.mark.parametrize("C", [0.01, 1.0, np.inf])
def test_many_batches_lose_little_against_one_fit(size, C):
    whole = SoftmaxRegression(C=C).fit(X, Y)
    loss = log_loss(Y, in_batches(size, C=C).predict_proba(X))
    assert loss < log_loss(Y, whole.predict_proba(X)) + 0.005


def test_many_batches_of_nearly_separable_rows_come_close_too():
    A, y = scale(load_breast_cancer().data), load_breast_cancer().target
    model = in_batches(50, A, y, classes=[0, 1])
    assert log_loss(y, model.predict_proba(A)) < 0.07  # the fit on all rows has 0.053
    assert model.score(A, y) > 0.98


def test_what_a_batch_says_is_true():
    model = in_batches(600)
    assert model.status_ is Status.ONLINE
    assert model.gap_ == np.inf
    assert model.solver_ == "online newton"
    assert all(record.gap == np.inf for record in model.trace_)
    assert model.classes_.tolist() == CLASSES
    assert model.n_iter_.shape == (1,)


def test_sparse_and_dense_batches_are_the_same():
    dense, sparse = in_batches(300), in_batches(300, sp.csr_array(X))
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-6)


def test_many_features_need_memory_for_the_diagonal_only():
    A = sp.random_array((60, 6000), density=0.01, random_state=0, format="csr")
    y = np.arange(60) % 3
    model = in_batches(30, A, y, classes=[0, 1, 2])
    assert model._memory.shape == (3, 6001)
    assert model.score(A, y) == 1.0


def test_weights_of_rows_are_repetitions():
    counts = np.random.default_rng(0).integers(0, 3, size=len(Y))
    model = SoftmaxRegression()
    for part in (slice(0, 600), slice(600, 1200)):
        s = counts[part]
        model.partial_fit(X[part].repeat(s, 0), Y[part].repeat(s), CLASSES)
    weighted = in_batches(600, weights=counts)
    np.testing.assert_allclose(weighted.coef_, model.coef_, atol=1e-5)


def test_class_weights_multiply_them():
    heavy = in_batches(600, class_weight={1: 3.0})
    expected = in_batches(600, weights=np.where(Y == 1, 3.0, 1.0))
    np.testing.assert_allclose(heavy.coef_, expected.coef_, atol=1e-9)


def test_balanced_class_weights_are_not_offered():
    model = SoftmaxRegression(class_weight="balanced")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as error:
        model.partial_fit(X, Y, CLASSES)
    assert "'balanced' is not supported for partial_fit" in str(error.value.__cause__)


def test_soft_labels_work_in_batches():
    P = np.eye(4)[Y]
    model = SoftmaxRegression().partial_fit(X[:600], P[:600], CLASSES).partial_fit(X[600:], P[600:])
    np.testing.assert_allclose(model.coef_, in_batches(600).coef_, atol=1e-6)
    with pytest.raises(ValueError, match="probabilities of 3 classes, but there are 4"):
        model.partial_fit(X, np.eye(3)[Y % 3])


def test_a_class_may_come_late():
    late = np.concatenate([np.flatnonzero(Y != 3)[:300], np.flatnonzero(Y == 3)[:100]])
    rest = np.setdiff1d(np.arange(len(Y)), late)
    model = SoftmaxRegression().partial_fit(X[late[:300]], Y[late[:300]], CLASSES)
    assert model.predict_proba(X).min() >= 0.0
    assert np.abs(model.intercept_).max() < 20.0
    model.partial_fit(X[rest], Y[rest])
    whole = SoftmaxRegression().fit(X, Y)
    loss = log_loss(Y, model.predict_proba(X))
    assert loss < log_loss(Y, whole.predict_proba(X)) + 0.1


@pytest.mark.parametrize("keep", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_it_goes_on_after_being_stored(keep):
    model = keep(SoftmaxRegression().partial_fit(X[:600], Y[:600], CLASSES))
    model.partial_fit(X[600:], Y[600:])
    np.testing.assert_array_equal(model.coef_, in_batches(600).coef_)


def test_its_state_is_plain_arrays_and_numbers():
    state = vars(in_batches(600))
    allowed = (np.ndarray, int, float, str, bool, type(None))
    assert all(isinstance(value, allowed) for value in state.values())


def test_ctrl_c_in_a_batch_keeps_the_best_point(monkeypatch):
    model, count, real = in_batches(600), 0, Blocks.read

    def read(self, f, *kernel):
        nonlocal count
        count += 1
        if count == 5:
            _thread.interrupt_main()
        return real(self, f, *kernel)

    monkeypatch.setattr(Blocks, "read", read)
    model.partial_fit(X[:100], Y[:100])
    assert model.status_ is Status.STOPPED_BY_USER
    assert model.score(X, Y) > 0.4


# -- with fit


def test_it_goes_on_after_fit_and_does_not_forget():
    model = SoftmaxRegression().fit(X[:1000], Y[:1000])
    model.partial_fit(X[1000:], Y[1000:])
    whole = log_loss(Y, SoftmaxRegression().fit(X, Y).predict_proba(X))
    assert log_loss(Y, model.predict_proba(X)) < whole + 0.002
    one_class = SoftmaxRegression().fit(X, Y).partial_fit(X[Y == 0][:20], Y[Y == 0][:20])
    assert one_class.score(X, Y) > 0.9 * SoftmaxRegression().fit(X, Y).score(X, Y)


def test_fit_begins_anew():
    model = in_batches(600).fit(X[:, :3], Y % 2)
    assert model.classes_.tolist() == [0, 1]
    assert model.status_ is Status.CONVERGED
    assert model.n_features_in_ == 3


# -- mistakes


def test_classes_are_needed_at_first_and_must_not_change():
    model = SoftmaxRegression()
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, Y)
    with pytest.raises(ValueError, match="y has the label 3 in row 3, which is not in classes"):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="classes must have at least 2 labels"):
        model.partial_fit(X, np.zeros(len(X)), classes=[0])
    model.partial_fit(X, Y, classes=CLASSES)
    with pytest.raises(ValueError, match="is not the same as on last call"):
        model.partial_fit(X, Y, classes=[0, 1])
    model.partial_fit(X, Y, classes=[3, 2, 1, 0])


def test_features_must_not_change():
    model = SoftmaxRegression().partial_fit(X, Y, CLASSES)
    with pytest.raises(ValueError, match="X has 3 features, but SoftmaxRegression is expecting 8"):
        model.partial_fit(X[:, :3], Y)
    before = model.coef_.copy()
    with pytest.raises(ValueError, match="NaN"):
        model.partial_fit(np.full((2, 8), np.nan), [0, 1])
    np.testing.assert_array_equal(model.coef_, before)


def test_the_shape_of_the_model_must_not_change():
    model = SoftmaxRegression().partial_fit(X, Y, CLASSES)
    with pytest.raises(ValueError, match="fit_intercept has been changed"):
        model.set_params(fit_intercept=False).partial_fit(X, Y)
    model.set_params(fit_intercept=True).coef_ = np.zeros((4, 3))
    with pytest.raises(ValueError, match="coef_ or fit_intercept"):
        model.partial_fit(X, Y)


def test_labels_of_another_type_than_classes_are_refused():
    with pytest.raises(ValueError, match="y has the label '0' in row 0, which is not in classes"):
        SoftmaxRegression().partial_fit(X, Y.astype(str), classes=CLASSES)


def test_the_penalty_is_checked_as_in_fit():
    with pytest.raises(ValueError, match="L1 penalty"):
        SoftmaxRegression(l1_ratio=1.0).partial_fit(X, Y, CLASSES)
