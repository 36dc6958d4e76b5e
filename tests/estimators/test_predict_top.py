"""The most probable classes of a row, without the probabilities of all."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import softlearn
from softlearn import SoftmaxRegression


@pytest.fixture
def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    y = np.arange(600) % 300
    return rng.normal(size=(300, 5))[y] + 0.3 * rng.normal(size=(600, 5)), y.astype(str)


@pytest.mark.parametrize("C", [2, 3, 300])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_they_are_the_largest_probabilities_in_order(data: Any, C: int, form: Any) -> None:
    X, y = data[0], np.arange(600) % C
    model = SoftmaxRegression(C=0.1, tol=1e-2).fit(form(X), y)
    P = model.predict_proba(form(X))
    for k in (1, 2, C):
        labels, top = model.predict_top(form(X), k)
        assert labels.shape == top.shape == (600, k)
        np.testing.assert_array_equal(top, -np.sort(-P, axis=1)[:, :k])
        np.testing.assert_array_equal(np.take_along_axis(P, labels.astype(int), 1), top)
    np.testing.assert_array_equal(model.predict_top(form(X), 1)[0][:, 0], model.predict(form(X)))


def test_labels_are_those_of_the_training_data_and_sparse_coefficients_do_too(data: Any) -> None:
    model = SoftmaxRegression(C=0.1, tol=1e-2).fit(*data)
    labels, P = model.predict_top(data[0])
    assert labels.dtype == data[1].dtype
    assert labels.shape == (600, 5)
    sparse = model.sparsify().predict_top(data[0])
    np.testing.assert_allclose(sparse[1], P, rtol=1e-9)


@pytest.mark.parametrize("k", [0, 301, 2.5, None])
def test_a_number_of_classes_that_cannot_be_is_refused(data: Any, k: Any) -> None:
    model = SoftmaxRegression(C=0.1, tol=1e-2).fit(*data)
    with pytest.raises(ValueError, match="k must be an integer from 1 to 300"):
        model.predict_top(data[0], k)


def test_coefficients_may_be_made_float32_and_predict_nearly_the_same(
    data: Any, tmp_path: Any
) -> None:
    model = SoftmaxRegression(C=0.1, tol=1e-2).fit(*data)
    before, P = tmp_path / "float64.softlearn", model.predict_proba(data[0])
    softlearn.save(model, before)
    model.coef_ = model.coef_.astype(np.float32)
    after = tmp_path / "float32.softlearn"
    softlearn.save(model, after)
    saved = before.stat().st_size - after.stat().st_size
    assert saved == pytest.approx(4 * model.coef_.size, abs=200)
    loaded = softlearn.load(after, SoftmaxRegression)
    assert loaded.coef_.dtype == np.float32
    np.testing.assert_allclose(loaded.predict_proba(data[0]), P, rtol=1e-4)
