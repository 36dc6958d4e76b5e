"""From a table with text and missing values to a certified model, with scikit-learn's own tools."""

from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from softlearn import SoftmaxRegression

table = pd.read_csv(Path(__file__).parent / "data" / "penguins.csv")
X, y = table.drop(columns="species"), table["species"]
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

model = make_pipeline(
    make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    ),
    SoftmaxRegression(),
)
model.fit(X_train, y_train)
classifier = model[-1]

print(classifier.status_.value)
print(f"relative gap {classifier.gap_:.0e} after {classifier.n_iter_[0]} steps")
print(f"accuracy on {len(y_test)} penguins it has not seen: {model.score(X_test, y_test):.3f}")
