"""The engine of a Spark cluster: its executors hold the rows, and read them again where lost."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Self

from .._internal.need import need
from .base import EngineError, LocalEngine, signature
from .recipe import Recipe, Recipes

__all__ = ["SparkEngine"]


class SparkEngine:
    """The executors of a Spark cluster.

    X is files, which the executors read; or arrays, sparse matrices or data frames in this process,
    which travel with each question and must be small.  Spark keeps what the last question was
    asked of, in memory or on the executors' disks, and makes it again where it is lost.

    Args:
        session: a `pyspark.sql.SparkSession`.

    Raises:
        ImportError: Spark is not installed.

    """

    def __init__(self, session: Any) -> None:
        need(("pyspark", "cloudpickle"), "SparkEngine", "spark")
        self._context: Any = session.sparkContext
        self._kept: tuple[list[Any], Any] = [], None
        """The handles of the last question, and the RDD of what they stand for."""

    def parts(self, X: Any, y: Any, sample_weight: Any) -> list[Any]:
        """Return the parts of arrays.

        Raises:
            ValueError: X, y and the weights do not fit together.

        """
        local = LocalEngine(self._context.defaultParallelism)
        return local.parts(X, y, sample_weight)

    def make(self, f: Callable[..., Any], *args: Any) -> Any:
        """Return a recipe of f(*args)."""
        return Recipe(f, *args)

    def ask(self, f: Callable[..., Any], handles: list[Any], *args: Any) -> list[Any]:
        """Return f(handle, *args) for each handle.

        Raises:
            EngineError: executors die, one after the other.

        """
        if not handles:
            return []
        before, rdd = self._kept
        if list(map(id, before)) != list(map(id, handles)):
            made = self._context.parallelize(handles, len(handles)).map(_made)
            storage = import_module("pyspark").StorageLevel.MEMORY_AND_DISK
            if rdd is not None:
                rdd.unpersist()
            rdd = made.persist(storage)
            self._kept = list(handles), rdd
        dumps = import_module("cloudpickle").dumps
        sent = self._context.broadcast(dumps((signature(), f, args)))
        try:
            answers: list[tuple[Any, Exception | None]] = rdd.map(partial(_asked, sent)).collect()
        except import_module("py4j.protocol").Py4JJavaError as error:
            said = str(error.java_exception.getMessage()).splitlines()[0].rstrip(".: ")
            raise EngineError(
                f"Spark gave up, as it does where executors die, which may be of parts too large "
                f"for their memory: {said}."
            ) from error
        finally:
            sent.destroy()
        for _, raised in answers:
            if raised is not None:
                raise raised
        return [answer for answer, _ in answers]

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # scikit-learn's clone copies parameters

    def __repr__(self) -> str:
        return "SparkEngine()"


def _made(handle: Any) -> tuple[Any, Exception | None]:
    """Return what a handle stands for, or the error that making it raised."""
    try:
        return Recipes().value(handle), None
    except Exception as error:
        return None, error


def _asked(sent: Any, made: tuple[Any, Exception | None]) -> tuple[Any, Exception | None]:
    """Return an answer, or the error of the function: Spark would ask again, and lose its type."""
    (client, f, args), (value, error) = pickle.loads(sent.value), made
    if error is None:
        try:
            return Recipes().answer(client, f, [value], args)[0], None
        except Exception as raised:
            error = raised
    return None, error
