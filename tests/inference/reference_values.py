"""Reference values of multinomial logits, and the data they belong to."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm

FILES = Path(__file__).parents[1] / "files"
REFERENCE: dict[str, Any] = json.loads((FILES / "inference.json").read_text(encoding="utf-8"))


def hsbdemo() -> tuple[pd.DataFrame, np.ndarray]:
    file = FILES.parents[1] / "examples" / "data" / "hsbdemo.csv"
    with file.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    ses = pd.Categorical([r["ses"] for r in rows], ["low", "middle", "high"])
    X = pd.DataFrame({"ses": ses, "write": [float(r["write"]) for r in rows]})
    return X, np.array([r["prog"] for r in rows])


def anes96() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    data = sm.datasets.anes96.load_pandas()
    clusters = data.data["TVnews"].astype(int).to_numpy()
    return data.exog, data.endog.astype(int).to_numpy(), clusters
