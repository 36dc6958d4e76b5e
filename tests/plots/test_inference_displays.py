"""Coefficients and effects of a multinomial logit: points, intervals, bands."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from softlearn.inference import mnlogit
from softlearn.plots import CoefficientDisplay, EffectDisplay

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"size": RNG.choice(["s", "m", "l"], 240), "x": RNG.normal(size=240)})
Y = np.array(["a", "b", "c"])[(TABLE["x"].to_numpy()[:, None] * [0.0, 0.8, -0.5] + RNG.gumbel(
    size=(240, 3))).argmax(1)]  # fmt: skip
R = mnlogit(TABLE, Y, base="b", reference={"size": "s"})


def test_points_and_intervals_are_those_of_the_table() -> None:
    d = CoefficientDisplay.from_results(R, alpha=0.1)
    assert list(d.columns) == ["size[l]", "size[m]", "x"]
    assert list(d.bars_) == ["a", "c"]
    for i, bar in enumerate(d.bars_.values()):
        line, _, (segments,) = bar
        np.testing.assert_allclose(line.get_xdata(), R.params.iloc[1:, i], rtol=1e-12)
        ends = np.array([[s[0, 0], s[1, 0]] for s in segments.get_segments()])
        np.testing.assert_allclose(ends, R.conf_int(0.1)[i, 1:], rtol=1e-12)
    assert [t.get_text() for t in d.ax_.get_yticklabels()] == list(d.columns)
    assert d.ax_.get_xlabel() == "log odds against b, 90 % intervals"


def test_ratios_are_on_a_logarithmic_scale_around_1() -> None:
    d = CoefficientDisplay.from_results(R, ratios=True)
    assert d.ax_.get_xscale() == "log"
    np.testing.assert_allclose(d.bars_["a"][0].get_xdata(), R.rrr()[0].iloc[1:, 0], rtol=1e-12)
    assert list(d.ax_.lines[-1].get_xdata()) == [1.0, 1.0]


def test_columns_are_chosen_by_name_and_in_units_a_reader_knows() -> None:
    d = CoefficientDisplay.from_results(R, columns=["x", "size"], per={"x": 10}, ax=False)
    assert d.columns == ["x, per 10", "size[l]", "size[m]"]
    np.testing.assert_allclose(d.params[:, 0], 10.0 * R.params.loc["x"])
    np.testing.assert_allclose(d.intervals[:, 0], 10.0 * R.conf_int()[:, 3])
    for wrong in ({"columns": ["size[s]"]}, {"per": {"weight": 2.0}}):
        with pytest.raises(ValueError, match=r"There is no column .(size|weight)"):
            CoefficientDisplay.from_results(R, **wrong)
    with pytest.raises(ValueError, match="per must be positive"):
        CoefficientDisplay.from_results(R, per={"x": 0.0})


def test_two_classes_need_no_legend() -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    r = mnlogit(X.iloc[50:, :2], y[50:])
    d = CoefficientDisplay.from_results(r)
    assert d.legend_ is None
    assert d.ax_.get_xlabel().startswith("log odds 2 against 1")


def test_bands_are_the_intervals_of_the_average_probabilities() -> None:
    d = EffectDisplay.from_results(R, "x")
    assert (d.values[0], d.values[-1]) == (TABLE["x"].min(), TABLE["x"].max())
    found = R.average_predictions("x", d.values)
    for k, label in enumerate("abc"):
        np.testing.assert_array_equal(d.lines_[label].get_ydata(), found.predicted[:, k])
        (band,) = d.bands_[label].get_paths()
        low, high = found.conf_int()[:, k].T
        np.testing.assert_allclose(band.get_extents().intervaly, [low.min(), high.max()])


def test_a_factor_has_a_place_for_each_level() -> None:
    d = EffectDisplay.from_results(R, "size")
    assert [t.get_text() for t in d.ax_.get_xticklabels()] == ["s", "l", "m"]
    assert d.bands_ == {}
    change = R.average_comparisons({"size": ("s", "m")})["size"].effect
    np.testing.assert_allclose(d.P[2] - d.P[0], change, atol=1e-15)


def test_what_there_is_not_gets_a_sentence() -> None:
    for name in ("age", "const", "size[m]"):
        with pytest.raises(ValueError, match=f"There is no column .{name[:4]}"):
            EffectDisplay.from_results(R, name)
    with pytest.raises(ValueError, match="size has no level 'xl'"):
        EffectDisplay.from_results(R, "size", values=["s", "xl"])
    with pytest.raises(ValueError, match="x is a column of numbers"):
        EffectDisplay.from_results(R, "x", values=["s"])
