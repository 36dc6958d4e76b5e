"""Raw input becomes numbers, the same way when training and when predicting."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.sparse import issparse
from sklearn.base import clone

import softlearn
from softlearn import SoftmaxRegression
from softlearn.cli.sources import Dataset, SourceError, iter_source, read_source
from softlearn.cli.sources.schema import check_columns, describe
from softlearn.features.images import ImageReader
from softlearn.features.pipeline import feature_names, make_pipeline
from softlearn.features.text import TextColumn

N = 240


def said(call, *args, **kwargs):
    """Return the one sentence of the SourceError that a call raises."""
    with pytest.raises(SourceError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence.endswith((".", "?"))
    assert "\n" not in sentence
    return sentence


def mixed(n=N):
    """A table with a column of every sort, and labels that hang on three of them."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    words = ["river bank", "engine oil", "cake sugar"]
    data = {
        "length": y + rng.normal(0, 0.3, n),
        "island": np.array(["Biscoe", "Dream", "Torgersen"])[rng.integers(0, 3, n)],
        "flag": np.where(rng.random(n) < 0.5, "true", "false"),
        "code": [f"K{i % 150}" for i in range(n)],
        "day": pd.date_range("2021-01-03", periods=n).strftime("%Y-%m-%d"),
        "review": [f"{words[label]} number {i} was seen" for i, label in enumerate(y)],
        "constant": 1.0,
        "kind": np.array(["x", "y", "z"])[y],
    }
    frame = pd.DataFrame(data)
    frame.loc[::10, "length"] = np.nan
    frame.loc[5::20, ["island", "review"]] = None
    return frame


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "mixed.csv"
    mixed().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def data(table):
    return read_source(table, "kind", need_target=True)


@pytest.fixture(scope="module")
def fitted(data):
    return make_pipeline(data, SoftmaxRegression()).fit(data.X, data.y)


def frame_data(**columns):
    """Return the dataset of a table in memory, as a typed file gives it."""
    types = {"f": "number", "M": "date", "s": "text"}
    X = pd.DataFrame(columns)
    kinds = {name: types.get(column.dtype.kind, "text") for name, column in X.items()}
    return Dataset("table", X, None, "kind", list(X), types=kinds)


# -- tables


def test_a_table_of_every_sort_of_column_is_learnt(data, fitted):
    assert fitted.score(data.X, data.y) > 0.95
    assert fitted[-1].gap_ <= 1e-6


def test_the_names_of_the_features_are_those_of_the_table(data, fitted):
    names = feature_names(fitted, data)
    assert len(names) == len(set(names)) == fitted[-1].n_features_in_
    expected = {"length", "length is missing", "flag", "constant", "island_Biscoe"}
    expected |= {"day_month", "day_weekday", "review: sugar", "code_00", "island is missing"}
    assert expected <= set(names)
    assert not any(name.startswith(("code_K", "review_", "day_2")) for name in names)


def test_numbers_are_kept_to_the_last_digit():
    exact = 1_600_000_000.5  # float32 would lose the half, and 60 more
    data = frame_data(time=[exact, exact + 1, np.nan])
    vectoriser = make_pipeline(data, SoftmaxRegression())[0]
    np.testing.assert_array_equal(
        vectoriser.fit_transform(data.X), [[exact, 0], [exact + 1, 0], [exact + 0.5, 1]]
    )


def test_two_columns_may_give_features_of_one_name():
    data = frame_data(sex=["male", "female"], sex_male=[1.0, 2.0])
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, ["a", "b"])
    assert feature_names(pipeline, data) == ["sex_male", "sex_female", "sex_male"]


def test_the_same_table_gives_the_same_numbers(data, fitted):
    again = make_pipeline(data, SoftmaxRegression()).fit(data.X, data.y)
    np.testing.assert_array_equal(again.predict_proba(data.X), fitted.predict_proba(data.X))
    np.testing.assert_array_equal(
        clone(fitted).fit(data.X, data.y).predict_proba(data.X), fitted.predict_proba(data.X)
    )


def test_what_was_never_seen_is_taken_without_a_warning(data, fitted):
    new = data.X.iloc[:4].copy()
    new["island"] = ["Atlantis", None, "Dream", "Biscoe"]
    new["flag"] = [np.nan, 1.0, 0.0, np.nan]
    new["code"] = ["unseen", None, "K1", "K2"]
    new["day"] = ["2030-01-01", None, "no date", "2021-05-05"]
    new["review"] = [None, "", "zzz", "cake sugar"]
    p = fitted.predict_proba(new)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


@pytest.mark.parametrize("rows", [13, 100])
def test_batches_predict_as_the_whole_does(table, data, fitted, rows):
    metadata = json.loads(json.dumps(describe(data)))
    batches = iter_source(table, "kind", rows, like=metadata)
    p = np.vstack([fitted.predict_proba(check_columns(metadata, b).X) for b in batches])
    np.testing.assert_allclose(p, fitted.predict_proba(data.X), rtol=1e-6, atol=1e-9)


def test_every_format_predicts_alike(table, tmp_path, data, fitted):
    metadata = describe(data)
    raw = pd.read_csv(table)
    raw.to_parquet(tmp_path / "t.parquet")
    raw.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    raw.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    for name in ("t.parquet", "t.jsonl", "t.tsv"):
        other = read_source(tmp_path / name, "kind", need_target=False, like=metadata)
        p = fitted.predict_proba(check_columns(metadata, other).X)
        np.testing.assert_allclose(p, fitted.predict_proba(data.X), rtol=1e-6, atol=1e-9)


def test_prose_makes_the_matrix_sparse_and_categories_alone_do_not(data, fitted):
    assert issparse(fitted[0].transform(data.X))
    small = frame_data(island=["a", "b"] * 3, n=[1.0, 2.0] * 3)
    assert not issparse(make_pipeline(small, SoftmaxRegression())[0].fit_transform(small.X))


def test_dates_of_several_words_are_dates_and_no_prose(tmp_path):
    days = pd.date_range("2020-01-01", periods=40).strftime("%d %B %Y")
    pd.DataFrame({"day": days}).to_csv(tmp_path / "days.csv", index=False)
    data = read_source(tmp_path / "days.csv", None, need_target=False)
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, [0, 1] * 20)
    assert "day_month" in feature_names(pipeline, data)


def test_columns_that_are_all_missing_or_all_the_same_do_no_harm():
    data = frame_data(
        none=[np.nan] * 4, text=pd.Series([None] * 4, dtype="str"), one=["a"] * 4, x=[0.0, 1, 2, 3]
    )
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, [0, 0, 1, 1])
    assert feature_names(pipeline, data) == ["none", "x", "none is missing", "one_a"]
    assert pipeline.predict(data.X).tolist() == [0, 0, 1, 1]


def test_dates_of_typed_files_are_taken_apart():
    data = frame_data(when=pd.to_datetime(["2021-02-03 04:00", "2022-03-04 05:00", None]))
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, [0, 1, 1])
    names = feature_names(pipeline, data)
    assert names[:5] == ["when_year", "when_month", "when_day", "when_hour", "when_weekday"]
    assert "when_year is missing" in names


# -- texts, images, matrices


def test_texts_are_weighted_words():
    data = Dataset("text", np.array(["good film", "bad film", "good good"], dtype=object))
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, ["p", "n", "p"])
    assert feature_names(pipeline, data) == ["bad", "film", "good"]
    p = pipeline.predict_proba(["bad", "film", "", "good"])[:, 0]
    assert (np.diff(p) < 0).all()
    weights = pipeline[0].transform(data.X)
    np.testing.assert_allclose(weights.multiply(weights).sum(axis=1), 1.0)


def test_texts_without_words_are_one_sentence():
    assert "have no words of two or more letters" in said(TextColumn().fit, ["a", "?"])
    assert "The texts in column 'note'" in said(TextColumn("note").fit, ["a", None])


def test_images_are_read_when_they_are_needed(tmp_path):
    for i, value in enumerate([0, 20, 230, 255]):
        (tmp_path / "ab"[i // 2]).mkdir(exist_ok=True)
        image = np.full((4, 5, 3), value, np.uint8)
        Image.fromarray(image).save(tmp_path / "ab"[i // 2] / f"{i}.png")
    data = read_source(tmp_path, None, need_target=True)
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, data.y)
    assert pipeline.predict(data.X).tolist() == ["a", "a", "b", "b"]
    names = feature_names(pipeline, data)
    assert (len(names), names[0], names[-1]) == (60, "pixel(0,0,R)", "pixel(3,4,B)")
    (tmp_path / "b" / "2.png").write_bytes(b"broken")
    assert str(tmp_path / "b" / "2.png") in said(pipeline.predict, data.X)


def test_an_image_reader_takes_arrays_and_grey():
    reader = ImageReader(2, 2, "L").fit([])
    rows = reader.transform([np.full((2, 2), 255, np.uint8), np.zeros((4, 4, 3), np.uint8)])
    np.testing.assert_array_equal(rows, [[1, 1, 1, 1], [0, 0, 0, 0]])
    assert reader.get_feature_names_out().tolist()[:2] == ["pixel(0,0)", "pixel(0,1)"]


def test_matrices_pass_as_they_are():
    data = Dataset("matrix", np.eye(3))
    pipeline = make_pipeline(data, SoftmaxRegression()).fit(data.X, [0, 1, 2])
    assert feature_names(pipeline, data) == ["x0", "x1", "x2"]
    named = dataclasses.replace(data, feature_names=["p", "q", "r"])
    assert feature_names(pipeline, named) == ["p", "q", "r"]


# -- the model file


def test_a_saved_pipeline_predicts_to_the_last_digit(tmp_path, data, fitted):
    softlearn.save(fitted, tmp_path / "m.softlearn", describe(data))
    again = softlearn.load(tmp_path / "m.softlearn")
    np.testing.assert_array_equal(again.predict_proba(data.X), fitted.predict_proba(data.X))
    kept = softlearn.read_metadata(tmp_path / "m.softlearn")["metadata"]
    assert kept == describe(data)


@pytest.mark.parametrize("vectoriser", [TextColumn(), ImageReader(2, 2, "RGB")])
def test_texts_and_images_can_be_saved_too(tmp_path, vectoriser):
    X = [np.full((2, 2, 3), 100 * i, np.uint8) for i in range(3)]
    kind = "image"
    if isinstance(vectoriser, TextColumn):
        X, kind = ["one two", "two three", "three four"], "text"
    size = {"size": [2, 2], "mode": "RGB"}
    pipeline = make_pipeline(Dataset(kind, np.empty(3), layout=size), SoftmaxRegression())
    pipeline.fit(X, [0, 1, 2])
    softlearn.save(pipeline, tmp_path / "m.softlearn")
    again = softlearn.load(tmp_path / "m.softlearn")
    np.testing.assert_array_equal(again.predict_proba(X), pipeline.predict_proba(X))
