"""Checkpoints of a training: plain arrays and JSON in an .npz, written whole or not at all."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..whole_file import write_whole

__all__ = ["read_checkpoint", "told", "write_checkpoint"]

Array = NDArray[Any]
_UNTOLD = {"verbose", "n_jobs", "warm_start", "checkpoint", "checkpoint_every", "resume"}


def told(estimator: Any) -> str:
    """Return the parameters that decide what a training gives, as text."""
    given = {k: v for k, v in estimator.get_params(deep=False).items() if k not in _UNTOLD}
    return re.sub(r" at 0x[0-9a-f]+", "", repr(sorted(given.items())))


def write_checkpoint(path: Any, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
    """Write the file whole: a process killed here leaves the last one.

    Args:
        path: where to.
        arrays: by name.
        facts: what JSON can hold.

    Raises:
        OSError: the file cannot be written.

    """
    text, file = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), io.BytesIO()
    np.savez(file, **arrays, facts=text)  # type: ignore[arg-type]  # names are ours
    write_whole(Path(path), file.getvalue())


def read_checkpoint(
    path: Any, expected: dict[str, str]
) -> tuple[dict[str, Array], dict[str, Any]] | None:
    """Return the arrays and facts of a checkpoint; None where there is no file.

    Args:
        path: where.
        expected: facts that must be the same, by what they are of.

    Raises:
        ValueError: it is no checkpoint, or one of another training.

    """
    if not Path(path).exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts: dict[str, Any] = json.loads(arrays.pop("facts").tobytes())
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no checkpoint of a SoftmaxNetwork ({error}).") from error
    for what, value in expected.items():
        if facts.get(what) != value:
            raise ValueError(
                f"{path} is the checkpoint of a training with other {what}: give the same, or "
                "begin anew without resume."
            )
    return arrays, facts
