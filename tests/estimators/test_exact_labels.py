"""Labels of every library stay what they are, and a missing or mixed one is named with its row."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import softlearn
from softlearn import SoftmaxNetwork, SoftmaxRegression, SoftmaxRegressionCV, regularization_path

# The networks here are not trained: one epoch shows what becomes of labels.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Trained for the epochs:sklearn.exceptions.ConvergenceWarning"
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 2))
CODES = np.arange(24) % 2
LONG = 2**53 + CODES  # as float64 they are one number


def partial(y):
    return SoftmaxRegression().partial_fit(X, y, classes=pd.unique(pd.Series(y)))


def network_partial(y):
    return SoftmaxNetwork((2,)).partial_fit(X, y, classes=pd.unique(pd.Series(y)))


FITS = {
    "regression": lambda y: SoftmaxRegression().fit(X, y),
    "cross-validation": lambda y: SoftmaxRegressionCV(Cs=2, cv=2).fit(X, y),
    "network": lambda y: SoftmaxNetwork((2,), max_iter=1).fit(X, y),
    "partial_fit": partial,
    "partial_fit of a network": network_partial,
}
WHOLE = {
    "Int64": pd.Series(LONG, dtype="Int64"),
    "UInt64": pd.Series(LONG, dtype="UInt64"),
    "an array of Int64": pd.array(LONG, dtype="Int64"),
    "int64 of pyarrow": pd.Series(LONG, dtype="int64[pyarrow]"),
    "objects": pd.Series(LONG.tolist(), dtype=object),
    "categories": pd.Series(LONG).astype("category"),
    "categories of Int64": pd.Series(LONG, dtype="Int64").astype("category"),
    "an arrow array": pa.array(LONG),
    "a chunked arrow array": pa.chunked_array([LONG[:5], LONG[5:]]),
    "polars": pl.Series(LONG),
    "a list": LONG.tolist(),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize("y", WHOLE.values(), ids=WHOLE)
def test_whole_numbers_beyond_2_to_53_stay_what_they_are(fit, y):
    model = fit(y)
    assert model.classes_.dtype.kind in "iu"
    assert model.classes_.tolist() == [2**53, 2**53 + 1]
    assert set(model.predict(X).tolist()) <= {2**53, 2**53 + 1}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize("dtype", ["boolean", "bool[pyarrow]", object])
def test_booleans_stay_booleans(fit, dtype):
    model = fit(pd.Series(CODES > 0).astype(dtype))
    assert model.classes_.dtype == bool
    assert model.classes_.tolist() == [False, True]


@pytest.mark.parametrize("y", [*WHOLE.values(), pd.Series(CODES > 0).astype("boolean")])
def test_score_takes_what_fit_took(y):
    model = SoftmaxRegression().fit(X, y)
    want = (model.predict(X) == model.classes_[CODES]).mean()
    assert model.score(X, y) == want
    assert SoftmaxRegressionCV(Cs=2, cv=2, scoring="accuracy").fit(X, y).score(X, y) > 0.0


# -- what is missing, or mixed

WORDS = np.array(["ash", "birch"])[CODES].astype(object)


def without(values, missing, row=5):
    return [missing if i == row else value for i, value in enumerate(values)]


MISSING = {
    "NaT among dates": pd.Series(pd.to_datetime(without(["2024-01-01"] * 24, None))),
    "NaT of NumPy": np.array(without(["2024-01-01"] * 24, "NaT"), dtype="M8[D]"),
    "NaT among time spans": np.array(without([1] * 24, "NaT"), dtype="m8[D]"),
    "NA among strings": pd.Series(without(WORDS, pd.NA), dtype="string"),
    "NA among objects": np.array(without(WORDS, pd.NA), dtype=object),
    "NA among Int64": pd.array(without(CODES, pd.NA), dtype="Int64"),
    "NA among booleans": pd.array(without(CODES > 0, pd.NA), dtype="boolean"),
    "NA of pyarrow": pd.Series(without(CODES.tolist(), None), dtype="int64[pyarrow]"),
    "NaN among strings": pd.Series(without(WORDS, np.nan)),
    "NaN among objects": np.array(without(WORDS, np.nan), dtype=object),
    "NaN in a list of strings": without(WORDS.tolist(), np.nan),
    "None in a list of strings": without(WORDS.tolist(), None),
    "None in a list of numbers": without(CODES.tolist(), None),
    "NaN among numbers": np.array(without(CODES, np.nan)),
    "NaN among categories": pd.Series(without(WORDS, None)).astype("category"),
    "null of polars": pl.Series(without(WORDS.tolist(), None)),
    "null among numbers of polars": pl.Series(without(CODES.tolist(), None)),
    "null of arrow": pa.array(without(WORDS.tolist(), None)),
    "masked": np.ma.array(CODES, mask=np.arange(24) == 5),
}
ASKS = {
    **{name: fit for name, fit in FITS.items() if "partial" not in name},
    "partial_fit": lambda y: SoftmaxRegression().partial_fit(X, y, classes=[0, 1]),
    "path": lambda y: regularization_path(X, y, Cs=2),
    "partial_fit of a network": lambda y: SoftmaxNetwork((2,)).partial_fit(X, y, classes=[0, 1]),
    "validation": lambda y: SoftmaxNetwork((2,)).fit(X, CODES, validation_data=(X, y)),
    "score": lambda y: SoftmaxRegression().fit(X, CODES).score(X, y),
    "score of a cross-validation": lambda y: SoftmaxRegressionCV(Cs=2).fit(X, CODES).score(X, y),
    "report": lambda y: softlearn.report(SoftmaxRegression().fit(X, CODES), X, y),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("y", MISSING.values(), ids=MISSING)
def test_a_missing_label_is_named_with_its_row_everywhere(ask, y):
    with pytest.raises(ValueError, match=r"^y has no label in row 5 \(.+\); drop such rows"):
        ask(y)


MIXED = {
    "a list": ["ash", "birch", 3] * 8,
    "objects": np.array(["ash", "birch", 3] * 8, dtype=object),
    "a series": pd.Series(["ash", "birch", 3] * 8),
    "a list with True": ["ash", "birch", True] * 8,
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("y", MIXED.values(), ids=MIXED)
def test_strings_among_numbers_are_named_with_their_row_everywhere(ask, y):
    sentence = r"^y has labels of more than one type, string and \w+: row 0 has 'ash', row 2 has "
    with pytest.raises(ValueError, match=sentence):
        ask(y)


UNUSABLE = {
    "fractions": ([Decimal("0.5"), Decimal(1)], "labels of type Decimal, such as Decimal('0.5')"),
    "days": (pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])).dt.tz_localize("UTC"),
             "labels of type Timestamp"),
    "sets": ([{1}, {1, 2}], "labels of type set"),
    "bytes": ([b"a", b"b"], "labels of type bytes"),
    "lists": ([[1], [1, 2]], "lists of labels that differ in length: to give a row several"),
    "more than 64 bits": ([2**70, 2**70 + 1], "no array keeps exactly, such as 118059162071"),
    "signed beyond 63 bits": ([2**63 + 1, -1], "no array keeps exactly, such as 92233720368547"),
    "beyond 2^53 among floats": ([2**53 + 1, 0.0], "no array keeps exactly, such as 900719925474"),
}  # fmt: skip


@pytest.mark.parametrize(("y", "sentence"), UNUSABLE.values(), ids=UNUSABLE)
def test_labels_that_no_array_keeps_are_refused_in_a_sentence(y, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        SoftmaxRegression().fit(X[:2], y)


def test_one_label_is_no_list_of_labels():
    with pytest.raises(
        ValueError, match=r"^y must be an array or a list of labels, but it is None"
    ):
        SoftmaxRegression().fit(X, CODES).score(X, None)


def test_dates_in_a_list_are_dates():
    days = [np.datetime64("2024-01-01"), np.datetime64("2024-01-02")] * 12
    assert SoftmaxRegression().fit(X, days).classes_.dtype.kind == "M"


def test_true_and_1_may_be_mixed_as_in_python():
    assert SoftmaxRegression().fit(X, [True, 0, 1] * 8).classes_.tolist() == [0, 1]


def test_a_class_nan_that_numpy_made_of_a_missing_label_is_pointed_out():
    made = np.array(["ash", "birch", np.nan] * 8)
    with pytest.warns(
        UserWarning, match="a class 'nan', from row 2 on, which looks like a missing"
    ):
        SoftmaxRegression().fit(X, made)
    SoftmaxRegression().fit(X, np.array(["ash", "birch", "nan"] * 8))  # a word of its own


def test_missing_classes_of_partial_fit_are_named():
    with pytest.raises(ValueError, match=r"^classes has no label in place 1 \(None\)"):
        SoftmaxRegression().partial_fit(X, CODES, classes=[0, None])
    with pytest.raises(ValueError, match=r"^classes has labels of more than one type"):
        SoftmaxRegression().partial_fit(X, CODES, classes=[0, "ash"])


def test_dates_of_another_unit_are_the_same_classes():
    days = np.array(["2024-01-01", "2024-01-02"], dtype="M8[D]")
    model = SoftmaxRegression().partial_fit(X, days[CODES].astype("M8[ns]"), classes=days)
    np.testing.assert_array_equal(model.classes_, days)


@pytest.mark.skipif(pd.__version__ < "3", reason="pandas 2 takes such strings for equal, too")
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize("kind", [list, tuple, pd.Series, pd.Categorical])
def test_strings_that_numpy_makes_equal_are_refused(fit, kind):
    y = kind(["a", "a\0"] * 12)
    with pytest.raises(ValueError, match=r"'a\\x00' in (row|place) 1, which ends with a zero byte"):
        fit(y)
    assert fit(kind(["a", "a\0b"] * 12)).classes_.tolist() == ["a", "a\0b"]


def test_so_are_those_of_polars():
    with pytest.raises(ValueError, match=r"'a\\x00' in row 1, which ends with a zero byte"):
        FITS["regression"](pl.Series(["a", "a\0"] * 12))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: FITS["regression"](np.zeros(24, int)), "only one class: 0"),
        (lambda: FITS["regression"](np.array(["a"] * 24)), "only one class: 'a'"),
        (lambda: FITS["regression"]([np.int64(3), "a"] * 12), "row 0 has 3, row 1 has 'a'"),
        (lambda: FITS["regression"](np.int64(3)), "a list of labels, but it is 3."),
        (lambda: FITS["regression"](np.array([b"x", b"y"] * 12)), "such as b'x'"),
        (lambda: SoftmaxRegression().partial_fit(X, CODES, classes=np.array([0])), "but is [0]:"),
        (
            lambda: partial(CODES).partial_fit(X, CODES, classes=np.array([0, 2])),
            "`classes=[0, 2]` is not the same as on last call to partial_fit, was: [0, 1]",
        ),
        (
            lambda: partial(CODES.astype("M8[D]")).partial_fit(X, CODES.astype("M8[D]") + 1),
            "y has the label '1970-01-03' in row 1",
        ),
        (
            lambda: SoftmaxRegressionCV(l1_ratios=[np.float64(1.5)]).fit(X, CODES),
            "but it is [1.5]",
        ),
    ],
)
def test_sentences_show_values_of_numpy_as_python_writes_them(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
