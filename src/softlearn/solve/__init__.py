"""How an objective is minimised; of this library only the protocol is imported."""

from .gradient_descent import GradientDescent
from .lbfgs import LBFGS
from .minimize import Progress, minimize, minimize_steps, stopped
from .newton import Newton
from .path_following import PathFollowing
from .perturbed import PerturbedGradientDescent
from .proximal_newton import ProximalNewton
from .rule import Rule
from .rules import Adam, AdamW, Momentum, RMSprop
from .saddle_free import SaddleFreeNewton, downhill
from .sampled_newton import SampledNewton
from .saved_newton import SavedNewton
from .schedules import Constant, Cosine, Exponential, InverseTime, Schedule, StepDecay, WarmUp
from .stochastic import Epoch, Stochastic

NewtonCG = Newton  # what others call it

__all__ = [
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Epoch",
    "Exponential",
    "PathFollowing",
    "GradientDescent",
    "InverseTime",
    "LBFGS",
    "Momentum",
    "Newton",
    "NewtonCG",
    "PerturbedGradientDescent",
    "Progress",
    "ProximalNewton",
    "RMSprop",
    "Rule",
    "SaddleFreeNewton",
    "SampledNewton",
    "SavedNewton",
    "Schedule",
    "StepDecay",
    "Stochastic",
    "WarmUp",
    "downhill",
    "minimize",
    "minimize_steps",
    "stopped",
]
