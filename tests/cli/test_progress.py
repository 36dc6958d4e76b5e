import io
import sys

import numpy as np
import pytest

from softlearn.cli import progress
from softlearn.cli.progress import Watch, seconds_left
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
    for k in range(5):
        yield Progress(k, 1.0, 10.0**-k, np.inf, float(k), float(k), "")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(progress, "_PLAIN_PATIENCE", 0.0)


@pytest.mark.usefixtures("impatient")
def test_elsewhere_than_on_a_terminal_plain_lines_say_step_gap_and_time_left(capsys):
    with Watch(quiet=False, tol=1e-6) as watch:
        watch.task("Fitting")
        for step in steps():
            watch.step(step)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == "Fitting, step 4, gap 1e-4, about 2 s left"
    assert "\x1b" not in shown.err


@pytest.mark.usefixtures("impatient")
def test_quiet_shows_nothing(capsys):
    with Watch(quiet=True, tol=1e-6) as watch:
        watch.task("Fitting")
        for step in steps():
            watch.step(step)
    assert capsys.readouterr() == ("", "")


def test_a_short_fit_shows_nothing(capsys):
    with Watch(quiet=False, tol=1e-6) as watch:
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
    with Watch(quiet=False, tol=1e-6) as watch:
        watch.task("Fitting")
        for step in steps():
            watch.step(step)
    shown = terminal.getvalue()
    assert "Fitting" in shown
    assert shown.endswith("\x1b[2K")  # the line is erased at the end
