"""Parameters in any nesting, and one flat vector of them: what solvers see and what users wrote.

A tree is a number, an array (of NumPy, JAX, PyTorch or TensorFlow), or a dict, list, tuple or named
tuple of trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from ..protocol import F64

__all__ = ["Leaf", "Tree"]

_LIBRARIES = ("torch", "tensorflow")


@dataclass(frozen=True)
class Leaf:
    """Where one array lies in the flat vector, and what it was."""

    where: slice
    shape: tuple[int, ...]
    like: Any
    """The user's own number, array or tensor."""
    path: str
    """Such as w0['b'][1]."""


@dataclass(frozen=True)
class Tree:
    """The nesting of w0.

    Attributes:
        skeleton: w0 with the number of its leaf in place of each array.
        leaves: the leaves in order.
        library: "torch" or "tensorflow" if the leaves are its tensors, else "numpy".
        name: what the user calls w0, for errors.

    """

    skeleton: Any
    leaves: tuple[Leaf, ...]
    library: str
    name: str = "w0"

    @classmethod
    def of(cls, w0: Any, name: str = "w0") -> Tree:
        """Return the nesting of w0."""
        leaves: list[Leaf] = []
        start = 0
        for path, leaf in _walk(w0, name):
            array = _numbers(leaf, path)
            leaves.append(Leaf(slice(start, start + array.size), array.shape, leaf, path))
            start += array.size
        if not start:
            raise ValueError(f"{name} holds no parameters: give at least one number.")
        libraries = {_library(leaf.like) for leaf in leaves}
        tensors = libraries - {"numpy"}
        if tensors and len(libraries) > 1:
            raise ValueError(
                f"{name} mixes arrays of {' and '.join(sorted(libraries))}: give all of one kind."
            )
        counter = iter(range(len(leaves)))
        skeleton = _map(w0, lambda _: next(counter))
        return cls(skeleton, tuple(leaves), (tensors or {"numpy"}).pop(), name)

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(prod(leaf.shape) for leaf in self.leaves)

    @property
    def start(self) -> F64:
        """w0 as one vector, (size,)."""
        return _flat(leaf.like for leaf in self.leaves)

    def build(self, flat: Any, make: Callable[[Any, Leaf], Any]) -> Any:
        """Return the nesting whose leaves are make(piece of flat, leaf)."""
        return _map(self.skeleton, lambda i: make(flat[self.leaves[i].where], self.leaves[i]))

    def arrays(self, flat: Any) -> Any:
        """Return the nesting with pieces of flat in their shapes; flat may be traced."""
        return self.build(flat, lambda piece, leaf: piece.reshape(leaf.shape))

    def restore(self, flat: F64) -> Any:
        """Return the nesting with leaves of the user's kind: numbers, arrays or tensors."""
        return self.build(np.array(flat), _restored)

    def flatten(self, other: Any, name: str) -> F64:
        """Return another tree of the same nesting, such as a gradient, as one vector."""
        found = list(_walk(other, name))
        shapes = [(path.removeprefix(name), np.shape(_plain(leaf))) for path, leaf in found]
        wanted = [(leaf.path.removeprefix(self.name), leaf.shape) for leaf in self.leaves]
        if shapes != wanted:
            raise ValueError(
                f"{name} must be nested like {self.name}, {_shown(wanted, self.name)}, but it is "
                f"{_shown(shapes, name)}."
            )
        return _flat(leaf for _, leaf in found)


def _flat(leaves: Iterable[Any]) -> F64:
    return np.concatenate([np.asarray(_plain(leaf), np.float64).ravel() for leaf in leaves])


def _shown(shapes: list[tuple[str, tuple[int, ...]]], name: str) -> str:
    """Return "w0['a'] of shape (2,), w0['b'] of shape ()", the first few."""
    texts = [f"{name}{path} of shape {shape}" for path, shape in shapes[:3]]
    return ", ".join(texts) + (", ..." if len(shapes) > 3 else "")


def _walk(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each leaf with its path."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _walk(value, f"{path}[{key!r}]")
    elif isinstance(node, list | tuple):
        for i, value in enumerate(node):
            yield from _walk(value, f"{path}[{i}]")
    else:
        yield path, node


def _map(node: Any, f: Callable[[Any], Any]) -> Any:
    """Return the nesting with f(leaf) in place of each leaf."""
    if isinstance(node, dict):
        return {key: _map(value, f) for key, value in node.items()}
    if isinstance(node, tuple) and hasattr(node, "_fields"):
        return type(node)(*(_map(value, f) for value in node))
    if isinstance(node, list | tuple):
        return type(node)(_map(value, f) for value in node)
    return f(node)


def _library(leaf: Any) -> str:
    """Return whose tensor it is, without importing the library."""
    homes = {kind.__module__.partition(".")[0] for kind in type(leaf).__mro__}
    return next((name for name in _LIBRARIES if name in homes), "numpy")


def _plain(leaf: Any) -> Any:
    """Return a tensor as a NumPy array, everything else as it is."""
    if hasattr(leaf, "detach"):
        leaf = leaf.detach().cpu()
    return leaf.numpy() if hasattr(leaf, "numpy") else leaf


def _numbers(leaf: Any, path: str) -> np.ndarray[Any, Any]:
    """Return a leaf as an array."""
    array = np.asarray(_plain(leaf))
    if array.dtype.kind not in "iuf":
        what = f"holds {array.dtype}" if array.ndim else f"is of type {type(leaf).__name__}"
        raise ValueError(
            f"{path} {what}: parameters must be real numbers, or arrays of them, in any nesting of "
            f"dicts, lists and tuples."
        )
    return array


def _restored(piece: F64, leaf: Leaf) -> Any:
    library = _library(leaf.like)
    if library == "torch":
        torch = import_module("torch")
        return torch.as_tensor(piece).reshape(leaf.shape).to(leaf.like.detach())
    if library == "tensorflow":
        tf = import_module("tensorflow")
        return tf.constant(piece.reshape(leaf.shape), dtype=leaf.like.dtype)
    if leaf.shape or isinstance(leaf.like, np.ndarray):
        return piece.reshape(leaf.shape)
    return float(piece[0])
