"""How many cases are drawn where a study, or a stranger, could draw any number."""

import os

LONG = os.environ.get("SOFTLEARN_TESTS") == "long"  # as .ci/run says


def sample(usual: int, long: int) -> int:
    """Return how many cases a test draws: `long` in .ci/run."""
    return long if LONG else usual
