"""PyTorch, imported when something of it is first used: it need not be installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .need import need

__all__ = ["torch"]


class _PyTorch:
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # those who look at modules ask for what no library has
            raise AttributeError(name)
        need(["torch"], "Computing on a device", "device")
        return getattr(import_module("torch"), name)


torch: Any = _PyTorch()
