"""The native kernels read X where it lies, on many threads at once, and check what they get."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from native import CSR, F64, SETS, STORAGES, case, csr, kernel, module, skip_without_native
from test_native import assert_equal_passes

from softlearn.data import SparseBlock
from softlearn.execution.threads import Serial, Threads

skip_without_native()

each_set = pytest.mark.parametrize("isa", SETS)


@each_set
@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("d", [1, 9, 141])
def test_every_storage_is_read_where_it_lies(isa: str, storage: str, d: int) -> None:
    assert_equal_passes(case(storage, n=67, d=d, C=7), isa)


@each_set
@pytest.mark.parametrize("kind", CSR)
def test_rows_without_entries_have_the_logits_of_their_biases(isa: str, kind: str) -> None:
    c = case(f"CSR {kind}", n=70, d=4, C=3)
    ours, none = c.of(isa), {name: c for name, c in CSR[kind].items() if name != "zeros"}
    empty = csr(np.zeros((70, 4)), **none)
    assert empty.raw[0].size == 0
    Z = ours.logits(empty, ours.pack(c.w))
    np.testing.assert_array_equal(Z, np.repeat(c.w[12:, None], 70, axis=1))
    part = ours.forward(empty, ours.pack(c.w), c.y, c.s, None).part
    assert not ours.total([part])[:12].any()


@each_set
def test_duplicate_entries_are_one_entry_and_their_order_does_not_matter(isa: str) -> None:
    data = np.array([1.0, 2.0, 4.0, 8.0])
    indices, indptr = np.array([2, 0, 2, 2], np.int32), np.array([0, 3, 4], np.int32)
    c = case(n=2, d=3, C=2)
    ours = kernel(isa, c.model, sparse=True)
    got = ours.logits(SparseBlock(data, indices, indptr, 3), ours.pack(c.w))
    want = c.w[:6].reshape(2, 3) @ np.array([[2.0, 0.0, 5.0], [0.0, 0.0, 8.0]]).T + c.w[6:, None]
    np.testing.assert_allclose(got, want, rtol=0.0, atol=1e-14)  # about 30 eps times the terms


@each_set
def test_labels_and_rows_need_not_lie_side_by_side(isa: str) -> None:
    c = case(n=70)
    ours = c.of(isa)
    A, wide = ours.pack(c.w), np.repeat(c.y, 2)[::2]
    want = ours.forward(c.block, A, c.y, c.s, np.float64)
    for y in (wide, c.y.astype(np.int8)):
        got = ours.forward(c.block, A, y, c.s, np.float64)
        assert got.loss == want.loss
        assert ours.line_from(c.block, A, A, 0.1, y, c.s) == ours.line_from(
            c.block, A, A, 0.1, c.y, c.s
        )


# ---------------------------------------------------------------- threads


def all_passes(isa: str, storage: str, seed: int) -> list[Any]:
    """Return what every pass over a case gives, as arrays and numbers."""
    c = case(storage, n=130, d=11, C=5, seed=seed)
    ours = c.of(isa)
    A, V = ours.pack(c.w), ours.pack(c.v)
    got = ours.forward(c.block, A, c.y, c.s, np.float64)
    assert got.kept is not None
    moved = ours.forward_at(c.block, got.kept.Z, got.kept.P, 0.5, c.y, c.s, None)
    return [
        got.loss, ours.total([got.part]), *got.kept, moved.loss, ours.total([moved.part]),
        ours.logits(c.block, V),
        ours.total([ours.product(c.block, V, c.s, 0.1, got.kept.P, A)]),
        ours.total([ours.product(c.block, V, c.s, 0.1, None, A)]),
        *ours.line_from(c.block, A, V, 0.5, c.y, c.s),
    ]  # fmt: skip


@each_set
@pytest.mark.parametrize("storage", ["C order", "F order float32", "CSR int32"])
def test_many_calls_at_once_give_the_bits_of_one_at_a_time(isa: str, storage: str) -> None:
    seeds = list(range(16))
    alone = [all_passes(isa, storage, seed) for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: all_passes(isa, storage, seed), 4 * seeds))
    for k, results in enumerate(together):
        for got, want in zip(results, alone[k % 16], strict=True):
            np.testing.assert_array_equal(got, want)


@each_set
@pytest.mark.parametrize("storage", ["C order", "float32", "CSR int32"])
def test_threads_that_share_rows_and_parameters_give_the_bits_of_one(
    isa: str, storage: str
) -> None:
    c = case(storage, n=500, d=11, C=5)
    ours = c.of(isa)
    A, V = ours.pack(c.w), ours.pack(c.v)

    def sums(engine: Any) -> tuple[F64, F64, list[float]]:
        losses = []

        def of(k: int) -> Any:
            some = slice(k, k + 450)
            got = ours.forward(c.block, A, np.roll(c.y, k), c.s, None)
            Z = ours.logits(c.block, A)[:, some].copy()
            losses.append(ours.line(Z, Z, 0.5, c.y[some], c.s[some]))
            return got.part, ours.product(c.block, V, c.s, 0.1, None, A)

        parts = list(engine.map(of, range(24)))
        return ours.total(p[0] for p in parts), ours.total(p[1] for p in parts), sorted(losses)

    for got, want in zip(sums(Threads(4)), sums(Serial()), strict=True):
        np.testing.assert_array_equal(got, want)


# ---------------------------------------------------------------- mistakes


def _wrong_calls() -> dict[str, Any]:
    X, W, G = np.ones((4, 3)), np.ones((2, 3)), np.zeros((2, 3))
    y, s, Z = np.zeros(4, np.int64), np.ones(4), np.zeros((2, 4))
    i, p = np.zeros(2, np.int32), np.array([0, 1, 2, 2, 2], np.int32)
    e = np.ones(2)
    dense, sparse, only = (lambda A=X: module.dense(A)), module.sparse, module.only_logits

    def forward(**changes: Any) -> Any:
        rows = changes.pop("X", None) or dense()
        given = {"C": 2, "K": 2, "W": W, "y": y, "s": s, "G": G, **changes}
        return lambda k: k.forward(rows, **given)

    def product(**changes: Any) -> Any:
        rows = changes.pop("X", None) or dense()
        given = {"C": 2, "K": 2, "V": W, "s": s, "W": W, "G": G, **changes}
        return lambda k: k.product(rows, **given)

    def csr_forward(**changes: Any) -> Any:
        return forward(X=sparse(e, i, p, 3), **{"W": np.ones((3, 2)), "G": None, **changes})

    single = dense(X.astype(np.float32))
    narrow = np.ones((3, 2), np.float32)
    return {
        "X with one axis": lambda _: dense(np.ones(3)),
        "X of whole numbers": lambda _: dense(np.ones((2, 2), np.int64)),
        "X without columns": lambda _: dense(np.ones((2, 0))),
        "CSR with two axes": lambda _: sparse(np.ones((2, 1)), i, p, 3),
        "CSR without indptr": lambda _: sparse(e, i, p[:0], 3),
        "fewer indices than data": lambda _: sparse(e, i[:1], p, 3),
        "indices that are short": lambda _: sparse(e, i.astype(np.int16), p, 3),
        "indptr of float64": lambda _: sparse(e, i, p.astype(np.float64), 3),
        "data of float16": lambda _: sparse(e.astype(np.float16), i, p, 3),
        "data not side by side": lambda _: sparse(np.ones(4)[::2], i, p, 3),
        "indptr that ends too late": lambda _: sparse(e, i, p + np.int32(1), 3),
        "indptr that begins below 0": lambda _: sparse(e, i, p - np.int32(1), 3),
        "indptr that ends before it begins": lambda _: sparse(e, i, p[::-1].copy(), 3),
        "d below 0": lambda _: sparse(e, i, p, -1),
        "n below 0": lambda _: only(-1),
        "kernels that there are not": lambda _: module.Kernels("mmx"),
        "no classes": forward(C=0, K=0),
        "too many classes": forward(C=2**40, K=2**40),
        "K above C": forward(K=3),
        "K far below C": forward(C=4),
        "W that does not fit X": forward(W=np.ones((2, 4))),
        "W in F order": forward(W=np.asfortranarray(W)),
        "W of float32": forward(W=W.astype(np.float32)),
        "W of whole numbers": forward(W=W.astype(np.int64)),
        "b that does not fit W": forward(b=np.ones(3)),
        "labels that do not fit X": forward(y=y[1:]),
        "weights that do not fit X": forward(s=s[1:]),
        "neither W nor logits": forward(W=None),
        "W without X": forward(X=only(4)),
        "logits with rows first": forward(Z=Z.T.copy()),
        "logits not side by side": forward(Z=np.asfortranarray(Z)),
        "room for logits that does not fit": forward(Z_out=np.zeros((2, 5))),
        "room for probabilities that does not fit": forward(P_out=np.zeros((3, 4))),
        "G that does not fit": forward(G=np.zeros((3, 3))),
        "G in F order": forward(G=np.asfortranarray(G)),
        "Gb that does not fit": forward(Gb=np.zeros(3)),
        "Gb without G": forward(G=None, Gb=np.zeros(2)),
        "residuals of float32 products": forward(X=single, single=True, R_out=Z),
        "W that is not packed": csr_forward(W=np.ones((2, 4))),
        "packed W of float32": csr_forward(W=narrow),
        "a CSR gradient that does not fit": csr_forward(G=np.zeros((2, 4))),
        "probabilities nowhere": product(W=None),
        "no vector": product(V=None),
        "no vectors": product(vectors=0),
        "fewer vectors than said": product(vectors=2),
        "several vectors for one U": product(vectors=2, V=None, U=Z),
        "several vectors for one R": product(
            vectors=2, V=np.ones((4, 3)), G=np.zeros((4, 3)), R_out=Z
        ),
        "several vectors for CSR": product(
            X=sparse(e, i, p, 3), vectors=2, V=np.ones((2, 3, 2)), W=np.ones((3, 2)), G=None
        ),
        "U that does not fit": product(V=None, U=Z[:1]),
        "P that does not fit": product(P=Z[:, 1:]),
        "a line from nowhere": lambda k: k.line(dense(), 2, 2, V=W, y=y, s=s),
        "a line to nowhere": lambda k: k.line(dense(), 2, 2, W=W, y=y, s=s),
        "no room for logits": lambda k: k.logits(dense(), 2, 2, W, None, np.zeros((2, 3))),
        "no room for predictions": lambda k: k.predict(dense(), 2, 2, W, out=np.zeros((2, 4))),
        "predictions in F order": lambda k: k.predict(dense(), 2, 2, W, out=Z.T),
        "predictions of nothing": lambda k: k.predict(dense(), 2, 2, out=np.zeros((4, 2))),
    }


@each_set
@pytest.mark.parametrize("what", _wrong_calls())
def test_a_wrong_argument_is_an_error_and_not_a_crash(isa: str, what: str) -> None:
    with pytest.raises(ValueError, match=r"softlearn kernels|no kernels for"):
        _wrong_calls()[what](module.Kernels(isa))


def test_what_is_read_only_is_not_written_to() -> None:
    Z = np.zeros((2, 4))
    Z.flags.writeable = False
    kernels, rows = module.Kernels(SETS[0]), module.dense(np.ones((4, 3)))
    with pytest.raises(TypeError):
        kernels.logits(rows, 2, 2, np.ones((2, 3)), None, Z)
    assert not Z.any()
