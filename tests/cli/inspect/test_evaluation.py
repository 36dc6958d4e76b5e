import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_wine
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score

from softlearn import SoftmaxRegression
from softlearn.cli.inspect import measures
from softlearn.cli.inspect.measures import baseline, scores_of


def measure(log_P, y, classes):
    return measures.measure(scores_of(log_P, y, classes), y, classes)


def calibration_error(log_P, right):
    """Return what is measured where so many of the labels are the most probable ones."""
    y = np.where(right, log_P.argmax(axis=1), (log_P.argmax(axis=1) + 1) % log_P.shape[1])
    return measure(log_P, y, np.arange(log_P.shape[1]))["calibration_error"]


def predicted():
    X, y = load_wine(return_X_y=True)
    labels = np.array(["barbera", "grignolino", "barolo"])[y]
    model = SoftmaxRegression(C=1e-3).fit(X[::2], labels[::2])
    return model, model.predict_log_proba(X[1::2]), labels[1::2]


def test_accuracy_log_loss_precision_recall_and_f1_are_scikit_learns():
    model, log_P, y = predicted()
    scores = measure(log_P, y, model.classes_)
    said = model.classes_[log_P.argmax(axis=1)]
    assert scores["accuracy"] == accuracy_score(y, said) < 1.0
    assert scores["log_loss"] == pytest.approx(log_loss(y, np.exp(log_P)), rel=1e-12)
    columns = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    for key, score in columns.items():
        found = [entry[key] for entry in scores["per_class"]]
        assert found == pytest.approx(score(y, said, average=None), rel=1e-12)
    assert [entry["class"] for entry in scores["per_class"]] == list(model.classes_)
    assert sum(entry["support"] for entry in scores["per_class"]) == len(y)


def test_the_log_loss_is_that_of_the_logarithms_and_never_clipped():
    log_P = np.array([[0.0, -1e4], [0.0, -800.0]])
    assert measure(log_P, np.array([1, 1]), np.array([0, 1]))["log_loss"] == 5400.0


def test_confusions_are_pairs_of_different_classes_the_most_frequent_first():
    log_P = np.log(np.array([[0.8, 0.1, 0.1]] * 4 + [[0.1, 0.1, 0.8]]))
    y = np.array([0, 1, 1, 2, 1])
    assert measure(log_P, y, np.arange(3))["confusions"] == [
        {"true": 1, "predicted": 0, "rows": 2, "share_of_true": 2 / 3},
        {"true": 1, "predicted": 2, "rows": 1, "share_of_true": 1 / 3},
        {"true": 2, "predicted": 0, "rows": 1, "share_of_true": 1.0},
    ]


def test_classes_without_rows_or_predictions_have_none_in_place_of_a_ratio():
    scores = measure(np.log([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 0]), np.arange(2))
    assert scores["per_class"][1] == {
        "class": 1,
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
    }


def test_rows_of_unknown_classes_are_errors_without_a_log_loss():
    log_P = np.log([[0.9, 0.1], [0.8, 0.2]])
    scores = measure(log_P, np.array(["a", "c"]), np.array(["a", "b"]))
    assert scores["accuracy"] == 0.5
    assert scores["log_loss"] == pytest.approx(-np.log(0.9), rel=1e-15)
    assert scores["unknown_rows"] == 1
    assert scores["confusions"][0]["true"] == "c"


def test_if_no_class_is_known_there_is_no_log_loss_and_no_calibration_error():
    scores = measure(np.log([[0.9, 0.1]]), np.array(["c"]), np.array(["a", "b"]))
    assert scores["accuracy"] == 0.0
    assert scores["log_loss"] is None
    assert scores["calibration_error"] is None


def test_a_calibrated_forecast_has_no_calibration_error_and_a_boastful_one_has_its_excess():
    log_P = np.log(np.tile([0.75, 0.25], (8, 1)))
    right = np.array([True] * 6 + [False] * 2)
    assert calibration_error(log_P, right) == pytest.approx(0.0, abs=1e-15)
    assert calibration_error(log_P, ~right) == pytest.approx(0.5, rel=1e-15)


def test_the_calibration_error_is_the_weighted_gap_of_the_reliability_diagram():
    rng = np.random.default_rng(0)
    P = rng.dirichlet([1.0, 1.0, 1.0], size=500)
    right = rng.random(500) < 0.6
    confidence = P.max(axis=1)
    share, mean = calibration_curve(right, confidence, n_bins=15)
    counts = np.histogram(confidence, bins=np.linspace(0, 1, 16))[0]
    expected = (counts[counts > 0] * np.abs(share - mean)).sum() / 500
    assert calibration_error(np.log(P), right) == pytest.approx(expected, rel=1e-12)


def test_the_baseline_knows_the_frequencies_of_the_training_classes_only():
    classes, y = np.array(["a", "b"]), np.array(["a", "b", "b", "c"])
    found, _ = baseline(scores_of(np.zeros((4, 2)), y, classes), [3, 1], classes)
    assert found["label"] == "a"
    assert found["accuracy"] == 0.25
    assert found["log_loss"] == pytest.approx(-(np.log(0.75) + 2 * np.log(0.25)) / 3, rel=1e-15)
