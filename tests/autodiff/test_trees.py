"""Trees go to one vector and back, and bad ones are refused in a sentence."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from softlearn.autodiff import Tree

Pair = namedtuple("Pair", ["weights", "bias"])
numbers = st.floats(-1e6, 1e6)
leaves = numbers | array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3).flatmap(
    lambda shape: arrays(np.float64, shape, elements=numbers)
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=8,
).map(lambda tree: [tree, 1.0])  # never without parameters


def same(a: Any, b: Any) -> bool:
    """Say whether two trees have equal types, nesting and numbers."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return np.shape(a) == np.shape(b) and bool(np.array_equal(a, b))


@given(trees)
def test_any_tree_comes_back_from_its_vector_as_it_was(w0: Any) -> None:
    tree = Tree.of(w0)
    assert tree.start.shape == (tree.size,)
    assert same(tree.restore(tree.start), w0)


@given(trees)
def test_a_tree_of_other_numbers_has_their_vector(w0: Any) -> None:
    tree = Tree.of(w0)
    flat = np.arange(tree.size, dtype=np.float64)
    assert np.array_equal(tree.flatten(tree.restore(flat), "grad(w)"), flat)
    assert np.array_equal(tree.flatten(tree.arrays(flat), "grad(w)"), flat)


def test_what_is_restored_shares_no_memory_with_the_vector() -> None:
    tree = Tree.of(np.zeros(3))
    flat = np.zeros(3)
    tree.restore(flat)[0] = 7.0
    assert not flat.any()


def test_a_gradient_nested_otherwise_is_refused_and_both_are_shown() -> None:
    tree = Tree.of({"a": np.zeros(2), "b": 0.0})
    with pytest.raises(ValueError, match=r"grad\(w\) must be nested like w0, w0\['a'\] of shape"):
        tree.flatten({"a": np.zeros(3), "b": 0.0}, "grad(w)")
    with pytest.raises(ValueError, match="must be nested like w0"):
        tree.flatten([np.zeros(2), 0.0], "grad(w)")


@pytest.mark.parametrize(
    ("w0", "said"),
    [
        ("abc", "w0 is of type str"),
        ({"w": [0.0, "x"]}, r"w0\['w'\]\[1\] is of type str"),
        ([np.array(["a", "b"])], r"w0\[0\] holds <U1"),
        (np.array([1j]), "w0 holds complex128"),
        (None, "w0 is of type NoneType"),
        (True, "w0 is of type bool"),
        ({1.0, 2.0}, "w0 is of type set"),
    ],
)
def test_what_is_no_real_number_is_refused_by_its_place(w0: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"{said}: parameters must be real numbers"):
        Tree.of(w0)


@pytest.mark.parametrize("w0", [{}, [], ((), {}), np.zeros(0)])
def test_a_tree_without_numbers_is_refused(w0: Any) -> None:
    with pytest.raises(ValueError, match="w0 holds no parameters"):
        Tree.of(w0)


def test_tensors_beside_arrays_are_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="w0 mixes arrays of numpy and torch"):
        Tree.of([torch.zeros(2), np.zeros(2)])


def test_tensors_come_back_as_tensors_of_their_types() -> None:
    torch = pytest.importorskip("torch")
    w0 = (torch.ones(2, dtype=torch.float32), {"b": torch.tensor(3.0, dtype=torch.float64)})
    tree = Tree.of(w0)
    a, rest = tree.restore(tree.start)
    assert a.dtype is torch.float32
    assert rest["b"].dtype is torch.float64
    assert torch.equal(a, w0[0])
    assert not a.requires_grad
