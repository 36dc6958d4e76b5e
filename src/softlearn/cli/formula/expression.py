"""A formula that a user typed, as a function with its derivatives.  Nothing typed is ever run.

The text is parsed, never evaluated: what is not a number, a name, + - * / ** or one of FUNCTIONS
is refused.  What is left becomes steps of a `Tape`, which carries exact derivatives along.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...protocol import F64
from .. import CommandError
from ..terminal.page import listed, short
from .tape import BINARY, UNARY, Tape

__all__ = ["FUNCTIONS", "Formula", "parse"]

FUNCTIONS = tuple(sorted(UNARY.keys() - {"neg", "pos"}))
_CONSTANTS = {"e": math.e, "pi": math.pi}
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.UAdd: "pos",
    ast.USub: "neg",
}
_LONGEST, _MAX_NODES, _DEEPEST, _MAX_NAMES = 2000, 200, 25, 10  # more is no formula of a person
_HIGHEST = 1000.0  # product of powers within powers


@dataclass(frozen=True)
class Formula:
    """J(w), its gradient and its Hessian, w in the order of the names."""

    text: str
    names: tuple[str, ...]
    value: Callable[[F64], float]
    grad: Callable[[F64], F64]
    hessian: Callable[[F64], F64]


def parse(text: str) -> Formula:
    """Return a formula such as "w1**2 - w2**2 + w2**4/4"; ^ is read as **."""
    tree = _read(text)
    _check(tree)
    names = tuple(sorted({n for n in _names(tree) if n not in _CONSTANTS}))
    if not names:
        raise CommandError(
            f"{short(text)!r} has no variable to minimise over; write one, such as w."
        )
    if len(names) > _MAX_NAMES:
        raise CommandError(f"The formula has {len(names)} variables; at most {_MAX_NAMES} can be.")
    return _Builder(names).formula(text, tree)


def _read(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise CommandError(
            f"The formula has {len(text):,} characters; at most {_LONGEST:,} can be."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds odd is refused or fine
            return ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        why = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise CommandError(
            f"{short(text)!r} is no formula ({why}); write one such as 'w**2 - 10*w + 25'."
        ) from None


def _children(node: ast.AST) -> list[ast.expr]:
    """Return the operands of a node that is allowed."""
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        return [node.operand]
    if isinstance(node, ast.Name):
        return []
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.Call):
        return _argument(node)
    what = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    raise CommandError(
        f"{short(what)!r} is not allowed in a formula: write it with numbers, names, + - * / **, "
        f"parentheses and {listed(FUNCTIONS)}."
    )


def _argument(node: ast.Call) -> list[ast.expr]:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in FUNCTIONS:
        raise CommandError(
            f"{short(name)!r} is no function known here; there are {listed(FUNCTIONS)}."
        )
    if node.keywords or len(node.args) != 1:
        raise CommandError(f"{name} takes one argument, as in {name}(w).")
    return list(node.args)


def _check(tree: ast.expr) -> None:
    """Raise CommandError unless all of the tree is allowed, and it is small."""
    level, count = [(tree, 0)], 0
    while level:
        count += len(level)
        deepest = max(depth for _, depth in level)
        if count > _MAX_NODES or deepest > _DEEPEST:
            raise CommandError(
                f"The formula is too long or nested too deeply: at most {_MAX_NODES} numbers, "
                f"names and operations, and {_DEEPEST} functions or powers within each other."
            )
        level = [(child, depth + _deepens(node)) for node, depth in level
                 for child in _children(node)]  # fmt: skip


def _deepens(node: ast.expr) -> int:
    """Say how much derivatives grow through this node: sums and products are as deep as flat."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow):
            return 1 if _value(node.right) is not None else 4
        return int(isinstance(node.op, ast.Div))
    return int(isinstance(node, ast.Call))


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if node.id in FUNCTIONS:
            raise CommandError(f"{node.id} is a function: write {node.id}(...).")
        yield node.id
    for child in _children(node):
        yield from _names(child)


class _Builder:
    """Makes the steps of a tree that has been checked."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names, self.tape = names, Tape(len(names))

    def formula(self, text: str, tree: ast.expr) -> Formula:
        last = self._build(tree, _HIGHEST)
        if last < len(self.names):  # a variable alone: what comes last is what counts
            self.tape.step("+", last, self.tape.number(0.0))
        tape = self.tape
        return Formula(text.strip(), self.names, tape.value, tape.grad, tape.hessian)

    def _build(self, node: ast.expr, highest: float) -> int:
        """Return the place of a node that stands below powers of 1000 / highest in all."""
        value = _value(node)
        if value is not None:
            return self.tape.number(value)
        if isinstance(node, ast.Name):
            return self.names.index(node.id)
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            return self.tape.step(node.func.id, self._build(node.args[0], highest))
        if isinstance(node, ast.UnaryOp):
            return self.tape.step(_SIGNS[type(node.op)], self._build(node.operand, highest))
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Pow):
            highest = _lower(node, highest)
        left, right = self._build(node.left, highest), self._build(node.right, highest)
        return self.tape.step(_SIGNS[type(node.op)], left, right)


def _lower(node: ast.BinOp, highest: float) -> float:
    """Return how high powers may be below this one."""
    exponent = _value(node.right)
    if exponent is None:
        return highest
    highest /= max(1.0, abs(exponent))
    if highest < 1.0:
        raise CommandError(
            f"The powers in {short(ast.unparse(node))!r} are too high: {_HIGHEST:g} at most, "
            f"powers of powers multiplied."
        )
    return highest


def _value(node: ast.expr) -> float | None:
    """Return the number that a node without variables is, None if it has some."""
    if isinstance(node, ast.Name):
        return _CONSTANTS.get(node.id)
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int | float)
        value = float(str(node.value))  # inf where a whole number is too large for a float
    else:
        parts = [_value(child) for child in _children(node)]
        known = [np.float64(part) for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        with np.errstate(all="ignore"):
            value = float(_derived(node, known))
    if not math.isfinite(value):
        raise CommandError(f"{short(ast.unparse(node))!r} is no finite real number.")
    return value


def _derived(node: ast.expr, known: list[np.float64]) -> Any:
    """Return the value of a function or an operator, as a tape has it."""
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return UNARY[node.func.id](*known)[0]
    assert isinstance(node, ast.BinOp | ast.UnaryOp)
    table: dict[str, Callable[..., Any]] = UNARY if isinstance(node, ast.UnaryOp) else BINARY
    return table[_SIGNS[type(node.op)]](*known)[0]
