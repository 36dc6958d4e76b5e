"""Every number of a table is that of statsmodels, or of NumPy, mpmath and R where it has none."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from reference_values import REFERENCE, anes96, hsbdemo

from softlearn.inference import InferenceResults, mnlogit

FIT = ["llf", "llr", "llr_pvalue", "df_model", "df_resid", "prsquared", "aic", "bic"]


@pytest.fixture(scope="module", params=["hsbdemo", "anes96"])
def case(request: pytest.FixtureRequest) -> tuple[InferenceResults, dict[str, Any], np.ndarray]:
    reference = REFERENCE[request.param]
    if request.param == "hsbdemo":
        X, y = hsbdemo()
        return mnlogit(X, y, base="academic"), reference, np.array(reference["cid"])
    X, y, clusters = anes96()
    return mnlogit(X, y), reference, clusters


def test_estimates_and_errors(case: Any) -> None:
    r, ref, _ = case
    assert_allclose(r.params, ref["params"], rtol=1e-9)
    assert_allclose(r.bse, ref["bse"], rtol=1e-8)
    assert_allclose(r.zvalues, ref["z"], rtol=1e-8)
    assert_allclose(r.pvalues, ref["pvalues"], rtol=1e-7, atol=1e-300)
    assert_allclose(r.conf_int().reshape(-1, 2), ref["conf_int_95"], rtol=1e-8)
    assert r.distance_ < 1e-9


@pytest.mark.parametrize("name", FIT)
def test_the_fit_as_a_whole(case: Any, name: str) -> None:
    r, ref, _ = case
    # statsmodels fits the null model too, to nine digits: in 1e-102 six of them are left
    rtol = 1e-6 if name == "llr_pvalue" else 1e-8
    assert_allclose(getattr(r, name), ref[name], rtol=rtol)


def test_the_covariance_is_ordered_by_class_and_then_by_column() -> None:
    X, y = hsbdemo()
    r = mnlogit(X, y, base="academic")
    assert_allclose(r.cov_params(), REFERENCE["hsbdemo"]["cov_params"], rtol=1e-8)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC3", "cluster"])
def test_robust_errors_are_what_they_are_called(case: Any, kind: str) -> None:
    r, ref, clusters = case
    robust = r.with_cov(kind, clusters if kind == "cluster" else None)
    assert_allclose(robust.bse, ref[kind], rtol=1e-8)
    assert_allclose(robust.params, r.params, rtol=0)


def test_leverages_add_up_to_the_parameters(case: Any) -> None:
    r, ref, _ = case
    assert_allclose(r.leverage.sum(), r.params.size, rtol=1e-10)
    assert_allclose(r.leverage.max(), ref["leverage_max"], rtol=1e-9)


@pytest.mark.parametrize(("method", "name"), [("lr", "LR"), ("wald", "wald"), ("score", "score")])
def test_terms(case: Any, method: str, name: str) -> None:
    r, ref, _ = case
    columns = [c.replace("ses_", "ses[") + "]" * ("ses" in c) for c in ref["drop"]["columns"]]
    found = r.test_terms({"term": columns}, method)["term"]
    assert_allclose(found.statistic, ref["drop"][name], rtol=1e-8)
    assert_allclose(found.pvalue, ref["drop"][f"{name}_p"], rtol=1e-8)
    assert found.df == ref["drop"]["df"]


def test_another_base_class(case: Any) -> None:
    r, ref, _ = case
    last = r.rebase(r.sample.classes[-1])
    assert_allclose(last.params, ref["base_last"]["params"], rtol=1e-9)
    assert_allclose(last.bse, ref["base_last"]["bse"], rtol=1e-8)


def test_slopes(case: Any) -> None:
    r, ref, _ = case
    slopes = r.average_slopes().values()
    assert_allclose([s.effect for s in slopes], ref["slopes"]["margeff"], rtol=1e-8)
    assert_allclose([s.bse for s in slopes], ref["slopes"]["se"], rtol=1e-8)


@pytest.mark.parametrize("level", ["middle", "high"])
def test_a_factor_goes_from_one_level_to_another(level: str) -> None:
    X, y = hsbdemo()
    found = mnlogit(X, y, base="academic").average_comparisons({"ses": ("low", level)})["ses"]
    ref = REFERENCE["hsbdemo"]["comparisons"][level]
    assert_allclose(found.effect, ref["diff"], rtol=1e-8)
    assert_allclose(found.bse, ref["se"], rtol=1e-8)


def test_predictions_have_errors_and_intervals_inside_0_and_1(case: Any) -> None:
    r, ref, _ = case
    ref = ref["prediction"]
    found = r.get_prediction(r.sample.X[ref["rows"], 1:])
    assert_allclose(found.predicted, ref["p"], rtol=1e-9)
    assert_allclose(found.bse, ref["se_delta"], rtol=1e-8)
    assert_allclose(np.moveaxis(found.conf_int(), -1, 0), ref["ci_logit"], rtol=1e-8)
    delta = np.moveaxis(found.conf_int(method="delta"), -1, 0)
    assert_allclose(delta, ref["ci_delta"], rtol=1e-7)


def test_frequency_and_sampling_weights() -> None:
    X, y = hsbdemo()
    s, ref = 1 + np.arange(len(y)) % 3, REFERENCE["weighted"]
    r = mnlogit(X, y, base="academic", sample_weight=s)
    assert_allclose(r.params, ref["params"], rtol=1e-9)
    assert_allclose(r.llf, ref["llf"], rtol=1e-12)
    assert_allclose(r.bse, ref["frequency"], rtol=1e-8)
    assert_allclose(r.with_cov("HC0").bse, ref["frequency_HC0"], rtol=1e-8)
    sampling = mnlogit(X, y, base="academic", sample_weight=s, weights="sampling")
    assert_allclose(sampling.bse, ref["sampling"], rtol=1e-8)


def test_frequency_weights_are_rows_repeated() -> None:
    X, y = hsbdemo()
    s = 1 + np.arange(len(y)) % 3
    weighted = mnlogit(X, y, sample_weight=s)
    repeated = mnlogit(X.loc[np.repeat(X.index, s)], np.repeat(y, s))
    for name in ("params", "bse", "llf", "aic", "bic", "nobs"):
        assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-9)
    assert_allclose(weighted.with_cov("HC3").bse.shape, repeated.bse.shape)


def test_bias_reduced_estimates_are_those_of_brglm2() -> None:
    X, y = hsbdemo()
    ref = REFERENCE["firth"]
    r = mnlogit(X, y, base="academic", method="firth")
    assert_allclose(r.params.T, ref["params"], rtol=2e-6)
    assert_allclose(r.bse.T, ref["bse"], rtol=2e-6)
    assert r.distance_ < 1e-9


def test_bias_reduced_estimates_are_finite_where_classes_are_separable() -> None:
    X, y = hsbdemo()
    X["sep"] = ((y == "general") & (X["write"] > 55)).astype(float)
    ref = REFERENCE["firth_separated"]
    r = mnlogit(X, y, base="academic", method="firth")
    assert_allclose(r.params.T, ref["params"], rtol=1e-5)
    assert_allclose(r.bse.T, ref["bse"], rtol=1e-5)


def test_tables_have_the_users_names() -> None:
    X, y = hsbdemo()
    r = mnlogit(X, y, base="academic")
    assert isinstance(r.params, pd.DataFrame)
    assert list(r.params.index) == ["const", "ses[middle]", "ses[high]", "write"]
    assert list(r.params.columns) == ["general", "vocation"]
    assert_allclose(r.params.loc["write", "general"], -0.0579284, atol=1e-7)
    assert "general against academic" in r.summary()
    frame = r.summary_frame()
    assert_allclose(frame.loc[("vocation", "write"), "std err"], 0.0222199, atol=1e-7)
