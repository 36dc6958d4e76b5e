"""The linear model: shapes, logits, and vjp as the transpose of logits."""

import numpy as np
import pytest

from softlearn.data import as_rows
from softlearn.problem import Linear

MODELS = [Linear(3, 4, bias, reference) for bias in (False, True) for reference in (False, True)]
X = np.random.default_rng(0).normal(size=(5, 3))
block = as_rows(X).block(slice(0, 5))


@pytest.mark.parametrize("model", MODELS)
def test_weights_come_first_and_biases_after_them(model: Linear) -> None:
    w = np.arange(float(model.size))
    W, b = model.split(w)
    assert W.shape == (model.K, 3)
    assert b.shape == ((model.K,) if model.bias else (0,))
    assert W.base is w or W.base is w.base
    np.testing.assert_array_equal(model.join(W, b), w)
    np.testing.assert_array_equal(w[: model.weights], W.ravel())


@pytest.mark.parametrize("model", MODELS)
def test_logits_are_w_x_plus_b_with_the_reference_class_at_zero(model: Linear) -> None:
    w = np.random.default_rng(1).normal(size=model.size)
    W, b = model.split(w)
    Z = model.logits(block, w)
    assert Z.shape == (4, 5)
    want = W @ X.T + (b[:, None] if model.bias else 0.0)
    np.testing.assert_allclose(Z[4 - model.K :], want, rtol=1e-14)
    assert not Z[: 4 - model.K].any()


@pytest.mark.parametrize("model", MODELS)
def test_pull_is_the_transpose_of_logits(model: Linear) -> None:
    rng = np.random.default_rng(2)
    w, R = rng.normal(size=model.size), rng.normal(size=(4, 5))
    left = float((model.logits(block, w) * R).sum())
    assert left == pytest.approx(float(w @ model.vjp(block, R)), rel=1e-13)


@pytest.mark.parametrize("model", MODELS)
def test_logits_are_linear_in_the_parameters(model: Linear) -> None:
    rng = np.random.default_rng(3)
    v, w = rng.normal(size=(2, model.size))
    want = model.logits(block, v) + 2.0 * model.logits(block, w)
    np.testing.assert_allclose(model.logits(block, v + 2.0 * w), want, atol=1e-14)
