"""Formulas: their derivatives, and that none is ever run as code."""

import ast
import builtins
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from samples import sample

from softlearn.cli import CommandError
from softlearn.cli.formula.expression import FUNCTIONS, parse
from softlearn.landscape import surfaces


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("w**2 - 10*w + 25", surfaces.quadratic),
        ("(w1^2 + 100*w2^2)/2", surfaces.bowl),
        ("w1^2 - w2^2 + w2^4/4", surfaces.saddle),
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


@settings(max_examples=sample(12, 30))
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


WORDS = [
    "w", "exp", "(", ")", "**", "[", "]", ".", "__class__", "lambda", ":", "'a'", "2", "-", "if",
    "else", "for", "in", ",", "{", "}", "os", "import ", "@", "e", "1e99",
]  # fmt: skip


@settings(max_examples=200)
@given(
    st.text(max_size=40)
    | st.text("w123.+-*/^()e, ", max_size=30)
    | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
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
