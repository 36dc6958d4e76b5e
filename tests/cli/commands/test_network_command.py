"""softlearn fit --hidden: what is trained, and what JSON says of it."""

import re

import numpy as np
import pandas as pd
import pytest
from running import PENGUINS, report, run
from sklearn.preprocessing import StandardScaler
from training_networks import SHORT, X, Y, fit, write_digits

import softlearn
from softlearn.cli.fitting.splitting import hold_out


@pytest.fixture(autouse=True)
def digits(here):
    write_digits()


def test_hidden_layers_make_a_network_and_json_says_all_about_it(capsys):
    facts = fit(capsys, "--hidden", "16,8", "--epochs", 40, "--validation", 0.2)
    assert facts["estimator"] == "SoftmaxNetwork"
    assert facts["layers"] == [64, 16, 8, 10]
    assert facts["parameters"] == 64 * 16 + 16 + 16 * 8 + 8 + 8 * 10 + 10
    assert (facts["activation"], facts["optimizer"], facts["schedule"]) == (
        "relu",
        "adam",
        "cosine",
    )
    assert (facts["learning_rate"], facts["alpha"], facts["dropout"]) == (0.003, 1e-4, 0.0)
    assert (facts["batch_size"], facts["epochs"], facts["epochs_at_most"]) == (128, 40, 40)
    assert (facts["train_rows"], facts["validation_rows"], facts["test_rows"]) == (320, 80, 100)
    curve = facts["curve"]
    assert set(curve) == {
        *("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    }
    assert all(len(values) == 40 for values in curve.values())
    assert curve["loss"][-1] < curve["loss"][0]
    assert facts["best_epoch"] == 1 + int(np.argmin(curve["val_loss"]))
    assert facts["status"] == "TRAINED"
    assert facts["test_accuracy"] > 0.5 > facts["baseline"]["accuracy"]
    assert not {"gap", "objective", "C", "tol", "solver"} & set(facts)


def test_the_network_is_the_one_python_would_have_trained(capsys):
    facts = fit(capsys, "--hidden", "9", "--epochs", 30, "--no-test", "--alpha", 0.5)
    net = softlearn.SoftmaxNetwork((9,), max_iter=30, alpha=0.5, random_state=0)
    net.fit(StandardScaler().fit_transform(X), Y)
    assert facts["curve"]["loss"] == net.history_["loss"]
    saved = softlearn.load("net")[-1]
    for ours, theirs in zip(saved.coefs_, net.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("words", "parameter", "value"),
    [
        (["--activation", "tanh"], "activation", "tanh"),
        (["--optimizer", "rmsprop"], "solver", "rmsprop"),
        (["--learning-rate", "0.01"], "learning_rate_init", 0.01),
        (["--schedule", "constant"], "learning_rate", "constant"),
        (["--alpha", "0"], "alpha", 0.0),
        (["--dropout", "0.25"], "dropout", 0.25),
        (["--batch-size", "7"], "batch_size", 7),
        (["--class-weight", "balanced"], "class_weight", "balanced"),
        (["--seed", "3"], "random_state", 3),
        (["--threads", "1"], "n_jobs", 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_option_reaches_the_network(capsys, words, parameter, value):
    run(capsys, "fit", "digits.npz", "-o", "net", "-q", "--hidden", "5", "--epochs", 1, *words)
    assert getattr(softlearn.load("net")[-1], parameter) == value


def test_help_states_the_defaults_that_the_estimator_has(capsys):
    said = re.sub(r"[│\s]+", " ", run(capsys, "fit", "--help").out)
    net = softlearn.SoftmaxNetwork()
    for value in (net.activation, net.solver, net.learning_rate_init, net.learning_rate):
        assert f"[default: {value}]" in said
    assert f"[default: {net.alpha:f}".rstrip("0") in said
    assert f"[default: {net.dropout:g}]" in said


def test_the_same_seed_gives_the_same_figures_and_another_others(capsys):
    first, again, other = (
        fit(capsys, *SHORT, "--seed", seed)["curve"]["loss"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_early_stopping_keeps_the_weights_of_the_lowest_validation_loss(capsys):
    facts = fit(capsys, "--hidden", "32", "--learning-rate", 0.05, "--early-stopping")
    assert facts["status"] == "STOPPED_EARLY"
    assert facts["validation_rows"] == pytest.approx(0.1 * 400, abs=1)
    assert facts["epochs"] < facts["epochs_at_most"]
    train, _ = hold_out(Y, 0.2, 0)
    _, held = hold_out(Y[train], 0.1, 0)
    log_P = softlearn.load("net").predict_log_proba(X[train][held])
    loss = -log_P[np.arange(len(held)), Y[train][held]].mean()
    assert loss == pytest.approx(min(facts["curve"]["val_loss"]), rel=1e-9)


def test_validation_rows_alone_change_nothing_but_what_is_seen(capsys):
    facts = fit(capsys, *SHORT, "--validation", 0.25)
    assert facts["status"] == "TRAINED"
    assert facts["epochs"] == 30
    assert facts["validation_rows"] == 100
    assert sum(entry["validation_rows"] for entry in facts["classes"]) == 100


def test_solvers_on_all_rows_make_steps_and_prove_nothing(capsys):
    words = ["-t", "species", "--hidden", "4", "--activation", "tanh", "--optimizer", "lbfgs"]
    facts = fit(capsys, *words, "--alpha", 1, source=PENGUINS)
    assert facts["unit"] == "step"
    assert facts["test_accuracy"] > 0.9
    said = report(capsys, "show", "net")
    assert f"{facts['epochs']} steps of lbfgs" in said
    assert "proven" not in said


def test_weights_of_rows_count_in_training_and_validation(capsys):
    table = pd.read_csv(PENGUINS).assign(weight=1.0)
    table.loc[table["species"] == "Gentoo", "weight"] = 0.0
    table.to_csv("weighted.csv", index=False)
    words = ["-t", "species", *SHORT, "--weights", "weight", "--validation", 0.3]
    facts = fit(capsys, *words, source="weighted.csv")
    gentoo = next(entry for entry in facts["per_class"] if entry["class"] == "Gentoo")
    assert gentoo["recall"] == 0.0
    assert facts["curve"]["val_accuracy"][-1] > 0.9  # rows of weight 0 count for nothing
