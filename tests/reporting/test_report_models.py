"""Any classifier with probabilities has a report; what does not apply is left out."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from pages import parse, section, sections, tiles
from reported import made
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import softlearn
from softlearn import SoftmaxNetwork, SoftmaxRegression

ALWAYS = ["data", "confusion", "reliability", "classes", "worst", "redo"]


def page_of(model, X, y, **more):
    return parse(softlearn.report(model, X, y, **more).html)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("regression", ["fit", "model", "influences"]),
        ("plane", ["fit", "model", "influences"]),
        ("logistic", ["model", "influences"]),
        ("forest", []),
        ("binary", ["fit", "model", "influences"]),
        ("network", ["fit", "model"]),
    ],
)
def test_sections_that_do_not_apply_are_left_out(name, more):
    assert set(sections(made(name).page)) - {"warnings"} == {*ALWAYS, *more}


@pytest.mark.parametrize("name", ["logistic", "forest", "network"])
def test_only_a_certificate_is_called_a_proof(name):
    page = made(name).page
    assert "is proven" not in page.text
    assert tiles(page).get("Optimum") == ("not proven" if name == "network" else None)


def test_a_network_says_the_truth_about_its_optimum():
    assert (
        "how far a network is from the best one is not known"
        in section(made("network").page, "fit").text
    )


def test_a_fit_without_a_penalty_says_what_gives_standard_errors():
    X, y = load_iris(return_X_y=True)
    X, y = X[50:, :2], y[50:]
    for C, said in ((np.inf, True), (1.0, False)):
        text = section(page_of(SoftmaxRegression(C=C).fit(X, y), X, y), "fit").text
        assert ("softlearn.inference" in text) is said


@pytest.mark.parametrize(
    ("choices", "penalty"),
    [
        ({"l1_ratio": 1.0}, "L1"),
        ({"l1_ratio": 0.5}, "an elastic net, 0.5 of it L1"),
        ({"l1_ratio": 1.0, "penalty_groups": "features"}, "a group lasso over features"),
    ],
)
def test_a_fit_with_zeros_says_how_many_are_proven_and_names_what_remains(choices, penalty):
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = SoftmaxRegression(C=0.05, **choices).fit(X, y)
    page = page_of(model, X, y)
    fit, size = section(page, "fit").text, model.coef_.size
    assert f"penalty{penalty} weights" in fit
    zeros = f"{size - model.n_nonzero_} that are, {model.zeros_proven_.sum()} are proven to be 0"
    assert f"{model.n_nonzero_} of {size} are not 0; of the {zeros}" in fit
    rows = section(page, "influences").one("table").rows
    assert rows[0][-1] == "features whose weight is not 0"
    for row, weights in zip(rows[1:], model.coef_, strict=True):
        count, _, names = row[-1].partition(": ")
        assert count == f"{np.count_nonzero(weights)} of 4"
        assert set(filter(None, names.split(", "))) == set(X.columns[weights != 0.0])


def test_a_search_over_shares_of_l1_and_an_L2_fit_have_their_own_words():
    X, y = load_iris(return_X_y=True)
    model = softlearn.SoftmaxRegressionCV(Cs=[0.05], l1_ratios=[0.3], cv=3).fit(X, y)
    assert "an elastic net, 0.3 of it L1" in section(page_of(model, X, y), "fit").text
    page = page_of(SoftmaxRegression().fit(X, y), X, y)
    assert "penalty" not in section(page, "fit").text.replace("with the same penalty", "")
    assert len(section(page, "influences").one("table").rows[0]) == 2


def test_a_classifier_without_logits_shows_no_z():
    for card in section(made("forest").page, "worst").all("article"):
        assert card.one("table").rows[0] == ["class", "a"]


def test_two_features_are_drawn_as_regions_and_more_as_weights():
    for name, shown in (("plane", "Regions of 3 classes"), ("regression", "Weights: 3 rows of 4")):
        labels = [s.attributes["aria-label"] for s in section(made(name).page, "model").all("svg")]
        assert any(label.startswith(shown) for label in labels)


def test_images_are_shown_with_the_worst_predictions_and_as_weights():
    page = made("network").page
    cards = section(page, "worst").all("article")
    assert all(len(card.all("img")) == 1 for card in cards)
    assert "8 × 8 pixels, grey" in section(page, "data").text
    assert "of the 16 units of the first hidden layer" in section(page, "model").text


def test_an_image_is_the_row_it_stands_for():
    import base64
    from io import BytesIO

    from matplotlib.image import imread

    case = made("network")
    card = section(case.page, "worst").all("article")[0]
    row = int(card.one("p").text.split(";")[0].removeprefix("row "))
    data = card.one("img").attributes["src"].removeprefix("data:image/png;base64,")
    shown = imread(BytesIO(base64.b64decode(data)))[..., 0]
    np.testing.assert_allclose(shown, case.X[row].reshape(8, 8) / case.X.max(), atol=1 / 255)


def test_texts_through_a_pipeline_show_the_texts_and_the_words():
    texts = ["red apple", "blue sea", "green grass", "red rose", "blue sky", "green leaf"] * 2
    y = ["red", "blue", "green"] * 4
    page = page_of(make_pipeline(TfidfVectorizer(), SoftmaxRegression()).fit(texts, y), texts, y)
    assert {q.text for q in section(page, "worst").all("blockquote")} <= set(texts)
    influences = dict(section(page, "influences").one("table").rows[1:])
    assert all(f" {colour}" in influences[colour].split(",")[0] for colour in influences)
    assert "TfidfVectorizer()" in section(page, "redo").text


def test_a_table_with_missing_values_is_summed_up_column_by_column():
    X = pd.DataFrame(
        {
            "size": [1.0, np.nan, 3.0, 4.0],
            "when": pd.to_datetime(["2020-01-01", None, "2020-01-03", "2021-05-06"]),
            "colour": ["red", "red", None, "blue"],
        }
    )
    model = make_pipeline(_Numbers(), SimpleImputer(), SoftmaxRegression()).fit(X, [0, 0, 1, 1])
    rows = section(page_of(model, X, [0, 0, 1, 1]), "data").all("table")[1].rows[1:]
    assert rows == [
        ["size", "numbers", "1", "1 to 4, median 3"],
        ["when", "dates", "1", "2020-01-01 to 2021-05-06"],
        ["colour", "text", "1", "2 values, most often red (2)"],
    ]


class _Numbers:
    """Takes the columns of numbers."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.select_dtypes("number")


def test_sparse_rows_show_what_is_not_zero():
    X = sp.csr_array(sp.random(40, 30, 0.1, random_state=0))
    y = np.arange(40) % 2
    page = page_of(SoftmaxRegression().fit(X, y), X, y)
    assert "10.0 % of their values not zero" in section(page, "data").text
    for card in section(page, "worst").all("article"):
        row = int(card.one("p").text.split(";")[0].removeprefix("row "))
        assert len(card.all("li")) == X[[row]].nnz


def test_a_search_is_reported_by_its_best():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(SoftmaxRegression(), {"C": [0.01, 1.0]}, cv=2).fit(X, y)
    page = page_of(search, X, y)
    best = page_of(search.best_estimator_, X, y)
    assert section(page, "fit").text == section(best, "fit").text
    assert "C = 1.0" in section(page, "redo").text


def test_a_fit_that_made_all_its_iterations_is_worth_a_look():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning):
        model = MLPClassifier((4,), max_iter=3, random_state=0).fit(X, y)
    said = section(page_of(model, X, y), "warnings").text
    assert "MLPClassifier made all of its 3 iterations (max_iter)" in said


def test_a_fit_that_was_cut_short_is_worth_a_look_and_not_called_proven():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning):
        model = SoftmaxRegression(max_iter=1).fit(X, y)
    page = page_of(model, X, y)
    assert model.status_.value in section(page, "warnings").text
    assert tiles(page)["Optimum"] == "not proven"


def test_a_class_that_is_never_predicted_is_worth_a_look():
    X = np.zeros((20, 1))
    y = np.repeat(["often", "seldom"], [15, 5])
    page = page_of(SoftmaxRegression().fit(X, y), X, y)
    assert "Classes that are never predicted: seldom." in section(page, "warnings").text


def test_accuracy_has_its_95_per_cent_interval():
    X, y = load_iris(return_X_y=True)
    page = page_of(SoftmaxRegression().fit(X, y), X, y)
    right = int((SoftmaxRegression().fit(X, y).predict(X) == y).sum())
    ends = stats.binomtest(right, len(y)).proportion_ci(method="wilson")
    said = f"{100 * ends.low:.1f} % to {100 * ends.high:.1f} % (95 % interval)"
    assert said in page.all("dl")[0].text


def test_a_network_that_is_convex_is_proven():
    X, y = load_iris(return_X_y=True)
    page = page_of(SoftmaxNetwork((), solver="newton-cg", alpha=1.0, tol=1e-6).fit(X, y), X, y)
    assert tiles(page)["Optimum"] == "proven"
    assert "epoch" not in section(page, "fit").one("dl").text


def test_many_classes_are_listed_from_the_worst_and_by_pairs():
    rng = np.random.default_rng(0)
    y = np.arange(240) % 60
    X = np.eye(60)[y] + 0.5 * rng.normal(size=(240, 60))
    page = page_of(SoftmaxRegression(C=1.0).fit(X, y), X, y)
    assert not section(page, "confusion").all("table", class_="confusion")
    assert len(section(page, "classes").one("table").rows) == 51
    assert "50 of 60 classes" in section(page, "classes").text


@pytest.mark.parametrize(
    ("held_out", "said"),
    [
        (None, "is not known to this report"),
        (True, "was fitted without these rows"),
        (False, "was fitted to these rows, which flatters it"),
    ],
)
def test_it_is_said_whether_the_rows_are_new_to_the_model(held_out, said):
    X, y = [[0.0], [1.0], [2.0]], ["a", "b", "b"]
    page = page_of(SoftmaxRegression().fit(X, y), X, y, held_out=held_out)
    assert said in page.one("header").text


X3, Y3 = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), np.array(["a", "b", "b"])


@pytest.mark.parametrize(
    ("X", "y", "more", "sentence"),
    [
        (X3, ["a", "b"], {}, r"y must have one label for each of the 3 rows of X"),
        (X3, [1, 2, 2], {}, r"y has no label that is a class of the model: it has 1, .*'a', 'b'"),
        (X3, ["a", None, "b"], {}, r"y has no label in row 1 \(None\)"),
        (X3, ["a", np.nan, "b"], {}, r"y has no label in row 1 \(nan\)"),
        (X3, [1, "a", "b"], {}, r"y has labels of more than one type, number and string: row 0"),
        (X3, np.eye(3)[:, :2], {}, r"y has no 1 in row 2"),
        (X3, np.full((3, 2), 0.5), {}, r"y must be labels, not rows of probabilities"),
        (X3, np.zeros((3, 1, 1)), {}, r"y must have one label for each of the 3 rows of X"),
        (X3, Y3, {"image_shape": (2, 2)}, r"image_shape must be .* 2 numbers, .* is \(2, 2\)"),
        (X3, Y3, {"features": ["one"]}, r"features must name the 2 features .* has 1 names"),
        (X3, Y3, {"rows": ["one"]}, r"rows must name the 3 rows of X, but it has 1 names"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(X, y, more, sentence):
    model = SoftmaxRegression().fit(X3, Y3)
    with pytest.raises(ValueError, match=sentence):
        softlearn.report(model, X, y, **more)


def test_a_classifier_without_probabilities_or_fit_is_refused():
    with pytest.raises(ValueError, match="LinearSVC has no predict_proba"):
        softlearn.report(LinearSVC().fit(X3, Y3), X3, Y3)
    with pytest.raises(NotFittedError):
        softlearn.report(LogisticRegression(), X3, Y3)


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_a_missing_library_names_the_extra(library, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=rf"Reports need {library}.*'softlearn\[report\]'"):
        softlearn.report(made("plane").model, made("plane").X, made("plane").y)
