"""What the certificate tells that a converged solver does not.

The wine data of scikit-learn are left as they are: one column in thousands, another in tenths.
"""

import warnings

from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from softlearn import SoftmaxRegression, cross_entropy


def objective(model, X, y):
    """Return J, the mean cross-entropy plus the penalty, that both libraries minimise."""
    loss = cross_entropy(model.decision_function(X), y).mean()
    return loss + (model.coef_**2).sum() / (2 * model.C * len(y))


X, y = load_wine(return_X_y=True)

theirs = LogisticRegression()
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # it does warn: "increase max_iter"
    theirs.fit(X, y)
ours = SoftmaxRegression().fit(X, y)
apart = abs(ours.predict_proba(X) - theirs.predict_proba(X)).max()

print(f"LogisticRegression  J = {objective(theirs, X, y):.6f}")
print(f"SoftmaxRegression   J = {objective(ours, X, y):.6f}, relative gap {ours.gap_:.0e}")
print(f"                    {ours.status_.value}")
print(f"Their probabilities differ by up to {apart:.2f}.")
