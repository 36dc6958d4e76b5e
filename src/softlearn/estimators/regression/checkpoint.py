"""Checkpoints of a fit over rows on disk, or on an engine: a file, written after each step."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._internal.atomic_write import write_whole
from ..._internal.format import one_line
from ...objective import SoftmaxObjective
from ...protocol import F64, Result, Solver, TraceRecord
from ...sealed import Form, UnsoundFileError, array_bytes, read_array, read_bytes, sealed
from ...solve import Newton, Progress, SampledNewton, SavedNewton

__all__ = ["Checkpoint", "fit_fingerprint"]

_FORM = Form(
    "checkpoint",
    re.compile(r"facts\.json|[a-z]+\.npy"),
    needed=("facts.json", "w.npy"),
    remedy="begin anew without resume",
)
_SAVED = (SampledNewton, SavedNewton)
_FREE = {"verbose", "n_jobs", "warm_start", "max_iter", "tol", "engine"}  # no step depends on them


def fit_fingerprint(estimator: Any, data: str, *arrays: NDArray[Any] | None) -> str:
    """Return what identifies a fit: its parameters, and text and arrays that stand for the data."""
    given = {k: v for k, v in estimator.get_params(deep=False).items() if k not in _FREE}
    found = hashlib.sha256(f"{data} {sorted(given.items())!r}".encode())
    for array in arrays:
        found.update(b"" if array is None else np.ascontiguousarray(array).data)
    return found.hexdigest()


@dataclass
class Checkpoint:
    """The file of one fit.

    Args:
        path: where.
        fingerprint: of the fit; a file with another is refused.
        resume: whether to go on from the file, if it is there.

    """

    path: Path
    fingerprint: str
    resume: bool = False
    before: list[TraceRecord] = field(default_factory=list)
    """The records of the steps that were made before,"""
    trace: list[TraceRecord] = field(default_factory=list)
    """and since."""

    def resumed(
        self, solver: Solver, w: F64 | None, J: SoftmaxObjective
    ) -> tuple[Solver, F64 | None]:
        """Return the solver and the start with which the fit goes on; as given without a file.

        Raises:
            ValueError: it is no checkpoint, or one of another fit; one sentence.

        """
        if type(solver) is Newton and J.blocks.distributed:
            solver = SavedNewton(**vars(solver))
        if not (self.resume and self.path.exists() and isinstance(solver, _SAVED)):
            return solver, w
        try:
            members = _FORM.open(read_bytes(self.path))
            facts = json.loads(members.pop("facts.json"))
            same = facts["fingerprint"] == self.fingerprint
            arrays = {name[:-4]: read_array(data, name) for name, data in members.items()}
            saved, course = arrays.pop("w"), {**facts["course"], **arrays}
            before = [TraceRecord(*map(float, record)) for record in facts["trace"]]
        except (UnsoundFileError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{one_line(str(self.path))} is no checkpoint of a SoftmaxRegression "
                f"({one_line(str(error)).rstrip('.')})."
            ) from error
        if not same or saved.shape != (J.size,):
            raise ValueError(
                f"{self.path} is the checkpoint of another fit: its files, labels, weights or "
                "parameters were other ones; give the same, or begin anew without resume."
            )
        self.before = before
        return replace(solver, saved=course), saved

    def write(self, progress: Progress) -> None:
        """Write the file whole: a process killed here leaves the last one."""
        if progress.course is None:
            return
        if progress.k or not self.before:
            now = progress.time, progress.passes, progress.objective, progress.gap
            self.trace.append(TraceRecord(*now))
        arrays = {"w": progress.w}
        arrays |= {k: x for k, x in progress.course.items() if isinstance(x, np.ndarray)}
        facts = {
            "fingerprint": self.fingerprint,
            "course": {k: x for k, x in progress.course.items() if k not in arrays},
            "trace": [*self.before, *self.trace],
        }
        members = {f"{name}.npy": array_bytes(array) for name, array in arrays.items()}
        write_whole(self.path, sealed({"facts.json": json.dumps(facts).encode(), **members}))

    def whole(self, result: Result) -> Result:
        """Return the result with the steps that were made before."""
        if not self.before:
            return result
        trace = [*self.before, *result.trace[1:]]
        return replace(result, trace=trace, n_steps=len(trace) - 1)
