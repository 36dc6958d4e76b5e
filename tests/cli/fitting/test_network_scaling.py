"""Which columns are scaled for a network, and how the report says so."""

import numpy as np
import pandas as pd
import pytest
from running import PENGUINS, letters, report, run, run_json, write_image, write_text
from sklearn.datasets import dump_svmlight_file
from training_networks import SHORT, X, Y, fit, fit_penguins, write_digits

import softlearn


@pytest.fixture(autouse=True)
def digits(here):
    write_digits()


def features(table):
    """Return what the network in "net" sees of a table, by name."""
    columns = softlearn.load("net")[0]
    Z = columns.transform(table)
    return pd.DataFrame(Z, columns=[str(name) for name in columns.get_feature_names_out()])


def test_columns_of_a_table_are_standardised_and_the_report_says_why(capsys):
    facts = fit_penguins(capsys, "--no-test")
    assert facts["scaler"] == "StandardScaler"
    assert facts["train_accuracy"] > 0.9
    said = report(capsys, "show", "net")
    assert "were standardised (mean 0, standard deviation 1), because networks learn badly" in said
    Z = features(pd.read_csv(PENGUINS).drop(columns="species"))
    numbers = Z[[f"numbers__{name}" for name in ("bill_length_mm", "body_mass_g", "year")]]
    np.testing.assert_allclose(numbers.mean(), 0.0, atol=1e-9)
    np.testing.assert_allclose(numbers.std(ddof=0), 1.0, atol=0.01)  # 2 cells were filled


def test_what_is_0_or_1_stays_so_however_rare_it_is(capsys):
    rng = np.random.default_rng(0)
    size, days = rng.normal(50.0, 9.0, 200), pd.date_range("2024-01-01", periods=200)
    table = pd.DataFrame({"size": size, "rare": ["a"] * 199 + ["b"], "flag": [False, True] * 100})
    table["day"] = [str(day.date()) for day in days]
    table.loc[3, "size"] = np.nan
    table.assign(kind=np.where(size > 50.0, "p", "q")).to_csv("rare.csv", index=False)
    fit(capsys, "-t", "kind", "--no-test", *SHORT, source="rare.csv")
    Z = features(table.astype({"flag": float}))
    scaled = Z.filter(regex="__size$|day_(month|day)")
    assert scaled.shape[1] == 3
    np.testing.assert_allclose(scaled.std(ddof=0), 1.0, atol=0.01)
    rest = Z.filter(regex="missing|rare|flag")
    assert rest.shape[1] >= 3
    assert set(np.unique(rest)) == {0.0, 1.0}


def test_a_table_of_categories_alone_is_not_scaled(capsys):
    table = pd.DataFrame({"colour": list("rgb") * 20, "kind": list("ppq") * 20})
    table.to_csv("colours.csv", index=False)
    facts = fit(capsys, "-t", "kind", *SHORT, source="colours.csv")
    assert facts["scaler"] is None
    assert facts["scaling"].startswith("Nothing was scaled")


def test_words_keep_their_weights_though_numbers_beside_them_are_standardised(capsys):
    rng = np.random.default_rng(0)
    words = {"p": "rain wind snow cold", "q": "goal ball team match"}
    kinds = rng.choice(list("pq"), 80)
    orders = [rng.permutation(words[kind].split()) for kind in kinds]
    texts = [f"{' '.join(order)} x{i}" for i, order in enumerate(orders)]
    pd.DataFrame({"text": texts, "size": 1e6 * rng.random(80), "kind": kinds}).to_csv(
        "prose.csv", index=False
    )
    assert fit(capsys, "-t", "kind", *SHORT, source="prose.csv")["test_accuracy"] == 1.0
    table = pd.read_csv("prose.csv")[["text", "size"]]
    Z = softlearn.load("net")[0].transform(table)
    Z = Z.toarray() if hasattr(Z, "toarray") else Z
    assert abs(Z[:, 0]).max() < 5.0  # size, standardised
    np.testing.assert_allclose(np.linalg.norm(Z[:, 1:], axis=1), 1.0)  # tf-idf, as ever


@pytest.mark.parametrize(
    ("scaled", "scaler"),
    [
        (X, "StandardScaler"),
        (X / 16.0, None),
        (np.round(X / 16.0 * 255.0), "MaxAbsScaler"),
        (X - 8.0, "StandardScaler"),
    ],
    ids=["measures", "shares", "pixels", "negative"],
)
def test_matrices_are_scaled_unless_they_are_on_one_scale(capsys, scaled, scaler):
    np.savez("other.npz", X=scaled, y=Y)
    facts = fit(capsys, *SHORT, source="other.npz")
    assert facts["scaler"] == scaler
    assert facts["test_accuracy"] > 0.8


def test_sparse_matrices_stay_sparse(capsys):
    dump_svmlight_file(X, Y, "digits.svm", zero_based=False)
    facts = fit(capsys, *SHORT, source="digits.svm")
    assert "divided by their standard deviation" in facts["scaling"]
    assert softlearn.load("net")[0].with_mean is False
    assert facts["test_accuracy"] > 0.8


@pytest.mark.parametrize("write", [write_text, write_image], ids=["texts", "images"])
def test_folders_go_from_files_to_predictions_unscaled(capsys, write):
    letters("train", write)
    facts = fit(capsys, *SHORT, source="train")
    assert facts["scaler"] is None
    run(capsys, "predict", "net", "train", "-o", "out.csv")
    right = pd.read_csv("out.csv")["label"] == ["x"] * 12 + ["y"] * 12
    assert right.mean() > 0.9
    assert run_json(capsys, "evaluate", "net", "train")["accuracy"] == right.mean()
