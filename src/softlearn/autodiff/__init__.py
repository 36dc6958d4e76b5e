"""Any function as an objective, its derivatives by an autodiff library, and the front of `solve`.

    minimize(J, w0)              w nested in any way; JAX, PyTorch, TensorFlow, or your gradient
    minimize_steps(J, w0)        the same, step by step
    as_objective(J, w0)          J for the solvers of `solve` and for `landscape`

The libraries are loaded when they are needed: JAX comes with the `autodiff` extra.
"""

from .cost import Cost, as_objective
from .minimize import minimize, minimize_steps
from .trees import Tree
from .walk import Iterate, Minimum

__all__ = ["Cost", "Iterate", "Minimum", "Tree", "as_objective", "minimize", "minimize_steps"]
