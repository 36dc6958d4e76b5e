"""Derivatives by JAX: of functions written with jax.numpy, or in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..function import Function
from ..protocol import F64
from .library import library, one_number
from .trees import Tree

__all__ = ["INSTALL", "NotTraceable", "by_jax"]

INSTALL = "run: pip install 'softlearn[autodiff]', or give grad="


class NotTraceable(TypeError):
    """J does with its parameters what JAX cannot follow."""


def by_jax(J: Callable[..., Any], tree: Tree, args: tuple[Any, ...]) -> Callable[..., Function]:
    """Return args -> J(w, *args) as a `Function` of one vector, its derivatives by JAX.

    Value and gradient, and Hessian products by forward over reverse, are compiled once for all
    shapes of args, in float64; the caller's own setting of jax_enable_x64 is not touched.  A J
    whose path depends on the values of w cannot be compiled, and runs step by step.

    Args:
        J: (w, *args) -> one number; w nested as in the tree, its leaves arrays of JAX.
        args: an example of what J is called with; arrays among them are compiled for their shapes,
            all else for its values.

    """
    jax = library("jax", INSTALL)

    def raw(w: Any, arrays: list[Any], rest: Any) -> Any:
        return J(tree.arrays(w), *rest.join(arrays))

    def cost(w: Any, arrays: list[Any], rest: Any) -> Any:
        return jax.numpy.asarray(one_number(raw(w, arrays, rest)), dtype=w.dtype)

    both = jax.value_and_grad(cost)

    def product(w: Any, v: Any, arrays: list[Any], rest: Any) -> Any:
        return jax.jvp(lambda w: jax.grad(cost)(w, arrays, rest), (w,), (v,))[1]

    compiled = jax.jit(both, static_argnums=2), jax.jit(product, static_argnums=3)
    value_and_grad, hvp = compiled if _compiles(jax, raw, cost, tree, args) else (both, product)

    def function(args: tuple[Any, ...]) -> Function:
        arrays, rest = _parted(jax, args)

        def fun(w: F64) -> tuple[float, F64]:
            with jax.enable_x64(True):
                value, grad = value_and_grad(jax.numpy.asarray(w), arrays, rest)
                return float(value), np.array(grad)

        def hessian_product(w: F64, v: F64) -> F64:
            with jax.enable_x64(True):
                return np.array(hvp(jax.numpy.asarray(w), jax.numpy.asarray(v), arrays, rest))

        return Function(fun, tree.size, hessian_product)

    return function


def _compiles(
    jax: Any, raw: Callable[..., Any], cost: Callable[..., Any], tree: Tree, args: tuple[Any, ...]
) -> bool:
    """Say whether J can be compiled."""
    arrays, rest = _parted(jax, args)
    returned = []
    with jax.enable_x64(True):
        w = jax.numpy.asarray(tree.start)
        try:
            jax.eval_shape(lambda w, arrays: returned.append(raw(w, arrays, rest)), w, arrays)
        except jax.errors.JAXTypeError:
            try:
                jax.grad(cost)(w, arrays, rest)
            except jax.errors.JAXTypeError as error:
                raise NotTraceable(
                    "J calls NumPy, math or float() on its parameters, through which JAX sees no "
                    "derivatives: write it with jax.numpy, or give grad="
                ) from error
            return False
        except (TypeError, AttributeError) as error:
            raw(tree.start.copy(), arrays, rest)  # where NumPy fails, too, the fault is J's own
            why = str(error).partition("\n")[0].rstrip(".")
            raise NotTraceable(
                f"JAX cannot follow J ({why}): write it with jax.numpy, or give grad="
            ) from error
    one_number(returned[0])  # out here, where JAX adds nothing to the error
    return True


@dataclass(frozen=True)
class _Rest:
    """What is left of args without its arrays; equal to another that J need not be traced for."""

    treedef: Any
    others: tuple[Any, ...]

    def join(self, arrays: list[Any]) -> Any:
        """Return args with these arrays."""
        it = iter(arrays)
        leaves = [next(it) if other is _ARRAY else other for other in self.others]
        return self.treedef.unflatten(leaves)

    def __hash__(self) -> int:
        return hash((self.treedef, tuple(map(type, self.others))))


_ARRAY = object()


def _parted(jax: Any, args: tuple[Any, ...]) -> tuple[list[Any], _Rest]:
    """Return the arrays in args, and the rest."""
    leaves, treedef = jax.tree.flatten(args)
    arrays, others = [], []
    for leaf in leaves:
        numeric = hasattr(leaf, "__array__") and np.asarray(leaf).dtype.kind in "biufc"
        others.append(_ARRAY if numeric else leaf)
        if numeric:
            arrays.append(np.asarray(leaf))
    return arrays, _Rest(treedef, tuple(others))
