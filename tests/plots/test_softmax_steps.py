"""The steps of a softmax, in numbers and in bars."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy.special import softmax
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC

from softlearn import SoftmaxRegression
from softlearn.plots import SoftmaxStepsDisplay

X, Y = load_iris(return_X_y=True)


@given(st.lists(st.floats(-50.0, 50.0), min_size=2, max_size=12), st.floats(0.1, 10.0))
def test_t_is_the_exponential_and_a_its_share(z, T) -> None:
    d = SoftmaxStepsDisplay.from_logits(z, temperature=T, ax=False)
    np.testing.assert_allclose(d.a, softmax(np.array(z) / T), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(d.t / d.t.sum(), d.a, rtol=1e-9, atol=1e-300)
    assert d.hard.sum() == 1.0
    assert d.hard[int(np.argmax(z))] == 1.0


def test_the_bars_are_the_numbers() -> None:
    d = SoftmaxStepsDisplay.from_logits([5.0, 2.0, -1.0, 3.0])
    for key, values in {"z": d.z, "t": d.t, "a": d.a, "hardmax": d.hard}.items():
        np.testing.assert_allclose([bar.get_height() for bar in d.bars_[key]], values)
    assert len({bar.get_hatch() for bar in d.bars_["a"]}) == 4
    assert not d.ax_.axison


def test_a_temperature_softens_or_hardens() -> None:
    warm, plain, cold = (
        SoftmaxStepsDisplay.from_logits([1.0, 2.0], temperature=T).a.max() for T in (5.0, 1.0, 0.1)
    )
    assert warm < plain < cold
    d = SoftmaxStepsDisplay.from_logits([1.0, 2.0], temperature=5.0)
    assert "5" in d.axes_["t"].get_title(loc="left")


def test_logits_beyond_the_exponential_are_shown_divided_by_the_largest() -> None:
    d = SoftmaxStepsDisplay.from_logits([1000.0, 999.0])
    np.testing.assert_allclose(d.t, [1.0, np.exp(-1.0)])
    np.testing.assert_allclose(d.a, softmax([1.0, 0.0]))
    assert "divided by its largest" in d.axes_["t"].get_title(loc="left")


@pytest.mark.parametrize("model", [SoftmaxRegression(), LogisticRegression(max_iter=1000)])
@pytest.mark.parametrize("C", [2, 3])
def test_the_logits_of_a_linear_model_are_its_decisions(model, C) -> None:
    model.fit(X[Y < C], Y[Y < C])
    d = SoftmaxStepsDisplay.from_estimator(model, X[0], ax=False)
    decision = model.decision_function(X[:1])[0]
    np.testing.assert_allclose(d.z, decision if C == 3 else [0.0, decision], rtol=1e-9)
    np.testing.assert_allclose(d.a, model.predict_proba(X[:1])[0], rtol=1e-9)
    assert d.note == ""


def test_a_model_that_tells_no_logits_has_those_of_its_probabilities() -> None:
    net = MLPClassifier((8,), max_iter=2000, random_state=0).fit(X, Y)
    d = SoftmaxStepsDisplay.from_estimator(net, X[0], ax=False)
    np.testing.assert_allclose(d.a, net.predict_proba(X[:1])[0], rtol=1e-9)
    assert d.z.sum() == pytest.approx(0.0, abs=1e-12)
    assert "up to a constant" in d.describe()


def test_the_description_has_the_numbers() -> None:
    d = SoftmaxStepsDisplay.from_logits([5.0, 2.0, -1.0, 3.0], ["a", "b", "c", "d"])
    text = d.describe()
    assert "a: z = 5, t = 148.4, a = 0.842; d: z = 3, t = 20.1, a = 0.114" in text
    assert text.endswith("The hardmax is class a.")
    written = {t.get_text().replace("−", "-") for key in "zta" for t in d.axes_[key].texts}
    assert all(number.rstrip(";.,") in written for number in re.findall(r"= (\S+)", text))


def test_values_and_names_that_do_not_fit_are_not_written() -> None:
    axes = Figure(figsize=(3.0, 3.0)).add_subplot()
    d = SoftmaxStepsDisplay.from_logits(np.arange(10.0), [f"class {k}" for k in range(10)], ax=axes)
    d.figure_.canvas.draw()
    for ax in d.axes_.values():
        boxes = [t.get_window_extent() for t in (*ax.texts, *ax.get_xticklabels())]
        boxes.sort(key=lambda box: (round(box.y0 / 4.0), box.x0))
        assert not any(a.overlaps(b) for a, b in itertools.pairwise(boxes))


def test_what_does_not_fit_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="temperature must be a number above 0, but it is 0"):
        SoftmaxStepsDisplay.from_logits([1.0, 2.0], temperature=0.0)
    with pytest.raises(ValueError, match="z must be the logits of one example"):
        SoftmaxStepsDisplay.from_logits([[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"z must have shape \(3,\), one logit a class"):
        SoftmaxStepsDisplay.from_logits([1.0, 2.0], ["a", "b", "c"])
    with pytest.raises(ValueError, match="LinearSVC has no predict_proba: it has no softmax"):
        SoftmaxStepsDisplay.from_estimator(LinearSVC().fit(X, Y), X[0])
    with pytest.raises(ValueError, match="x must be one example, but it has 2 rows"):
        SoftmaxStepsDisplay.from_estimator(SoftmaxRegression().fit(X, Y), X[:2])
