r"""Files that strangers made or that were damaged: what is said of each.

    python benchmarks/studies/damaged_files.py --count 3000 --out FILE.md

Five hunts, all seeded: bits flipped and bytes cut off in model files and in checkpoints; bits
flipped inside them and the checksum made good again, as an enemy would; and other words in what a
model file says of itself.  Each file must be taken as it is, or refused in one sentence that names
it (or the rows that it does not go with); what is shown must have no control characters.  About
eight minutes.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import softlearn
from benchmarks.harness.arguments import parser
from benchmarks.harness.internals import SealedForm, sealed
from benchmarks.harness.program import run
from benchmarks.harness.results import markdown, write

ANY = SealedForm("archive", re.compile(r".*"), needed=(), remedy="")
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
WORDS: list[Any] = [
    *(None, True, False, -1, 0, 1, 2, 1.5, -0.5, 10**30, 1e308, float("nan"), float("inf")),
    *("", "x", "\x1b[31m red \u202e", "number", "table", "SoftmaxNetwork", "CONVERGED"),
    *([], {}, [None], [1, 2], {"a": 1}, [[]], "[1]", ["a"] * 40),
]
SETTINGS: dict[str, Any] = {"max_iter": 6, "random_state": 0, "early_stopping": True}


def model_files(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Make a small model file of each kind; return its path and that of rows for it."""
    rng = np.random.default_rng(0)
    n = 90
    y = np.arange(n) % 3
    table = pd.DataFrame(
        {
            "size": rng.normal(size=n) + y,
            "colour": rng.choice(["red", "green"], n),
            "day": pd.date_range("2024-01-01", periods=n).astype(str),
            "class": np.array(["a", "b", "c"])[y],
        }
    )
    table.to_csv(folder / "rows.csv", index=False)
    np.savez(folder / "rows.npz", X=rng.normal(size=(n, 3)) + y[:, None], y=y)
    for k in range(24):
        path = folder / "texts" / "xy"[k % 2] / f"{k}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(" ".join(rng.choice(["rain", "wind", "ball", "team", "day"], 9)))
    made = {}
    for name, source, words in (
        ("regression", "rows.csv", ["-t", "class"]),
        ("network", "rows.csv", ["-t", "class", "--hidden", "3", "--epochs", "30"]),
        ("matrix", "rows.npz", []),
        ("texts", "texts", []),
    ):
        made[name] = folder / f"{name}.softlearn", folder / source
        ended = run(["fit", made[name][1], "-o", made[name][0], *words, "-q"])
        assert ended.status == 0, ended
    return made


# -- verdicts: what is right begins with "taken" or "refused"


def of_program(path: Path, rows: Path, *words: Any) -> str:
    """Return how a command fares with a file and rows for it."""
    ended = run(words)
    if RAW.search(ended.out + ended.err):
        return "WRONG: control characters"
    lines = [line for line in ended.err.splitlines() if not line.startswith("Note: ")]
    if ended.unexpected:
        return f"WRONG: {lines[-1] if lines else repr(ended.status)}"
    if ended.status == 0:
        return "taken"
    named = len(lines) == 1 and (str(path) in lines[0] or str(rows) in lines[0])
    if ended.status == 1 and named:
        return "refused in a sentence"
    return f"WRONG: status {ended.status}, {lines}"


def of_load(path: Path) -> str:
    """Return how `softlearn.load` fares with a file."""
    try:
        softlearn.load(path)
    except softlearn.ModelFileError as error:
        named = str(path) in str(error) and len(str(error).splitlines()) == 1
        return "refused in a sentence" if named else f"WRONG: {error}"
    except Exception as error:
        return f"WRONG: {type(error).__name__}: {error}"
    return "taken"


def of_resume(path: Path) -> str:
    """Return how a training goes on from a checkpoint."""
    X, y = load_iris(return_X_y=True)
    net = softlearn.SoftmaxNetwork((3,), **SETTINGS, checkpoint=path, resume=True)
    try:
        net.fit(X, y)
    except ValueError as error:
        said = str(error)
        none, another = (
            "no checkpoint of a SoftmaxNetwork (",
            "the checkpoint of a training with other",
        )
        named = said.startswith((f"{path} is {none}", f"{path} is {another}"))
        return "refused in a sentence" if named else f"WRONG: ValueError: {said}"
    except Exception as error:
        return f"WRONG: {type(error).__name__}: {error}"
    return "taken"


# -- damage

Change = Callable[[bytes, int, np.random.Generator], Iterator[bytes]]


def damaged(whole: bytes, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Yield files with one bit flipped, and files cut short, `count` of each or all there are."""
    for bit in rng.permutation(8 * len(whole))[:count]:
        data = bytearray(whole)
        data[bit >> 3] ^= 1 << (bit & 7)
        yield bytes(data)
    for size in rng.permutation(len(whole))[:count]:
        yield whole[:size]


def resealed(whole: bytes, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Yield files with one bit flipped inside a member, whose checksum is right."""
    members = ANY.open(whole)
    for _ in range(count):
        name = rng.choice(sorted(members))
        data = bytearray(members[name])
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        yield sealed({**members, name: bytes(data)})


def reworded(whole: bytes, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Yield model files that say something else of themselves, in one place."""
    members = ANY.open(whole)
    for _ in range(count):
        header = json.loads(members["metadata.json"])
        if rng.random() < 0.05:
            header["metadata"] = WORDS[rng.integers(len(WORDS))]
        else:
            _reword(header["metadata"], rng)
        yield sealed({**members, "metadata.json": json.dumps(header).encode()})


def _reword(tree: Any, rng: np.random.Generator) -> None:
    """Change one entry of a tree of JSON."""
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    key = keys[rng.integers(len(keys))]
    if isinstance(tree[key], dict | list) and tree[key] and rng.random() < 0.8:
        _reword(tree[key], rng)
        return
    how = rng.integers(4)
    if how == 0:
        del tree[key]
    elif how == 1 and isinstance(tree, dict):
        tree[f"{key}s"] = tree.pop(key)
    elif how == 2 and isinstance(tree, list):
        tree.append(tree[key])
    else:
        tree[key] = WORDS[rng.integers(len(WORDS))]


# -- hunts


def _tally(
    make: Callable[[Path], Path], change: Change, judge: Callable[[Path], str]
) -> Callable[[int, Path, np.random.Generator], Counter[str]]:
    """Return the hunt that changes one file, and asks of each what is said of it."""

    def hunt(count: int, folder: Path, rng: np.random.Generator) -> Counter[str]:
        path, found = make(folder), Counter[str]()
        for data in change(path.read_bytes(), count, rng):
            path.write_bytes(data)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of versions, and of numbers made large by a flip
                found[judge(path)] += 1
        return found

    return hunt


def _used(count: int, folder: Path, rng: np.random.Generator, change: Change) -> Counter[str]:
    """Change model files of each kind, and use them in all commands."""
    found: Counter[str] = Counter()
    made = model_files(folder)
    for path, rows in made.values():
        commands: list[tuple[Any, ...]] = [
            ("show", path),
            ("show", path, "--json"),
            ("predict", path, rows, "-o", folder / "out.csv", "-q"),
            ("evaluate", path, rows),
        ]
        whole, share = path.read_bytes(), -(-count // len(made))
        for k, data in enumerate(change(whole, share, rng)):
            path.write_bytes(data)
            words = commands[k % len(commands)]
            verdict = of_program(path, rows, *words)
            found[verdict if "WRONG" not in verdict else f"{verdict} [{words[0]}]"] += 1
    return found


def _checkpoint(folder: Path) -> Path:
    path = folder / "training.npz"
    X, y = load_iris(return_X_y=True)
    for epoch in softlearn.SoftmaxNetwork((3,), **SETTINGS, checkpoint=path).iter_fit(X, y):
        if epoch.k == 3:
            break
    return path


HUNTS = {
    "a model file, bits flipped and cut short": _tally(
        lambda folder: model_files(folder)["regression"][0], damaged, of_load
    ),
    "a checkpoint, bits flipped and cut short": _tally(_checkpoint, damaged, of_resume),
    "model files, bits flipped and sealed again, in all commands": partial(_used, change=resealed),
    "a checkpoint, bits flipped and sealed again": _tally(_checkpoint, resealed, of_resume),
    "model files that say other things of themselves, in all commands": partial(
        _used, change=reworded
    ),
}


def main() -> None:
    options = parser(__doc__, "out")
    options.add_argument("--count", type=int, default=3000, help="files of each kind of damage")
    options.add_argument("--seed", type=int, default=0)

    args = options.parse_args()
    rows: list[list[Any]] = [["", "files", "refused in a sentence", "taken", "anything else"]]
    for name, hunt in HUNTS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = hunt(args.count, Path(folder), np.random.default_rng(args.seed))
        wrong = {verdict: n for verdict, n in found.items() if verdict.startswith("WRONG")}
        counts = found.total(), found["refused in a sentence"], found["taken"], sum(wrong.values())
        rows.append([name, *(f"{count:,}" for count in counts)])
        print(*rows[-1], sep=" | ", flush=True)
        for verdict, n in wrong.items():
            print(f"  {n} x {verdict}", flush=True)
    if args.out:
        made = f"softlearn {softlearn.__version__}, `--count {args.count} --seed {args.seed}`."
        write(args.out, f"# Damaged and foreign files\n\n{made}\n\n{markdown(rows)}")


if __name__ == "__main__":
    main()
