"""--penalty-factors: by feature or by column, as pairs or in a file."""

import numpy as np
import pytest
from running import PENGUINS, fit_penguins, report, run

from softlearn.cli.fitting.penalty_factors import read_penalty_factors
from softlearn.model_file import load

pytestmark = pytest.mark.usefixtures("here")
LASSO = ("--l1-ratio", "1", "--regularization", "0.001")


def weights(name="penguins.softlearn"):
    return np.abs(load(name).named_steps["classifier"].coef_).max(0)


def test_a_column_without_a_penalty_keeps_all_its_features(capsys):
    facts = fit_penguins(capsys, *LASSO, "--penalty-factors", "island=0")
    assert facts["penalty_factors"] == {"island": 0.0}
    classifier = load("penguins.softlearn").named_steps["classifier"]
    free = np.flatnonzero(np.array(classifier.penalty_factors) == 0.0)
    assert len(free) == 3  # the islands
    assert (weights()[free] > 0.0).all()
    assert "none for island" in report(capsys, "show", "penguins.softlearn")


def test_a_feature_and_a_file_say_the_same(capsys, tmp_path):
    pairs = {"island_Dream": 3.0, "body_mass_g": 0.5}
    listed = [word for name, f in pairs.items() for word in ("--penalty-factors", f"{name}={f}")]
    one = fit_penguins(capsys, *LASSO, *listed, output="one.softlearn")
    text = "feature,factor\n" + "".join(f"{name},{f}\n" for name, f in pairs.items())
    (tmp_path / "factors.csv").write_text(text)
    file = tmp_path / "factors.csv"
    two = fit_penguins(capsys, *LASSO, "--penalty-factors", file, output="two.softlearn")
    assert one["penalty_factors"] == two["penalty_factors"] == pairs
    assert one["objective"] == two["objective"]
    factors = load("two.softlearn").named_steps["classifier"].penalty_factors
    # the column's features are the mass and whether it is missing
    assert sorted(factors) == 2 * [0.5] + (len(factors) - 3) * [1.0] + [3.0]


def test_each_fold_of_a_cross_validation_has_them(capsys):
    words = ("--l1-ratio", "1", "--regularization", "auto", "--penalty-factors", "island=0")
    facts = fit_penguins(capsys, *words)
    assert facts["cross_validation"]["folds"] == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["age=1"], "--penalty-factors names 'age', which is neither a column nor a feature"),
        (["island=-1"], "that of 'island' must be a number of at least 0 (0 for no penalty)"),
        (["island=x"], "but it is 'x'"),
        (["island=1", "island=2"], "names 'island' twice"),
        (["factors.csv"], "'factors.csv' is no NAME=NUMBER, and no file that can be read"),
    ],
)
def test_what_is_wrong_is_said(capsys, given, said):
    words = [word for one in given for word in ("--penalty-factors", one)]
    shown = run(capsys, "fit", PENGUINS, "-t", "species", "-o", "x.softlearn", *words, status=1)
    assert said in " ".join(shown.err.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("island,0,1\n", "each row must be a name, a comma and a number, but one is 'island,0,1'"),
        ("feature,factor\n", "holds no penalty factors"),
        ("island,0\nsex,\n", "that of 'sex' must be a number"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path, text, said):
    file = tmp_path / "factors.csv"
    file.write_text(text)
    with pytest.raises(Exception, match=said):
        read_penalty_factors([str(file)])


def test_networks_have_none(capsys):
    words = ("--hidden", "8", "--penalty-factors", "island=0")
    shown = run(capsys, "fit", PENGUINS, "-t", "species", "-o", "x", *words, status=2)
    text = " ".join(shown.err.replace("│", " ").split())
    assert "--penalty-factors are for softmax regression" in text
