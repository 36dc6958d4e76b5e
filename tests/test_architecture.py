"""The house keeps its floors: what each file may import, and what is loaded when it is."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import grimp
import pytest
from grimp import build_graph
from importlinter.cli import lint_imports

from softlearn.model_file.allowed import OBJECTS
from softlearn.model_file.moved import MOVED

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "softlearn"
HEAVY = {"scipy", "sklearn", "skops", "pandas", "polars", "matplotlib", "torch", "skrub", "typer"}
HEAVY |= {"jax", "jinja2"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after the code."""
    ask = f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_every_import_points_downwards(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("package", ["softlearn.cli", "softlearn.plots"])
def test_no_circle_of_imports_even_for_types(package: str) -> None:
    graph = grimp.build_graph("softlearn", exclude_type_checking_imports=False, cache_dir=None)
    packages = [package, *(m for m in graph.find_descendants(package) if graph.find_children(m))]
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
def test_the_hallway_the_softmax_and_the_solvers_load_numpy_alone(code: str) -> None:
    assert loaded_by(code) & HEAVY == set()


def test_the_objective_loads_scipy_and_nothing_heavier() -> None:
    assert loaded_by("import softlearn.objective") & HEAVY == {"scipy"}


def test_the_estimator_loads_nothing_heavy_that_scikit_learn_does_not_load_itself() -> None:
    ours = "from softlearn import SoftmaxRegression as S; S().fit([[0.0], [1.0]], [0, 1])"
    theirs = "from sklearn.linear_model import LogisticRegression"
    assert loaded_by(ours) & HEAVY <= loaded_by(theirs)


@pytest.mark.parametrize("room", ["estimators", "features", "model_file", "networks"])
def test_no_file_of_a_room_is_in_a_circle_of_imports_not_even_for_the_type_checker(
    room: str,
) -> None:
    graph = build_graph("softlearn", cache_dir=None)
    for name in graph.find_descendants(f"softlearn.{room}"):
        imported = graph.find_modules_directly_imported_by(name)
        back = {other for other in imported if graph.chain_exists(importer=other, imported=name)}
        assert back == set(), f"{name} and {back} import each other"


def test_model_files_name_types_where_they_are_and_none_of_the_command_line() -> None:
    assert {module for module in MOVED.values() if module.startswith("softlearn.cli")} == set()
    for name in OBJECTS:
        module, _, kind = name.rpartition(".")
        if module.partition(".")[0] == "softlearn":
            assert not module.startswith("softlearn.cli")
            assert getattr(import_module(module), kind).__module__ == module


def test_every_file_of_the_package_has_its_row_in_the_table_of_floors() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in page.splitlines() if re.match(r"\| (R?\d|2½) ", line))
    names = {p.name + "/" * p.is_dir() for p in PACKAGE.iterdir() if p.name != "__pycache__"}
    missing = names - {"__init__.py", "_version.py", "py.typed"} - set(re.findall(r"`(.+?)`", rows))
    assert missing == set()


def test_the_table_of_floors_agrees_with_the_import_contract() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2] for line in page.splitlines() if re.match(r"\| (R?\d|2½) ", line)]
    table = {re.sub(r"\.py$|/$", "", n) for row in rows for n in re.findall(r"`(.+?)`", row)}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert table == {n.strip(" ()") for layer in layers for n in layer.split("|")}
