"""The figures of a report are those of scikit-learn, or of their definitions."""

import math

import numpy as np
import pytest
from pages import parse, section, tiles
from reported import each_case, made
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
)

import softlearn
from softlearn import SoftmaxRegression


def percent(share):
    return f"{100 * share:.1f} %"


def read(text):
    return math.inf if text == "∞" else float(text.replace("−", "-").replace(",", ""))


@each_case
def test_accuracy_and_log_loss_are_scikit_learns(name):
    case = made(name)
    P = case.model.predict_proba(case.X)
    shown = tiles(case.page)
    assert shown["Accuracy"] == percent(accuracy_score(case.y, case.model.predict(case.X)))
    p = P[np.arange(len(P)), np.searchsorted(case.model.classes_, case.y)]
    assert p.min() > 1e-15 or p.min() == 0.0, "scikit-learn would clip some"
    wanted = log_loss(case.y, P, labels=case.model.classes_)
    assert shown["Log-loss"] == ("∞ nats" if p.min() == 0.0 else f"{wanted:.4f} nats")


@each_case
def test_the_calibration_error_is_that_of_its_definition(name):
    case = made(name)
    P = case.model.predict_proba(case.X)
    p, right = P.max(1), case.model.classes_[P.argmax(1)] == case.y
    error = 0.0
    for k in range(15):
        inside = (p > k / 15) & (p <= (k + 1) / 15)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - p[inside].mean())
    assert tiles(case.page)["Calibration error"] == percent(error)


@each_case
def test_the_confusion_matrix_is_scikit_learns(name):
    case = made(name)
    head, *rows = section(case.page, "confusion").one("table", class_="confusion").rows
    classes = [str(c) for c in case.model.classes_]
    assert head[1:] == classes
    assert [row[0] for row in rows] == classes
    wanted = confusion_matrix(case.y, case.model.predict(case.X))
    assert [[int(cell) for cell in row[1:]] for row in rows] == wanted.tolist()


@each_case
def test_the_table_of_classes_is_scikit_learns(name):
    case = made(name)
    P, classes = case.model.predict_proba(case.X), case.model.classes_
    wanted = precision_recall_fscore_support(case.y, case.model.predict(case.X), labels=classes)
    _, *rows = section(case.page, "classes").one("table").rows
    for k, row in enumerate(rows):
        precision, recall, f1, support = (column[k] for column in wanted)
        mean_p = P[case.y == classes[k], k].mean()
        assert row == [
            str(classes[k]),
            *(percent(x) for x in (precision, recall, f1)),
            f"{mean_p:.3f}",
            str(support),
        ]


@each_case
def test_the_worst_predictions_are_those_with_least_probability_for_the_true_class(name):
    case = made(name)
    P, classes = case.model.predict_proba(case.X), case.model.classes_
    p = P[np.arange(len(P)), np.searchsorted(classes, case.y)]
    order = np.argsort(p, kind="stable")[:10]
    cards = section(case.page, "worst").all("article")
    assert len(cards) == 10
    named = [card.one("p").text for card in cards]
    shown = [read(text.split("p of the true class ")[1].split(",")[0]) for text in named]
    np.testing.assert_allclose(shown, p[order], atol=6e-4, rtol=0.5)
    if len(np.unique(np.sort(p)[:11])) == 11:  # no ties
        assert [text.split(";")[0] for text in named] == [f"row {i}" for i in order]


@pytest.mark.parametrize("name", ["regression", "plane", "logistic", "binary", "network"])
def test_each_z_leads_to_its_t_and_a(name):
    for card in section(made(name).page, "worst").all("article"):
        head, *rows = card.one("table").rows
        assert head == ["class", "z", "t = ez", "a"]
        z, t, a = np.array([[read(cell) for cell in row[1:]] for row in rows]).T
        np.testing.assert_allclose(t, np.exp(z), rtol=2e-3)
        np.testing.assert_allclose(a, softlearn.softmax(z), atol=2e-3)


def test_influences_are_weights_against_their_mean_times_the_deviation():
    case = made("regression")
    W = case.model.coef_
    effects = (W - W.mean(0)) * case.X.std(0)
    _, *rows = section(case.page, "influences").one("table").rows
    for row, effect in zip(rows, effects, strict=True):
        j = int(np.abs(effect).argmax())
        assert row[1].replace("−", "-").startswith(f"{effect[j]:+.2g} feature {j}")


def test_the_influences_of_two_classes_are_opposite():
    case = made("binary")
    _, first, second = section(case.page, "influences").one("table").rows
    strongest = np.abs(case.model.coef_[0] / 2 * case.X.std(0)).max()
    assert f"{strongest:.2g}" in first[1].split()[0]
    assert {first[1][0], second[1][0]} == {"+", "−"}
    assert first[1][1:] != second[1]


def test_the_log_loss_stays_exact_where_probabilities_round_to_zero():
    X = np.array([[-1.0], [1.0]] * 10)
    model = SoftmaxRegression().fit(X, [0, 1] * 10)
    page = parse(softlearn.report(model, 1e4 * X, [1, 0] * 10).html)
    z = float(model.decision_function(1e4 * X[1:2])[0])
    assert model.predict_proba(1e4 * X)[0, 1] == 0.0
    assert tiles(page)["Log-loss"] == f"{z:.4f} nats" if z < 1e4 else f"{z:.3g} nats"


def test_a_class_that_was_ruled_out_makes_the_log_loss_infinite_and_says_so():
    X, y = np.arange(40.0)[:, None], np.repeat([0, 1], 20)
    model = RandomForestClassifier(5, random_state=0).fit(X, y)
    page = parse(softlearn.report(model, X, np.where(X[:, 0] < 2, 1, y)).html)
    assert tiles(page)["Log-loss"] == "∞ nats"
    assert "ruled out (p = 0) in 2 rows" in page.one("dl", class_="tiles").text


def test_rows_of_unknown_classes_count_as_errors_and_are_left_out_of_the_rest():
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array(["a", "a", "b", "b"])
    model = SoftmaxRegression().fit(X, y)
    page = parse(softlearn.report(model, np.r_[X, [[9.0]]], [*y, "new"]).html)
    shown = tiles(page)
    assert shown["Accuracy"] == "80.0 %"
    assert shown["Log-loss"] == f"{log_loss(y, model.predict_proba(X)):.4f} nats"
    assert "1 row of classes that the model does not know" in section(page, "warnings").text


def test_every_row_counts_once_however_it_was_weighted_in_the_fit():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.integers(3, size=60)
    model = SoftmaxRegression(class_weight="balanced").fit(X, y, rng.random(60))
    page = parse(softlearn.report(model, X, y).html)
    assert tiles(page)["Log-loss"] == f"{log_loss(y, model.predict_proba(X)):.4f} nats"


def test_a_moved_threshold_is_what_is_measured():
    from sklearn.model_selection import FixedThresholdClassifier

    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    model = FixedThresholdClassifier(SoftmaxRegression(), threshold=0.9).fit(X, y)
    page = parse(softlearn.report(model, X, y).html)
    assert tiles(page)["Accuracy"] == percent(accuracy_score(y, model.predict(X)))
    rows = section(page, "confusion").one("table", class_="confusion").rows
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == (
        confusion_matrix(y, model.predict(X)).tolist()
    )
