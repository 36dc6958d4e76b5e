"""The native steps of training are NumPy's to rounding, and those are back-propagation's."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from native import DENSE, SETS
from samples import sample

from softlearn.networks.numpy_trainer import kept_units
from softlearn.networks.trainer import (
    NativeTrainer,
    NotFinite,
    PlainTrainer,
    Plan,
    State,
    Trainer,
    Update,
)

ACTIVATIONS = ["identity", "relu", "tanh", "sigmoid", "gelu"]
RULES = [
    Update("descent"),
    Update("momentum"),
    Update("momentum", average=False),
    Update("momentum", nesterov=True),
    Update("momentum", average=False, nesterov=True),
    Update("rmsprop", beta2=0.9),
    Update("adam"),
    Update("adam", decay=0.1),
]
# g / (|g| + epsilon) makes any rounding of a gradient near 0 large if epsilon is tiny
CALM = [replace(rule, epsilon=0.01) for rule in RULES]
DEPTHS: list[tuple[int, ...]] = [(), (1,), (33,), (7, 50), (17, 16, 5)]
STORAGES = {
    **{
        k: v for k, v in DENSE.items() if not set(k.split()) & {"float32", "read-only", "unaligned"}
    },
    "read-only": lambda X: np.frombuffer(X.tobytes(), X.dtype).reshape(X.shape),
    "CSR": sp.csr_array,
    "CSR int64": lambda X: _wide(sp.csr_array(X)),
}

needs_native = pytest.mark.skipif(not SETS, reason="no native kernels")
each_set = pytest.mark.parametrize("isa", SETS)


def _wide(X: Any) -> Any:
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


class Rows:
    """Rows to train on, some of them hardly filled, and where to start."""

    def __init__(
        self, plan: Plan, dtype: Any = np.float64, n: int = 70, soft: bool = False,
        weighted: bool = False, fill: float = 0.8, seed: int = 0,
    ) -> None:  # fmt: skip
        rng = np.random.default_rng(seed)
        d, C = plan.sizes[0], plan.sizes[-1]
        self.plan, self.n = plan, n
        self.X = (rng.normal(size=(n, d)) * (rng.random((n, d)) < fill)).astype(dtype)
        self.Y = rng.dirichlet(np.ones(C), n).astype(dtype) if soft else rng.integers(C, size=n)
        self.s = rng.integers(0, 4, n) / 1.5 if weighted else None
        self.order = rng.permutation(n)
        scales = [np.full(W.size, m**-0.5) for W, m in zip(plan.split(np.zeros(plan.size))[0],
                                                           plan.sizes, strict=False)]  # fmt: skip
        biases = np.full(plan.size - sum(map(len, scales)), 0.3)
        self.w = (rng.normal(size=plan.size) * np.concatenate([*scales, biases])).astype(dtype)

    def trainer(self, isa: str | None) -> Trainer:
        state = State.at(self.w, self.plan.update)
        plain = isa is None
        return PlainTrainer(self.plan, state) if plain else NativeTrainer(self.plan, state, isa)

    def run(self, isa: str | None, batch: int = 16, X: Any = None, **given: Any) -> Any:
        """Return the trainer after an epoch, and the losses."""
        trainer = self.trainer(isa)
        rates = 0.1 / np.arange(1, -(-self.n // batch) + 1)
        X = self.X if X is None else X
        return trainer, trainer.run(X, self.Y, self.order, batch, rates, self.s, **given)


def assert_same_bits(a: Trainer, b: Trainer) -> None:
    for one, other in zip(a.state, b.state, strict=True):
        np.testing.assert_array_equal(one, other)


def loss_at(rows: Rows, w: Any) -> float:
    trainer = PlainTrainer(rows.plan, State.at(w, rows.plan.update))
    return float(trainer.run(rows.X, rows.Y, rows.order, rows.n, np.zeros(1), rows.s)[0])


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_step_of_descent_is_the_gradient_of_the_loss(activation: str, soft: bool) -> None:
    plan = Plan((4, 5, 3, 3), activation, Update("descent"), l2=0.3, dropout=0.3, seed=5)
    rows = Rows(plan, n=12, soft=soft, weighted=True)
    trainer = rows.trainer(None)
    trainer.run(rows.X, rows.Y, rows.order, rows.n, np.ones(1), rows.s)
    h = 1e-5
    for k, gradient in enumerate(rows.w - trainer.state.w):
        e = h * np.eye(plan.size)[k]
        slope = (loss_at(rows, rows.w + e) - loss_at(rows, rows.w - e)) / (2 * h)
        assert gradient == pytest.approx(slope, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_steps_are_those_of_pytorch(rule: Update) -> None:
    torch = pytest.importorskip("torch")
    plan = Plan((6, 9, 4), "tanh", rule, clip=0.5)
    rows = Rows(plan)
    trainer = rows.trainer(None)
    rate = 0.05 * (1.0 - rule.beta if rule.kind == "momentum" and rule.average else 1.0)
    trainer.run(rows.X, rows.Y, np.tile(rows.order, 3), 7, np.full(30, 0.05))

    W, b = plan.split(rows.w)
    net = torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 4))
    net = net.to(torch.float64)
    with torch.no_grad():
        for layer, Wl, bl in zip((net[0], net[2]), W, b, strict=True):
            layer.weight.copy_(torch.from_numpy(Wl))
            layer.bias.copy_(torch.from_numpy(bl))
    optim, betas = torch.optim, (rule.beta, rule.beta2)
    theirs = {
        "descent": lambda w: optim.SGD(w, rate),
        "momentum": lambda w: optim.SGD(w, rate, rule.beta, nesterov=rule.nesterov),
        "rmsprop": lambda w: optim.RMSprop(w, rate, rule.beta2, rule.epsilon),
        "adam": lambda w: optim.AdamW(w, rate, betas, rule.epsilon, rule.decay),
    }[rule.kind](net.parameters())
    X, y = torch.from_numpy(rows.X), torch.from_numpy(rows.Y)
    for batch in torch.from_numpy(np.tile(rows.order, 3)).split(7):
        theirs.zero_grad()
        torch.nn.functional.cross_entropy(net(X[batch]), y[batch]).backward()
        norm = torch.sqrt(sum((p.grad**2).sum() for p in net.parameters()))
        for p in net.parameters():  # clip_grad_norm_ adds 1e-6 to the norm
            p.grad *= min(1.0, 0.5 / float(norm))
        theirs.step()
    want = [net[0].weight, net[2].weight, net[0].bias, net[2].bias]
    got = np.concatenate([p.detach().numpy().ravel() for p in want])
    np.testing.assert_allclose(trainer.state.w, got, rtol=0, atol=1e-12)


@needs_native
@each_set
@settings(deadline=None, max_examples=sample(40, 120))
@given(
    hidden=st.sampled_from(DEPTHS),
    activation=st.sampled_from(ACTIVATIONS),
    rule=st.sampled_from(CALM),
    single=st.booleans(),
    storage=st.sampled_from(sorted(STORAGES)),
    ends=st.sampled_from([(1, 2), (9, 3), (48, 26), (130, 17), (200, 130)]),
    fill=st.sampled_from([0.03, 0.8]),
    batch=st.sampled_from([1, 7, 16, 70, 100]),
    kind=st.tuples(st.booleans(), st.booleans()),
    extras=st.sampled_from([(0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.1, 0.3, 0.2), (0.0, 0.0, 0.2)]),
    seed=st.integers(0, 99),
)
def test_the_native_steps_are_numpys(
    isa: str, hidden: Any, activation: str, rule: Update, single: bool, storage: str, ends: Any,
    fill: float, batch: int, kind: Any, extras: Any, seed: int,
) -> None:  # fmt: skip
    l2, dropout, clip = extras
    sizes = (ends[0], *hidden, ends[1])
    plan = Plan(sizes, activation, rule, l2, dropout, clip, seed=seed << 40)
    dtype = np.float32 if single else np.float64
    rows = Rows(plan, dtype, 70, *kind, fill=fill, seed=seed)
    if storage == "one row, repeated":
        rows.X[:] = rows.X[0]
    X = STORAGES[storage](rows.X)
    plain, want = rows.run(None, batch, X)
    ours, got = rows.run(isa, batch, X)
    near = 1e-4 if single else 1e-12
    np.testing.assert_allclose(got, want, rtol=near, atol=near)
    for one, other in zip(ours.state, plain.state, strict=True):
        np.testing.assert_allclose(one, other, rtol=near, atol=near)


@needs_native
@each_set
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("clip", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["dense", "CSR", "CSR, few entries"])
def test_threads_change_no_bit(isa: str, dtype: Any, clip: float, kind: str) -> None:
    plan = Plan((150, 60, 20, 11), "gelu", l2=0.1, dropout=0.2, clip=clip)
    rows = Rows(plan, dtype, 200, fill=0.02 if kind == "CSR, few entries" else 0.8)
    X = rows.X if kind == "dense" else sp.csr_array(rows.X)
    one, want = rows.run(isa, 70, X)
    for threads in (2, 3, 4):
        many, got = rows.run(isa, 70, X, threads=threads)
        np.testing.assert_array_equal(got, want)
        assert_same_bits(many, one)


@pytest.mark.parametrize("isa", [None, *SETS])
def test_going_on_from_a_saved_state_gives_the_same_bits(isa: str | None) -> None:
    rows = Rows(Plan((9, 20, 4), dropout=0.4), np.float32)
    rates = np.geomspace(0.1, 0.01, 14)
    whole, first = rows.trainer(isa), rows.trainer(isa)
    want = whole.run(rows.X, rows.Y, rows.order, 5, rates)
    got = first.run(rows.X, rows.Y, rows.order[:35], 5, rates)
    saved = State(*(a.copy() for a in first.state))
    later = rows.trainer(isa)
    later.state = saved
    rest = later.run(rows.X, rows.Y, rows.order[35:], 5, rates[7:])
    np.testing.assert_array_equal(np.concatenate([got, rest]), want)
    assert_same_bits(later, whole)


@pytest.mark.parametrize("isa", [None, *SETS])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("bad", ["row", "rate"])
def test_a_step_that_is_not_finite_is_reported_and_undone(
    isa: str | None, threads: int, bad: str
) -> None:
    rows = Rows(Plan((100, 200, 50), "tanh", Update("adam")), n=128)  # work for three threads
    rates = np.full(8, 0.01)
    if bad == "row":
        rows.X[rows.order[80], 3] = np.nan  # the sixth batch
    else:
        rates[5] = np.inf
    trainer, until = rows.trainer(isa), rows.trainer(isa)
    with pytest.raises(NotFinite, match="at step 5 of this call") as caught:
        trainer.run(rows.X, rows.Y, rows.order, 16, rates, threads=threads)
    assert caught.value.step == 5
    losses = until.run(rows.X, rows.Y, rows.order[:80], 16, rates)
    np.testing.assert_array_equal(caught.value.losses[:5], losses)
    assert_same_bits(trainer, until)


@pytest.mark.parametrize("isa", [None, *SETS])
def test_a_confident_mistake_costs_what_it_is(isa: str | None) -> None:
    rows = Rows(Plan((1, 2), update=Update("descent")), n=1)
    rows.w, rows.X, rows.Y = np.array([800.0, 0.0, 0.0, 0.0]), np.ones((1, 1)), np.array([1])
    assert rows.run(isa)[1] == 800.0
    rows.Y = np.array([0])
    rows.w[0] = 40.0
    assert rows.run(isa)[1] == pytest.approx(np.exp(-40.0), rel=1e-12)


@pytest.mark.parametrize("isa", [None, *SETS])
def test_a_float_gradient_whose_square_overflows_is_clipped(isa: str | None) -> None:
    rows = Rows(Plan((1, 2), update=Update("descent"), clip=1.0), np.float32, n=1)
    rows.w, rows.X = np.zeros(4, np.float32), np.full((1, 1), 1e25, np.float32)
    trainer = rows.trainer(isa)
    trainer.run(rows.X, rows.Y, rows.order, 1, np.ones(1))
    assert np.linalg.norm(trainer.state.w) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("isa", [None, *SETS])
def test_no_rows_are_no_steps(isa: str | None) -> None:
    rows = Rows(Plan((3, 2)), n=5)
    trainer = rows.trainer(isa)
    assert trainer.run(rows.X, rows.Y, rows.order[:0], 4, np.ones(0)).size == 0
    np.testing.assert_array_equal(trainer.state.w, rows.w)
    assert trainer.state.steps == 0


@needs_native
@each_set
def test_numbers_below_the_normal_ones_are_lost_to_training_alone(isa: str) -> None:
    rows = Rows(Plan((100, 200, 50)), np.float32)
    rows.run(isa, threads=2)
    assert np.float32(1e-40) * np.float32(0.5) > 0.0


@needs_native
@each_set
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_after_a_whole_step(isa: str, threads: int) -> None:
    rows = Rows(Plan((100, 200, 50)))  # work for two threads
    trainer, again = rows.trainer(isa), rows.trainer(isa)
    order = np.tile(rows.order, 20_000)
    rates = np.full(len(order) // 10, 1e-3)
    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        trainer.run(rows.X, rows.Y, order, 10, rates, threads=threads)
    timer.join()
    done = int(trainer.state.steps[0])
    assert 0 < done < len(rates)
    again.run(rows.X, rows.Y, order[: 10 * done], 10, rates)
    assert_same_bits(trainer, again)


def test_dropout_draws_the_words_of_philox() -> None:
    # Random123's known answer for counter 0 and key 0
    for unit, word in enumerate((0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)):
        for more, kept in ((0, True), (1, False)):
            assert kept_units((1, 4), (word + more) / 2**32, 0, 0, 0)[0, unit] == kept


def test_dropout_keeps_its_share_and_differs_by_row_step_layer_and_seed() -> None:
    base = kept_units((200, 301), 0.3, 1, 1, 1)
    assert base.mean() == pytest.approx(0.7, abs=4 * np.sqrt(0.21 / base.size))
    others = [base[::-1], *(kept_units((200, 301), 0.3, *k)
                            for k in ((1 << 32, 1, 1), (1, 2, 1), (1, 1, 2)))]  # fmt: skip
    for a, b in itertools.combinations([base, *others], 2):
        assert (a == b).mean() == pytest.approx(0.58, abs=4 * np.sqrt(0.25 / base.size))


@needs_native
@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"order": np.array([0, 70])}, "order must hold rows"),
        ({"order": np.array([-1])}, "order must hold rows"),
        ({"Y": np.full(70, 4)}, "labels must be 0 to C - 1"),
        ({"Y": np.zeros((70, 3))}, "Y must be"),
        ({"X": np.zeros((70, 8))}, "a column for each input"),
        ({"s": np.ones(69)}, "s must fit"),
        ({"rates": np.ones(0)}, "rates has 0 learning rates, but there are 5 batches"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], match: str) -> None:
    rows = Rows(Plan((9, 4)))
    given = {"X": rows.X, "Y": rows.Y, "order": rows.order, "batch_size": 16, "rates": np.ones(9)}
    with pytest.raises(ValueError, match=match):
        rows.trainer(SETS[-1]).run(**given | change)


def test_a_plan_says_what_is_wrong_with_it() -> None:
    for wrong, match in (
        ({"sizes": (3,)}, "sizes must be"),
        ({"activation": "elu"}, "activation must be one of"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"seed": -1}, "seed must be"),
    ):
        with pytest.raises(ValueError, match=match):
            Plan(**{"sizes": (3, 2)} | wrong)
    for wrong, match in (
        ({"kind": "adagrad"}, "kind must be one of"),
        ({"beta2": 1.0}, "beta2 must be"),
        ({"epsilon": 0.0}, "epsilon must be above 0"),
    ):
        with pytest.raises(ValueError, match=match):
            Update(**wrong)


@pytest.mark.parametrize("more", [0, 2])
def test_a_training_goes_on_with_the_threads_that_the_system_gives(more: int) -> None:
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_STACK)[1] != resource.RLIM_INFINITY:
        pytest.skip("the stack of a thread cannot be made too large here")
    if more and not Path("/proc/self/statm").exists():
        pytest.skip("how much a process has reserved is not known here")
    program = """
import resource, subprocess, sys
infinity, stack, more = resource.RLIM_INFINITY, 1 << 33, int(sys.argv[1])
if len(sys.argv) == 2:  # the stacks of threads are as large as this was when a process began
    resource.setrlimit(resource.RLIMIT_STACK, (stack if more else 1 << 46, infinity))
    again = [sys.executable, "-c", open(0).read(), *sys.argv[1:], "now"]
    sys.exit(subprocess.run(again).returncode)
import threading
import numpy as np
from softlearn import SoftmaxNetwork
X = np.random.default_rng(0).normal(size=(600, 200))
y = np.arange(600) % 3
net = SoftmaxNetwork((200,), n_jobs=1, max_iter=2, random_state=0)
one = net.fit(X, y).coefs_
if more:
    pages = int(open("/proc/self/statm").read().split()[0])
    most = pages * resource.getpagesize() + more * stack + stack // 2
    resource.setrlimit(resource.RLIMIT_AS, (most, infinity))
end, running = threading.Event(), []
try:
    for _ in range(4):
        running.append(threading.Thread(target=end.wait))
        running[-1].start()
except RuntimeError as error:
    print(len(running) - 1, error)
end.set()
for thread in running[:-1]:
    thread.join()
six = net.set_params(n_jobs=6).fit(X, y).coefs_
print(all(np.array_equal(a, b) for a, b in zip(one, six)))
"""
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(more)],
        input=program, capture_output=True, text=True, env=alone,
    )  # fmt: skip
    said = f"{more} can't start new thread\nTrue\n"
    assert (done.returncode, done.stdout) == (0, said), done.stderr
