"""The pages of the API reference: one for each public package, made from its `__all__`."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import Any

# What users import.
TO_USE = {
    "softlearn": "estimators, the softmax and its derivatives, model files",
    "softlearn.inference": "standard errors, tests and effects",
    "softlearn.decide": "calibration, costs, none of these, sets of classes",
    "softlearn.engines": "fits to rows that lie in shards, such as Dask's",
    "softlearn.export": "models as ONNX graphs",
    "softlearn.solve": "solvers, update rules, schedules of the learning rate",
    "softlearn.autodiff": "any cost you write, differentiated and minimised",
    "softlearn.landscape": "kinds of points, curvatures, slices, plateaus",
    "softlearn.landscape.surfaces": "costs whose critical points are known",
    "softlearn.landscape.experiments": "how rare minima are, and how high saddles lie",
    "softlearn.plots": "pictures of any classifier",
    "softlearn.plots.palette": "colours, markers and line styles",
    "softlearn.reporting": "one HTML page about a classifier",
    "softlearn.playground": "softmax classification alive in a browser",
}
# What extensions are built from (docs/adding).
TO_EXTEND = {
    "softlearn.testing": "conformance suites for what you add",
    "softlearn.protocol": "what is minimised, and how: Objective, Point, Solver",
    "softlearn.function": "plain functions as objectives",
    "softlearn.problem": "rows, targets, a model and a penalty, frozen",
    "softlearn.data": "rows in blocks, dense and sparse",
    "softlearn.objective": "the objective of softmax regression",
    "softlearn.networks": "networks and their objective",
    "softlearn.presolve": "exact reformulations",
    "softlearn.preconditioner": "approximate inverses of the Hessian",
    "softlearn.passes": "passes over all rows",
    "softlearn.kernels": "computations on one block of rows",
    "softlearn.execution.threads": "work on several threads",
}
PUBLIC = TO_USE | TO_EXTEND
GROUPS = {"To use": TO_USE, "To extend": TO_EXTEND}
INTRODUCTION = """# API reference

Every public name. What most people need is on the first page; what the second group holds is for
[adding something](../adding/index.md).
"""


@cache
def names(package: str) -> list[str]:
    """Return the public names of a package: classes, functions, and then the rest."""
    module = import_module(package)

    def rank(name: str) -> tuple[int, str]:
        value = getattr(module, name)
        kinds = (inspect.isclass, inspect.isroutine, lambda v: not name.startswith("_"))
        return next((i for i, kind in enumerate(kinds) if kind(value)), len(kinds)), name.lower()

    return sorted(module.__all__, key=rank)


def pages() -> dict[str, str]:
    """Return {source path: Markdown} of the reference."""
    made = {_path(package): _page(package) for package in PUBLIC}
    made["reference/index.md"] = _index()
    return made


def nav() -> list[dict[str, Any] | str]:
    """Return the entries of the navigation."""
    groups = [
        {title: [{p.removeprefix("softlearn."): _path(p)} for p in group]}
        for title, group in GROUPS.items()
    ]
    return ["reference/index.md", *groups]


def _path(package: str) -> str:
    return f"reference/{package}.md"


def _index() -> str:
    text = INTRODUCTION
    for title, group in GROUPS.items():
        rows = "".join(f"| [`{p}`]({p}.md) | {what} |\n" for p, what in group.items())
        text += f"\n## {title}\n\n| package | what it holds |\n|---|---|\n{rows}"
    return text


def _page(package: str) -> str:
    listed = names(package)
    table = "".join(f"| [`{n}`]({_where(package, n)}) | {_summary(package, n)} |\n" for n in listed)
    members = "".join(_entry(package, n) for n in listed if f"{package}.{n}" not in PUBLIC)
    heading = f"---\ntitle: {package}\n---\n\n# `{package}`\n\n{PUBLIC[package].capitalize()}.\n"
    return f"{heading}\n| name | what it is |\n|---|---|\n{table}{members}"


def _where(package: str, name: str) -> str:
    """Return the link to a name from its package's page: modules have pages of their own."""
    full = f"{package}.{name}"
    return f"{full}.md" if full in PUBLIC else f"#{full}"


def _entry(package: str, name: str) -> str:
    """Return what makes mkdocstrings describe a name.

    A function in a module of its own name (softlearn.softmax.softmax) is called by its full name,
    because the shorter one, which readers use, would be taken for the module.
    """
    value = getattr(import_module(package), name)
    home = getattr(value, "__module__", "")
    if not inspect.isroutine(value) or home.rpartition(".")[2] != name:
        return f"\n::: {package}.{name}\n"
    anchor = f'<a id="{package}.{name}"></a>\n'
    first = next(p for p in PUBLIC if name in names(p) and getattr(import_module(p), name) is value)
    if first != package:
        there = f"[`{first}.{name}`]({first}.md#{first}.{name})"
        return f"\n{anchor}\n## {name}\n\nThe same as {there}.\n"
    return f"\n{anchor}\n::: {home}.{name}\n"


def _summary(package: str, name: str) -> str:
    """Return the first line of a name's documentation, or the kind of a constant."""
    value = getattr(import_module(package), name)
    documented = inspect.ismodule(value) or inspect.isroutine(value) or inspect.isclass(value)
    first = (inspect.getdoc(value) or "").partition("\n")[0] if documented else f"`{value!r}`"
    first = first if len(first) < 120 else "a constant"
    return first.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
