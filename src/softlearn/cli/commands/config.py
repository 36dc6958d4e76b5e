"""softlearn config: what is installed, and what will be used."""

from __future__ import annotations

import platform
import sys
from typing import Any

from ..._version import __version__
from ..options.common import Json, stoppable

__all__ = ["EXAMPLES", "config"]

EXAMPLES = "Examples:\n\nsoftlearn config\n\nsoftlearn config --json"
_NEEDED = ("numpy", "scipy", "scikit-learn")
_EXTRAS = {
    "cli": (
        "typer",
        "rich",
        "pandas",
        "pyarrow",
        "skrub",
        "pillow",
        "charset-normalizer",
        "pydantic",
        "python-calamine",
        "liac-arff",
    ),
    "plot": ("matplotlib",),
    "report": ("jinja2", "matplotlib"),
    "autodiff": ("jax",),
    "remote": ("fsspec",),
    "stream": ("pyarrow",),
    "device": ("torch",),
    "dask": ("dask", "distributed", "cloudpickle", "pandas", "pyarrow"),
    "ray": ("ray", "cloudpickle"),
    "spark": ("pyspark", "cloudpickle"),
    "onnx": ("onnx", "skl2onnx", "onnxruntime"),
    "serve": ("starlette", "uvicorn"),
    "playground": ("typer", "starlette", "uvicorn", "websockets"),
    "widget": ("anywidget", "traitlets"),
}


@stoppable
def config(as_json: Json = False) -> None:
    """Print versions, threads and kernels: what a bug report needs."""
    from ..terminal.stdout import print_facts

    print_facts(_facts(), None if as_json else _print)


def _print(facts: dict[str, Any]) -> None:
    lines = {
        "softlearn": facts["softlearn"],
        "Python": f"{facts['python']} ({facts['platform']})",
        **{name: number or "not installed" for name, number in facts["packages"].items()},
        "BLAS": "; ".join(
            f"{blas['name']} {blas['version']}, {blas['threads']} threads" for blas in facts["blas"]
        ),
        "threads": f"{facts['threads']} (one per core available; --threads uses fewer)",
        "kernels": _kernels(facts["kernels"]),
        "extras": ", ".join(
            f"{name}: {'complete' if whole else 'incomplete'}"
            for name, whole in facts["extras"].items()
        ),
    }
    for name, text in lines.items():
        print(f"{name:13} {text}")


def _kernels(facts: dict[str, Any]) -> str:
    """Say which kernels are in use, why, and what else there is."""
    from ...kernels.dispatch import CHOICES, VARIABLE

    why = facts["forced_by"] or facts["why_no_native"]
    reason = f"because {why}" if why else "the best of those available"
    return (
        f"{facts['chosen']}, {reason}\n"
        f"{'':13} available: {', '.join(facts['available'])}; to force one, set {VARIABLE}\n"
        f"{'':13} to {', '.join(CHOICES[:-1])} or {CHOICES[-1]}"
    )


def _facts() -> dict[str, Any]:
    import numpy as np  # noqa: F401  (loads the BLAS that threadpoolctl looks for)
    from threadpoolctl import threadpool_info

    from ...execution.cores import cores
    from ...kernels.dispatch import describe

    wanted = dict.fromkeys([*_NEEDED, *(name for extra in _EXTRAS.values() for name in extra)])
    packages = {name: _version(name) for name in wanted}
    return {
        "softlearn": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "packages": packages,
        "blas": [
            {
                "name": pool["internal_api"],
                "version": pool["version"],
                "threads": pool["num_threads"],
            }
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        ],
        "threads": cores(),
        "kernels": describe(),
        "extras": {
            extra: all(packages[name] for name in names) for extra, names in _EXTRAS.items()
        },
    }


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
