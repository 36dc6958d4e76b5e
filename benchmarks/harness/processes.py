"""Processes of their own for what is measured: this repository's modules, on so many threads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["ROOT", "environment", "module"]

ROOT = Path(__file__).parents[2]
"""The working folder of a process, from which `module` can be imported."""
_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a process whose libraries use so many threads."""
    limits = {f"{name}_NUM_THREADS": str(threads) for name in _LIBRARIES}
    return os.environ | limits | {"OMP_WAIT_POLICY": "passive"}


def module(name: str, *words: str) -> list[str]:
    """Return the command that runs a module of benchmarks/harness."""
    return [sys.executable, "-m", f"benchmarks.harness.{name}", *words]
