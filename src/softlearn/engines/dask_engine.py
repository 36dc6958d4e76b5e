"""The engine of a Dask cluster: its workers hold the rows, as tasks that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from .._internal.need import need
from .base import EngineError, compare, one_at_most, signature

__all__ = ["DaskEngine", "dask_cluster"]

_LARGE = "distributed.admin.large-graph-warning-threshold"
_ONCE = 1 << 18  # bytes of an argument from which it is sent once, and workers pass it on


class DaskEngine:
    """The workers of a Dask cluster.

    X, y and sample_weight are Dask arrays, or data frames and series, with the same partitions.
    What workers hold are results of the tasks that read X: if a worker is lost, others read its
    part again, and the fit goes on to the same bits.

    Args:
        client: a `distributed.Client`.
        patience: seconds to wait where there is no worker at all.

    Raises:
        ImportError: Dask is not installed: ``pip install "softlearn[dask]"``.
        TypeError: client is something else.

    """

    def __init__(self, client: Any, patience: float = 60.0) -> None:
        need(("dask", "distributed"), "DaskEngine", "dask")
        from distributed import Client

        if not isinstance(client, Client):
            raise TypeError(
                f"client must be a distributed.Client, but it is of type {type(client).__name__}."
            )
        self.client: Any = client
        self.patience = patience

    def parts(self, X: Any, y: Any, sample_weight: Any) -> list[tuple[Any, Any, Any]]:
        """Return the partitions, which the workers begin to read.

        Raises:
            EngineError: workers are not alike.
            TypeError: X, y or the weights are not Dask's.
            ValueError: their partitions do not fit together.

        """
        self.agree()
        chunks = getattr(X, "chunks", None)
        columns = [_partitions("X", X, None), _partitions("y", y, chunks)]
        if sample_weight is not None:
            columns.append(_partitions("sample_weight", sample_weight, chunks))
        for name, column in zip(("y", "sample_weight"), columns[1:], strict=False):
            if len(column) != len(columns[0]):
                raise ValueError(
                    f"X has {len(columns[0])} partitions, but {name} has {len(column)}: give both "
                    "the same partitions."
                )
        if sample_weight is None:
            columns.append([None] * len(columns[0]))
        tasks = [task for column in columns for task in column if task is not None]
        read = iter(self.client.compute(tasks))
        futures = [[next(read) if task is not None else None for task in of] for of in columns]
        return list(zip(*futures, strict=True))

    def make(self, f: Callable[..., Any], *args: Any) -> Any:
        """Return a future of f(*args)."""
        return self.client.submit(f, *args, pure=False)

    def ask(self, f: Callable[..., Any], handles: list[Any], *args: Any) -> list[Any]:
        """Return f(handle, *args) for each handle; wait for workers that were lost.

        Raises:
            EngineError: no worker is left, or workers die of this.

        """
        from dask import config
        from distributed import KilledWorker

        here = signature()
        with config.set({_LARGE: "1 TiB"}):
            sent = [self._once(arg) if len(handles) > 1 else arg for arg in args]
            futures = [
                self.client.submit(_asked, here, f, handle, *sent, pure=False) for handle in handles
            ]
        self._wait(futures)
        try:
            results: list[Any] = self.client.gather(futures)
        except KilledWorker as error:
            raise EngineError(
                "Workers died, one after the other, of the same partition, which may be too large "
                "for their memory: make partitions smaller, or give workers more memory."
            ) from error
        return results

    def agree(self) -> None:
        """Check that all workers give the same bits as this process.

        Raises:
            EngineError: one sentence that names a worker and what differs.

        """
        self.client.wait_for_workers(1, timeout=self.patience)
        for worker, theirs in self.client.run(signature).items():
            compare(theirs, signature(), f"The worker {worker}")

    def _once(self, arg: Any) -> Any:
        """Return what stands for an argument of several tasks: itself, or a task if it is large.

        What a task returns is made again where it is lost; scattered data would not be.
        """
        large = isinstance(arg, bytes) and len(arg) >= _ONCE
        return self.client.submit(_same, arg, pure=False) if large else arg

    def _wait(self, futures: list[Any]) -> None:
        import distributed

        wait: Any = distributed.wait
        while True:
            try:
                wait(futures, timeout=self.patience)
            except TimeoutError:
                if not self.client.nthreads():
                    raise EngineError(
                        f"The cluster has had no worker for {self.patience:g} seconds: start some, "
                        "and fit again."
                    ) from None
            else:
                return

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # scikit-learn's clone copies parameters

    def __repr__(self) -> str:
        return f"DaskEngine({self.client!r})"


@contextmanager
def dask_cluster(address: str | None, workers: int, patience: float = 60.0) -> Iterator[DaskEngine]:
    """Connect to a cluster, and leave it at the end.

    Args:
        address: of its scheduler; None for a cluster of processes on this machine.
        workers: how many of these.
        patience: seconds to wait for an answer.

    Raises:
        ImportError: Dask is not installed.
        OSError: no scheduler answers; one sentence.

    """
    need(("dask", "distributed"), "DaskEngine", "dask")
    import distributed

    dask: Any = distributed
    with ExitStack() as closing:
        cluster: Any = address
        if address is None:
            options = {"threads_per_worker": 1, "dashboard_address": None}
            cluster = closing.enter_context(dask.LocalCluster(n_workers=workers, **options))
        try:
            client = closing.enter_context(dask.Client(cluster, timeout=patience))
        except (OSError, ValueError) as error:
            said = " ".join(str(error).split()).rstrip(".")
            raise OSError(f"The scheduler {address} does not answer: {said}.") from error
        yield DaskEngine(client)


def _partitions(name: str, given: Any, chunks: Any) -> list[Any]:
    """Return the partitions of a collection as delayed objects.

    Args:
        name: of the argument.
        given: what it is.
        chunks: those of X, if it is an array and this is not X.

    """
    if not (hasattr(given, "dask") and hasattr(given, "to_delayed")):
        raise TypeError(
            f"{name} must be a Dask array or data frame for a DaskEngine, but it is of type "
            f"{type(given).__name__}: dask.array.from_array makes one."
        )
    if hasattr(given, "chunks"):
        if given.ndim == 2:
            given = given.rechunk({1: -1})
        if chunks is not None and given.chunks[0] != chunks[0]:
            unknown = any(rows != rows for rows in (*given.chunks[0], *chunks[0]))
            given = given if unknown else given.rechunk({0: chunks[0]})
        return list(given.to_delayed().ravel())
    return list(given.to_delayed())


def _same(arg: bytes) -> bytes:
    return arg


def _asked(client: dict[str, str], f: Callable[..., Any], handle: Any, *args: Any) -> Any:
    """Answer on a worker, which may have joined after the others were checked."""
    compare(signature(), client, "A worker")
    with one_at_most():
        return f(handle, *args)
