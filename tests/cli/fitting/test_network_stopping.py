"""Ctrl-C, checkpoints, and options that do not go together."""

import json
import re
import signal
from pathlib import Path

import pytest
from running import report, run
from training_networks import SHORT, X, Y, fit, write_digits

import softlearn
from softlearn.cli.terminal.progress import ProgressDisplay


@pytest.fixture(autouse=True)
def digits(here):
    write_digits()


class Impatient(ProgressDisplay):
    """Presses Ctrl-C during epoch 4."""

    def step(self, line):
        if line.startswith("epoch 3 "):
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_keeps_what_was_reached_says_so_and_exits_with_1(capsys, monkeypatch):
    monkeypatch.setattr(ProgressDisplay, "step", Impatient.step)
    said = run(capsys, "fit", "digits.npz", "-o", "net", *SHORT, "--json", status=1)
    facts = json.loads(said.out)
    assert (facts["status"], facts["epochs"]) == ("STOPPED_BY_USER", 3)
    assert said.err.startswith("softlearn: Stopped by the user")
    assert said.err.endswith("It is in net.\n")
    assert softlearn.load("net").predict(X).shape == Y.shape


def test_ctrl_c_before_the_end_of_the_first_epoch_leaves_no_model(capsys, monkeypatch):
    def press(self, *arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("softlearn.estimators.network.epochs._KernelSteps.epoch", press)
    said = run(capsys, "fit", "digits.npz", "-o", "net", *SHORT, status=1).err
    assert said == "softlearn: Stopped before there was a model; nothing was written.\n"
    assert not Path("net").exists()


def test_a_training_that_was_stopped_goes_on_to_the_same_bits(capsys, monkeypatch):
    words = [*SHORT, "--dropout", "0.2", "--checkpoint", "training.npz"]
    whole = fit(capsys, *SHORT, "--dropout", "0.2")["curve"]["loss"]
    with monkeypatch.context() as patched:
        patched.setattr(ProgressDisplay, "step", Impatient.step)
        said = run(capsys, "fit", "digits.npz", "-o", "net", *words, status=1).err
    assert "To go on, add --resume: the training is in training.npz." in said
    facts = fit(capsys, *words, "--resume")
    assert facts["curve"]["loss"] == whole
    assert facts["resumed_after"] == 3
    assert "of which 3 before it was interrupted" in report(capsys, "show", "net")
    net = softlearn.load("net")[-1]
    assert net.checkpoint is None
    assert net.resume is False


def test_resuming_without_a_checkpoint_yet_begins_one(capsys):
    facts = fit(capsys, *SHORT, "--checkpoint", "training.npz", "--resume")
    assert facts["resumed_after"] == 0
    assert Path("training.npz").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--epochs 5", "--epochs is for networks; give --hidden too"),
        ("--resume --dropout 0.1", "--dropout and --resume are for networks; give --hidden too"),
        ("--hidden 5 --regularization 3", "--regularization is for softmax regression; with"),
        ("--hidden 5 --tol 1e-3", "--tol is for softmax regression, whose optimum"),
        ("--hidden 5,x", "--hidden '5,x' is not whole numbers above 0"),
        ("--hidden 0", "--hidden '0' is not whole numbers above 0"),
        ("--hidden 5 --learning-rate 0", "--learning-rate 0.0 is not a number above 0"),
        ("--hidden 5 --learning-rate nan", "--learning-rate nan is not a number above 0"),
        ("--hidden 5 --dropout 1", "--dropout 1.0 is not a chance of at least 0 and below 1"),
        ("--hidden 5 --alpha -1", "--alpha -1.0 is not a number of at least 0"),
        ("--hidden 5 --validation 1", "--validation 1.0 is not a share between 0 and 1"),
        ("--hidden 5 --epochs 0", "'--epochs'"),
        ("--hidden 5 --optimizer best", "'best' is not one of 'adam'"),
        ("--hidden 5 --resume", "--resume needs --checkpoint"),
        ("--hidden 5 --checkpoint-every 2", "--checkpoint-every needs --checkpoint"),
        ("--hidden 5 --optimizer lbfgs --dropout 0.1", "does not go with --optimizer lbfgs"),
    ],
)
def test_options_that_do_not_fit_are_one_sentence_and_exit_status_2(capsys, words, said):
    shown = run(capsys, "fit", "digits.npz", "-o", "net", *words.split(), status=2)
    assert said in re.sub(r"[│\s]+", " ", shown.err)
    assert not Path("net").exists()


def refused(capsys, *words, source="digits.npz"):
    shown = run(capsys, "fit", source, "-o", "net", *words, status=1)
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert not Path("net").exists()
    return shown.err.removeprefix("softlearn: ").rstrip("\n")


def test_a_checkpoint_of_another_training_is_refused(capsys):
    run(capsys, "fit", "digits.npz", "-o", "other", "-q", *SHORT, "--checkpoint", "c.npz")
    words = [*SHORT, "--checkpoint", "c.npz", "--resume"]
    said = refused(capsys, *words, "--alpha", "0.1")
    assert said.startswith("c.npz is the checkpoint of a training with other parameters")
    assert "with other data" in refused(capsys, *words, "--test-size", "0.3")
    for text in ("no checkpoint", ""):
        Path("c.npz").write_text(text)
        assert "c.npz is no checkpoint" in refused(capsys, *words)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("net", "The checkpoint and the model are both net; give two names."),
        ("digits.npz", "is the input digits.npz"),
        ("nowhere/c.npz", "nowhere/c.npz cannot be written: the folder"),
    ],
)
def test_a_checkpoint_goes_where_nothing_is_lost(capsys, path, said):
    assert said in refused(capsys, *SHORT, "--checkpoint", path)


def test_a_rate_that_is_far_too_large_is_one_sentence(capsys):
    words = ["--hidden", "5", "--activation", "identity", "--optimizer", "sgd"]
    said = refused(capsys, *words, "--learning-rate", "1e30")
    assert said.startswith("Epoch 2 of the training gave numbers that are not finite")
    assert said.endswith("give a --learning-rate smaller than 1e+30.")


def test_too_few_rows_to_validate_on_are_said(capsys):
    Path("few.csv").write_text("a,y\n1,p\n2,q\n")
    said = refused(capsys, *SHORT, "-t", "y", "--early-stopping", "--no-test", source="few.csv")
    assert "few.csv has too few rows to set any aside; leave --early-stopping" in said
