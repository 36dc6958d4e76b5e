"""`softlearn minimize`: a formula's minimum, and what it is."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from samples import sample

from softlearn.__main__ import main
from softlearn.autodiff.methods import NAMES
from softlearn.cli.commands.minimize import Method

SADDLE = "w1^2 - w2^2 + w2^4/4"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["minimize", *words]) == 0
    return capsys.readouterr().out


def facts(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(run(capsys, *words, "--json"))


def test_the_course_s_quadratic(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "w**2 - 10*w + 25", "--start", "0")
    assert "J = w**2 - 10*w + 25\n" in out
    assert "J = 0 at w = 5, after 1 step.\n" in out
    assert "A minimum: J curves up along all 1" in out


def test_gradient_descent_shows_the_steps_of_the_course(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--method", "gradient-descent", "--rate", "0.01", "--steps", "1000")
    found = facts(capsys, "w**2 - 10*w + 25", *words)
    steps = [at["step"] for at in found["path"]]
    assert steps == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    for at in found["path"]:
        assert at["w"]["w"] == pytest.approx(5.0 - 5.0 * 0.98 ** at["step"], rel=1e-14)
    assert f"{found['w']['w']:.8f}" == "4.99999999"
    assert found["status"] == "LIMIT_REACHED"


def test_machines_are_told_everything(capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(capsys, SADDLE, "--start", "w1=1.5,w2=0.001")
    assert found["variables"] == ["w1", "w2"]
    assert found["start"] == {"w1": 1.5, "w2": 0.001}
    assert found["w"]["w2"] == pytest.approx(math.sqrt(2.0))
    assert found["value"] == pytest.approx(-1.0)
    assert (found["kind"], found["index"]) == ("minimum", 0)
    assert found["eigenvalues"] == pytest.approx([2.0, 4.0])
    assert found["path"][-1]["w"] == found["w"]
    assert found["path"][-1]["step"] == found["steps"]


@pytest.mark.parametrize(
    "start", ["w1=1.5,w2=0.001", "w2 = 0.001, w1 = 1.5", "1.5,0.001", "1.5, 1e-3"]
)
def test_a_start_is_by_name_or_in_order(start: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert facts(capsys, SADDLE, "--start", start)["start"] == {"w1": 1.5, "w2": 0.001}


def test_a_variable_that_is_not_named_starts_at_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert facts(capsys, SADDLE, "--start", "w2=1")["start"] == {"w1": 0.0, "w2": 1.0}


def test_a_saddle_is_called_one(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, SADDLE, "--method", "gradient-descent", "--rate", "0.05")
    assert "A saddle of index 1: " in out


def test_a_plateau_is_called_one(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--start", "3.5,3", "--method", "gradient-descent", "--rate", "0.05", "--steps", "100")
    assert "A plateau: " in run(capsys, "1 - exp(-(x^2 + y^2)/2)", *words)


def test_a_fall_without_end_is_said_and_called_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "-w^2 + w")
    assert "The objective falls without end: it has no minimum. It fell from 0 to" in out
    assert "plateau" not in out


@pytest.mark.parametrize(
    "method",
    ["auto", "adam", "gradient-descent", "lbfgs", "momentum", "newton-cg",
     "perturbed-gradient-descent", "rmsprop", "saddle-free-newton"],
)  # fmt: skip
def test_every_method_gets_there(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    rate = ("--rate", "0.05") if method in ("adam", "momentum") else ()
    found = facts(capsys, "(w - 1)**2 + 3", "--method", method, *rate)
    assert found["value"] == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("w^2", "--start", "v=3"), "--start names 'v', but the variables are w."),
        (("rate^2", "--start", "rat=3"), "--start names 'rat' (did you mean 'rate'?), but"),
        (("w^2", "--start", "w=x"), "--start says 'x' for w, which is no finite number."),
        (("w^2", "--start", "nan"), "--start says 'nan' for w, which is no finite number."),
        (("w^2", "--start", "1,2"), "--start has 2 values, but the variables are w."),
        (("w^2", "--rate", "1"), "auto takes no --rate; those that do are adam, gradient-de"),
        (("w^2", "--method", "adam", "--rate", "-1"), "--rate must be a number above 0, but it"),
        (("1/w",), "J is inf at the start: start where it is finite."),
        (("(w - w)**-1",), "J is inf at the start: start where it is finite."),
        (("sqrt(w)",), "The gradient of J is not finite at the start: start elsewhere."),
        (("w +",), "'w +' is no formula (invalid syntax); write one such as 'w**2 - 10*w + 25'."),
    ],
)
def test_a_mistake_ends_in_one_sentence(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["minimize", *words]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"softlearn: {said}")
    assert shown.err.count("\n") == 1


FORMULAS = vars(import_module("benchmarks.studies.formulas"))


@pytest.mark.parametrize("k", range(sample(20, 60)))
def test_any_text_ends_in_words_and_soon(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    found = FORMULAS["ran"](*FORMULAS["drawn"](1, k))
    assert not found.unexpected, found
    assert found.seconds < FORMULAS["LONGEST"], found


def test_the_hunt_of_2000_texts_found_nothing() -> None:
    results = Path(__file__).parents[3] / "benchmarks" / "results" / "formulas.json"
    found = json.loads(results.read_text(encoding="utf-8"))
    assert found["texts"] >= 2000
    assert (found["failed unexpectedly"], found["longer than 10 s"], found["bad"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("w + 1e30", "--seconds", "0.2"), "Stopped at the limit of time, 0.2 s, after "),
        (("w + 1e30", "--method", "adam"), "For 1,000 steps neither J nor its gradient came"),
        (("abs(2**w)",), "the gradient is within the tolerance"),
        (("abs(w**w)", "--start", "0.5"), "J = 0.692200628 at w = 0.367879441"),
        (("cosh((atan(acos(w)))**1000)",), "J = 1 at w = 0.0"),
    ],
)  # fmt: skip
def test_what_failed_or_had_no_end_ends_in_words(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in " ".join(run(capsys, *words).split())


def test_machines_are_told_which_limit_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    found = facts(capsys, "w + 1e30", "--seconds", "0")
    assert (found["status"], found["steps"]) == ("LIMIT_REACHED", 0)
    assert "limit of time" in found["status_sentence"]
    found = facts(capsys, "w + 1e30", "--method", "adam")
    assert (found["status"], found["steps"]) == ("STUCK", 1000)
    found = facts(capsys, "(w - 3)^2", "--method", "adam", "--rate", "0.01", "--seconds", "60")
    assert found["status"] == "STATIONARY"  # thousands of steps, each a little lower


def test_python_and_the_command_line_have_the_same_methods() -> None:
    assert tuple(method.value for method in Method) == NAMES


def test_an_unknown_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["minimize", "w^2", "--strat", "3"]) == 2
