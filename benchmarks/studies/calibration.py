"""What calibration does to log-loss and calibration errors, where C is well chosen and where not.

    python benchmarks/studies/calibration.py --data FOLDER --out FILE

digits, letter (4,000 rows to learn from, 8,000 to test) and banking77 (tf-idf), each at a C that is
too small, one chosen by log-loss, and one too large.  Two thirds of the training rows fit the
classifier and one third the calibration ("held out"), or all rows do both ("out of fold").
scikit-learn's `CalibratedClassifierCV(ensemble=False)` calibrates the same classifier out of fold.

Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import loaded, small
from benchmarks.harness.arguments import names, parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from softlearn import SoftmaxRegression
from softlearn.decide import CalibratedSoftmax, expected_calibration_error

SETS = {
    "digits": (3.3e-4, 0.1, 30.0),
    "letter": (0.0033, 1.0, 300.0),
    "banking77": (1.0, 100.0, 1e4),
}
SIZES = {"digits": (1078, 719), "letter": (4000, 8000)}
METHODS = ("temperature", "vector", "dirichlet")


def split(folder: Path | None, name: str) -> tuple[Any, np.ndarray, Any, np.ndarray]:
    """Return X, y to learn from and those to test with."""
    if name == "banking77":
        raw = loaded(folder, name)
        words = TfidfVectorizer().fit(raw["X"])
        X, Xt = words.transform(raw["X"]), words.transform(raw["Xt"])
        return X, np.asarray(raw["y"]), Xt, np.asarray(raw["yt"])
    if name == "digits":
        X, y = small(name)
    else:
        raw = loaded(folder, name)
        X, y = np.asarray(raw["X"], np.float64), np.asarray(raw["y"])
    n, nt = SIZES[name]
    X, Xt, y, yt = train_test_split(X, y, train_size=n, test_size=nt, stratify=y, random_state=0)
    return X, y, Xt, yt


def measured(model: Any, Xt: Any, yt: np.ndarray) -> dict[str, Any]:
    """Return what test rows say of a fitted model."""
    P = np.asarray(model.predict_proba(Xt), dtype=np.float64)
    P /= P.sum(1, keepdims=True)
    classes = model.classes_.tolist()
    errors = {
        kind: expected_calibration_error(yt, P, kind=kind, classes=classes)
        for kind in ("top", "classwise")
    }
    found: dict[str, Any] = {
        "log_loss": float(log_loss(yt, P, labels=classes)),
        "accuracy": float(np.mean(model.classes_[P.argmax(1)] == yt)),
    }
    for kind, error in errors.items():
        found |= {kind: error.value, f"{kind}_chance": list(error.by_chance)}
    if isinstance(model, CalibratedSoftmax):
        found |= {
            "temperature": model.temperature_,
            "interval": list(model.temperature_interval_),
            "strength": model.strength_,
            "gap": model.gap_,
            "advice": model.advice_,
        }
    return found


def rows(data: tuple[Any, ...], C: float) -> list[dict[str, Any]]:
    """Return a row for each way to calibrate."""
    X, y, Xt, yt = data
    base = SoftmaxRegression(C=C)
    fit, cal = train_test_split(np.arange(len(y)), test_size=1 / 3, stratify=y, random_state=1)
    part = base.fit(X[fit], y[fit])
    found = [("none", "two thirds", part, 0.0)]
    for method in METHODS:
        began = time.perf_counter()
        model = CalibratedSoftmax(part, method=method, cv="prefit").fit(X[cal], y[cal])
        found.append((method, "held out", model, time.perf_counter() - began))
    whole = SoftmaxRegression(C=C).fit(X, y)
    found.append(("none", "all rows", whole, 0.0))
    for method in METHODS:
        began = time.perf_counter()
        model = CalibratedSoftmax(SoftmaxRegression(C=C), method=method).fit(X, y)
        found.append((method, "out of fold", model, time.perf_counter() - began))
    for method in ("temperature", "isotonic"):
        began = time.perf_counter()
        theirs = CalibratedClassifierCV(SoftmaxRegression(C=C), method=method, ensemble=False, cv=5)
        theirs.fit(X, y)
        name = f"scikit-learn's {method}"
        found.append((name, "out of fold", theirs, time.perf_counter() - began))
    return [
        {"C": C, "method": name, "rows": rows, "seconds": seconds} | measured(model, Xt, yt)
        for name, rows, model, seconds in found
    ]


def percents(*shares: float) -> str:
    return " / ".join(f"{100.0 * share:.2f}" for share in shares)


def table(record: dict[str, Any]) -> str:
    """Return all sets as Markdown."""
    parts = [
        "# Calibration",
        line(record["machine"]),
        "Log-loss, calibration errors (15 bins; in brackets the mean and the 95th percentile that "
        "chance alone gives) and accuracy of test rows. T: the temperature and its 95 % interval.",
    ]
    for name in dict.fromkeys(row["set"] for row in record["rows"]):
        head = ["C", "calibration", "rows", "log-loss", "top-label, %", "class-wise, %"]
        cells = [[*head, "accuracy, %", "T", "strength"]]
        for r in record["rows"]:
            if r["set"] != name:
                continue
            T = ""
            if "temperature" in r and r["method"] == "temperature":
                low, high = r["interval"]
                T = f"{r['temperature']:.3f} ({low:.3f} to {high:.3f})"
            errors = (
                f"{percents(r[kind])} ({percents(*r[f'{kind}_chance'])})"
                for kind in ("top", "classwise")
            )
            row = [f"{r['C']:g}", r["method"], r["rows"], f"{r['log_loss']:.4f}", *errors]
            strength = f"{r['strength']:g}" if r.get("strength") else ""
            cells.append([*row, percents(r["accuracy"]), T, strength])
        parts += [f"## {name}", markdown(cells)]
    return "\n\n".join(parts)


def main() -> None:
    """Measure all."""
    options = parser(__doc__, "data", "out")
    options.add_argument("--sets", type=names, default=list(SETS))
    chosen = options.parse_args()
    warnings.filterwarnings("ignore", "The temperature is")
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    results = Results(chosen.out, table, "rows")
    for name in chosen.sets:
        data = split(chosen.data, name)
        for C in SETS[name]:
            if any((r["set"], r["C"]) == (name, C) for r in results["rows"]):
                continue
            for row in rows(data, C):
                results.add("rows", {"set": name} | row)


if __name__ == "__main__":
    main()
