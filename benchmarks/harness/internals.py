"""The parts of softlearn that are not public and that studies measure, each with its module.

    from benchmarks.harness.internals import objective_of

When the library moves one, its line here is all that changes; a test asks for each.
"""

from importlib import import_module
from typing import Any

HOMES = {
    "FUNCTIONS": "cli.formula.expression",
    "Linear": "problem",
    "Network": "networks",
    "Plan": "networks.trainer",
    "METHODS": "autodiff.methods:NAMES",
    "SealedForm": "sealed:Form",
    "SoftmaxPoint": "objective",
    "State": "networks.trainer",
    "as_rows": "data",
    "check_examples": "estimators.sklearn.checks",
    "choose_solver": "estimators.regression.solvers",
    "duration": "_internal.format",
    "engine_for": "execution.threads",
    "formulate": "estimators.regression.formulation",
    "formulate_on_engine": "estimators.regression.on_engine",
    "initial_parameters": "networks",
    "objective_of": "networks",
    "kernel_choice": "kernels:choice",
    "one_blas_thread": "execution.blas",
    "sealed": "sealed",
    "trainer_for": "networks.trainer",
}
"""By name; "module:name" where the library's name is another."""


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"{name} is none of the parts in {__file__}.")
    home, _, own = HOMES[name].partition(":")
    return getattr(import_module(f"softlearn.{home}"), own or name)
