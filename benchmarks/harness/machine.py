"""What the figures were measured on: processor, cores, instruction set, memory, versions."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.harness import internals

__all__ = ["cores", "describe", "forget_peak", "line", "peak_memory"]

_PACKAGES = (
    *("softlearn", "numpy", "scipy", "scikit-learn", "scikit-learn-intelex", "daal", "cyanure"),
    *("torch", "jax", "jaxlib", "optax", "statsmodels", "benchopt"),
)
_SETS = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve")


def describe() -> dict[str, Any]:
    """Return all of it, for JSON."""
    facts = _cpuinfo()
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    return {
        "processor": facts.get("model name") or platform.processor() or platform.machine(),
        "cores": cores(),
        "instruction_sets": [name for name in _SETS if name in flags],
        "memory_GB": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: v for name in _PACKAGES if (v := _version(name)) is not None},
        "blas": _blas(),
        "kernels": str(internals.kernel_choice()),
    }


def line(facts: dict[str, Any]) -> str:
    """Return it as a sentence or two."""
    versions = ", ".join(f"{k} {v}" for k, v in facts["versions"].items())
    return (
        f"{facts['processor']}, {facts['cores']} cores ({', '.join(facts['instruction_sets'])}), "
        f"{facts['memory_GB']} GB of memory, {facts['system']}, Python {facts['python']}; "
        f"{versions}; BLAS: {facts['blas']}; softlearn's kernels: {facts['kernels']}."
    )


def forget_peak() -> None:
    """Let `peak_memory` begin anew, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> float:
    """Return the most memory that this process has held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        for row in status.read_text().splitlines():
            if row.startswith("VmHWM:"):
                return 1024.0 * float(row.split()[1])
    import resource

    most = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most if platform.system() == "Darwin" else 1024.0 * most


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpuinfo() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first = path.read_text().split("\n\n")[0]
    pairs = (row.partition(":") for row in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def _version(name: str) -> str | None:
    if name == "softlearn":
        return str(import_module("softlearn").__version__)
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _blas() -> str:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    found = {
        f"{i['internal_api']} {i['version']} ({i.get('architecture', '')})"
        for i in threadpool_info()
        if i["user_api"] == "blas"
    }
    return ", ".join(sorted(found)) or "unknown"
