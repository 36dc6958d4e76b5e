"""softlearn config says what is installed and what will be used, to people and to machines."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import softlearn
from softlearn.cli.commands import config

ROOT = Path(__file__).resolve().parents[3]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `softlearn config` in a fresh interpreter, which reads the environment anew."""
    return subprocess.run(
        [sys.executable, "-m", "softlearn", "config", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def facts() -> Any:
    return json.loads(run("--json", SOFTLEARN_KERNELS="numpy").stdout)


def test_it_names_versions_threads_and_blas(facts: Any) -> None:
    assert facts["softlearn"] == softlearn.__version__
    assert facts["packages"]["numpy"] == np.__version__
    assert {"scipy", "scikit-learn"} <= set(facts["packages"])
    assert facts["threads"] >= 1
    assert all(blas["name"] and blas["threads"] >= 1 for blas in facts["blas"])
    large = {"ray", "spark", "device"}  # packages which the extra dev leaves out
    assert {extra for extra, there in facts["extras"].items() if not there} <= large


def test_its_extras_are_those_that_the_project_declares() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = settings["project"]["optional-dependencies"]
    for extra, packages in config._EXTRAS.items():
        wanted = [re.split(r"[<>=!]", line)[0] for line in declared[extra]]
        assert set(packages) >= {name for name in wanted if not name.startswith("softlearn")}
    of_developers = {"dev", "docs", "test", "ecosystem"}
    assert set(config._EXTRAS) == set(declared) - of_developers - {"all"}


def test_it_names_the_kernels_those_there_are_and_who_chose(facts: Any) -> None:
    kernels = facts["kernels"]
    assert kernels["chosen"] == "numpy"
    assert kernels["forced_by"] == "SOFTLEARN_KERNELS=numpy"
    assert kernels["available"][0] == "numpy"
    assert set(kernels) == {"chosen", "available", "built", "forced_by", "why_no_native"}


def test_people_read_the_same(facts: Any) -> None:
    shown = run(SOFTLEARN_KERNELS="numpy").stdout
    assert np.__version__ in shown
    assert "kernels       numpy, because SOFTLEARN_KERNELS=numpy\n" in shown
    assert f"available: {', '.join(facts['kernels']['available'])}; to force one, set" in shown


@pytest.mark.parametrize(
    ("forced_by", "why", "said"),
    [
        (None, None, "avx2, the best of those available\n"),
        (None, "no compiler was found", "avx2, because no compiler was found\n"),
        ("SOFTLEARN_KERNELS=avx2", None, "avx2, because SOFTLEARN_KERNELS=avx2\n"),
    ],
)
def test_the_reason_for_the_choice_is_said(
    forced_by: str | None, why: str | None, said: str
) -> None:
    kernels = {"chosen": "avx2", "available": [], "forced_by": forced_by, "why_no_native": why}
    assert config._kernels(kernels).startswith(said)


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_kernels_that_there_are_not_end_in_one_sentence(words: tuple[str, ...]) -> None:
    done = run(*words, SOFTLEARN_KERNELS="sse")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("softlearn: SOFTLEARN_KERNELS is 'sse', which names no kernels;")
    assert done.stderr.count("\n") == 1
