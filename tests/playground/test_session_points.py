"""Points and models of one's own: CSV, arrays, fitted classifiers."""

import base64

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from softlearn import SoftmaxNetwork, SoftmaxRegression, load
from softlearn.playground import Session
from softlearn.playground.fitted import estimator_of, scaled_estimator_of

rng = np.random.default_rng(0)
X = np.array([200.0, 0.5]) + np.array([30.0, 0.02]) * rng.normal(size=(90, 2))
Y = (X[:, 0] > 200).astype(int) + (X[:, 1] > 0.51)
NAMES = np.array(["ash", "elm", "oak"])


def imported(text, session=None):
    """Return the answer to an import."""
    session = session or Session()
    (event,) = session.handle({"type": "points", "op": "import", "text": text})
    return event


FOUR = "id,height,width,mass,species\n1,10,2,7,a\n2,20,3,5,b\n3,15,9,1,a\n"


def test_of_more_than_two_columns_of_numbers_two_are_asked_for():
    session = Session()
    before = session.state()
    asked = imported(FOUR, session)
    assert (asked["type"], asked["code"]) == ("error", "columns")
    assert asked["message"] == "There are 4 columns of numbers: choose two."
    assert asked["columns"] == [(0, "id"), (1, "height"), (2, "width"), (3, "mass")]
    assert session.state() == before
    (state,) = session.handle({"type": "points", "op": "import", "text": FOUR, "columns": [3, 1]})
    units = state["data"]["units"]
    assert [units[axis]["name"] for axis in "xy"] == ["mass", "height"]
    shown = np.array(state["points"]["xy"])
    own = shown * [units[k]["scale"] for k in "xy"] + [units[k]["mean"] for k in "xy"]
    np.testing.assert_allclose(own, [[7, 10], [5, 20], [1, 15]])


def test_columns_without_names_are_called_by_their_numbers():
    asked = imported("1,2,3,a\n4,5,6,b\n")
    assert asked["columns"] == [(0, "1"), (1, "2"), (2, "3")]


def test_columns_of_words_beside_two_of_numbers_are_left_out():
    state = imported("name,x,y,label\nann,0,1,a\nbob,1,0,b\n")
    np.testing.assert_array_equal(state["points"]["xy"], [[0, 1], [1, 0]])


@pytest.mark.parametrize("columns", [[0], [1, 1], [0, 9], "01", {"a": 1}, [0, "x"], [[0], 1]])
def test_columns_that_are_none_are_refused(columns):
    message = {"type": "points", "op": "import", "text": FOUR, "columns": columns}
    (event,) = Session().handle(message)
    assert (event["type"], event["field"]) == ("error", "columns")


def exported(session, what):
    (event,) = session.handle({"type": "export", "what": what})
    assert event["type"] == "export", event
    return event.get("text") or base64.b64decode(event["base64"])


@pytest.mark.parametrize("preset", ["c3-linear", "none-of-these"])
def test_csv_out_and_in_gives_the_same_points(preset):
    session, other = Session(preset), Session(preset)
    session.handle({"type": "points", "op": "add", "xy": [[0.1, 0.2]], "label": 1})
    other.handle({"type": "points", "op": "clear"})
    state = imported(exported(session, "csv"), other)
    assert state["points"] == session.state()["points"]
    assert state["classes"] == session.state()["classes"]


def test_columns_of_other_units_are_scaled_and_said_so():
    session = Session()
    lines = [f"{a!r};{b!r};{NAMES[k]}" for (a, b), k in zip(X.tolist(), Y, strict=True)]
    state = imported("height;width;species\n" + "\n".join(lines), session)
    assert state["classes"]["names"] == NAMES.tolist()
    assert np.abs(state["points"]["xy"]).max() == pytest.approx(2.5)
    units = state["data"]["units"]
    assert (units["x"]["name"], units["y"]["name"]) == ("height", "width")
    own = np.array(state["points"]["xy"]) * [units[k]["scale"] for k in "xy"]
    np.testing.assert_allclose(own + [units[k]["mean"] for k in "xy"], X, rtol=1e-13)
    assert sum(state["points"]["test"]) == 27
    head, first, *_ = exported(session, "csv").splitlines()
    assert head == "height,width,label,test"
    assert float(first.split(",")[0]) == pytest.approx(X[0, 0], rel=1e-14)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "lines of x, y and label"),
        ("1,2\n", "lines of x, y and label"),
        ("x,y,label\n", "no points"),
        ("1,2,a\n1,two,b\n", "Line 2 of text: 'two' is not a number"),
        ("1,2,a\n1,2\n", "Line 2 of text has 2 values, not 3"),
        ("1,2,a\n1,nan,b\n", "Line 2"),
        ("1,2,a\n1,3,b\n1,4, \n", "Line 3 of text has no label"),
        ("1,2,a\n1,3,a\n", "2 to 6 different labels, but it has 1"),
        ("".join(f"0,0,{k}\n" for k in "abcdefg"), "but it has 7"),
        ("0,0,1\n" * 5001, "5000 is the most"),
        (7, "must be the text"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_and_all_stays(text, word):
    session = Session()
    before = session.state()
    event = imported(text, session)
    assert word in event["message"]
    assert session.state() == before


def test_points_of_ones_own_begin_a_session():
    session = Session(points={"xy": X, "label": Y, "names": NAMES, "axes": ("h", "w")})
    state = session.state()
    assert (state["data"]["count"], state["classes"]["names"]) == (90, NAMES.tolist())
    assert state["data"]["units"]["y"]["name"] == "w"
    with pytest.raises(ValueError, match="5,000 is the most"):
        Session(points={"xy": np.zeros((5001, 2)), "label": np.zeros(5001)})
    with pytest.raises(ValueError, match="not a number"):
        Session(points={"xy": np.full((3, 2), np.nan), "label": np.zeros(3)})
    with pytest.raises(ValueError, match="7 classes"):
        Session(points={"xy": np.zeros((7, 2)), "label": np.arange(7)})


@pytest.mark.parametrize(
    "model",
    [
        SoftmaxNetwork((5, 3), "logistic", max_iter=20, n_iter_no_change=99, random_state=0),
        SoftmaxRegression(),
        make_pipeline(StandardScaler(), SoftmaxNetwork((6,), max_iter=20, random_state=0)),
        make_pipeline(StandardScaler(), SoftmaxRegression()),
    ],
    ids=lambda m: type(m).__name__,
)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_model_of_ones_own_begins_a_session_with_what_it_says(model, classes):
    y = NAMES[np.minimum(Y, classes - 1)]
    model.fit(X, y)
    labels = np.searchsorted(NAMES, y)
    points = {"xy": X, "label": labels, "names": NAMES[:classes], "axes": ("h", "w")}
    work = Session(points=points, model=model).work
    P = estimator_of(work).predict_proba(work.points.xy)
    np.testing.assert_allclose(P, model.predict_proba(X), rtol=1e-7, atol=1e-9)
    session = Session(model=model)
    alone, state = session.work, session.state()
    assert (state["begun"], state["data"]["count"]) == ("model", 0)
    assert alone.names == NAMES[:classes].tolist()
    P = scaled_estimator_of(alone).predict_proba(X)
    np.testing.assert_allclose(P, model.predict_proba(X), rtol=1e-7, atol=1e-9)
    assert (alone.units is not None) == hasattr(model, "steps")


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (StandardScaler(), "SoftmaxNetwork or SoftmaxRegression"),
        (SoftmaxRegression(), "fitted"),
        (SoftmaxRegression().fit(np.c_[X, X], Y), "2 features, but it has 4"),
        (SoftmaxRegression().fit(np.arange(14).reshape(7, 2), np.arange(7)), "7 classes"),
        (
            make_pipeline(PolynomialFeatures(2), SoftmaxRegression()).fit(X / X.std(0), Y),
            "scale and shift",
        ),
    ],
    ids=["scaler", "unfitted", "features", "classes", "curved"],
)
def test_a_model_that_does_not_fit_is_refused(model, word):
    with pytest.raises(ValueError, match=word):
        Session(model=model)


def test_a_model_file_predicts_what_is_drawn(tmp_path):
    session = Session(points={"xy": X, "label": Y, "names": NAMES, "axes": ("h", "w")})
    session.handle({"type": "model", "hidden": [6], "activation": "relu"})
    session.handle({"type": "step", "n": 50})
    path = tmp_path / "model.softlearn"
    path.write_bytes(exported(session, "model"))
    model = load(path)
    shown = estimator_of(session.work)
    at = session.work.points.xy
    np.testing.assert_array_equal(model.predict(X), shown.predict(at))
    np.testing.assert_allclose(model.predict_proba(X), shown.predict_proba(at), rtol=1e-9)
    again = Session(points={"xy": X, "label": Y, "names": NAMES}, model=model)
    np.testing.assert_allclose(again.work.w, session.work.w, rtol=1e-12, atol=1e-12)


def test_report_and_pictures_are_made_where_matplotlib_is():
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    session = Session("c3-linear")
    session.handle({"type": "step", "n": 30})
    assert exported(session, "png").startswith(b"\x89PNG")
    assert "<svg" in exported(session, "svg")
    assert "Playground: c3-linear after 30 steps" in exported(session, "report")


def test_without_matplotlib_a_sentence_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for what in ("png", "svg"):
        (event,) = Session().handle({"type": "export", "what": what})
        assert (event["code"], event["field"]) == ("missing", "what")
        assert "softlearn[plot]" in event["message"]
