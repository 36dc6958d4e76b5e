"""Spectra: stems where the eigenvalues are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softlearn.plots import SpectrumDisplay


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12).filter(any))
def test_the_eigenvalues_of_a_matrix_are_found_and_counted_by_sign(values) -> None:
    n = len(values)
    Q = np.linalg.qr(np.random.default_rng(n).normal(size=(n, n)))[0]
    H = Q @ np.diag(np.array(values, float)) @ Q.T
    d = SpectrumDisplay.from_matrix((H + H.T) / 2, ax=False)
    np.testing.assert_allclose(d.eigenvalues, sorted(values), atol=1e-10)
    assert d.negative == sum(v < 0 for v in values)


def test_stems_stand_at_the_eigenvalues_and_each_sign_has_its_marker() -> None:
    d = SpectrumDisplay.from_eigenvalues([2.0, -1.0, 0.0, 1.0], weights=[0.1, 0.2, 0.3, 0.4])
    at = {kind: stems.markerline.get_xydata().tolist() for kind, stems in d.stems_.items()}
    assert at == {
        "positive": [[1.0, 0.4], [2.0, 0.1]],
        "zero": [[0.0, 0.3]],
        "negative": [[-1.0, 0.2]],
    }
    assert len({stems.markerline.get_marker() for stems in d.stems_.values()}) == 3
    names = [t.get_text() for t in d.legend_.get_texts()]
    assert names == ["positive (2)", "zero (1)", "negative (1)"]


def test_a_density_has_its_own_axis() -> None:
    x, curve = np.linspace(-1.0, 3.0, 50), np.linspace(0.0, 2.0, 50)
    d = SpectrumDisplay.from_eigenvalues([1.0, 2.0], density=(x, curve))
    np.testing.assert_array_equal(d.density_.get_xydata(), np.stack([x, curve], 1))
    assert d.density_ax_ is not d.ax_
    assert SpectrumDisplay.from_eigenvalues([1.0]).density_ is None


def test_logarithms_keep_every_stem_in_sight() -> None:
    d = SpectrumDisplay.from_eigenvalues([-1e-3, 0.0, 1e-4, 10.0], log=True)
    left, right = d.ax_.get_xlim()
    assert d.ax_.get_xscale() == "symlog"
    assert left < -1e-3 < 10.0 < right


def test_the_description_says_what_the_signs_mean() -> None:
    tell = lambda *v: SpectrumDisplay.from_eigenvalues(v, ax=False).describe()  # noqa: E731
    assert tell(1.0, -2.0).endswith("1 of them negative: the point is no minimum.")
    assert tell(4.0, 2.0).endswith("so the condition number is 2. None is negative.")
    assert tell(4.0, 0.0).endswith("1 of them zero. None is negative.")


def test_what_does_not_fit_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="eigenvalues must be finite numbers"):
        SpectrumDisplay.from_eigenvalues([np.nan])
    with pytest.raises(ValueError, match=r"weights must have shape \(2,\)"):
        SpectrumDisplay.from_eigenvalues([1.0, 2.0], weights=[1.0])
    with pytest.raises(ValueError, match="density must be two arrays of one length"):
        SpectrumDisplay.from_eigenvalues([1.0], density=([1.0], [1.0, 2.0]))
    with pytest.raises(ValueError, match="H must be a symmetric matrix"):
        SpectrumDisplay.from_matrix([[1.0, 2.0], [0.0, 1.0]])
