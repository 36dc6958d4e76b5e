"""Which features a penalty keeps: a path of L1 fits, and the C that cross-validation chooses.

Thirteen measurements tell three wines apart. With a strong L1 penalty all weights are exactly 0;
as it falls (C rises), features come in one by one, each for the classes that need it.
"""

from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from softlearn import SoftmaxRegressionCV, regularization_path
from softlearn.plots import PathDisplay

X, y = load_wine(return_X_y=True, as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(X)  # L1 depends on units
names = ["barolo", "grignolino", "barbera"]
y = y.map(dict(enumerate(names)))

Cs = regularization_path(X, y, l1_ratio=1.0).Cs[::5]  # from the first weight on
cv = SoftmaxRegressionCV(Cs=Cs, l1_ratios=[1.0]).fit(X, y)
print(f"C = {cv.C_:.3g}: {cv.n_nonzero_} of {cv.coef_.size} weights are not 0,")
print(f"and {cv.zeros_proven_.sum()} are proven to be 0 at the optimum itself.")
for label, row in zip(cv.classes_, cv.coef_, strict=True):
    print(f"{label}: {', '.join(X.columns[row != 0.0])}")

print(PathDisplay.from_cv(cv).describe())
