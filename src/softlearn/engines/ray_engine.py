"""The engine of a Ray cluster: its actors hold the rows, and read them again where one is lost."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Self

from .._internal.need import need
from .base import EngineError, LocalEngine, signature
from .recipe import Recipe, Recipes

__all__ = ["RayEngine"]

_RESTARTS = 20  # of an actor; one that dies as often dies of what it is asked


class RayEngine:
    """Actors of a Ray cluster, after `ray.init`.

    X is files, which the actors read; or arrays, sparse matrices or data frames in this process;
    or a list of references to such parts, which tasks have made, and so are y and sample_weight.
    If an actor is lost, another makes its part again, and the fit goes on to the same bits.

    Args:
        workers: how many actors; one for each processor of the cluster if absent.

    Raises:
        ImportError: Ray is not installed.

    """

    def __init__(self, workers: int | None = None) -> None:
        need(("ray", "cloudpickle"), "RayEngine", "ray")
        self._ray: Any = import_module("ray")
        self.workers = workers
        self._actors: list[Any] = []

    def parts(self, X: Any, y: Any, sample_weight: Any) -> list[Any]:
        """Return the parts.

        Raises:
            ValueError: X, y and the weights do not fit together.

        """
        columns = [column for column in (X, y, sample_weight) if column is not None]
        if any(self._are_references(column) for column in columns):
            if len({len(column) for column in columns}) > 1:
                raise ValueError(
                    "X, y and sample_weight must be lists of as many references to parts: "
                    f"they have {', '.join(str(len(column)) for column in columns)}."
                )
            parts: Any = zip(*columns, *[[None] * len(X)] * (3 - len(columns)), strict=True)
            return [tuple(ref and Recipe(self._ray.get, ref) for ref in part) for part in parts]
        count = len(self._started())
        put = self._ray.put
        return [
            tuple(None if each is None else Recipe(self._ray.get, put(each)) for each in part)
            for part in LocalEngine(count).parts(X, y, sample_weight)
        ]

    def make(self, f: Callable[..., Any], *args: Any) -> Any:
        """Return a recipe of f(*args)."""
        return Recipe(f, *args)

    def ask(self, f: Callable[..., Any], handles: list[Any], *args: Any) -> list[Any]:
        """Return f(handle, *args) for each handle.

        Raises:
            EngineError: actors die, one after the other.

        """
        actors, here, errors = self._started(), signature(), self._ray.exceptions
        n, sent = len(actors), self._ray.put(args)
        asked = [
            actor.answer.remote(here, f, handles[k::n], sent) for k, actor in enumerate(actors)
        ]
        try:
            answers = self._ray.get(asked)
        except errors.RayTaskError as error:
            raise error.cause from None
        except errors.RayActorError as error:
            raise EngineError(
                "Actors of Ray died, one after the other, of the same question, which may be too "
                "large for their memory: make parts smaller, or give the cluster more memory."
            ) from error
        results: list[Any] = [None] * len(handles)
        for k, answer in enumerate(answers):
            results[k::n] = answer
        return results

    def _started(self) -> list[Any]:
        if not self._actors:
            if not self._ray.is_initialized():
                raise EngineError("Ray is not connected: call ray.init() first.")
            count = self.workers or max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
            options = {"max_restarts": _RESTARTS, "max_task_retries": _RESTARTS}
            kind = self._ray.remote(Recipes).options(
                num_cpus=0, scheduling_strategy="SPREAD", **options
            )
            self._actors = [kind.remote() for _ in range(count)]
        return self._actors

    def _are_references(self, column: Any) -> bool:
        ref = self._ray.ObjectRef
        return isinstance(column, list) and all(isinstance(each, ref) for each in column)

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # scikit-learn's clone copies parameters

    def __repr__(self) -> str:
        return f"RayEngine({self.workers!r})"
