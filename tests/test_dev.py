"""dev.py makes, keeps and mends the virtual environment, and says what it cannot do."""

import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
EVERY_SET = "--config-settings=cmake.define.SOFTLEARN_SETS=all"


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return dev.py with its environment in an empty folder, and pip's calls only noted."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    python = module.PYTHON.relative_to(module.VENV)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / python)
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / module.STAMP.name)
    return module


@pytest.fixture
def installed(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give dev.py an environment; return the list to which what it installs is added."""
    asked: list[str] = []

    def run(arguments: Sequence[str], **environment: str) -> int:
        if "install" in arguments:
            options = {"-m", "pip", "install", "--quiet", "--disable-pip-version-check", EVERY_SET}
            asked.append(" ".join(word for word in arguments if word not in options))
        return 0

    dev.VENV.mkdir()
    monkeypatch.setattr(dev, "_usable", lambda: True)
    monkeypatch.setattr(dev, "run", run)
    return asked


def test_a_second_installation_does_nothing(dev: ModuleType, installed: list[str]) -> None:
    dev.install("cli")
    dev.install("cli")
    assert installed == ["--editable .[cli]"]


def test_what_the_tests_need_includes_what_the_demo_needs(
    dev: ModuleType, installed: list[str]
) -> None:
    dev.install("dev")
    dev.install("cli")
    assert installed == ["--editable .[dev]"]


def test_tests_have_the_kernels_of_every_instruction_set_also_after_the_demo(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Sequence[str]] = []

    def run(arguments: Sequence[str], **environment: str) -> int:
        ran.append(arguments)
        return 0

    dev.VENV.mkdir()
    monkeypatch.setattr(dev, "_usable", lambda: True)
    monkeypatch.setattr(dev, "run", run)
    dev.install("cli")
    dev.install("dev")
    demo, tests = (words for words in ran if "install" in words)
    assert EVERY_SET not in demo
    assert EVERY_SET in tests
    assert "--editable" in tests


def test_another_extra_brings_its_packages_and_compiles_nothing_again(
    dev: ModuleType, installed: list[str]
) -> None:
    dev.install("cli")
    dev.install("docs")
    dev.install("cli")
    first, second = installed
    assert first == "--editable .[cli]"
    assert {"mkdocs>=1.6,<2", "matplotlib>=3.9"} <= set(second.split())  # its own, and of [plot]
    assert "." not in second.split()
    assert "softlearn" not in second


def test_a_changed_project_is_installed_again_with_all_it_had(
    dev: ModuleType, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.install("dev")
    monkeypatch.setattr(dev, "_fingerprint", lambda: "changed")
    dev.install("docs")
    assert installed == ["--editable .[dev]", "--editable .[dev,docs]"]


@pytest.mark.parametrize(
    "name",
    ["pyproject.toml", "CMakeLists.txt", "src/softlearn/kernels/native/passes.cpp"],
)
def test_a_changed_kernel_or_way_to_build_it_changes_the_fingerprint(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    root = tmp_path / "copy"
    for file in ("pyproject.toml", "CMakeLists.txt", "src/softlearn/_version.py"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, root / file)
    shutil.copytree(ROOT / dev.NATIVE, root / dev.NATIVE)
    monkeypatch.setattr(dev, "ROOT", root)
    before = dev._fingerprint()
    assert dev._fingerprint() == before
    with (root / name).open("a", encoding="utf-8") as changed:
        changed.write("\n")
    assert dev._fingerprint() != before


def test_what_dev_py_says_of_the_kernels_is_what_is_in_use(dev: ModuleType) -> None:
    said = subprocess.run(
        [sys.executable, "-c", dev.KERNELS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SOFTLEARN_KERNELS": "numpy"},
    ).stdout
    assert said.startswith("Kernels in use: numpy")


def test_a_failed_installation_is_tried_again(
    dev: ModuleType, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    works = dev.run
    monkeypatch.setattr(dev, "run", lambda arguments: int("install" in arguments))
    with pytest.raises(dev.Stop, match="pip could not install"):
        dev.install("dev")
    monkeypatch.setattr(dev, "run", works)
    dev.install("dev")
    assert installed == ["--editable .[dev]"]


def test_a_damaged_stamp_means_not_installed(dev: ModuleType, installed: list[str]) -> None:
    dev.STAMP.write_text("[1", encoding="utf-8")
    dev.install("cli")
    assert installed == ["--editable .[cli]"]


def test_no_environment_or_half_of_one_is_not_usable(dev: ModuleType) -> None:
    assert not dev._usable()
    venv.create(dev.VENV, with_pip=False)
    assert not dev._usable()


def test_an_environment_with_pip_is_usable_by_its_own_version_only(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    assert dev._usable()
    monkeypatch.setattr(dev, "VERSION", (3, 99))
    assert not dev._usable()


def test_a_python_without_ensurepip_gets_a_sentence(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str) -> Any:
        return None if name == "ensurepip" else importlib.machinery.ModuleSpec(name, None)

    monkeypatch.setattr(dev.importlib.util, "find_spec", find_spec)
    with pytest.raises(dev.Stop, match="without venv or ensurepip"):
        dev.install("cli")


def test_an_old_python_gets_a_sentence(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "VERSION", (3, 10))
    with pytest.raises(dev.Stop, match=r"needs Python 3.11 or later, but this is 3\.10"):
        dev.main(["test"])


def test_an_unknown_check_gets_a_sentence(dev: ModuleType) -> None:
    with pytest.raises(dev.Stop, match="There is no check 'typos'; there are: lint format"):
        dev.main(["check", "typos"])


def test_every_check_runs_and_one_failure_is_a_failure(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[Sequence[str]] = []

    def run(arguments: Sequence[str]) -> int:
        ran.append(arguments)
        return int("mypy" in arguments)

    monkeypatch.setattr(dev, "install", lambda extra: None)
    monkeypatch.setattr(dev, "run", run)
    assert dev.main(["check"]) == 1
    assert ran == list(dev.CHECKS.values())
    assert capsys.readouterr().out.endswith("Failed: types.\n")


def test_the_tests_in_a_browser_are_those_that_are_marked(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Sequence[str]] = []

    def run(arguments: Sequence[str], **environment: str) -> int:
        ran.append(arguments)
        return 0

    monkeypatch.setattr(dev, "install", lambda extra: None)
    monkeypatch.setattr(dev, "run", run)
    assert dev.main(["browser", "-x"]) == 0
    assert ran[0][-4:] == ["-m", "browser", "tests/playground", "-x"]


@pytest.mark.parametrize(
    ("words", "last"), [([], ["tools/site/checks.py"]), (["--serve"], ["-m", "mkdocs", "serve"])]
)
def test_the_site_is_built_and_then_checked_or_served(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, words: list[str], last: list[str]
) -> None:
    ran: list[Sequence[str]] = []

    def run(arguments: Sequence[str], **environment: str) -> int:
        ran.append(arguments)
        return 0

    monkeypatch.setattr(dev, "install", lambda extra: None)
    monkeypatch.setattr(dev, "run", run)
    assert dev.main(["docs", *words]) == 0
    assert ran[-1][: len(last)] == last


def test_the_demo_is_the_command_that_the_readme_explains(dev: ModuleType) -> None:
    assert f"\n$ {dev.FIT}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "status"), [(["help"], 0), ([], 0), (["tset"], 2)])
def test_help_is_printed_and_a_mistyped_command_is_a_usage_error(
    words: list[str], status: int
) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert "python3 dev.py demo" in done.stdout
