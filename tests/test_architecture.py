"""The rooms of the package: what each file may import, and what is loaded when it is."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import grimp
import pytest

from softlearn.model_file.allowed import OBJECTS
from softlearn.model_file.moved import MOVED

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "softlearn"
TESTS = ROOT / "tests"
HEAVY = {"scipy", "sklearn", "pandas", "polars", "matplotlib", "torch", "skrub", "typer"}
HEAVY |= {"jax", "jinja2", "starlette", "uvicorn", "websockets", "anywidget"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after the code."""
    ask = f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_every_import_points_downwards() -> None:
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    # In a process of its own: it disables the loggers of the process that it is in.
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout


def test_there_is_no_circle_of_imports_even_for_types() -> None:
    graph = grimp.build_graph("softlearn", exclude_type_checking_imports=False, cache_dir=None)
    packages = [m for m in graph.modules if m.startswith("softlearn") and graph.find_children(m)]
    assert {m: found for m in packages if (found := graph.nominate_cycle_breakers(m))} == {}


@pytest.mark.parametrize(
    "code",
    [
        "import softlearn",
        "from softlearn import softmax, log_softmax, hardmax, cross_entropy",
        "from softlearn import Status",
        "import softlearn.protocol",
        "import softlearn.kernels",
        "import softlearn.solve",
    ],
)
def test_the_protocol_the_softmax_the_kernels_and_the_solvers_load_numpy_alone(code: str) -> None:
    assert loaded_by(code) & HEAVY == set()


def test_the_objective_loads_scipy_and_nothing_heavier() -> None:
    assert loaded_by("import softlearn.objective") & HEAVY == {"scipy"}


def test_the_estimator_loads_nothing_heavy_that_scikit_learn_does_not_load_itself() -> None:
    ours = "from softlearn import SoftmaxRegression as S; S().fit([[0.0], [1.0]], [0, 1])"
    theirs = "from sklearn.linear_model import LogisticRegression"
    assert loaded_by(ours) & HEAVY <= loaded_by(theirs)


def test_model_files_name_types_where_they_are_and_none_of_the_command_line() -> None:
    assert {module for module in MOVED.values() if module.startswith("softlearn.cli")} == set()
    for name in OBJECTS:
        module, _, kind = name.rpartition(".")
        if module.partition(".")[0] == "softlearn":
            assert not module.startswith("softlearn.cli")
            assert getattr(import_module(module), kind).__module__ == module


def rooms_of_the_page() -> set[str]:
    """Return the files and folders in the first column of the table of rooms."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## The rooms")[2].partition("## The promises")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in first for name in re.findall(r"`(.+?)`", cell)}


def test_every_file_of_the_package_is_in_the_table_of_rooms() -> None:
    names = {p.name + "/" * p.is_dir() for p in PACKAGE.iterdir() if p.name != "__pycache__"}
    assert rooms_of_the_page() == names - {"__init__.py", "_version.py", "py.typed"}


def test_the_table_of_rooms_agrees_with_the_import_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    table = {re.sub(r"\.py$|/$", "", name) for name in rooms_of_the_page()}
    assert table == {n.strip(" ()") for layer in layers for n in layer.split("|")}


def test_tests_lie_in_rooms_like_those_of_the_package() -> None:
    rooms = {p.name for p in PACKAGE.iterdir() if p.is_dir()}
    here = {p.name for p in TESTS.iterdir() if p.is_dir() and list(p.glob("test_*.py"))}
    assert here <= rooms | {"softmax", "site"}  # a file of the package, a folder of tools/
