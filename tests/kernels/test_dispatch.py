"""SOFTLEARN_KERNELS chooses the kernels; without it, the best that are there are in use."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from softlearn.kernels import dispatch

NATIVE = ["portable", "avx2", "avx512"]


class Installation:
    """What `dispatch` finds: a native module, or the reason why there is none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._finds: dict[str, Any] = {}
        monkeypatch.setattr(dispatch, "import_module", self._import)
        monkeypatch.delenv(dispatch.VARIABLE, raising=False)

    def _import(self, name: str, package: str) -> Any:
        found = self._finds.get(name, ModuleNotFoundError(f"No module named {name}"))
        if isinstance(found, Exception):
            raise found
        return found

    def holds(self, built: list[str], available: list[str]) -> Any:
        module = SimpleNamespace(built=lambda: built, available=lambda: available)
        self._finds["._native"] = module
        return module

    def fails(self, error: ImportError) -> None:
        self._finds["._native"] = error

    def was_built_without(self, why: str) -> None:
        self._finds["._unbuilt"] = SimpleNamespace(WHY=why)

    def is_asked_for(self, kernels: str) -> None:
        self._monkeypatch.setenv(dispatch.VARIABLE, kernels)


def forget() -> None:
    dispatch.choice.cache_clear()
    dispatch._load.cache_clear()


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    forget()
    yield Installation(monkeypatch)
    monkeypatch.undo()
    forget()


def test_the_best_available_kernels_are_in_use(installation: Installation) -> None:
    module = installation.holds(NATIVE, ["portable", "avx2"])
    assert dispatch.choice() == "avx2"
    assert dispatch.native() is module
    assert dispatch.describe() == {
        "chosen": "avx2",
        "available": ["numpy", "portable", "avx2"],
        "built": NATIVE,
        "forced_by": None,
        "why_no_native": None,
    }


@pytest.mark.parametrize("asked", ["portable", "avx2", " AVX512 "])
def test_what_is_asked_for_is_in_use(installation: Installation, asked: str) -> None:
    module = installation.holds(NATIVE, NATIVE)
    installation.is_asked_for(asked)
    assert dispatch.choice() == asked.strip().lower()
    assert dispatch.native() is module
    assert dispatch.describe()["forced_by"] == f"SOFTLEARN_KERNELS={asked.strip().lower()}"


@pytest.mark.parametrize("asked", ["", "auto", "AUTO"])
def test_auto_leaves_the_choice_to_us(installation: Installation, asked: str) -> None:
    installation.holds(NATIVE, NATIVE)
    installation.is_asked_for(asked)
    assert dispatch.choice() == "avx512"
    assert dispatch.describe()["forced_by"] is None


def test_numpy_does_without_the_native_module(installation: Installation) -> None:
    installation.holds(NATIVE, NATIVE)
    installation.is_asked_for("numpy")
    assert dispatch.choice() == "numpy"
    assert dispatch.native() is None
    assert dispatch.describe()["available"] == ["numpy", *NATIVE]


def test_where_nothing_was_compiled_numpy_is_in_use_and_the_reason_is_known(
    installation: Installation,
) -> None:
    installation.was_built_without("no C++ compiler was found")
    assert dispatch.native() is None
    facts = dispatch.describe()
    assert facts["chosen"] == "numpy"
    assert facts["available"] == ["numpy"]
    assert facts["built"] == []
    assert facts["why_no_native"] == "no C++ compiler was found when softlearn was installed"


def test_a_native_module_that_cannot_be_loaded_is_done_without(installation: Installation) -> None:
    installation.fails(ImportError("libstdc++.so.6: version not found"))
    assert dispatch.native() is None
    assert "cannot be loaded (libstdc++.so.6" in dispatch.describe()["why_no_native"]


def test_a_name_that_is_none_is_refused_with_those_that_are(installation: Installation) -> None:
    installation.is_asked_for("sse")
    with pytest.raises(dispatch.KernelsError) as caught:
        dispatch.native()
    assert str(caught.value) == (
        "SOFTLEARN_KERNELS is 'sse', which names no kernels; "
        "it can be auto, numpy, portable, avx2 or avx512."
    )


def test_kernels_for_another_processor_are_refused_with_those_for_this(
    installation: Installation,
) -> None:
    installation.holds(NATIVE, ["portable", "avx2"])
    installation.is_asked_for("avx512")
    with pytest.raises(dispatch.KernelsError) as caught:
        dispatch.describe()
    assert str(caught.value) == (
        "SOFTLEARN_KERNELS asks for the avx512 kernels, but this processor cannot run them; "
        "here it can be auto, numpy, portable or avx2."
    )


def test_kernels_that_were_not_compiled_are_refused(installation: Installation) -> None:
    installation.holds(["portable"], ["portable"])
    installation.is_asked_for("avx2")
    with pytest.raises(dispatch.KernelsError, match="avx2 kernels, but they were not compiled"):
        dispatch.choice()


def test_native_kernels_are_refused_with_the_reason_where_there_are_none(
    installation: Installation,
) -> None:
    installation.was_built_without("the headers of Python were not found")
    installation.is_asked_for("portable")
    with pytest.raises(
        dispatch.KernelsError, match=r"but the headers .*; here it can be auto or n"
    ):
        dispatch.choice()


def test_a_copy_that_was_never_installed_says_so(installation: Installation) -> None:
    assert dispatch.describe()["why_no_native"] == "this copy of softlearn was not compiled"


# -- this installation


def fresh(code: str, **environment: str) -> Any:
    """Return what code prints, as JSON, in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def native_module() -> ModuleType:
    try:
        return importlib.import_module("softlearn.kernels._native")
    except ModuleNotFoundError:
        pytest.skip("softlearn was installed without native kernels")


def test_each_set_of_kernels_that_is_available_can_be_forced() -> None:
    ask = "from softlearn.kernels.dispatch import describe; print(json.dumps(describe()))"
    for name in fresh(ask, SOFTLEARN_KERNELS="numpy")["available"]:
        assert fresh(ask, SOFTLEARN_KERNELS=name)["chosen"] == name


def test_the_native_module_knows_itself_by_the_names_that_can_be_chosen() -> None:
    module = native_module()
    assert module.built() == [name for name in NATIVE if name in module.built()]
    assert module.available() == [name for name in module.built() if name in module.available()]
    assert module.built()


@pytest.mark.parametrize(
    "code", ["import softlearn", "import softlearn.kernels", "import softlearn.objective"]
)
def test_the_native_module_is_not_loaded_before_it_is_needed(code: str) -> None:
    ask = f"{code}; print(json.dumps('softlearn.kernels._native' in sys.modules))"
    assert fresh(ask) is False


def test_a_machine_with_a_compiler_has_native_kernels() -> None:
    header = Path(sysconfig.get_path("include"), "Python.h")
    if shutil.which(os.environ.get("CXX", "c++")) is None or not header.exists():
        pytest.skip("this machine cannot compile kernels")
    ask = "from softlearn.kernels.dispatch import describe; print(json.dumps(describe()))"
    assert fresh(ask, SOFTLEARN_KERNELS="auto")["why_no_native"] is None
