"""Handles that say how to make what they stand for, wherever it is needed, and again if lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from .base import compare, one_at_most, signature

__all__ = ["Recipe", "Recipes"]


class Recipe:
    """Stands for f(*args); among the args, and in lists and tuples of them, may be recipes."""

    def __init__(self, f: Callable[..., Any], *args: Any) -> None:
        self.f, self.args, self.key = f, args, uuid4().hex


class Recipes:
    """What recipes stand for, in one process: that of the last question is kept."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def answer(
        self, client: dict[str, str], f: Callable[..., Any], handles: list[Any], args: Any
    ) -> list[Any]:
        """Return f(what it stands for, *args) for each handle.

        Raises:
            EngineError: this process would give other bits than the client.

        """
        compare(signature(), client, "A worker")
        with one_at_most():
            results = [f(self.value(handle), *args) for handle in handles]
        asked = {recipe.key for handle in handles for recipe in _first(handle)}
        self.known = {key: value for key, value in self.known.items() if key in asked}
        return results

    def value(self, handle: Any) -> Any:
        """Return what a handle, or those in lists and tuples, stand for."""
        if isinstance(handle, list | tuple):
            return type(handle)(map(self.value, handle))
        if not isinstance(handle, Recipe):
            return handle
        if handle.key not in self.known:
            self.known[handle.key] = handle.f(*map(self.value, handle.args))
        return self.known[handle.key]


def _first(handle: Any) -> list[Recipe]:
    """Return the recipes that a handle is or holds."""
    if isinstance(handle, list | tuple):
        return [recipe for each in handle for recipe in _first(each)]
    return [handle] if isinstance(handle, Recipe) else []
