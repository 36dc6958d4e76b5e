r"""How long does a table of a multinomial logit take, and how often do its intervals hold?

    OMP_NUM_THREADS=1 python benchmarks/studies/inference.py --data FOLDER --out FILE

time      the whole table of anes96 (fit, errors, text) by softlearn and by statsmodels: medians, in
          turns
large     kddcup99 (494,021 rows): processor time of the fit, and of all with HC3.  Its
          classes are normal, dos, probe and other; of its 38 columns of numbers 24 are left.  In
          each of the others a class has but one value, the least or the largest, so that the
          likelihood has no maximum: `mnlogit` names them all before it fits
coverage  data sets drawn from the model fitted to hsbdemo; how often intervals of 95 % hold each of
          its parameters.  A set whose classes are separable has no table, and is counted

Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import loaded
from benchmarks.harness.arguments import parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.timing import medians
from softlearn import SoftmaxRegression
from softlearn.inference import NoMaximumError, mnlogit

ROOT = Path(__file__).parents[2]
_REST = 0.01  # seconds


def table_times(repeat: int) -> dict[str, Any]:
    """Return the times of both libraries for anes96, and the largest difference of an error."""
    data = sm.datasets.anes96.load_pandas()
    X, y = data.exog, data.endog.astype(int).to_numpy()
    with_const = sm.add_constant(X)

    def theirs() -> Any:
        fitted = sm.MNLogit(y, with_const).fit(disp=0)
        fitted.summary().as_text()
        return fitted

    def ours() -> Any:
        r = mnlogit(X, y)
        r.summary()
        return r

    apart = float(np.abs(ours().bse.to_numpy() / theirs().bse.to_numpy() - 1.0).max())
    times = medians(repeat, ours, theirs, rest=_REST)
    return {"set": "anes96", "softlearn": times[0], "statsmodels": times[1], "apart": apart}


KINDS = {
    "normal": "normal",
    **dict.fromkeys(("back", "land", "neptune", "pod", "smurf", "teardrop"), "dos"),
    **dict.fromkeys(("ipsweep", "nmap", "portsweep", "satan"), "probe"),
}


def kddcup99(folder: Path | None) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the columns of numbers that separate no class, and four classes."""
    raw = loaded(folder, "kddcup99")
    X = raw["X"].select_dtypes("number").astype(float)
    y = np.array([KINDS.get(label, "other") for label in raw["y"]])
    low, high = X.groupby(y).min(), X.groupby(y).max()
    overlap = (high > X.min()).all() & (low < X.max()).all()
    return X.loc[:, overlap], y


def large(folder: Path | None, repeat: int) -> dict[str, Any]:
    """Return the times of the fit and of the whole table, and what is proven."""
    X, y = kddcup99(folder)

    def fit() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its gap has no bound here; the table's distance has
            return SoftmaxRegression(C=np.inf, tol=1e-12).fit(X, y)

    def whole() -> Any:
        r = mnlogit(X, y, cov_type="HC3")
        r.summary()
        return r

    far, times = whole().distance_, []
    for _ in range(repeat):  # of the processor, for other work on the machine would count
        for call in (fit, whole):
            began = time.process_time()
            call()
            times.append(time.process_time() - began)
    fits, tables = (float(np.median(times[i::2])) for i in (0, 1))
    shape = {"rows": len(X), "columns": X.shape[1], "classes": len(set(y))}
    return {"set": "kddcup99", **shape, "fit": fits, "table": tables, "distance": far}


def coverage(sets: int, seed: int) -> list[dict[str, Any]]:
    """Return how often each parameter of hsbdemo is inside its interval."""
    table = pd.read_csv(ROOT / "examples" / "data" / "hsbdemo.csv")
    X = table[["ses", "write"]]
    truth = mnlogit(X, table["prog"], base="academic", reference={"ses": "low"})
    P, B = truth.get_prediction(X).predicted, truth.coefficients[truth.others]
    rng, inside, without = np.random.default_rng(seed), [], 0
    for _ in range(sets):
        y = truth.sample.classes[(np.log(P) + rng.gumbel(size=P.shape)).argmax(1)]
        try:
            r = mnlogit(X, y, base="academic", reference={"ses": "low"})
        except NoMaximumError:
            without += 1
            continue
        low, high = np.moveaxis(r.conf_int(), -1, 0)
        inside.append((low <= B) & (high >= B))
    share = np.mean(inside, 0)
    return [
        {"class": name, "column": column, "share": float(share[i, j]), "sets": len(inside),
         "without": without}
        for i, name in enumerate(truth.sample.classes[truth.others].tolist())
        for j, column in enumerate(truth.sample.columns)
    ]  # fmt: skip


def table(record: dict[str, Any]) -> str:
    """Return all parts as Markdown."""
    times = [["set", "softlearn, ms", "statsmodels, ms", "ratio", "errors apart at most"]]
    for r in record["time"]:
        ms = [f"{1e3 * r[k]:.2f}" for k in ("softlearn", "statsmodels")]
        times.append(
            [r["set"], *ms, f"{r['statsmodels'] / r['softlearn']:.1f}", f"{r['apart']:.0e}"]
        )
    big = [["set", "the fit, s of CPU", "fit, table and HC3, s of CPU", "ratio", "proven distance"]]
    for r in record["large"]:
        name = f"{r['set']} ({r['rows']:,} x {r['columns']}, {r['classes']})"
        seconds = [f"{r[k]:.1f}" for k in ("fit", "table")]
        big.append([name, *seconds, f"{r['table'] / r['fit']:.2f}", f"{r['distance']:.0e}"])
    shares = [["class against academic", "column", "inside, %", "sets", "sets without a table"]]
    for r in record["coverage"]:
        told = [f"{100 * r['share']:.1f}", f"{r['sets']:,}", str(r["without"])]
        shares.append([r["class"], r["column"], *told])
    parts = ["# Tables of a multinomial logit", line(record["machine"]), "## Time of a whole table"]
    parts += [markdown(times), "## Many rows", markdown(big)]
    parts += ["## Intervals of 95 %, data sets drawn from the model of hsbdemo"]
    parts.append(markdown(shares))
    return "\n\n".join(parts)


def main() -> None:
    """Measure all."""
    options = parser(__doc__, "data", "out")
    options.add_argument("--repeat", type=int, default=31, help="turns")
    options.add_argument("--turns", type=int, default=3, help="turns of the large table")
    options.add_argument("--sets", type=int, default=2000, help="data sets")
    chosen = options.parse_args()
    results = Results(chosen.out, table, "time", "large", "coverage")
    if not results["time"]:
        results.add("time", table_times(chosen.repeat))
    if not results["large"] and chosen.data:
        results.add("large", large(chosen.data, chosen.turns))
    if not results["coverage"]:
        for row in coverage(chosen.sets, 0):
            results.add("coverage", row)


if __name__ == "__main__":
    main()
