"""What is published: public names, version, and what wheel and source archive hold."""

import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import grimp
import pytest

import softlearn

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", softlearn.__all__)
def test_every_public_name_can_be_had_and_is_documented(name: str) -> None:
    value = getattr(softlearn, name)
    assert name == "__version__" or inspect.getdoc(value)


def test_public_names_are_listed_in_order_and_shown_by_dir() -> None:
    assert softlearn.__all__ == sorted(softlearn.__all__)
    assert dir(softlearn) == softlearn.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'softlearn' has no attribute 'softmaxx'"):
        _ = softlearn.softmaxx


@pytest.mark.parametrize(
    "first", ["import softlearn.softmax", "from softlearn import SoftmaxRegression", "pass"]
)
def test_softmax_is_the_function_whatever_is_imported_first(first: str) -> None:
    code = f"{first}; import softlearn; from softlearn import softmax"
    use = "softmax([0.0, 1.0]); softlearn.softmax([0.0, 1.0])"
    subprocess.run([sys.executable, "-c", f"{code}; {use}"], check=True)


def test_the_newest_version_in_the_changelog_is_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(\d.*?)\]", text, re.MULTILINE)[0] == softlearn.__version__


def test_the_addresses_of_the_project_are_stated_in_one_file_if_they_lead_somewhere() -> None:
    """Nobody owns the domain .example: no address is better than one that leads nowhere."""
    urls = SETTINGS["project"].get("urls", {}).values()
    hosts = {"softlearn.example", *(urlsplit(url).netloc for url in urls)}
    assert not any(urlsplit(url).netloc.endswith(".example") for url in urls)
    files = [p for kind in ("*.py", "*.yml", "*.md", "*.cff") for p in ROOT.glob(kind)]
    for folder in ("src", "docs", "tools", ".github"):
        files += [
            p for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".yml", ".md", ".js")
        ]
    found = [p.name for p in files if any(h in p.read_text(encoding="utf-8") for h in hosts)]
    assert found == []


EXTRA_OF = {
    "softlearn._internal.serving": "serve",  # and the playground
    "softlearn.cli": "cli",
    "softlearn.engines": "dask",
    "softlearn.cli.sources.addresses": "remote",
    "softlearn.cli.service.app": "serve",
    "softlearn.cli.service.server": "serve",
    "softlearn.export": "onnx",
    "softlearn.features": "cli",  # Pillow for images, skrub for tables
    "softlearn.passes.sharded": "dask",  # loaded by fits on an engine alone
    "softlearn.playground": "playground",
    "softlearn.playground.exports": "plot",
    "softlearn.playground.widget": "widget",
    "softlearn.plots": "plot",
    "softlearn.reporting": "report",
}


def needed(extra: str = "") -> set[str]:
    """Return the distributions that the installation brings, with an extra or without."""
    project = SETTINGS["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"].get(extra, ())]
    names = {re.split(r"[><=~!; ]", line)[0].lower() for line in lines}
    further = [n.removeprefix("softlearn[").rstrip("]") for n in names if n.startswith("softlearn")]
    return names.union(*map(needed, further))


def test_every_package_that_is_imported_is_one_that_the_installation_brings() -> None:
    graph = grimp.build_graph(
        "softlearn",
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )
    homes = importlib.metadata.packages_distributions()
    for module in graph.modules:
        if module.split(".")[0] in {"softlearn", *sys.stdlib_module_names}:
            continue
        for user in graph.find_modules_that_directly_import(module):
            extra = EXTRA_OF.get(user) or EXTRA_OF.get(".".join(user.split(".")[:2]), "")
            home = {name.lower() for name in homes[module]}
            assert home & needed(extra), f"{user} imports {module}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive, and from it a wheel, on a machine without a compiler."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check"]
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # of CMake
    done = subprocess.run(
        [*build, "--outdir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PATH": paths, "CXX": str(folder / "no-compiler")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "NOTICE: softlearn is installed without native kernels: no C++ compiler" in done.stdout
    return folder


def test_without_a_compiler_the_wheel_is_whole_and_holds_no_machine_code(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert wheel.name.startswith(f"softlearn-{softlearn.__version__}-")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src").rglob("*.py")}
    assert sources | {"softlearn/kernels/_unbuilt.py"} <= names
    assert {"softlearn/py.typed", "softlearn/kernels/_native.pyi"} <= names
    kinds = {Path(n).suffix for n in names if n.startswith("softlearn/")}
    assert kinds == {".py", ".pyi", ".typed", ".html", ".css", ".js", ".svg"}
    pages = (ROOT / "src/softlearn/playground/static").iterdir()
    assert {f"softlearn/playground/static/{page.name}" for page in pages} <= names
    assert {n.split("/")[0] for n in names} == {
        "softlearn",
        f"softlearn-{softlearn.__version__}.dist-info",
    }
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_without_a_compiler_the_wheel_computes_with_numpy_and_says_why(
    built: Path, tmp_path: Path
) -> None:
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import softlearn\n"
        "from softlearn.kernels.dispatch import describe\n"
        "print(softlearn.__file__)\n"
        "print(describe()['chosen'], describe()['why_no_native'], sep=': ')\n"
        "print(softlearn.SoftmaxRegression().fit([[0.0], [1.0]], [0, 1]).predict([[2.0]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],  # -S: an editable installation would come first
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
            "SOFTLEARN_KERNELS": "auto",
        },
    )
    where, why, label = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert why == "numpy: no C++ compiler that works was found when softlearn was installed"
    assert label == "[1]"


def test_the_source_archive_can_run_its_tests(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {n.partition("/")[2] for n in tar.getnames()}
    assert {
        "CMakeLists.txt",
        "src/softlearn/kernels/native/passes.cpp",
        "src/softlearn/protocol.py",
        "tests/test_package.py",
        "docs/architecture.md",
        "examples/data/penguins.csv",
        "examples/data/README.md",
        "dev.py",
        ".ci/run",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        ".gitignore",
    } <= names
    assert not {n for n in names if n.endswith((".so", ".pyd", ".pyc"))}
