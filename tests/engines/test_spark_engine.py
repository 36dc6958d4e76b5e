"""Fits on a Spark cluster give the bits of LocalEngine, whatever happens to its executors."""

import os
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

pyspark = pytest.importorskip("pyspark")

from samples import LONG  # noqa: E402

from softlearn import SoftmaxRegression  # noqa: E402
from softlearn.engines import EngineError, LocalEngine, SparkEngine, signature  # noqa: E402
from softlearn.testing import check_engine  # noqa: E402

pytestmark = [
    pytest.mark.skipif(not LONG, reason="Spark takes its time: SOFTLEARN_TESTS=long"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

RNG = np.random.default_rng(0)
N, D = 1500, 12
X = RNG.normal(size=(N, D))
Y = np.array(["red", "green", "blue"])[(2 * X[:, :3] + RNG.gumbel(size=(N, 3))).argmax(1)]


@pytest.fixture(scope="module")
def engine():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = pyspark.sql.SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    session = made.config("spark.driver.host", "127.0.0.1").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield SparkEngine(session)
    session.stop()


def same_fit(a, b):
    for name in ("coef_", "intercept_", "gap_", "objective_", "n_iter_", "classes_"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_the_engine_of_spark_is_an_engine(engine):
    check_engine(engine)


def test_bits_are_those_of_the_local_engine(engine, tmp_path: Path):
    local = SoftmaxRegression(engine=LocalEngine()).fit(X, Y)
    same_fit(SoftmaxRegression(engine=engine).fit(X, Y), local)
    for k, rows in enumerate((slice(0, 700), slice(700, N))):
        np.savez(tmp_path / f"{k}.npz", X=X[rows], y=Y[rows])
    same_fit(SoftmaxRegression(engine=engine).fit(str(tmp_path / "*.npz")), local)


def test_a_process_that_was_killed_is_replaced(engine):
    killed = []

    class Losing(SparkEngine):
        def ask(self, f, handles, *args):
            if f.__name__ == "sums" and not killed:
                killed.append(engine.ask(PID, [0])[0])
                os.kill(killed[0], signal.SIGKILL)
            return engine.ask(f, handles, *args)

    losing = object.__new__(Losing)
    losing._context = engine._context
    model = SoftmaxRegression(engine=losing, solver="newton-cg").fit(X, Y)
    same_fit(model, SoftmaxRegression(engine=LocalEngine(), solver="newton-cg").fit(X, Y))
    assert killed


PID = lambda _: os.getpid()  # noqa: E731 - by value: executors do not find this file


def test_executors_that_always_die_get_a_sentence(engine):
    with pytest.raises(EngineError, match=r"Spark gave up, .*: Job aborted"):
        engine.ask(lambda _: os._exit(1), [0])


def test_executors_with_other_kernels_are_refused(engine, monkeypatch):
    from softlearn.engines import spark_engine

    monkeypatch.setattr(spark_engine, "signature", lambda: {**signature(), "kernels": "other"})
    with pytest.raises(EngineError, match=r"A worker has kernels .*, but the client has other"):
        engine.ask(PID, [0])
