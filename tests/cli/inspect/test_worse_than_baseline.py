"""A model that knows less than the frequencies of the classes says so, first and everywhere."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pages import parse
from running import PENGUINS, report, run, run_json
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss

from softlearn import SoftmaxRegression
from softlearn import report as page_of
from softlearn._internal.format import worse_than_baseline
from softlearn.reporting import Context

pytestmark = pytest.mark.usefixtures("here")


def test_a_model_that_is_no_worse_says_nothing():
    assert worse_than_baseline(500, (0.5, 0.5), (0.6, 0.6), "a") == ""
    assert worse_than_baseline(500, (0.9, 0.5), (0.2, 0.6), "a") == ""
    assert worse_than_baseline(500, (0.9, 0.5), (np.nan, np.nan), "a") == ""


def test_a_difference_that_nobody_could_read_is_none():
    assert worse_than_baseline(500, (0.5, 0.5), (0.6 + 1e-9, 0.6), "a") == ""


@pytest.mark.parametrize(
    ("accuracy", "loss", "what"),
    [
        (0.4, 0.5, "its accuracy is 40.0 %, where always saying 'a' gives 50.0 %;"),
        (0.6, 0.7, "its log-loss is 0.7000, where the frequencies of the classes alone give 0.6"),
        (0.6, np.inf, "its log-loss is ∞"),
    ],
)
def test_each_measure_may_be_worse_alone(accuracy, loss, what):
    sentence = worse_than_baseline(500, (accuracy, 0.5), (loss, 0.6), "a")
    assert sentence.startswith("The model is worse than its baseline: its ")
    assert what in sentence
    assert ("its accuracy" in sentence) != ("its log-loss" in sentence)


def test_few_rows_are_said_to_be_few():
    assert "(on 20 rows, where it may be chance)" in worse_than_baseline(
        20, (0.4, 0.5), (0.5, 0.6), "a"
    )


def noise(n=400):
    """Write a table whose columns know nothing of its classes, and a test that is turned round."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    train = pd.DataFrame({"x": x, "kind": np.where(x + rng.normal(size=n) > -0.3, "a", "b")})
    train.to_csv("train.csv", index=False)
    train.assign(x=-train["x"]).to_csv("test.csv", index=False)
    return train


def test_it_is_the_first_warning_in_the_terminal_in_json_and_on_the_page(capsys):
    noise()
    words = ["fit", "train.csv", "-t", "kind", "--test", "test.csv", "-o", "m.softlearn"]
    words += ["--report", "fit.html"]
    facts = run_json(capsys, *words)
    first = facts["warnings"][0]
    assert first.startswith("The model is worse than its baseline: its accuracy is ")
    assert "its log-loss is" in first
    assert f"- {first}" in report(capsys, *words).split("Worth a look ")[1]
    assert warnings("fit.html")[0] == first
    assert warnings("fit.html").count(first) == 1
    words = ["m.softlearn", "test.csv"]
    assert run_json(capsys, "evaluate", *words)["warnings"][0] == first
    run(capsys, "report", *words, "-o", "r.html")
    assert warnings("r.html")[0] == first
    assert warnings("r.html").count(first) == 1


def warnings(page):
    section = parse(Path(page).read_text()).one("section", class_="warnings")
    return [item.text for item in section.all("li")]


def test_the_comparison_is_with_what_a_dummy_of_the_training_rows_achieves(capsys):
    train = noise()
    words = ["fit", "train.csv", "-t", "kind", "--test", "test.csv", "-o", "m.softlearn"]
    facts = run_json(capsys, *words)
    dummy = DummyClassifier().fit(train[["x"]], train["kind"])
    expected = log_loss(train["kind"], dummy.predict_proba(train[["x"]]))
    assert facts["baseline"]["log_loss"] == pytest.approx(expected, rel=1e-12)
    assert facts["baseline"]["accuracy"] == dummy.score(train[["x"]], train["kind"])


def test_terminal_and_page_print_the_same_baseline(capsys):
    """The most frequent class of the test rows is not that of the training rows."""
    table = pd.read_csv(PENGUINS)
    table.to_csv("train.csv", index=False)
    table[table.species != "Adelie"].to_csv("test.csv", index=False)
    words = ["fit", "train.csv", "-t", "species", "--test", "test.csv", "-o", "m.softlearn"]
    facts = run_json(capsys, *words, "--report", "fit.html")
    base = facts["baseline"]
    assert (base["label"], base["accuracy"]) == ("Adelie", 0.0)
    counts = table["species"].value_counts()
    share = counts.loc[["Chinstrap", "Gentoo"]]
    expected = -(share * np.log(share / len(table))).sum() / share.sum()
    assert base["log_loss"] == pytest.approx(expected, rel=1e-12)
    run(capsys, "report", "m.softlearn", "test.csv", "-o", "r.html")
    for name in ("fit.html", "r.html"):
        text = parse(Path(name).read_text()).text
        assert "Always saying “Adelie” would be right in 0.0 %." in text
        assert f"how frequent the classes are in training: {expected:.4f} nats" in text


def test_without_a_test_the_baseline_is_that_of_the_training_rows_on_both(capsys):
    words = ["fit", PENGUINS, "-t", "species", "-o", "m.softlearn", "--no-test"]
    base = run_json(capsys, *words)["baseline"]
    assert base["accuracy"] == 152 / 344
    shown = report(capsys, *words, "--report", "fit.html")
    assert "Always saying 'Adelie' has accuracy 44.2 %" in shown
    (nats,) = re.findall(r"how frequent the classes are, log-loss ([0-9.]+)\.", shown)
    text = parse(Path("fit.html").read_text()).text
    assert "would be right in 44.2 %" in text
    assert f"in training: {nats} nats" in text


def test_a_report_from_python_says_that_its_baseline_is_of_the_rows_at_hand():
    X, y = load_iris(return_X_y=True)
    model = SoftmaxRegression().fit(X, y)
    text = parse(page_of(model, X[:90], y[:90]).html).text
    assert "how frequent the classes are in these rows: 0.6870 nats" in text
    text = parse(page_of(model, X[:90], y[:90], context=Context(class_rows=[50, 50, 50])).html).text
    assert "how frequent the classes are in training: 1.0986 nats" in text


def test_a_report_refuses_rows_of_classes_that_are_not_those_of_the_model():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="one number for each of the 3 classes, but it has 2"):
        page_of(SoftmaxRegression().fit(X, y), X, y, context=Context(class_rows=[50, 50]))
