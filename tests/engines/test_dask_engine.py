"""Fits on a Dask cluster give the bits of LocalEngine, whatever happens to its workers."""

import os
import signal
import sys
import threading
import traceback

import numpy as np
import pandas as pd
import pytest

da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

from samples import LONG  # noqa: E402

from softlearn import SoftmaxRegression  # noqa: E402
from softlearn.engines import DaskEngine, EngineError, LocalEngine, dask_engine  # noqa: E402
from softlearn.testing import check_engine  # noqa: E402

RNG = np.random.default_rng(0)
N, D = 1500, 12
X = RNG.normal(size=(N, D))
Y = np.array(["red", "green", "blue", "grey"])[
    (X @ RNG.normal(size=(D, 4)) + RNG.gumbel(size=(N, 4))).argmax(1)
]
WEIGHTS = RNG.uniform(size=N)


@pytest.fixture(scope="module")
def client():
    """Return the client of two workers that are threads of this process."""
    options = {"processes": False, "dashboard_address": ":0", "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=2, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def dealt(array, sizes):
    return da.from_array(array, chunks=(tuple(sizes), *array.shape[1:]))


def same_fit(a, b):
    for name in ("coef_", "intercept_", "gap_", "objective_", "n_iter_", "classes_"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@pytest.mark.parametrize("once", [1 << 18, 0], ids=["sent to each", "sent once"])
def test_the_engine_of_dask_is_an_engine(once, client, monkeypatch):
    monkeypatch.setattr(dask_engine, "_ONCE", once)
    check_engine(DaskEngine(client), dealt)


@pytest.mark.parametrize("sizes", [[N], [0, 1, 0, 63, 2, N - 66], [700, 800, 0]], ids=str)
@pytest.mark.parametrize("solver", ["auto", "newton-cg"])
def test_bits_are_those_of_the_local_engine(client, sizes, solver):
    parameters = {"class_weight": "balanced", "solver": solver}
    local = SoftmaxRegression(engine=LocalEngine(), **parameters).fit(X, Y, WEIGHTS)
    model = SoftmaxRegression(engine=DaskEngine(client), **parameters)
    same_fit(model.fit(*(dealt(a, sizes) for a in (X, Y, WEIGHTS))), local)
    assert model.gap_ <= 1e-6


def test_data_frames_have_names_and_labels_of_any_kind(client):
    frame = pd.DataFrame(X, columns=[f"c{k}" for k in range(D)]).assign(kind=Y)
    ours = dd.from_pandas(frame, npartitions=3)
    model = SoftmaxRegression(engine=DaskEngine(client))
    model.fit(ours.drop(columns="kind"), ours["kind"])
    same_fit(model, SoftmaxRegression(engine=LocalEngine()).fit(X, Y))
    assert model.feature_names_in_[2] == "c2"


def test_raw_labels_of_which_one_is_in_one_partition_only(client):
    labels = np.where(np.arange(N) < 5, 50, np.where(X[:, 0] > 0, 10, 20))
    data = (dealt(a, [5, 0, 700, N - 705]) for a in (X, labels))
    model = SoftmaxRegression(engine=DaskEngine(client)).fit(*data)
    assert model.classes_.tolist() == [10, 20, 50]
    same_fit(model, SoftmaxRegression(engine=LocalEngine()).fit(X, labels))


def test_columns_and_labels_in_other_chunks_are_put_together(client):
    rows = da.from_array(X, chunks=(500, 5))
    model = SoftmaxRegression(engine=DaskEngine(client)).fit(rows, dealt(Y, [100, N - 100]))
    same_fit(model, SoftmaxRegression(engine=LocalEngine()).fit(X, Y))


def test_mistakes_get_a_sentence(client):
    model = SoftmaxRegression(engine=DaskEngine(client))
    rows = dealt(X, [700, 800])
    with pytest.raises(TypeError, match="y must be a Dask array or data frame for a DaskEngine"):
        model.fit(rows, Y)
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=3)
    with pytest.raises(ValueError, match="X has 3 partitions, but y has 2"):
        model.fit(frame, dealt(Y, [700, 800]))
    odd = X.copy()
    odd[1000, 3] = np.inf
    with pytest.raises(ValueError, match="In partition 1: Input X contains infinity"):
        model.fit(dealt(odd, [700, 800]), dealt(Y, [700, 800]))
    with pytest.raises(TypeError, match=r"client must be a distributed\.Client"):
        DaskEngine("tcp://localhost:8786")


def test_workers_with_other_kernels_are_refused(client, monkeypatch):
    other = {**dask_engine.signature(), "kernels": "of another machine"}
    monkeypatch.setattr(dask_engine, "signature", lambda: other)
    engine = DaskEngine(client)
    monkeypatch.setattr(client, "run", lambda f: {"tcp://there": {**other, "kernels": "portable"}})
    with pytest.raises(EngineError, match="The worker tcp://there has kernels portable, but the"):
        engine.parts(None, None, None)
    with pytest.raises(EngineError, match="A worker has kernels of another machine, but the"):
        dask_engine._asked({**other, "kernels": "avx2"}, len, [])


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'softlearn\[dask\]'"):
        DaskEngine(None)


PHASES = ("dual_bound", "conjugate_gradients", "line_search")
IN_ALL = [
    ("before", "class_totals"),
    ("before", "evaluated"),
    ("conjugate_gradients", "sums"),
    ("line_search", "evaluated"),
    ("dual_bound", "sums"),
]


def phase():
    """Return in which part of a fit an engine is asked."""
    names = {frame.name for frame in traceback.extract_stack()}
    return next((name for name in PHASES if name in names), "before")


class Losing(DaskEngine):
    """Loses a worker, and all it holds, at some of its questions.

    Args:
        client: as of `DaskEngine`.
        lose: does it.
        when: takes the phase and the kind of a question, and how many there were before.

    """

    def __init__(self, client, lose, when):
        super().__init__(client)
        self.lose, self.when, self.lost, self.asked = lose, when, [], 0

    def ask(self, f, handles, *args):
        question = phase(), f.__name__
        if self.when(question, self.asked):
            self.lost.append(question)
            self.lose()
        self.asked += 1
        return super().ask(f, handles, *args)


@pytest.mark.parametrize("once", [1 << 18, 0], ids=["sent to each", "sent once"])
def test_workers_may_be_lost_in_every_kind_of_pass(once, monkeypatch):
    monkeypatch.setattr(dask_engine, "_ONCE", once)
    rows, labels = dealt(X, [400, 400, 700]), dealt(Y, [400, 400, 700])
    local = SoftmaxRegression(engine=LocalEngine(), solver="newton-cg").fit(X, Y)
    options = {"processes": False, "dashboard_address": ":0", "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=12, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = iter(list(cluster.workers.values()))

        def lose():
            client.sync(next(workers).close, executor_wait=False)

        seen = set()

        def first(question, asked):
            return not (asked == 0 or question in seen or seen.add(question))

        engine = Losing(client, lose, first)
        model = SoftmaxRegression(engine=engine, solver="newton-cg").fit(rows, labels)
        assert len(client.nthreads()) == 12 - len(engine.lost)
    same_fit(model, local)
    assert set(engine.lost) >= set(IN_ALL)


@pytest.mark.skipif(not LONG, reason="processes take their time: SOFTLEARN_TESTS=long")
@pytest.mark.parametrize(("during", "kind"), IN_ALL)
def test_a_process_may_be_killed_while_it_answers(during, kind, tmp_path, monkeypatch):
    """Of three workers, the first that begins to answer such a question kills itself."""
    monkeypatch.setattr(dask_engine, "_ONCE", 0 if kind == "sums" else 1 << 18)
    sizes, parameters = [400, 0, 400, 700], {"class_weight": "balanced", "solver": "newton-cg"}
    data = [dealt(array, sizes) for array in (X, Y, WEIGHTS)]
    died = tmp_path / "died"

    class Dying(DaskEngine):
        def ask(self, f, handles, *args):
            if (phase(), f.__name__) != (during, kind):
                return super().ask(f, handles, *args)

            def dying(handle, *args):  # by value: workers need not find this file
                try:
                    with died.open("x"):
                        os.kill(os.getpid(), signal.SIGKILL)
                except FileExistsError:
                    return f(handle, *args)

            return super().ask(dying, handles, *args)

    options = {"processes": True, "dashboard_address": ":0", "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=3, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        model = SoftmaxRegression(engine=Dying(client), **parameters).fit(*data)
    assert died.exists()
    same_fit(model, SoftmaxRegression(engine=LocalEngine(), **parameters).fit(X, Y, WEIGHTS))


def test_a_cluster_that_loses_all_workers_waits_then_ends_and_the_checkpoint_is_whole(tmp_path):
    given = {"checkpoint": tmp_path / "fit.ckpt"}
    parameters = {"C": 100.0, "tol": 1e-10, "solver": "newton-cg"}
    whole = SoftmaxRegression(engine=LocalEngine(), **parameters).fit(X, Y)
    data = dealt(X, [700, 800]), dealt(Y, [700, 800])
    options = {"processes": False, "dashboard_address": ":0", "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=1, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        engine = DaskEngine(client, patience=0.5)
        steps = SoftmaxRegression(engine=engine, **parameters).iter_fit(*data, **given)
        for _ in range(3):
            next(steps)
        cluster.scale(0)
        with pytest.raises(EngineError, match=r"The cluster has had no worker for 0\.5 seconds"):
            next(steps)
        saved = given["checkpoint"].read_bytes()
        cluster.scale(1)
        model = SoftmaxRegression(engine=DaskEngine(client), **parameters)
        steps = model.iter_fit(*data, **given, resume=True)
        next(steps)
        assert given["checkpoint"].read_bytes() == saved
        cluster.scale(0)
        threading.Timer(0.5, cluster.scale, (1,)).start()
        for _ in steps:  # waits until there is a worker again
            pass
    same_fit(model, whole)
