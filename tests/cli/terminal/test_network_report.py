"""Networks in reports and in files: show, evaluate and predict."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import PENGUINS, report, run, run_json
from training_networks import SHORT, X, Y, fit, fit_penguins, write_digits

import softlearn
from softlearn.cli.terminal.learning_curve import chosen_epochs


@pytest.fixture(autouse=True)
def digits(here):
    write_digits()


def test_a_network_goes_through_its_file_to_the_same_figures(capsys):
    table = pd.read_csv(PENGUINS)
    table[::2].to_csv("train.csv", index=False)
    table[1::2].to_csv("test.csv", index=False)
    words = ["-t", "species", *SHORT, "--test", "test.csv"]
    facts = fit(capsys, *words, source="train.csv")
    again = run_json(capsys, "evaluate", "net", "test.csv")
    assert again["accuracy"] == facts["test_accuracy"]
    assert again["log_loss"] == pytest.approx(facts["test_log_loss"], rel=1e-12)
    shown = run_json(capsys, "show", "net")
    assert facts.items() <= shown.items()
    run(capsys, "predict", "net", "test.csv", "-o", "out.csv")
    found = pd.read_csv("out.csv")
    assert (found["label"].to_numpy() == table[1::2]["species"]).mean() == facts["test_accuracy"]
    assert found.iloc[:, 1:].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_show_prints_layers_training_and_curve_and_no_certificate(capsys):
    facts = fit(capsys, "--hidden", "8,4", "--epochs", 50, "--early-stopping", "--dropout", 0.1)
    fitted = report(capsys, "fit", "digits.npz", "-o", "other", *SHORT)
    shown = report(capsys, "show", "net")
    assert "64 inputs, 8 and 4 relu units and 10 classes: 606 parameters" in shown
    assert f"by {facts['epochs']} epochs of adam (128 rows at a time, learning rate 0.003" in shown
    assert "dropout 0.1" in shown
    best = facts["best_epoch"]
    loss = facts["curve"]["val_loss"][best - 1]
    assert re.search(rf" {best} \S+ \S+ % {loss:.4f} \S+ % kept", shown)
    for said in (shown, fitted):
        assert "Learning curve" in said
        assert not re.search("converged|certif|proven|gap|optimum", said, re.IGNORECASE)


def test_networks_saved_from_python_are_shown_and_used_too(capsys):
    net = softlearn.SoftmaxNetwork((6,), max_iter=30, random_state=0).fit(X, Y)
    softlearn.save(net, "python")
    shown = report(capsys, "show", "python")
    assert "64 inputs, 6 relu units and 10 classes" in shown
    assert "by 30 epochs of adam" in shown
    facts = run_json(capsys, "evaluate", "python", "digits.npz", "-t", "y")
    assert facts["accuracy"] == net.score(X, Y)


@given(n=st.integers(1, 500), data=st.data())
def test_the_epochs_shown_are_the_first_the_last_the_best_and_some_spread_evenly(n, data):
    best = data.draw(st.none() | st.integers(1, n))
    shown = chosen_epochs(n, best)
    assert shown == sorted(set(shown))
    assert {1, n, best or 1} <= set(shown) <= set(range(1, n + 1))
    even = np.diff(chosen_epochs(n))
    assert len(even) == min(n, 8) - 1
    assert n == 1 or even.max() - even.min() <= 1


@pytest.mark.parametrize("width", [30, 50, 80, 200])
def test_the_report_fits_any_page_and_its_first_and_last_epoch_are_there(
    capsys, width, monkeypatch
):
    fit(capsys, *SHORT, "--validation", 0.2)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run(capsys, "show", "net").out.splitlines()
    assert all(line == line.rstrip() and len(line) <= width for line in lines)
    epochs = [line.split()[0] for line in lines if re.match(r" +\d+ +\d\.\d{4}", line)]
    assert (epochs[0], epochs[-1]) == ("1", "30")


def test_a_network_that_hardly_trained_is_said_to_be_one(capsys):
    said = fit_penguins(capsys, "--epochs", "2")["warnings"]
    assert any("made 36 steps only; more --epochs" in sentence for sentence in said)
    assert not any("steps only" in said for said in fit_penguins(capsys)["warnings"])


def test_a_network_that_learned_nothing_says_so_on_the_terminal_and_on_the_page(capsys):
    words = (*SHORT, "--learning-rate", "1e-9", "--report", "page.html")
    said = report(capsys, "fit", "digits.npz", "-o", "net", *words)
    sentence = "The network has learned nothing: it is no better than whoever knows the class"
    page = Path("page.html").read_text(encoding="utf-8")
    for shown in (said, report(capsys, "show", "net"), " ".join(page.split())):
        assert sentence in shown
        assert "The network has learned nothing: see the section on it." in shown
