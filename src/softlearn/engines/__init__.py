"""Engines: where the rows lie that a fit passes over, given as `SoftmaxRegression(engine=...)`.

    LocalEngine()         this process: the order of sums of all engines, on one machine
    DaskEngine(client)    the workers of a Dask cluster
    RayEngine()           actors of a Ray cluster
    SparkEngine(session)  the executors of a Spark cluster

All engines give the same bits; how rows are dealt out, and how many workers there are, makes no
difference.
"""

from .base import Engine, EngineError, LocalEngine, signature
from .dask_engine import DaskEngine, dask_cluster
from .ray_engine import RayEngine
from .spark_engine import SparkEngine

__all__ = [
    "DaskEngine",
    "Engine",
    "EngineError",
    "LocalEngine",
    "RayEngine",
    "SparkEngine",
    "dask_cluster",
    "signature",
]
