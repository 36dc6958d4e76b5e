"""Models saved from Python predict files, if they tell what they were trained on."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from softlearn import SoftmaxRegression, save
from softlearn.__main__ import main

DATA = Path(__file__).resolve().parents[3] / "examples" / "data" / "penguins.csv"
NUMBERS = ["bill_length_mm", "body_mass_g"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def predicted(source, *words):
    assert main(["predict", "m.softlearn", str(source), "-o", "out.csv", *words]) == 0
    return pd.read_csv("out.csv").iloc[:, 1:].to_numpy()


def failed(capsys, *words):
    assert main([str(word) for word in words]) == 1
    return capsys.readouterr().err


def of_parts():
    filled = make_pipeline(SimpleImputer(), StandardScaler())
    return make_column_transformer((filled, NUMBERS), (OneHotEncoder(), ["island"]))


def with_a_rest():
    return make_column_transformer((OneHotEncoder(), ["island", "sex"]), remainder=SimpleImputer())


def of_skrub():
    skrub = pytest.importorskip("skrub")
    return make_pipeline(skrub.TableVectorizer(), SimpleImputer())


@pytest.mark.parametrize("vectoriser", [of_parts, with_a_rest, of_skrub])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_pipeline_of_a_table_predicts_files_as_it_predicts_frames(vectoriser, suffix):
    table = pd.read_csv(DATA)
    X = table.drop(columns="species")
    model = make_pipeline(vectoriser(), SoftmaxRegression()).fit(X, table["species"])
    save(model, "m.softlearn")
    new = Path(f"new{suffix}")
    (table.to_csv(new, index=False) if suffix == ".csv" else table.to_parquet(new))
    np.testing.assert_allclose(predicted(new), model.predict_proba(X), rtol=1e-12)


def test_a_model_of_arrays_predicts_arrays_and_is_measured_on_them(capsys):
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(X, y.astype(np.uint8))
    save(model, "m.softlearn", {"kind": "of my own"})
    np.savez("iris.npz", X=X, y=y)
    np.testing.assert_allclose(predicted("iris.npz"), model.predict_proba(X), rtol=1e-12)
    assert main(["evaluate", "m.softlearn", "iris.npz"]) == 0
    shown = capsys.readouterr().out
    assert f"{100 * model.score(X, y):.1f} %" in shown
    assert "baseline" not in shown  # how frequent the classes were is not in the file


def test_a_model_of_texts_predicts_a_folder(tmp_path):
    texts = ["red and dark", "pale blue", "dark red", "blue sky"]
    save(
        make_pipeline(TfidfVectorizer(), SoftmaxRegression()).fit(texts, list("abab")),
        "m.softlearn",
    )
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.txt").write_text("a red fox")
    assert main(["predict", "m.softlearn", "new", "-o", "out.csv"]) == 0
    assert pd.read_csv("out.csv")["label"].tolist() == ["a"]


def test_rows_that_its_parts_do_not_take_are_refused_in_a_sentence(capsys):
    table = pd.read_csv(DATA)
    whole = table.dropna()
    save(SoftmaxRegression().fit(whole[NUMBERS], whole["species"]), "m.softlearn")
    said = failed(capsys, "predict", "m.softlearn", DATA, "-o", "out.csv")
    assert "m.softlearn cannot take these rows: Input X contains NaN." in said
    assert not Path("out.csv").exists()


def test_a_column_that_is_missing_is_named(capsys):
    table = pd.read_csv(DATA).dropna()
    save(SoftmaxRegression().fit(table[NUMBERS], table["species"]), "m.softlearn")
    table.drop(columns="body_mass_g").to_csv("less.csv", index=False)
    assert "'body_mass_g'" in failed(capsys, "predict", "m.softlearn", "less.csv", "-o", "out.csv")


def test_a_model_that_does_not_tell_its_input_is_refused(capsys):
    skrub = pytest.importorskip("skrub")
    table = pd.read_csv(DATA).dropna()
    model = make_pipeline(skrub.Cleaner(), SoftmaxRegression()).fit(
        table[NUMBERS], table["species"]
    )
    save(model, "m.softlearn")
    said = failed(capsys, "predict", "m.softlearn", DATA, "-o", "out.csv")
    assert "was not made by softlearn fit" in said
