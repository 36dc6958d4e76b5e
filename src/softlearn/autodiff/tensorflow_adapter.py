"""Derivatives by TensorFlow: of functions of its tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..function import Function
from ..protocol import F64
from .library import library, one_number
from .trees import Leaf, Tree

__all__ = ["by_tensorflow"]


def by_tensorflow(J: Callable[..., Any], tree: Tree) -> Callable[..., Function]:
    """Return args -> J(w, *args) as a `Function` of one vector, its derivatives by TensorFlow.

    The vector is float64; each tensor of w has the dtype that it has in w0.  Hessian products by
    a tape within a tape.
    """
    tf = library("tensorflow", "install TensorFlow")

    def leaf(piece: Any, leaf: Leaf) -> Any:
        return tf.cast(tf.reshape(piece, leaf.shape), leaf.like.dtype)

    def function(args: tuple[Any, ...]) -> Function:
        def differentiable(flat: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch(flat)
                out = one_number(J(tree.build(flat, leaf), *args))
                value = tf.cast(out, tf.float64)
            return value, _gradient(tf, tape, value, flat)

        def fun(w: F64) -> tuple[float, F64]:
            value, grad = differentiable(tf.constant(w, tf.float64))
            return float(value), np.array(grad)

        def hessian_product(w: F64, v: F64) -> F64:
            flat = tf.constant(w, tf.float64)
            with tf.GradientTape() as tape:
                tape.watch(flat)
                _, grad = differentiable(flat)
                along = tf.tensordot(grad, tf.constant(v, tf.float64), 1)
            return np.array(_gradient(tf, tape, along, flat))

        return Function(fun, tree.size, hessian_product)

    return function


def _gradient(tf: Any, tape: Any, value: Any, flat: Any) -> Any:
    """Return d value / d flat; zero where value does not depend on it."""
    grad = tape.gradient(value, flat)
    return tf.zeros_like(flat) if grad is None else tf.convert_to_tensor(grad)
