"""Tables in files of every format, and the sentences that are said of them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from softlearn.cli.sources import ReadOptions, SourceError, read_source

CSV = "width,island,spotted,seen,kind\n1.5,Biscoe,true,2024-05-01,a\n,Dream,false,2024-06-02,b\n"


def said(call, *args, **kwargs):
    """Return the one sentence of the SourceError that a call raises."""
    with pytest.raises(SourceError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def write(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding, newline="")
    return path


def fit(path, target="kind", encoding=None, **kwargs):
    kwargs.setdefault("options", ReadOptions(encoding=encoding))
    return read_source(path, target, need_target=True, **kwargs)


def frame():
    return pd.DataFrame({"width": [1.5, 2.5, np.nan], "name": ["x", None, "z"], "kind": [3, 1, 3]})


def stored(folder, suffix):
    """Write `frame()` in the format of a suffix."""
    path, data = folder / f"data{suffix}", frame()
    if suffix.startswith(".csv"):
        data.to_csv(path, index=False)
    elif suffix.startswith((".tsv", ".tab")):
        data.to_csv(path, index=False, sep="\t")
    elif suffix.startswith((".jsonl", ".ndjson")):
        data.to_json(path, orient="records", lines=True)
    elif suffix == ".parquet":
        data.to_parquet(path)
    else:
        data.to_feather(path)
    return path


FORMATS = [".csv", ".csv.gz", ".tsv", ".tab", ".jsonl", ".jsonl.gz", ".ndjson", ".parquet"]
FORMATS += [".feather", ".arrow"]


def write_parts(n, parts):
    """Write n rows of five numbers and a label y to 0.parquet, 1.parquet, ...; return X and y."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 5)).astype(np.float32)
    y = np.array(["red", "green", "blue"])[(2 * X[:, :3] + rng.gumbel(size=(n, 3))).argmax(1)]
    for k, rows in enumerate(np.array_split(np.arange(n), parts)):
        columns = {f"x{j}": X[rows, j] for j in range(5)} | {"y": y[rows]}
        pa.parquet.write_table(pa.table(columns), f"{k}.parquet")
    return X, y
