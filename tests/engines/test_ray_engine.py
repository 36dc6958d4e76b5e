"""Fits on a Ray cluster give the bits of LocalEngine, whatever happens to its actors."""

import os
import signal
from itertools import pairwise

import numpy as np
import pytest

ray = pytest.importorskip("ray")

from samples import LONG  # noqa: E402

from softlearn import SoftmaxRegression  # noqa: E402
from softlearn.engines import EngineError, LocalEngine, RayEngine, signature  # noqa: E402
from softlearn.testing import check_engine  # noqa: E402

pytestmark = [
    pytest.mark.skipif(not LONG, reason="Ray takes its time: SOFTLEARN_TESTS=long"),
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning"),
]

PID = lambda _: os.getpid()  # noqa: E731 - by value: actors do not find this file
RNG = np.random.default_rng(0)
N, D = 1500, 12
X = RNG.normal(size=(N, D))
Y = np.array(["red", "green", "blue"])[(2 * X[:, :3] + RNG.gumbel(size=(N, 3))).argmax(1)]


@pytest.fixture(scope="module")
def engine():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield RayEngine(2)
    ray.shutdown()


def same_fit(a, b):
    for name in ("coef_", "intercept_", "gap_", "objective_", "n_iter_", "classes_"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_the_engine_of_ray_is_an_engine(engine):
    check_engine(engine)


def test_bits_are_those_of_the_local_engine(engine):
    local = SoftmaxRegression(engine=LocalEngine()).fit(X, Y)
    same_fit(SoftmaxRegression(engine=engine).fit(X, Y), local)
    edges = [0, 0, 700, N]
    cut = [slice(a, b) for a, b in pairwise(edges)]
    parts = [[ray.put(array[rows]) for rows in cut] for array in (X, Y)]
    same_fit(SoftmaxRegression(engine=engine).fit(*parts), local)
    with pytest.raises(ValueError, match="lists of as many references to parts: they have 3, 2"):
        SoftmaxRegression(engine=engine).fit(parts[0], parts[1][:2])


def test_an_actor_may_be_killed_in_every_kind_of_pass(engine):
    asked, when = [], (2, 3, 9, 20)

    class Losing(RayEngine):
        def ask(self, f, handles, *args):
            asked.append(f.__name__)
            if len(asked) in when:
                os.kill(super().ask(PID, [0])[0], signal.SIGKILL)
            return super().ask(f, handles, *args)

    model = SoftmaxRegression(engine=Losing(2), solver="newton-cg").fit(X, Y)
    same_fit(model, SoftmaxRegression(engine=LocalEngine(), solver="newton-cg").fit(X, Y))
    assert {asked[k - 1] for k in when} >= {"class_totals", "evaluated", "sums"}


def test_actors_that_always_die_get_a_sentence(engine, monkeypatch):
    from softlearn.engines import ray_engine

    monkeypatch.setattr(ray_engine, "_RESTARTS", 1)
    with pytest.raises(EngineError, match="Actors of Ray died, one after the other"):
        RayEngine(1).ask(lambda _: os._exit(1), [0])


def test_actors_with_other_kernels_are_refused(engine, monkeypatch):
    from softlearn.engines import ray_engine

    monkeypatch.setattr(ray_engine, "signature", lambda: {**signature(), "kernels": "other"})
    with pytest.raises(EngineError, match=r"A worker has kernels .*, but the client has other"):
        engine.ask(PID, [0])
