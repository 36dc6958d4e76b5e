r"""How many strangers does `NoneOfThese` find, and how many rows that belong does it turn away?

    python benchmarks/studies/none_of_these.py --data FOLDER --out FILE

clinc150: 15,000 texts of 150 classes to learn from, 3,000 to calibrate on, 4,500 to test, and 1,000
that are of none.  tf-idf (sublinear, words of two texts or more), `SoftmaxRegression`.

find   how well p-values tell strangers from the rest, by each conformity score at several C; also
       with 100 examples of strangers as a class of their own
rate   how many are called none at two alpha: calibrated on the published part; on random parts of
       the same and the test rows together; and by five folds of the training rows
sets   `ConformalSets`: how many sets hold the right class, their mean size, how many are empty

Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import vstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cases.datasets import with_strangers
from benchmarks.harness.arguments import numbers, parser
from benchmarks.harness.machine import line
from benchmarks.harness.results import Results, markdown
from softlearn import SoftmaxRegression
from softlearn.decide import ConformalSets, NoneOfThese

NONE = "oos"
SCORES = ("max_probability", "entropy", "max_logit", "energy")
WITH_EXAMPLES = ("logit_difference", "max_probability")
ALPHAS = (0.05, 0.10)


class Part(NamedTuple):
    """Rows and their labels."""

    X: Any
    y: np.ndarray

    def __add__(self, other: Part) -> Part:  # type: ignore[override]
        return Part(vstack([self.X, other.X], "csr"), np.concatenate([self.y, other.y]))

    def some(self, rows: np.ndarray) -> Part:
        return Part(self.X[rows], self.y[rows])


def parts(folder: Path | None) -> dict[str, Part]:
    """Return the parts of clinc150 as rows of tf-idf, words and weights of the training part."""
    texts = with_strangers(folder)
    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit(texts["train"][0])
    return {name: Part(words.transform(X), y) for name, (X, y) in texts.items()}


def model(C: float, rows: Part) -> SoftmaxRegression:
    return SoftmaxRegression(C=C).fit(*rows)


def calibrated(fitted: SoftmaxRegression, rows: Part, score: str, alpha: float = 0.05) -> Any:
    return NoneOfThese(fitted, alpha=alpha, label=NONE, cv="prefit", conformity_score=score).fit(
        *rows
    )


def find(data: dict[str, Part], C: float, examples: bool) -> list[dict[str, Any]]:
    """Return how well each score tells strangers from the rest."""
    fitted = model(C, data["train"] + data["oos_train"] if examples else data["train"])
    found = []
    for score in WITH_EXAMPLES if examples else SCORES:
        judge = calibrated(fitted, data["val"], score)
        own, strange = (judge.p_value(data[name].X) for name in ("test", "oos_test"))
        truth = np.repeat([0, 1], [len(own), len(strange)])
        found.append(
            {
                "C": C,
                "examples": examples,
                "score": score,
                "auroc": float(roc_auc_score(truth, -np.concatenate([own, strange]))),
                "missed": float(np.mean(strange > np.quantile(own, 0.05))),
                "accuracy": float(fitted.score(*data["test"])),
            }
        )
    if examples:
        said = [fitted.predict(data[name].X) == NONE for name in ("test", "oos_test")]
        found[0] |= {"argmax": [float(s.mean()) for s in said]}
    return found


def rates(judge: Any, own: Part, strange: Part) -> dict[str, float]:
    """Return the shares of both that are called none, and the accuracy of what is accepted."""
    said, none = judge.predict(own.X), judge.predict(strange.X) == NONE
    kept = said != NONE
    return {
        "own": float(1.0 - kept.mean()),
        "strange": float(none.mean()),
        "accuracy": float(np.mean(said[kept] == own.y[kept])),
    }


def mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def resplits(data: dict[str, Part], seeds: int) -> list[tuple[Part, Part]]:
    """Return random parts of the calibration and the test rows together, of the same sizes."""
    both, n = data["val"] + data["test"], len(data["val"].y)
    orders = [np.random.default_rng(seed).permutation(len(both.y)) for seed in range(seeds)]
    return [(both.some(order[:n]), both.some(order[n:])) for order in orders]


def rate(data: dict[str, Part], C: float, alpha: float, seeds: int) -> list[dict[str, Any]]:
    """Return how many are called none."""
    fitted, strange = model(C, data["train"]), data["oos_test"]
    learned = model(C, data["train"] + data["oos_train"])
    found = [
        {"set aside": "3,000 published", "score": score, "examples": own is learned}
        | rates(calibrated(own, data["val"], score, alpha), data["test"], strange)
        for own, score in [*((fitted, s) for s in SCORES), *((learned, s) for s in WITH_EXAMPLES)]
    ]
    mixed = [
        rates(calibrated(fitted, a, SCORES[0], alpha), b, strange) for a, b in resplits(data, seeds)
    ]
    about = {"score": SCORES[0], "examples": False}
    found.append({"set aside": f"3,000 at random, mean of {seeds}"} | about | mean(mixed))
    folds = NoneOfThese(SoftmaxRegression(C=C), alpha=alpha, label=NONE, cv=5).fit(*data["train"])
    found.append(
        {"set aside": "each fifth of 15,000 in turn"} | about | rates(folds, data["test"], strange)
    )
    return [{"alpha": alpha} | row for row in found]


def sets(data: dict[str, Part], C: float, alpha: float, seeds: int) -> list[dict[str, Any]]:
    """Return what the sets hold, on the published parts and on random ones."""
    fitted, found = model(C, data["train"]), []
    for score in ("lac", "aps"):
        for per_class in (False, True):
            about = {"alpha": alpha, "conformity_score": score, "per_class": per_class}
            both = []
            for aside, own in [(data["val"], data["test"]), *resplits(data, seeds)]:
                judge = ConformalSets(fitted, **about, cv="prefit").fit(*aside)
                S, strange = judge.predict_set(own.X), judge.predict_set(data["oos_test"].X)
                truth = np.searchsorted(judge.classes_, own.y)
                both.append(
                    {
                        "held": float(S[np.arange(len(truth)), truth].mean()),
                        "size": float(S.sum(1).mean()),
                        "empty": float(np.mean(~S.any(1))),
                        "empty_strange": float(np.mean(~strange.any(1))),
                    }
                )
            found.append(about | both[0] | {"at_random": mean(both[1:])})
    return found


def share(x: float) -> str:
    return f"{100.0 * x:.1f}"


def table(record: dict[str, Any]) -> str:
    """Return all parts as Markdown."""
    head = [
        "C",
        "examples of strangers",
        "score",
        "AUROC",
        "strangers kept with 95 % of the others, %",
    ]
    finds = [[*head, "accuracy, %"]]
    for r in record["find"]:
        row = [f"{r['C']:g}", "100" if r["examples"] else "none", r["score"], f"{r['auroc']:.3f}"]
        finds.append([*row, share(r["missed"]), share(r["accuracy"])])
    said = [
        f"At C = {r['C']:g} the most probable class is that of the strangers for "
        f"{share(r['argmax'][1])} % of the strangers and {share(r['argmax'][0])} % of the others."
        for r in record["find"]
        if "argmax" in r
    ]
    rows = [["alpha", "set aside", "examples of strangers", "score", "called none: of a class, %"]]
    rows[0] += ["strangers, %", "accuracy of what is kept, %"]
    for r in record["rate"]:
        row = [r["alpha"], r["set aside"], "100" if r["examples"] else "none", r["score"]]
        rows.append([*row, *(share(r[key]) for key in ("own", "strange", "accuracy"))])
    held = [["alpha", "score", "per class", "sets that hold the right class, %", "at random, %"]]
    held[0] += ["mean size", "empty, %", "empty for strangers, %"]
    for r in record["sets"]:
        row = [
            r["alpha"],
            r["conformity_score"],
            "yes" if r["per_class"] else "no",
            share(r["held"]),
        ]
        row += [share(r["at_random"]["held"]), f"{r['size']:.2f}"]
        held.append([*row, share(r["empty"]), share(r["empty_strange"])])
    return "\n\n".join(
        [
            "# None of these: clinc150",
            line(record["machine"]),
            "## Strangers told from the rest",
            markdown(finds),
            " ".join(said),
            "## Called none of the classes, C = 10",
            markdown(rows),
            "## Sets of classes, C = 10",
            '"At random": calibrated on random parts of the published calibration and test rows '
            "together, the mean of as many as above.",
            markdown(held),
        ]
    )


def main() -> None:
    """Measure all."""
    options = parser(__doc__, "data", "out")
    options.add_argument("--C", type=numbers, default=[1.0, 10.0, 100.0], help="for the first part")
    options.add_argument("--seeds", type=int, default=20, help="random parts")
    chosen = options.parse_args()
    warnings.filterwarnings("ignore", "Every set holds")  # of classes with few rows set aside
    data = parts(chosen.data)
    results = Results(chosen.out, table, "find", "rate", "sets")
    if not results["find"]:
        for C in chosen.C:
            for row in find(data, C, False) + find(data, C, True):
                results.add("find", row)
    for name, part in (("rate", rate), ("sets", sets)):
        if not results[name]:
            for alpha in ALPHAS:
                for row in part(data, 10.0, alpha, chosen.seeds):
                    results.add(name, row)


if __name__ == "__main__":
    main()
