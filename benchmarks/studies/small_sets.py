r"""Sets of some 10^5 numbers, fitted in tens of milliseconds: how much longer do others take?

    python benchmarks/studies/small_sets.py --data FOLDER --out FILE.json

For each set the time to a relative error of the objective, (J - J*) / J*, over softlearn's, as
`headline.py` measures it: each library at its best settings, turn after turn, medians.  The sets
stand for pendigits, dna and r8 of the LIBSVM collection, with about their shapes:

    letters    7,494 x 16, 10 classes: the letters A to J of the set letter
    splice     2,000 x 180, CSR, 3 classes: sixty bases as three columns each, drawn from a seed
    groups     some 5,000 short texts, 8 of the groups of newsgroups20: tf-idf, CSR

Other names are sets of FOLDER.  Set OMP_WAIT_POLICY=passive: threads that wait for work in a loop
take the processor from those that have some.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import scipy.sparse as sp

from benchmarks.cases.datasets import any_set, loaded
from benchmarks.harness.arguments import names, numbers, parser
from benchmarks.harness.contest import ERRORS, Contest, Limits
from benchmarks.harness.machine import line
from benchmarks.harness.one_fit import save
from benchmarks.harness.results import Results, markdown
from benchmarks.harness.settings import WAYS, choice

_PEERS = "sklearn-newton-cg,sklearn-newton-cholesky,sklearn-lbfgs,cyanure,torch-lbfgs,jax-lbfgs"
_ROWS, _BASES, _WORDS = 7494, 60, 100


def letters(folder: Path | None) -> tuple[Any, np.ndarray]:
    """Return the rows of the letters A to J, dense."""
    X, y = any_set("letter", folder)
    some = np.flatnonzero(y < 10)[:_ROWS]
    return np.ascontiguousarray(X[some]), y[some]


def splice(folder: Path | None) -> tuple[Any, np.ndarray]:
    """Return sequences of bases around a boundary of two kinds, or none: CSR, a quarter full."""
    rng = np.random.default_rng(0)
    y = rng.choice(3, size=2000, p=[0.24, 0.24, 0.52]).astype(np.int64)
    near = np.exp(-np.abs(np.arange(_BASES) - _BASES / 2.0) / 3.0)
    W = 1.8 * near[:, None] * rng.normal(size=(3, _BASES, 4))
    W[2] = 0.0
    bases = (W[y] + rng.gumbel(size=(len(y), _BASES, 4))).argmax(2)
    return sp.csr_matrix((bases[:, :, None] == np.arange(3)).reshape(len(y), -1).astype(float)), y


def groups(folder: Path | None) -> tuple[Any, np.ndarray]:
    """Return tf-idf rows of the first hundred words of messages to eight groups, CSR."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    raw = loaded(folder, "newsgroups20")
    labels = np.unique(raw["y"], return_inverse=True)[1]
    some = np.flatnonzero(labels % 5 < 2)
    texts = [raw["X"][i].partition("\n\n")[2].split()[:_WORDS] for i in some]
    X = TfidfVectorizer(min_df=4).fit_transform(map(" ".join, texts))
    return X, np.unique(labels[some], return_inverse=True)[1].astype(np.int64)


SETS: dict[str, Callable[[Path | None], tuple[Any, np.ndarray]]] = {
    "letters": letters,
    "splice": splice,
    "groups": groups,
}


def main() -> None:
    """Measure set after set; keep what is done."""
    options = parser(__doc__, "data", "out")
    add = options.add_argument
    add("--sets", type=names, default=",".join(SETS))
    add("--C", type=numbers, default="1")
    add("--peers", type=names, default=_PEERS)
    add("--settings", choices=WAYS, default="all")
    add("--seconds", type=float, default=3.0, help="the most any fit is given")
    add("--repeat", type=int, default=4, help="turns")
    chosen = options.parse_args()
    results = Results(chosen.out, render, "cells", errors=list(ERRORS))
    done = {(c["set"], c["C"]) for c in results["cells"]}
    limits = Limits(chosen.seconds, 30.0, 1.0, chosen.repeat)
    with tempfile.TemporaryDirectory(prefix="small-sets-") as scratch:
        for name in chosen.sets:
            folder, make = Path(scratch, name), SETS.get(name)
            todo = [C for C in chosen.C if (name, C) not in done]
            if todo:
                save(folder, *(any_set(name, chosen.data) if make is None else make(chosen.data)))
            for C in todo:
                settings, tried = choice(chosen.settings, results["cells"], name)
                contest = Contest(name, folder, C, limits, settings)
                cell = contest.cell(chosen.peers) | {"tried": tried}
                results.add("cells", cell, said=contest.summary())
    print(render(results.record))


def render(record: dict[str, Any]) -> str:
    """Return the whole page."""
    heads = ["set (rows x columns, classes; stored)", "C", "error", "ours, ms"]
    peers = sorted({p for c in record["cells"] for p in c["best"] if p != "softlearn"})
    rows = [[*heads, *peers]]
    for c in record["cells"]:
        n, d, classes = c["shape"]
        for k, error in enumerate(record["errors"]):
            ours = c["best"]["softlearn"][k]["seconds"]
            shape = f"{c['set']} ({n:,} x {d:,}, {classes}; {c['stored']:,})"
            row = [shape, f"{c['C']:g}", f"{error:.0e}", f"{1e3 * ours:.1f}"]
            rows.append([*row, *(_ratio(c["best"].get(p), k, ours) for p in peers)])
    text = "A column is a library's time over ours, `>` where it did not get there, `-` without it."
    title = "# Small sets: times to the same error, softlearn's = 1\n"
    return "\n".join([title, line(record["machine"]) + "\n", text + "\n", markdown(rows)]) + "\n"


def _ratio(best: list[dict[str, Any]] | None, k: int, ours: float) -> str:
    if best is None:
        return "-"
    return f"{'> ' if best[k]['at_least'] else ''}{best[k]['seconds'] / ours:.2f}"


if __name__ == "__main__":
    main()
