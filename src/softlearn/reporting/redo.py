"""How a model was set up, and the Python lines that make its report again."""

from __future__ import annotations

import ast
import builtins
import inspect
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from .._version import __version__
from .words import cleaned

__all__ = ["Setting", "python_lines", "settings", "steps_before", "versions"]

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
_ALWAYS = ("numpy", "scipy", "sklearn")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of a function: another at each run


class Setting(NamedTuple):
    """A parameter of a model."""

    name: str
    value: str
    changed: bool
    """Whether it differs from the default."""


def settings(model: Any) -> list[Setting]:
    """Return the parameters of a classifier as it was set up."""
    if not hasattr(model, "get_params"):
        return []
    defaults = inspect.signature(type(model).__init__).parameters
    found = []
    for name, value in model.get_params(deep=False).items():
        default = defaults[name].default if name in defaults else inspect.Parameter.empty
        found.append(Setting(name, _written(value)[:200], _written(value) != _written(default)))
    return found


def steps_before(estimator: Any) -> list[str]:
    """Return the steps of a pipeline that stand before the classifier, as they were set up."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = [step for _, step in getattr(estimator, "steps", [])[:-1]]
    return [_written(step)[:600] for step in steps if step not in (None, "passthrough")]


def _written(value: Any) -> str:
    """Return a value as Python would read it, on one line."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        return " ".join(_ADDRESS.sub("", cleaned(value.__repr__(N_CHAR_MAX=10**6))).split())
    return " ".join(_ADDRESS.sub("", cleaned(repr(value))).split())


def versions(estimator: Any) -> dict[str, str]:
    """Return the versions of Python, softlearn and the libraries that a model comes from."""
    found = {"softlearn": __version__, "Python": platform.python_version()}
    libraries = {type(part).__module__.partition(".")[0] for part in _parts(estimator)}
    for package in dict.fromkeys([*_ALWAYS, *sorted(libraries - {"softlearn", "builtins"})]):
        name = _DISTRIBUTIONS.get(package, package)
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a module that is no distribution
            continue
    return found


def _parts(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and all estimators and records that it is set up with."""
    yield estimator
    values: list[Any] = []
    if isinstance(estimator, type):
        return
    if hasattr(estimator, "get_params"):
        values = list(estimator.get_params(deep=True).values())
    elif is_dataclass(estimator):  # a solver, a rule, a schedule
        values = [getattr(estimator, field.name) for field in fields(estimator)]
    for value in values:
        if hasattr(value, "get_params"):
            yield value  # whose own are among the values already
        elif is_dataclass(value):
            yield from _parts(value)


def python_lines(estimator: Any, held_out: bool | None) -> str:
    """Return the lines that set the model up, fit it, and make the report of X and y again."""
    rows = "X, y" if held_out is False else "X_train, y_train"
    imports, call = _construction(estimator) or ({}, "")
    imports.setdefault("softlearn", []).append("report")
    lines = [f"from {home} import {', '.join(names)}" for home, names in sorted(imports.items())]
    if call:
        lines += ["", f"model = {call}", f"model.fit({rows})"]
    else:
        lines += ["", "# model: the fitted classifier, which cannot be written down in a line"]
    known = "" if held_out is None else f", held_out={held_out}"
    return "\n".join([*lines, f'report(model, X, y{known}).save("report.html")'])


def _construction(estimator: Any) -> tuple[dict[str, list[str]], str] | None:
    """Return {module: names to import} and the call that makes an estimator.

    None if what it is set up with cannot be read back as Python.
    """
    call = cleaned(
        estimator.__repr__(N_CHAR_MAX=10**6)
        if hasattr(estimator, "get_params")
        else repr(estimator)
    )
    try:
        tree = ast.parse(call, mode="eval")
    except (SyntaxError, ValueError):
        return None
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    homes = {type(part).__name__: _home(type(part)) for part in _parts(estimator)}
    homes.update({"array": "numpy", "nan": "numpy", "inf": "numpy"})
    unknown = used - homes.keys() - set(dir(builtins))
    if unknown or len(call) > 20_000:
        return None
    imports: dict[str, list[str]] = {}
    for name in sorted(used & homes.keys()):
        imports.setdefault(homes[name], []).append(name)
    return imports, call


def _home(kind: type) -> str:
    """Return the shortest module that offers a class: "sklearn.pipeline", "softlearn"."""
    parts = kind.__module__.split(".")
    for n in range(1, len(parts)):
        module = ".".join(parts[:n])
        if getattr(sys.modules.get(module), kind.__name__, None) is kind:
            return module
    return kind.__module__
