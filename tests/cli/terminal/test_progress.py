import io
import sys

import numpy as np
import pytest

from softlearn.cli.terminal import progress
from softlearn.cli.terminal.progress import EpochLine, GapLine, ProgressDisplay, seconds_left
from softlearn.estimators.network.history import NetworkEpoch
from softlearn.solve import Progress


def test_the_time_left_follows_the_trend_of_the_logarithm_of_the_gap():
    times = [0.0, 1.0, 2.0, 3.0]
    assert seconds_left(times, [1e-1, 1e-2, 1e-3, 1e-4], 1e-6) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "gaps",
    [[np.inf, np.inf, np.inf], [1e-1, 1e-1, 1e-1], [1e-3, 1e-2, 1e-1], [np.inf, 1e-1, 1e-2]],
    ids=["unknown", "flat", "growing", "too few"],
)
def test_without_a_falling_trend_the_time_left_is_unknown(gaps):
    assert seconds_left([0.0, 1.0, 2.0], gaps, 1e-6) is None


def test_past_the_tolerance_no_time_is_left():
    assert seconds_left([0.0, 1.0, 2.0], [1e-3, 1e-5, 1e-7], 1e-6) == 0.0


def steps():
    line = GapLine(1e-6)
    for k in range(5):
        yield line(Progress(k, 1.0, 10.0**-k, np.inf, float(k), float(k), ""))


def test_a_new_trend_begins_with_step_0():
    line = GapLine(1e-6)
    for k in (0, 1, 2, 3, 0, 1):
        said = line(Progress(k, 1.0, 10.0**-k, np.inf, float(k), float(k), ""))
    assert said == "step 1, gap 0.1"


def test_without_a_bound_the_estimate_of_the_solver_is_said():
    line = GapLine(1e-6)
    assert line(Progress(3, 1.0, np.inf, 0.02, 1.0, 1.0, "")) == "step 3, about 0.02 from the best"
    assert line(Progress(0, 1.0, np.inf, np.inf, 1.0, 1.0, "a sample")) == "a sample"


def test_an_epoch_says_loss_accuracy_validation_and_the_time_left_at_most():
    line = EpochLine()
    said = line(NetworkEpoch(12, 60, 0.25, 0.9, np.nan, np.nan, 0.003, 3.0))
    assert said == "epoch 12 of 60, loss 0.2500, accuracy 90.0 %, at most about 12 s left"
    said = line(NetworkEpoch(13, 60, 0.2, 0.9, 0.31, 0.875, 0.003, 3.0))
    assert ", validation 0.3100 (87.5 %), " in said
    assert line.before == 11  # epochs made by a run that was interrupted


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    monkeypatch.setattr(progress, "_PLAIN_DELAY", 0.0)


@pytest.mark.usefixtures("impatient")
def test_elsewhere_than_on_a_terminal_plain_lines_say_step_gap_and_time_left(capsys):
    with ProgressDisplay(quiet=False) as watch:
        watch.task("Fitting")
        for step in steps():
            watch.step(step)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == "Fitting, step 4, gap 1e-4, about 2 s left"
    assert "\x1b" not in shown.err


@pytest.mark.usefixtures("impatient")
def test_quiet_shows_nothing(capsys):
    with ProgressDisplay(quiet=True) as watch:
        watch.task("Fitting")
        for step in steps():
            watch.step(step)
    assert capsys.readouterr() == ("", "")


def test_a_short_fit_shows_nothing(capsys):
    with ProgressDisplay(quiet=False) as watch:
        for step in steps():
            watch.step(step)
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.usefixtures("impatient")
def test_a_terminal_gets_one_live_line_that_disappears(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressDisplay(quiet=False) as watch:
        watch.task("Fitting")
        for step in steps():
            watch.step(step)
    shown = terminal.getvalue()
    assert "Fitting" in shown
    assert shown.endswith("\x1b[2K")  # the line is erased at the end
