"""SIGTERM ends a command as Ctrl-C does, with exit status 143."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import PENGUINS, run
from training_networks import SHORT, X, Y, write_digits

import softlearn
from softlearn.cli.fitting import measured_fit
from softlearn.cli.saved import fit_files
from softlearn.cli.terminal.progress import ProgressDisplay
from softlearn.cli.terminal.signals import interrupt_as_flag

pytestmark = [
    pytest.mark.usefixtures("here"),
    pytest.mark.skipif(os.name == "nt", reason="signals of POSIX"),
]
PROVEN = ("fit", "digits.npz", "-o", "model", "--tol", "1e-12")
NETWORK = ("fit", "digits.npz", "-o", "model", *SHORT, "--checkpoint", "c.npz")


@pytest.fixture(autouse=True)
def unchanged():
    """Have each test leave the handlers of signals as it found them."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


def sending(number, after):
    """Return a `ProgressDisplay.step` that sends a signal at a step or an epoch."""

    def step(self, line):
        if line.startswith(after):
            signal.raise_signal(number)

    return step


@pytest.mark.parametrize(("words", "after"), [(PROVEN, "step 2,"), (NETWORK, "epoch 3 ")])
def test_sigterm_saves_the_best_point_so_far_and_says_so(capsys, monkeypatch, words, after):
    write_digits()
    monkeypatch.setattr(ProgressDisplay, "step", sending(signal.SIGTERM, after))
    said = run(capsys, *words, "--json", status=143)
    facts = json.loads(said.out)
    assert facts["status"] == "STOPPED_BY_USER"
    assert facts["status_detail"].endswith("The process was sent SIGTERM.")
    assert said.err.startswith("softlearn: Stopped by the user: this is what was reached so far. ")
    assert "The process was sent SIGTERM. It is in model." in said.err
    model = softlearn.load("model")[-1]
    assert model.status_ is softlearn.Status.STOPPED_BY_USER
    assert "SIGTERM" in model.status_detail_
    assert model.predict(X).shape == Y.shape


def test_a_training_that_sigterm_ended_goes_on_to_the_same_bits(capsys, monkeypatch):
    write_digits()
    whole = json.loads(run(capsys, *NETWORK, "--json").out)["curve"]["loss"]
    Path("c.npz").unlink()
    with monkeypatch.context() as patched:
        patched.setattr(ProgressDisplay, "step", sending(signal.SIGTERM, "epoch 3 "))
        run(capsys, *NETWORK, status=143)
    assert json.loads(run(capsys, *NETWORK, "--resume", "--json").out)["curve"]["loss"] == whole


IN_A_PROCESS = """
import os, signal, sys
from softlearn.cli.terminal.progress import ProgressDisplay
from softlearn.__main__ import main
def kill(display, line):
    line.startswith("step 1,") and os.kill(os.getpid(), signal.SIGTERM)
ProgressDisplay.step = kill
sys.exit(main(sys.argv[1:]))
"""


def test_the_exit_status_of_the_process_is_143():
    write_digits()
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, *PROVEN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 143
    assert "Traceback" not in done.stderr
    assert softlearn.load("model")[-1].status_ is softlearn.Status.STOPPED_BY_USER


def raising(number):
    def fall(*arguments, **options):
        signal.raise_signal(number)

    return fall


@pytest.mark.parametrize(
    ("number", "status", "who"),
    [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 1, "the user")],
)
@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("fit", PENGUINS, "-t", "species", "-o", "m"), "fitting.data_splits.read_source"),
        (
            ("predict", "model", "new.csv", "-o", "out.csv"),
            "saved.prediction_writer._Delimited.close",
        ),
        (("evaluate", "model", "new.csv"), "saved.evaluation.measure"),
        (("show", "model"), "terminal.report.print_model"),
    ],
)
def test_every_command_ends_with_a_sentence(
    capsys, monkeypatch, trained, words, where, number, status, who
):
    pd.read_csv(PENGUINS).to_csv("new.csv", index=False)
    words = [str(trained) if word == "model" else word for word in words]
    monkeypatch.setattr(f"softlearn.cli.{where}", raising(number))
    said = run(capsys, *words, status=status)
    assert said.err == f"softlearn: Stopped by {who}; nothing was written.\n"
    assert {path.name for path in Path().iterdir()} == {"new.csv"}


@pytest.mark.parametrize(
    ("number", "status", "who"),
    [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 1, "the user")],
)
def test_a_signal_before_a_command_begins_ends_with_a_sentence_too(
    capsys, monkeypatch, number, status, who
):
    monkeypatch.setattr("typer.core.TyperCommand.make_context", raising(number))
    said = run(capsys, "show", "model", status=status)
    assert said.err == f"softlearn: Stopped by {who}; nothing was written.\n"


def test_rows_on_standard_output_are_not_called_nothing(capfd, monkeypatch, trained):
    monkeypatch.setattr(ProgressDisplay, "task", raising(signal.SIGINT))
    said = run(capfd, "predict", trained, PENGUINS, "-o", "-", status=1)
    assert said.err == (
        "softlearn: Stopped by the user; standard output has the rows that were done.\n"
    )
    assert said.out.startswith("label,")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("module", "name"), [(measured_fit, "_scores"), (fit_files, "save_model")])
def test_a_signal_while_a_model_is_measured_and_written_loses_nothing(
    capsys, monkeypatch, number, module, name
):
    write_digits()
    really = getattr(module, name)

    def interrupted(*arguments):
        signal.raise_signal(number)
        return really(*arguments)

    monkeypatch.setattr(module, name, interrupted)
    run(capsys, *PROVEN, "--quiet")
    assert softlearn.load("model")[-1].status_ is not softlearn.Status.STOPPED_BY_USER


def test_a_signal_while_the_page_is_written_says_where_the_model_is(capsys, monkeypatch):
    write_digits()
    monkeypatch.setattr("softlearn.cli.saved.report_page._page", raising(signal.SIGINT))
    said = run(capsys, *PROVEN, "-q", "--report", "page.html", status=1).err
    assert said == (
        "softlearn: Stopped by the user; the model is whole, in model, the report was not "
        "written.\n"
    )
    assert not Path("page.html").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_C_is_chosen_ends_the_choice_and_not_one_of_its_fits(
    capsys, monkeypatch, number
):
    write_digits()
    loop = sys.modules["softlearn.solve.minimize"]  # whose name is that of its function too
    steps, really = [], loop._Run.take

    def take(run, step, seconds):
        really(run, step, seconds)
        steps.append(step)
        if len(steps) == 2:
            signal.raise_signal(number)

    monkeypatch.setattr(loop._Run, "take", take)
    status = 143 if number == signal.SIGTERM else 1
    said = run(capsys, "fit", "digits.npz", "-o", "m", "--regularization", "auto", status=status)
    assert said.err.endswith("nothing was written.\n")
    assert len(steps) == 2
    assert not Path("m").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_ignored_stays_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with interrupt_as_flag(lambda: None) as asked:
            signal.raise_signal(number)
            assert not asked.is_set()
        assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_wait(first, second):
    def twice():
        with interrupt_as_flag(lambda: None) as asked:
            signal.raise_signal(first)
            assert asked.is_set()
            signal.raise_signal(second)

    with pytest.raises(KeyboardInterrupt):
        twice()


def test_minimize_keeps_the_best_point(capsys, monkeypatch):
    seen = []

    def press(limits, at):
        seen.append(at.value)
        if len(seen) == 3:
            signal.raise_signal(signal.SIGTERM)
        return False

    monkeypatch.setattr("softlearn.cli.formula.search.Limits.exceeded", press)
    words = ("minimize", "w**4 + w", "--method", "gradient-descent", "--rate", "1e-3")
    assert run(capsys, *words, "--json", status=143)
    assert np.isfinite(seen).all()
