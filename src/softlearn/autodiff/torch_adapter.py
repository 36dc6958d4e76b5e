"""Derivatives by PyTorch: of functions of its tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..function import Function
from ..protocol import F64
from .library import library, one_number
from .trees import Leaf, Tree

__all__ = ["by_torch"]


def by_torch(J: Callable[..., Any], tree: Tree) -> Callable[..., Function]:
    """Return args -> J(w, *args) as a `Function` of one vector, its derivatives by PyTorch.

    The vector is float64; each tensor of w has the dtype and device that it has in w0.  Hessian
    products by differentiating the gradient once more.
    """
    torch = library("torch", "install PyTorch")

    def leaf(piece: Any, leaf: Leaf) -> Any:
        return piece.reshape(leaf.shape).to(leaf.like.device, leaf.like.dtype)

    def function(args: tuple[Any, ...]) -> Function:
        def differentiable(w: F64, **options: Any) -> tuple[Any, Any, Any]:
            with torch.enable_grad():
                flat = torch.tensor(w, dtype=torch.float64, requires_grad=True)
                out = one_number(J(tree.build(flat, leaf), *args))
                value = torch.as_tensor(out, dtype=torch.float64)
                return flat, value, _gradient(torch, value, flat, **options)

        def fun(w: F64) -> tuple[float, F64]:
            _, value, grad = differentiable(w)
            return float(value.detach()), np.array(grad.numpy())

        def hessian_product(w: F64, v: F64) -> F64:
            flat, _, grad = differentiable(w, create_graph=True)
            with torch.enable_grad():
                along = grad @ torch.as_tensor(np.asarray(v), dtype=torch.float64)
            return np.array(_gradient(torch, along, flat).numpy())

        return Function(fun, tree.size, hessian_product)

    return function


def _gradient(torch: Any, value: Any, flat: Any, **options: Any) -> Any:
    """Return d value / d flat; zero where value does not depend on it."""
    if not value.requires_grad:
        return torch.zeros_like(flat)
    (grad,) = torch.autograd.grad(value, flat, allow_unused=True, **options)
    return torch.zeros_like(flat) if grad is None else grad
