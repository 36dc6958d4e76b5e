import json
import signal
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import softlearn
from softlearn.__main__ import main
from softlearn.cli import CommandError
from softlearn.cli.fitting.kinds.regression import fit_proven
from softlearn.cli.terminal.progress import ProgressDisplay

X, Y = load_digits(return_X_y=True)
NAMES = [f"x{j}" for j in range(64)]
QUIET = ProgressDisplay(quiet=True)


class Impatient(ProgressDisplay):
    """Presses Ctrl-C after step 2."""

    def step(self, line):
        if line.startswith("step 2,"):
            signal.raise_signal(signal.SIGINT)


def test_a_watched_fit_is_the_fit_nobody_watches():
    watched = softlearn.SoftmaxRegression()
    fit_proven(watched, X, Y, None, NAMES, QUIET)
    alone = softlearn.SoftmaxRegression().fit(X, Y)
    assert np.array_equal(watched.coef_, alone.coef_)
    assert watched.status_ is softlearn.Status.CONVERGED


def test_ctrl_c_keeps_the_best_point_and_its_true_status():
    model, before = softlearn.SoftmaxRegression(tol=1e-12), signal.getsignal(signal.SIGINT)
    fit_proven(model, X, Y, None, NAMES, Impatient(quiet=True))
    assert model.status_ is softlearn.Status.STOPPED_BY_USER
    assert model.score(X, Y) > 0.8
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_before_there_is_a_point_leaves_no_model():
    class Unborn:
        tol = 1e-6

        def iter_fit(self, X, y, sample_weight):
            raise KeyboardInterrupt
            yield

    with pytest.raises(CommandError, match=r"^Stopped before there was a model"):
        fit_proven(Unborn(), X, Y, None, NAMES, QUIET)


def test_features_have_their_names_in_what_is_said_of_them_and_nowhere_else():
    model = softlearn.SoftmaxRegression(C=np.inf)
    with pytest.warns(Warning, match="no finite optimum"):
        fit_proven(model, X[:, 20:24], np.digitize(X[:, 21], [5.5]), None, list("abcd"), QUIET)
    assert "'b'" in model.status_detail_
    assert not hasattr(model, "feature_names_in_")


def test_the_program_saves_what_was_reached_says_so_and_exits_with_1(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ProgressDisplay, "step", Impatient.step)
    np.savez("digits.npz", X=X, y=Y)
    assert main(["fit", "digits.npz", "-o", "model", "--json", "--tol", "1e-12"]) == 1
    said = capsys.readouterr()
    facts = json.loads(said.out)
    assert facts["status"] == "STOPPED_BY_USER"
    assert facts["test_accuracy"] > 0.8
    assert said.err == (
        "softlearn: Stopped by the user: this is what was reached so far. It is in model.\n"
    )
    assert softlearn.load("model").named_steps["classifier"].status_.name == "STOPPED_BY_USER"


def test_ctrl_c_before_the_fit_is_one_sentence(capsys, monkeypatch, tmp_path):
    def press(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("softlearn.cli.fitting.data_splits.read_source", press)
    assert main(["fit", "digits.npz", "-o", "model"]) == 1
    assert capsys.readouterr().err == "softlearn: Stopped by the user; nothing was written.\n"
    assert not Path("model").exists()
