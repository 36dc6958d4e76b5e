"""What a model remembers of its columns and labels, and what must fit it."""

import numpy as np
import pandas as pd
import pytest

from softlearn.cli.sources import Dataset, SourceError, iter_source
from softlearn.cli.sources.schema import check_columns, describe


def said(call, *args, **kwargs):
    """Return the one sentence of the SourceError that a call raises."""
    with pytest.raises(SourceError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence.endswith((".", "?"))
    assert "\n" not in sentence
    return sentence


def frame_data(**columns):
    """Return the dataset of a table in memory, as a typed file gives it."""
    types = {"f": "number", "M": "date", "s": "text"}
    X = pd.DataFrame(columns)
    kinds = {name: types.get(column.dtype.kind, "text") for name, column in X.items()}
    return Dataset("table", X, None, "kind", list(X), types=kinds)


def test_columns_come_in_the_models_order_and_others_are_ignored_with_a_note():
    metadata = describe(frame_data(a=[1.0], b=["x"]))
    given = frame_data(c=[0.0], b=["y"], d=[0.0], a=[2.0])
    fits = check_columns(metadata, given)
    assert list(fits.X) == fits.feature_names == ["a", "b"]
    assert fits.notes == ("The columns are not known to the model, and ignored: 'c', 'd'.",)


def test_missing_columns_are_named():
    metadata = describe(frame_data(a=[1.0], b=["x"]))
    assert said(check_columns, metadata, frame_data(a=[1.0])) == (
        "The source lacks a column of the model: 'b'."
    )


def test_missing_beside_unknown_columns_looks_like_a_renaming():
    metadata = describe(frame_data(a=[1.0], b=["x"]))
    assert said(check_columns, metadata, frame_data(a=[1.0], B=["x"], c=["y"])) == (
        "The source lacks a column of the model: 'b'; it has columns the model does not know: "
        "'B', 'c'; was one renamed?"
    )


@pytest.mark.parametrize(
    ("trained", "given", "becomes"),
    [
        ([1.5], ["2.5", None, " 3 ", "+1"], [2.5, np.nan, 3.0, 1.0]),
        (["x"], [1.0, 2.5, np.nan], ["1", "2.5", np.nan]),
    ],
)
def test_cells_are_brought_to_the_type_trained_on(trained, given, becomes):
    fits = check_columns(describe(frame_data(a=trained)), frame_data(a=given))
    pd.testing.assert_series_equal(
        fits.X["a"], pd.Series(becomes, name="a"), check_dtype=True, check_exact=True
    )


def test_a_batch_without_a_single_value_keeps_the_type_trained_on():
    for trained in (["x"], pd.to_datetime(["2021-01-01"]), [1.0]):
        metadata = describe(frame_data(a=trained))
        for empty in ([np.nan, np.nan], pd.Series([None, None], dtype="str")):
            column = check_columns(metadata, frame_data(a=empty)).X["a"]
            assert column.isna().all()
            assert column.dtype.kind == frame_data(a=trained).X["a"].dtype.kind


def test_dates_and_booleans_are_recognised_in_text():
    dates = describe(frame_data(a=pd.to_datetime(["2021-01-01"])))
    fits = check_columns(dates, frame_data(a=["2022-03-04", None, "2022-03-04T05:06:07Z"]))
    assert fits.X["a"].dt.year.fillna(0).tolist() == [2022, 0, 2022]
    flags = {**dates, "columns": {"a": "bool"}}
    fits = check_columns(flags, frame_data(a=["True", "false", None]))
    assert fits.X["a"].fillna(-1).tolist() == [1.0, 0.0, -1.0]


@pytest.mark.parametrize(
    ("kind", "cells", "words"),
    [
        (
            "number",
            ["1", "wide"],
            "numbers when the model was trained, but here it has 'wide'",
        ),
        ("bool", ["true", "maybe"], "held true or false when the model was trained"),
        ("date", ["2021-01-01", "soon"], "held dates when the model was trained"),
        ("date", [5.0, 6.0], "but here it has '5.0'"),
    ],
)
def test_cells_of_another_type_are_one_sentence(kind, cells, words):
    metadata = {**describe(frame_data(a=[1.0])), "columns": {"a": kind}}
    assert words in said(check_columns, metadata, frame_data(a=cells))


def test_infinite_cells_are_refused_when_predicting(tmp_path):
    metadata = describe(frame_data(a=[1.0]))
    (tmp_path / "new.csv").write_text("a\n1\ninf\n", encoding="utf-8")
    (batch,) = iter_source(tmp_path / "new.csv", None, 10, like=metadata)
    assert "infinite values in 'a' (1)" in said(check_columns, metadata, batch)


def test_another_kind_of_source_is_named():
    metadata = describe(frame_data(a=[1.0]))
    sentence = said(check_columns, metadata, Dataset("text", np.array(["x"], dtype=object)))
    assert "trained on a table, but this is a folder of texts" in sentence


def test_a_matrix_of_another_width_is_named():
    metadata = describe(Dataset("matrix", np.eye(3)))
    assert "trained on 3 features, but this has 2" in said(
        check_columns, metadata, Dataset("matrix", np.eye(2))
    )


@pytest.mark.parametrize(
    ("trained", "given", "becomes"),
    [
        (["0", "1", "x"], [0, 1], ["0", "1"]),
        ([0, 1], ["1", "0"], [1, 0]),
        ([0, 1], [1.0, 0.0], [1, 0]),
        ([0.5, 1.5], [1, 2], [1.0, 2.0]),
        ([True, False], ["True", "false"], [True, False]),
        ([True, False], [1, 0], [True, False]),
    ],
)
def test_labels_get_the_type_trained_on(trained, given, becomes):
    metadata = describe(Dataset("matrix", np.eye(2), np.array(trained)))
    y = check_columns(metadata, Dataset("matrix", np.eye(2), np.array(given))).y
    assert y.tolist() == becomes
    assert y.dtype.kind == np.array(becomes).dtype.kind


@pytest.mark.parametrize(("trained", "given"), [([0, 1], ["a", "b"]), ([True, False], [2, 3])])
def test_labels_of_another_type_are_named(trained, given):
    metadata = describe(Dataset("matrix", np.eye(2), np.array(trained)))
    given = Dataset("matrix", np.eye(2), np.array(given))
    assert "The labels of the model are" in said(check_columns, metadata, given)
