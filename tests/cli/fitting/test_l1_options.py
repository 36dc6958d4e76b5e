"""--l1-ratio: weights that are zero are counted, and features without weights are not named."""

import pytest
from running import fit_penguins, report, run

pytestmark = pytest.mark.usefixtures("here")
LASSO = ("--l1-ratio", "1", "--regularization", "0.05")


def test_the_report_counts_the_weights_and_names_the_features_that_remain(capsys):
    facts = fit_penguins(capsys, *LASSO)
    weights = facts["weights"]
    assert facts["l1_ratio"] == 1.0
    assert 0 < weights["not_zero"] < weights["all"] == 3 * facts["n_features"]
    assert weights["proven_zero"] <= weights["all"] - weights["not_zero"]
    named = [f for of_class in facts["influential_features"] for f in of_class["features"]]
    assert named
    assert all(f["effect"] for f in named)
    said = report(capsys, "show", "penguins.softlearn")
    assert f"{weights['not_zero']} of {weights['all']} weights are not zero" in said


def test_groups_of_features_need_an_l1_part(capsys):
    grouped = fit_penguins(capsys, *LASSO, "--penalty-groups", "features")["weights"]
    assert grouped["not_zero"] % 3 == 0
    shown = run(capsys, "fit", "x.csv", "-o", "x", "--penalty-groups", "features", status=2)
    assert "--penalty-groups needs an --l1-ratio above 0" in " ".join(shown.err.split())
