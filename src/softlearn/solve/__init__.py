"""The right wing: how an objective is minimised.  Imports the hallway and nothing else."""

from .follow import Follow
from .gradient_descent import GradientDescent
from .lbfgs import LBFGS
from .minimize import Progress, minimize, minimize_steps
from .newton import Newton

__all__ = ["LBFGS", "Follow", "GradientDescent", "Newton", "Progress", "minimize", "minimize_steps"]
