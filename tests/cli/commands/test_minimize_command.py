"""`softlearn minimize`: a formula's minimum and what it is; and no formula is ever run as code."""

import ast
import builtins
import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from softlearn.__main__ import main
from softlearn.autodiff.methods import NAMES
from softlearn.cli import CommandError
from softlearn.cli.commands.minimize import Method
from softlearn.cli.formula.expression import FUNCTIONS, parse
from softlearn.landscape import surfaces

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


# -- the command


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


@pytest.mark.parametrize("k", range(20))
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


# -- formulas


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("w**2 - 10*w + 25", surfaces.quadratic),
        ("(w1^2 + 100*w2^2)/2", surfaces.bowl),
        (SADDLE, surfaces.saddle),
        ("1 - exp(-(w1^2 + w2^2)/2)", surfaces.plateau),
        ("(1 - w1)^2 + 100*(w2 - w1^2)^2", surfaces.rosenbrock),
        ("w1^3 - 3*w1*w2^2", surfaces.monkey_saddle),
    ],
)
def test_a_formula_has_the_derivatives_of_the_surface_it_is(text: str, surface: Any) -> None:
    formula = parse(text)
    for w in np.random.default_rng(0).normal(size=(5, surface.size)):
        point = surface.at(w)
        assert formula.value(w) == pytest.approx(point.value, rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(formula.grad(w), point.grad, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(formula.hessian(w), surface.hessian(w), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_derivatives(name: str) -> None:
    formula = parse(f"{name}(0.3*w + 0.2)")
    h, w = 1e-4, 0.7
    J = [formula.value(np.array([w + k * h])) for k in (-1, 0, 1)]
    assert formula.grad(np.array([w]))[0] == pytest.approx((J[2] - J[0]) / (2 * h), abs=1e-7)
    assert formula.hessian(np.array([w]))[0, 0] == pytest.approx(
        (J[2] - 2 * J[1] + J[0]) / h**2, abs=1e-6
    )


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("abs(2**w)", [0.5, -3.0]),
        ("abs(w**w)", [0.5, 2.0]),
        ("abs(sin(3*w))*w", [1.2, -0.4]),
        ("cosh((atan(acos(w)))**1000)", [0.4, 0.9]),
        ("w**x + x**w/(w - x)", [0.5, 2.0]),
        ("sigmoid(w*x)**2 - tanh(x/w)", [0.5, 2.0]),
        ("asin(w/9)*acos(x/9) + atan(w*x)", [0.5, 2.0]),
        ("log(w)*sqrt(x) - exp(-w*x) + tan(w/5)", [0.5, 2.0]),
        ("sinh(w)*cosh(x) - cos(w*x)**3", [0.5, 2.0]),
        ("3 - w", [0.5, 2.0]),
    ],
)
def test_derivatives_are_those_of_jax(text: str, starts: list[float]) -> None:
    jax = pytest.importorskip("jax")
    formula = parse(text)
    known = {name: getattr(jax.numpy, name, None) for name in FUNCTIONS}
    known |= {"sigmoid": jax.nn.sigmoid}

    def J(w: Any) -> Any:
        return eval(text, {"__builtins__": {}}, known | dict(zip(formula.names, w, strict=True)))

    at = np.resize(starts, len(formula.names))
    with jax.enable_x64(True):
        w = jax.numpy.asarray(at)
        value, grad, hessian = J(w), jax.grad(J)(w), jax.hessian(J)(w)
    assert formula.value(at) == pytest.approx(float(value), rel=1e-13)
    np.testing.assert_allclose(formula.grad(at), np.array(grad), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(formula.hessian(at), np.array(hessian), rtol=1e-11, atol=1e-12)


def test_a_number_has_no_derivative_even_where_a_factor_is_infinite() -> None:
    formula = parse("(w + 1)**3 * x**1 + (-2)**2 * w**0 + 0*w")
    np.testing.assert_array_equal(formula.grad(np.array([-1.0, 0.0])), [0.0, 0.0])
    np.testing.assert_array_equal(formula.hessian(np.array([0.0, 0.0])), [[0.0, 3.0], [3.0, 0.0]])
    assert not np.isfinite(parse("(w**3)**(1/3)").grad(np.zeros(1))).any()  # 1, which is not seen


operands = st.sampled_from(["x", "y", "2", "0.5", "-1.5", "pi"])
formulas = st.recursive(
    operands,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("{}({})".format, st.sampled_from(FUNCTIONS), inner)
        | st.builds("({})**{}".format, inner, st.sampled_from(["2", "3", "0.5", "-1"]))
    ),
    max_leaves=6,
)


@settings(max_examples=30)
@given(formulas, st.floats(0.2, 2.0), st.floats(0.2, 2.0))
def test_a_formula_means_what_python_would_make_of_it(text: str, x: float, y: float) -> None:
    def sigmoid(u: float) -> float:
        return 0.5 + 0.5 * math.tanh(0.5 * u)

    known = {name: getattr(math, name, None) for name in FUNCTIONS}
    known |= {"abs": abs, "sigmoid": sigmoid, "pi": math.pi, "x": x, "y": y}
    try:
        wanted = eval(text, {"__builtins__": {}}, known)
        formula = parse(text)
    except (ArithmeticError, ValueError, TypeError, CommandError):
        assume(False)
    assume(isinstance(wanted, float) and abs(wanted) < 1e10)
    values = np.array([{"x": x, "y": y}[name] for name in formula.names])
    assert formula.value(values) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch owned')",
        "(lambda: w)()",
        "().__class__.__bases__[0].__subclasses__()",
        "w.real",
        "w.__class__",
        "exp.__globals__",
        "[w for w in (1, 2)]",
        "w if w else 1",
        "w and 1",
        "w[0]",
        "[w]",
        "{w}",
        "{'a': w}",
        "(w := 3)",
        "f'{w}'",
        "'a' * w",
        "b'a'",
        "True * w",
        "None",
        "...",
        "1j * w",
        "w == 1",
        "w @ w",
        "w % 2",
        "w // 2",
        "~w",
        "not w",
        "w | 1",
        "w << 2",
        "await w",
        "yield",
        "exp(*w)",
        "exp(**w)",
        "exp(w, w)",
        "exp(x=w)",
        "exp()",
        "exp(w)(w)",
        "open(w)",
        "eval(w)",
        "print(w)",
        "exp",
        "exp + w",
        "import os",
        "w; w",
        "w\nw",
        "w = 3",
        "",
        " ",
        "w +",
        "(" * 500 + "w" + ")" * 500,
        "-" * 5000 + "w",
        "w+" * 900 + "w",
        "sin(" * 30 + "w" + ")" * 30,
        "**".join("w" * 20),
        "+".join(f"x{i}" for i in range(30)),
        "3",
        "pi + e",
        "9**9**9**9",
        "9**9**9**9*w",
        "w**9**9",
        "((((w + w)**100)**100)**100)**100",
        "10**400*w",
        "1e999*w",
        "1/0*w",
        "log(-1)*w",
        "(-1)**0.5*w",
        "\x00",
        "\ud800",
        "w\u202e",
        "𝔴!",
    ],
)
def test_what_is_no_formula_is_refused_in_a_sentence_and_never_run(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as refused:
        parse(text)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert sentence.endswith(".")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=200)
@given(
    st.text(max_size=40)
    | st.text("w123.+-*/^()e, ", max_size=30)
    | st.lists(
        st.sampled_from(
            [
                "w",
                "exp",
                "(",
                ")",
                "**",
                "[",
                "]",
                ".",
                "__class__",
                "lambda",
                ":",
                "'a'",
                "2",
                "-",
                "if",
                "else",
                "for",
                "in",
                ",",
                "{",
                "}",
                "os",
                "import ",
                "@",
                "e",
                "1e99",
            ]
        ),
        max_size=12,
    ).map(" ".join)
)
def test_any_text_is_a_formula_or_is_refused(text: str) -> None:
    try:
        formula = parse(text)
    except CommandError:
        return
    allowed = (
        ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Load, ast.Constant,
        ast.operator, ast.unaryop,
    )  # fmt: skip
    nodes = list(ast.walk(ast.parse(text.strip().replace("^", "**"), mode="eval")))
    assert all(isinstance(node, allowed) for node in nodes)
    assert isinstance(formula.value(np.ones(len(formula.names))), float)


def test_names_of_builtins_are_plain_variables() -> None:
    formula = parse("print**2 + eval*open + x0*c0")
    assert formula.names == ("c0", "eval", "open", "print", "x0")
    assert formula.value(np.array([2.0, 3.0, 5.0, 7.0, 11.0])) == 49.0 + 15.0 + 22.0
    assert callable(builtins.eval)
