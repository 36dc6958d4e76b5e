"""scikit-learn's versions: some tests compare with what only newer ones have."""

import pytest
import sklearn

MINOR = int(sklearn.__version__.split(".")[1])


def since(minor: int) -> pytest.MarkDecorator:
    """Return a mark that leaves a test out where scikit-learn is older than 1.minor."""
    return pytest.mark.skipif(minor > MINOR, reason=f"compares with scikit-learn 1.{minor}")
