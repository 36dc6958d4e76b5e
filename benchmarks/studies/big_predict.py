"""How fast does `softlearn predict` go through many rows, and in how much memory?

    OMP_NUM_THREADS=1 python benchmarks/studies/big_predict.py --out FILE

Made rows of 8 numbers and, in tables, a column of text, in a CSV, a Parquet and an NPY file, are
predicted by a model of 3 classes in a process of its own, which is watched: seconds from its start
to its end, and the most memory that it held.  Anonymous memory is what it asked for; pages of
mapped files, which the system takes back, come on top.  A tenth of the rows beside all of them
shows whether memory grows with the file.  Writes FILE.json and FILE.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.machine import line
from benchmarks.harness.processes import environment
from benchmarks.harness.results import Results, markdown

D, TRAIN = 8, 20_000
_BLOCK = 1 << 18  # rows that are made at a time
_OUTPUT = {".csv": ".csv", ".parquet": ".parquet", ".npy": ".parquet"}
_CITIES = np.array(["Busan", "Daegu", "Seoul"])


def made(rng: np.random.Generator, n: int) -> tuple[Any, Any, Any]:
    """Return numbers, texts and labels."""
    X = rng.normal(size=(n, D)).round(4)
    return X, rng.choice(_CITIES, n), (2.0 * X[:, :3] + rng.gumbel(size=(n, 3))).argmax(1)


def write(path: Path, rows: int) -> None:
    """Write rows, block by block."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    rng = np.random.default_rng(1)
    schema = pa.schema([*((f"x{j}", pa.float64()) for j in range(D)), ("city", pa.string())])
    if path.suffix == ".npy":
        out = np.lib.format.open_memmap(path, "w+", np.float64, (rows, D))
        for start in range(0, rows, _BLOCK):
            out[start : start + _BLOCK] = made(rng, min(_BLOCK, rows - start))[0]
        out.flush()
        return
    kind = pa.csv.CSVWriter if path.suffix == ".csv" else pa.parquet.ParquetWriter
    with kind(path, schema) as writer:
        for start in range(0, rows, _BLOCK):
            X, cities, _ = made(rng, min(_BLOCK, rows - start))
            writer.write_table(pa.table([*X.T, cities], schema=schema))


def train(folder: Path) -> dict[str, Path]:
    """Fit a model of tables and one of matrices; return them by the suffix of what they read."""
    import pandas as pd

    X, cities, y = made(np.random.default_rng(0), TRAIN)
    table = pd.DataFrame(X, columns=[f"x{j}" for j in range(D)]).assign(city=cities, y=y)
    table.to_csv(folder / "train.csv", index=False)
    np.savez(folder / "train.npz", X=X, y=y)
    for source, words in (("train.csv", ["-t", "y"]), ("train.npz", [])):
        words += ["-o", str(folder / f"{source}.softlearn"), "--quiet"]
        run(["fit", str(folder / source), *words])
    of_tables, of_matrices = folder / "train.csv.softlearn", folder / "train.npz.softlearn"
    return {".csv": of_tables, ".parquet": of_tables, ".npy": of_matrices}


def run(words: list[str]) -> dict[str, float]:
    """Run a command; return its seconds, and the most bytes that it held, anonymous and in all."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "softlearn", *words], env=environment(1))
    status, most = Path(f"/proc/{process.pid}/status"), {"RssAnon": 0.0, "VmRSS": 0.0}
    while process.poll() is None:
        for entry in status.read_text().splitlines():
            name, _, value = entry.partition(":")
            if name in most:
                most[name] = max(most[name], 1000.0 * int(value.split()[0]))
        time.sleep(0.02)
    if process.returncode:
        sys.exit(f"softlearn {' '.join(words)} ended with status {process.returncode}")
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "anonymous": most["RssAnon"], "held": most["VmRSS"]}


def page(record: dict[str, Any]) -> str:
    """Return FILE.md."""
    head = ["source", "MB", "predictions", "rows", "seconds", "rows/s", "anonymous, MB", "held, MB"]
    rows = [
        [
            r["source"],
            f"{r['bytes'] / 1e6:,.0f}",
            r["output"],
            f"{r['rows']:,}",
            f"{r['seconds']:.1f}",
            f"{r['rows'] / r['seconds']:,.0f}",
            f"{r['anonymous'] / 1e6:.0f}",
            f"{r['held'] / 1e6:.0f}",
        ]
        for r in record["rows"]
    ]
    return "\n\n".join(
        [
            "# `softlearn predict` of many rows",
            f"{line(record['machine'])} One thread.",
            "Seconds are those of the whole command, its start included.",
            markdown([head, *rows]),
        ]
    )


def main() -> None:
    arguments = parser(__doc__, "out")
    arguments.add_argument("--rows", type=int, default=10_000_000)
    given = arguments.parse_args()
    results = Results(given.out, page, "rows")
    done = {(r["source"], r["rows"]) for r in results["rows"]}
    with tempfile.TemporaryDirectory(prefix="big-") as name:
        folder = Path(name)
        models = train(folder)
        for suffix, model in models.items():
            for rows in (given.rows // 10, given.rows):
                if (suffix, rows) in done:
                    continue
                source, output = folder / f"rows{suffix}", folder / f"out{_OUTPUT[suffix]}"
                write(source, rows)
                facts = run(["predict", str(model), str(source), "-o", str(output), "--quiet"])
                row = {"source": suffix, "output": output.suffix, "rows": rows}
                results.add("rows", row | {"bytes": source.stat().st_size} | facts)
                source.unlink()


if __name__ == "__main__":
    main()
