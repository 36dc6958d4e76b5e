"""What all tests share: hypothesis profiles and the maker of small problems."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings
from problems import MakeProblem, problem
from samples import sample

# Without bytecode each worker, and each program that a test starts, compiles all that it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples at every run; HYPOTHESIS_PROFILE=explore tries new ones.
settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    max_examples=sample(20, 40),
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("explore", deadline=None, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session")
def make() -> MakeProblem:
    """Return the maker of problems."""
    return problem


@pytest.fixture(autouse=True)
def _put_pictures_away():
    """Close the figures of each test, whatever it is about."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
