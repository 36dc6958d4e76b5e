"""Pictures are drawn without a screen, and put away after each test."""

import matplotlib
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _put_away():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")
